"""Losses and gains are what plain loops say, and a table without rivals is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sfr_pipeline.evaluation.bootstrap import block_counts
from sfr_pipeline.evaluation.forecast_tests import hac_test
from sfr_pipeline.evaluation.models import models_of, references
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.volatility import LAGS
from sfr_pipeline.storage.validation import violations
from sfr_pipeline.stress.volatility.forecasts import forecast_rows
from sfr_pipeline.stress.volatility.scores import (
    missing_rivals,
    mse,
    qlike,
    verdict,
    volatility_scores,
)
from sfr_pipeline.stress.volatility.walk import VolatilityRun, past_level, walk
from sfr_pipeline_tests.stress.volatility.panels import FIRST_TEST_YEAR, panel

DRAWS = 60
DEVELOPMENT_END = 2005


@pytest.fixture(scope="module")
def laid():
    return panel()


@pytest.fixture(scope="module")
def runs(laid):
    found = [
        walk(laid, horizon, model, FIRST_TEST_YEAR)
        for horizon in laid.horizons
        for model in models_of("volatility")
        if not model.network
    ]
    # One seed of a made-up network beside them.
    last = found[-1]
    return [*found, VolatilityRun(last.panel, 63, "some_network", 3, 36, last.gaps + 0.1)]


@pytest.fixture(scope="module")
def scores(laid, runs):
    return volatility_scores(laid, runs, FIRST_TEST_YEAR, DEVELOPMENT_END, DRAWS)


def test_losses_have_their_closed_forms():
    forecast, realised = np.log([0.2, 0.2, 0.1]), np.log([0.2, 0.4, 0.2])
    np.testing.assert_allclose(mse(forecast, realised), [0, np.log(2) ** 2, np.log(2) ** 2])
    np.testing.assert_allclose(qlike(forecast, realised), [0, 3 - np.log(4), 3 - np.log(4)])
    # It punishes a forecast that is too low by more than one that is too high.
    assert qlike(np.array(0.0), np.array(0.5)) > qlike(np.array(0.0), np.array(-0.5))


def test_the_level_makes_the_mean_ratio_of_variances_one():
    """On the errors that it is told by, qlike is least where RV^2 is F^2 on average."""
    errors = np.random.default_rng(0).normal(0.1, 0.5, 4000)
    level = np.log(np.mean(np.exp(2 * errors))) / 2
    candidates = level + np.linspace(-0.2, 0.2, 41)
    losses = [qlike(shift, errors).mean() for shift in candidates]
    assert np.argmin(losses) == 20


@pytest.mark.parametrize(
    ("horizon", "market", "period", "years"),
    [
        (21, "all", "all", (2004, 2100)),
        (21, "banks", "all", (2004, 2100)),
        (5, "all", "development", (2004, 2005)),
        (63, "all", "confirmation", (2006, 2100)),
        (63, "all", "2005-2009", (2005, 2009)),
    ],
)
def test_scores_are_those_of_plain_loops(laid, runs, scores, horizon, market, period, years):
    own = [run for run in runs if run.horizon == horizon]
    targets = laid.targets(horizon)
    levels = {id(run): past_level(laid, run) for run in own}
    first, other = own[0], own[2]
    losses = {"mse": ([], []), "qlike": ([], []), "qlike_variance": ([], [])}
    for day, date in enumerate(laid.dates):
        if not years[0] <= date.year <= years[1]:
            continue
        of_day = {loss: ([], []) for loss in losses}
        for place, name in enumerate(laid.markets):
            values = [run.gaps[day, place] + levels[id(run)][day, place] for run in own]
            if market not in ("all", name) or not np.isfinite([*values, targets[day, place]]).all():
                continue
            for side, run in enumerate((first, other)):
                gap = targets[day, place] - run.gaps[day, place]
                of_day["mse"][side].append(gap**2)
                for loss, shift in (("qlike", 0), ("qlike_variance", levels[id(run)][day, place])):
                    ratio = np.exp(gap - shift) ** 2
                    of_day[loss][side].append(ratio - np.log(ratio) - 1)
        for loss, sides in of_day.items():
            if sides[0]:
                for side in (0, 1):
                    losses[loss][side].append(np.mean(sides[side]))
    chosen = scores[
        (scores["horizon"] == horizon)
        & (scores["market"] == market)
        & (scores["period"] == period)
        & (scores["model"] == first.model)
        & (scores["rival"] == other.model)
    ].set_index("loss")
    assert len(chosen) == 3
    for loss, (mine, rival) in losses.items():
        row = chosen.loc[loss]
        assert row["n_days"] == len(mine)
        assert row["value"] == pytest.approx(np.mean(mine), rel=1e-10)
        assert row["gain"] == pytest.approx(1 - np.mean(mine) / np.mean(rival), rel=1e-8)
        statistic, p_value = hac_test(np.array(mine) - np.array(rival), LAGS)
        assert (row["statistic"], row["p_value"]) == pytest.approx((statistic, p_value), rel=1e-6)
    mine, rival = (np.array(side) for side in losses["mse"])
    block, rng = min(63, len(mine)), np.random.default_rng(0)
    counts = block_counts(len(mine), block, DRAWS, rng)
    gains = 1 - (mine @ counts) / (rival @ counts)
    ends = chosen.loc["mse", ["gain_63_low", "gain_63_high"]].to_list()
    width = stats.t.ppf(0.975, len(mine) / block - 1) * gains.std(ddof=1)
    gain = 1 - mine.sum() / rival.sum()
    np.testing.assert_allclose(ends, [gain - width, gain + width], atol=1e-10)


def test_every_model_meets_every_reference_but_itself(scores):
    means = scores[scores["seed"] == MEAN_OF_SEEDS]
    names = [model.id for model in models_of("volatility") if not model.network]
    rivals = {model.id for model in references("volatility")}
    for _, rows in means.groupby(["market", "horizon", "period", "loss"]):
        pairs = set(zip(rows["model"], rows["rival"], strict=True))
        assert pairs == {(m, r) for m in names for r in rivals if m != r}
    assert set(means["period"]) == {
        "all", "development", "confirmation", "2000-2004", "2005-2009",
    }  # fmt: skip
    assert set(means.loc[means["market"] != "all", "period"]) == {"all"}


def test_single_seeds_are_judged_over_the_whole_of_all_markets_alone(scores):
    single = scores[scores["seed"] != MEAN_OF_SEEDS]
    assert set(single["model"]) == {"some_network"}
    assert set(single["market"] + single["period"]) == {"allall"}
    assert set(single["refit_months"]) == {36}


def test_the_tables_keep_their_contracts(laid, runs, scores):
    assert violations(tables.VOLATILITY_SCORES, scores) == []
    rows = forecast_rows(laid, runs, FIRST_TEST_YEAR)
    assert violations(tables.VOLATILITY_FORECASTS, rows) == []
    assert rows["date"].min().year == FIRST_TEST_YEAR
    # The newest day of a market has a forecast, and no outcome yet.
    newest = rows[rows["date"] == laid.dates[-1]]
    assert set(newest["market"]) == {"equity", "banks"}
    assert newest["actual"].isna().all()
    run = runs[0]
    one = rows[(rows["model"] == run.model) & (rows["horizon"] == run.horizon)]
    one = one[one["market"] == "equity"].set_index("date")
    day = 1500
    expected = np.exp(run.gaps[day, 0]) * laid.thresholds[run.horizon][day, 0]
    assert one.loc[laid.dates[day], "forecast"] == pytest.approx(expected)
    assert one.loc[laid.dates[day], "low_90"] < expected < one.loc[laid.dates[day], "high_90"]


def test_of_stocks_the_newest_day_of_each_is_published_alone(laid, runs):
    stocks = replace(laid, name="stocks")
    own = [replace(run, panel="stocks") for run in runs if run.horizon == 5]
    rows = forecast_rows(stocks, own, FIRST_TEST_YEAR)
    every = forecast_rows(laid, [run for run in runs if run.horizon == 5], FIRST_TEST_YEAR)
    assert (rows.groupby(["model", "market"]).size() == 1).all()
    last = every.sort_values("date").groupby(["model", "market"]).tail(1)
    keyed = ["model", "market", "date"]
    pd.testing.assert_frame_equal(
        rows.drop(columns="panel").sort_values(keyed, ignore_index=True),
        last.drop(columns="panel").sort_values(keyed, ignore_index=True),
    )


def test_a_verdict_needs_the_test_and_both_intervals():
    above, below, around = (0.01, 0.2), (-0.2, -0.01), (-0.01, 0.2)
    assert verdict(0.01, [above, above]) == "better"
    assert verdict(0.01, [below, below]) == "worse"
    for p_value, ends in ((0.06, [above, above]), (0.01, [above, around]), (np.nan, [above] * 2)):
        assert verdict(p_value, ends) == "undecided"


def test_scores_without_a_rival_an_interval_or_a_horizon_are_refused(laid, runs, scores):
    forecasts = forecast_rows(laid, runs, FIRST_TEST_YEAR)
    # Only networks are missing, which run apart from these, and of a month alone.
    networks = [model for model in models_of("volatility") if model.network and model.required]
    lacks = missing_rivals(scores, forecasts)
    assert lacks
    assert all("horizon 21" in lack and networks[0].id in lack for lack in lacks)
    rival = references("volatility")[1].id
    lacks = missing_rivals(scores[scores["model"] != rival], forecasts)
    assert any(f"no row of {rival}" in lack for lack in lacks)
    assert any("horizon 5" in each and "not judged at all" in each
               for each in missing_rivals(scores[scores["horizon"] != 5], forecasts))  # fmt: skip
    bare = missing_rivals(scores.assign(gain_63_low=np.nan), forecasts)
    assert any(lack.endswith("has no interval of the gain in blocks of 63 days") for lack in bare)
    nothing = tables.VOLATILITY_SCORES.empty()
    assert missing_rivals(nothing, tables.VOLATILITY_FORECASTS.empty()) == []


def test_scores_do_not_depend_on_how_models_are_ordered(laid, runs, scores):
    few = [run for run in runs[::-1] if run.horizon == 5]
    again = volatility_scores(laid, few, FIRST_TEST_YEAR, DEVELOPMENT_END, DRAWS)
    key = list(tables.VOLATILITY_SCORES.key)
    pd.testing.assert_frame_equal(
        again.sort_values(key, ignore_index=True),
        scores[scores["horizon"] == 5].sort_values(key, ignore_index=True),
        check_exact=False,
        rtol=1e-9,
    )
