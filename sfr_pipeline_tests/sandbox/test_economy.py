"""The synthetic economy: what was built in is there, and the same seed gives the same bytes."""

import hashlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sandbox.economy import HIGH, LOW, SAMPLE, SHOCKS, economy
from sfr_pipeline.sandbox.prices import TRADED, daily_prices
from sfr_pipeline.sandbox.series import SERIES, loading_paths, published
from sfr_pipeline.sandbox.streams import stream
from sfr_pipeline.sandbox.truth import truth_rows
from sfr_pipeline.sources import SeriesKey, sandbox
from sfr_pipeline.storage.tables.inputs import TRUTH
from sfr_pipeline.storage.validation import violations

# Of everything that is generated: printed by a fresh process, to be compared with another's.
DIGEST = """
import hashlib
from sfr_pipeline.sandbox.truth import truth_rows
from sfr_pipeline.sandbox.forum import make_forum
from sfr_pipeline.sandbox.pages import Pages
from sfr_pipeline.sandbox.prices import daily_prices
from sfr_pipeline.sandbox.series import published
forum = make_forum("2012-01", "2012-06")
pages = Pages(forum)
parts = [
    truth_rows().to_csv(), daily_prices().to_csv(), str([s.to_csv() for s in published().values()]),
    forum.posts.to_json(), *(pages.list_page(n).decode() for n in range(1, pages.last + 1)),
]
print(hashlib.sha256("".join(parts).encode()).hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_in_every_process():
    digests = [
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert len(digests[0].strip()) == hashlib.sha256().digest_size * 2
    assert digests[0] == digests[1]


def test_streams_differ_by_name_and_do_not_disturb_one_another():
    first = stream("a", 1).random(4)
    stream("b").random(100)
    assert np.array_equal(first, stream("a", 1).random(4))
    for other in (("a", 2), ("a",), ("b", 1), ("a1",)):
        assert not np.array_equal(first, stream(*other).random(4))


def test_the_truth_keeps_its_contract_and_covers_the_sample():
    rows = truth_rows()
    assert violations(TRUTH, rows) == []
    assert len(rows) == len(SAMPLE) * (3 + len(SERIES))
    assert set(rows.loc[rows["variable"] == "regime", "value"]) == {0.0, 1.0}


def test_events_raise_the_factor_and_put_the_regime_high():
    hidden = economy()
    sample = hidden.factor[SAMPLE]
    assert sample.mean() == pytest.approx(0, abs=1e-12)
    assert sample.std() == pytest.approx(1)
    for shock in SHOCKS:
        onset = pd.Period(shock.first, "M")
        assert hidden.factor[onset] > hidden.factor[onset - 1] + 0.3, shock.event
        assert (hidden.regime[shock.first : shock.last] == HIGH).all(), shock.event
    by_regime = sample.groupby(hidden.regime[SAMPLE]).mean()
    assert by_regime[HIGH] > by_regime[LOW] + 1
    assert 0.2 < hidden.regime[SAMPLE].mean() < 0.5
    assert (hidden.regime[SAMPLE].diff() != 0).sum() < 25  # persistent
    assert hidden.sentiment[SAMPLE].corr(sample) < -0.6
    assert hidden.sentiment.abs().max() < 1


def test_loadings_move_smoothly_and_none_degenerates():
    loadings = pd.DataFrame(loading_paths()).loc[SAMPLE]
    assert loadings.min().min() > 0.2
    assert loadings.max().max() < 1.2
    assert loadings.diff().abs().max().max() < 0.03
    drift = loadings.iloc[-12:].mean() - loadings.iloc[:12].mean()
    assert (drift > 0.2).sum() >= 4
    assert (drift < -0.2).sum() >= 4


def test_series_start_end_and_break_off_where_they_should():
    for item in SERIES:
        if item.code == "credit_spread":
            continue
        months = published()[item.code].index
        assert (str(months[0]), str(months[-1])) == (item.first, item.last)
        assert len(months) == (months[-1] - months[0]).n + 1 - len(item.gaps)
    assert {item.first for item in SERIES} > {"2008-01"}
    assert {item.last for item in SERIES} > {"2024-12"}
    assert sum(bool(item.gaps) for item in SERIES) >= 4


@pytest.mark.parametrize("code", ["production", "excess_reserves"])
def test_growth_and_change_give_back_what_the_factor_moves(code):
    item = next(item for item in SERIES if item.code == code)
    values = published()[code].astype(float)
    lagged = values.shift(12)
    x = 100 * (values / lagged - 1) if item.form == "growth" else values - lagged
    sample = x[SAMPLE]
    assert sample.mean() == pytest.approx(item.base, abs=1e-9)
    assert sample.std() == pytest.approx(item.scale)
    assert item.direction * sample.corr(economy().factor[SAMPLE]) > 0.5


def test_prices_are_whole_and_follow_the_factor():
    prices = daily_prices()
    days = pd.DatetimeIndex(prices["date"].unique())
    assert (days.day_of_week < 5).all()
    assert len(prices) == len(days) * len(TRADED)
    assert (prices[["open", "high", "low", "close"]] > 0).all().all()
    assert (prices["high"] >= prices[["open", "close"]].max(axis=1)).all()
    assert (prices["low"] <= prices[["open", "close"]].min(axis=1)).all()
    shares = [item.code for item in TRADED if "shares" in item.description]
    close = prices.pivot(index="date", columns="code", values="close")[shares]
    returns = np.log(close).diff().iloc[1:]
    high = economy().regime.reindex(returns.index.to_period("M")).to_numpy() == HIGH
    assert (returns[high].std() > 1.2 * returns[~high].std()).all()
    pairs = np.triu_indices(len(shares), 1)
    stressed, calm = returns[high].corr().to_numpy(), returns[~high].corr().to_numpy()
    assert stressed[pairs].mean() > calm[pairs].mean() + 0.1


def test_the_source_delivers_all_it_offers_and_refuses_the_rest():
    series = [offer.code for offer in sandbox.AVAILABLE_SERIES if offer.kind == "series"]
    prices = [offer.code for offer in sandbox.AVAILABLE_SERIES if offer.kind == "prices"]
    frame = sandbox.fetch_series(series)
    assert set(frame["code"]) == set(series)
    assert (frame["date"] == frame["date"] + pd.offsets.MonthEnd(0)).all()
    assert set(sandbox.fetch_prices(prices)["code"]) == set(prices)
    assert list(sandbox.fetch_prices(["crown"])["code"].unique()) == ["crown"]
    assert all("synthetic" in description for description in sandbox.AVAILABLE_SERIES.values())
    assert SeriesKey("series", "credit_spread") not in sandbox.AVAILABLE_SERIES
    with pytest.raises(SourceError, match="no series 'gold'"):
        sandbox.fetch_series(["production", "gold"])
