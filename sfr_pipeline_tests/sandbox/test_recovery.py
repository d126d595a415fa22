"""The measurement of the sandbox market, held against the truth that it was made from."""

import pandas as pd
import pytest

from sfr_pipeline.econometrics import MarkovSwitching
from sfr_pipeline.sandbox.economy import SHOCKS
from sfr_pipeline.sandbox.series import SERIES
from sfr_pipeline.sources import sandbox


def test_the_catalogue_says_that_everything_is_synthetic(market):
    assert market.synthetic
    named = [*market.indicators, *market.prices, *market.events]
    assert all("synthetic" in item.name.lower() for item in named)
    assert "synthetic" in market.title.lower()
    assert len(market.indicators) == 26
    assert len(market.dimensions) == 7


def test_the_catalogue_agrees_with_the_generator(market):
    known = {item.code: item for item in SERIES}
    driven = {i.id: i for i in market.indicators if market.frequency_of(i) == "monthly"}
    assert driven.keys() == known.keys()
    assert all(driven[code].direction == item.direction for code, item in known.items())
    assert {event.id for event in market.events} == {shock.event for shock in SHOCKS}
    for shock in SHOCKS:
        event = next(event for event in market.events if event.id == shock.event)
        assert (str(event.onset)[:7], str(event.end)[:7]) == (shock.first, shock.last)
    offered = {offer.code for offer in sandbox.AVAILABLE_SERIES if offer.kind == "series"}
    assert {series.code for series in market.series} == offered


@pytest.mark.parametrize(("mode", "required"), [("paper", 0.95), ("real_time", 0.9)])
def test_the_index_finds_the_factor(index, truth, mode, required):
    rows = index["sfri"][index["sfri"]["mode"] == mode].set_index("ref_date")
    correlation = rows["sfri"].corr(truth["factor"])
    print(f"\nindex against the true factor, {mode}: {correlation:.3f}")
    assert correlation >= required
    assert rows["negative_loadings"].mean() < 0.05


def test_the_loadings_find_their_sizes_and_their_drifts(index, truth):
    rows = index["sfri_weights"][index["sfri_weights"]["mode"] == "paper"]
    estimated = rows.pivot(index="ref_date", columns="indicator", values="loading")
    true = truth.filter(like="loading.").rename(columns=lambda name: name.removeprefix("loading."))
    estimated = estimated[true.columns]
    true = true.where(estimated.notna())
    half = pd.Timestamp("2017-06-30")
    drift = {
        name: frame[half:].mean() - frame[:half].mean()
        for name, frame in (("estimated", estimated), ("true", true))
    }
    sizes = estimated.mean().corr(true.mean())
    drifts = drift["estimated"].corr(drift["true"])
    paths = estimated.corrwith(true).median()
    print(f"\nloadings: sizes {sizes:.3f}, drifts {drifts:.3f}, median path {paths:.3f}")
    # Regressions on the true factor, half sample by half sample, reach 0.78 in the drifts.
    assert sizes >= 0.7
    assert drifts >= 0.65
    assert paths >= 0.8


def test_the_regimes_are_found(index, truth, market):
    rows = index["sfri"][index["sfri"]["mode"] == "paper"].set_index("ref_date")
    results = MarkovSwitching(rows["sfri"].sort_index()).fit(seed=market.index.seed)
    high = truth["regime"].to_numpy()[-results.nobs :] == 1
    smoothed = (results.smoothed_marginal_probabilities[1].to_numpy() > 0.5) == high
    filtered = (results.filtered_marginal_probabilities[1].to_numpy() > 0.5) == high
    print(f"\nmonths in the right regime: {smoothed.mean():.3f}, as of then {filtered.mean():.3f}")
    assert smoothed.mean() >= 0.9
    assert filtered.mean() >= 0.85


def test_indicators_come_and_go_as_they_were_made_to(panel):
    paper = panel[panel["mode"] == "paper"].set_index("ref_date")
    months = paper.groupby("indicator").apply(lambda rows: (rows.index.min(), rows.index.max()))
    end = pd.Timestamp("2024-12-31")
    assert months["stock_volatility"] == (pd.Timestamp("2010-01-31"), end)
    assert months["developer_spread"][0] == pd.Timestamp("2012-01-31")
    assert months["new_accounts"][0] == pd.Timestamp("2013-06-30")
    assert months["forward_premium"][1] == pd.Timestamp("2022-06-30")
    tax = paper[paper["indicator"] == "tax_revenue"].index
    assert not (tax.month == 1).any()
