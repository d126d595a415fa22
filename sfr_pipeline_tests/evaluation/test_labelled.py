"""What the labelled comparisons say, against independent truth, and what they refuse."""

import doctest
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.evaluation import (
    compare_forecasts,
    compare_warnings,
    coverage,
    reliability,
)
from sfr_pipeline_tests.evaluation.sizes import episodes_of, stress_days

MONTHS = pd.period_range("2000-01", periods=160, freq="M")
RNG = np.random.default_rng(11)
KNOWN, UNKNOWN, NOISE = RNG.standard_normal((3, len(MONTHS)))
TARGET = pd.Series(KNOWN + UNKNOWN, MONTHS)
FORECASTS = pd.DataFrame({"none": 0.0, "mine": KNOWN, "wild": 4 * NOISE}, MONTHS)
FORECASTS["copy"] = 0.0
BANDS = pd.DataFrame({"low": KNOWN - 1.645, "high": KNOWN + 1.645}, MONTHS)
DAYS = pd.bdate_range("2000-01-03", periods=4000)
LABEL, SEEN = stress_days(len(DAYS), np.random.default_rng(0))
EVENT = pd.Series(LABEL, DAYS)
SCORES = pd.DataFrame(SEEN, DAYS, columns=["mine", "other"]).assign(coin=0.0)
CHANCE = 1 / (1 + np.exp(-SCORES["mine"]))


@pytest.mark.parametrize(
    "module", ["compared_forecasts", "compared_warnings", "probabilities", "bands"]
)
def test_examples_of_the_docstrings_are_true(module):
    result = doctest.testmod(import_module(f"sfr_pipeline.evaluation.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_a_forecast_that_knows_half_of_the_target_beats_none_and_a_wild_one_loses():
    found = compare_forecasts(TARGET, FORECASTS, "none", replications=199)
    assert found.table["verdict"].to_dict() == {
        "mine": "better",
        "none": "benchmark",
        "copy": "the same",
        "wild": "worse",
    }
    assert found.table.index[0] == "mine"
    assert found.table.loc["mine", "rmse"] == pytest.approx(np.sqrt(np.mean(UNKNOWN**2)))
    assert found.table.loc["wild", "mae"] == pytest.approx(np.abs(TARGET - 4 * NOISE).mean())
    assert found.answer == "mine beats none."
    assert found.answer in repr(found)
    assert found.plot().axes[0].get_xlabel() == "RMSE, none = 1"


def test_units_and_the_order_of_columns_change_no_verdict():
    one = compare_forecasts(TARGET, FORECASTS, "none", replications=99).table
    other = compare_forecasts(
        TARGET * 1000, FORECASTS[["wild", "none", "copy", "mine"]] * 1000, "none", replications=99
    ).table.loc[one.index]
    relative = [column for column in one.columns if column not in ("rmse", "mae", "verdict")]
    assert other[relative].to_numpy() == pytest.approx(one[relative].to_numpy(), nan_ok=True)
    assert list(other["verdict"]) == list(one["verdict"])


def test_the_best_of_many_that_know_nothing_is_not_called_better():
    """Of sixty forecasts without skill some beat none by themselves: luck, when all are counted."""
    rng = np.random.default_rng(3)
    noise = rng.standard_normal((len(MONTHS), 60)) * 0.1
    forecasts = pd.DataFrame(noise, MONTHS).add_prefix("tried_").assign(none=0.0)
    found = compare_forecasts(TARGET, forecasts, "none", replications=199)
    alone = found.table[(found.table["p_value"] < 0.05) & (found.table["ratio"] < 1)]
    assert len(alone) > 0
    assert found.p_any > 0.05
    assert found.better == []
    assert found.answer == (
        f"{', '.join(alone.index)} would alone, but not among 60 that were tried: nothing beats "
        "none."
    )


def test_areas_are_those_of_scikit_learn_and_episodes_are_counted():
    from sklearn.metrics import roc_auc_score

    found = compare_warnings(EVENT, SCORES, "other", draws=99)
    for score in SCORES:
        area = roc_auc_score(LABEL, SCORES[score])
        assert found.table.loc[score, "auroc"] == pytest.approx(area)
    against = found.table.loc["mine", "auroc"] - found.table.loc["other", "auroc"]
    assert found.table.loc["mine", "difference"] == pytest.approx(against)
    assert (found.block, found.gap) == (130, 22)
    assert found.n_episodes == episodes_of(LABEL)
    assert found.base_rate == LABEL.mean()
    assert found.table.loc["coin", ["low", "high"]].tolist() == [0.5, 0.5]
    assert found.table.loc["coin", "verdict"] == "worse"
    assert f"episodes {found.n_episodes};" in repr(found)


def test_one_episode_has_no_interval_and_no_verdict():
    once = pd.Series(np.arange(len(DAYS)) // 100 == 5, DAYS)
    found = compare_warnings(once, SCORES, "coin", draws=20)
    assert found.n_episodes == 1
    assert found.table[["low", "high"]].isna().all(axis=None)
    assert set(found.table["verdict"]) == {"undecided", "benchmark"}
    assert "too few for any interval" in found.summary()


@pytest.mark.parametrize(("freq", "block", "gap"), [("M", 6, 1), ("Q", 2, 1), ("W", 26, 4)])
def test_half_a_year_and_a_month_are_counted_in_periods_of_any_length(freq, block, gap):
    periods = pd.period_range("2000-01-31", periods=160, freq=freq)
    event = pd.Series(UNKNOWN > 1, periods)
    found = compare_warnings(event, FORECASTS.set_axis(periods), draws=20)
    assert (found.block, found.gap) == (block, gap)
    assert "difference" not in found.table


def test_the_brier_score_is_scikit_learn_s_and_the_sum_of_its_parts():
    from sklearn.metrics import brier_score_loss

    found = reliability(EVENT.astype(int), CHANCE, bins=7)
    assert found.brier == pytest.approx(brier_score_loss(LABEL, CHANCE))
    base = LABEL.mean()
    assert found.brier_skill == pytest.approx(1 - found.brier / (base * (1 - base)))
    assert found.table["n_periods"].sum() == len(DAYS)
    grouped = (found.table["n_periods"] * found.table["frequency"]).sum()
    assert grouped == pytest.approx(LABEL.sum())
    assert found.uncertainty == pytest.approx(base * (1 - base))
    known = reliability(EVENT, CHANCE, pd.Series(0.5, DAYS))
    assert known.brier_skill == pytest.approx(1 - found.brier / 0.25)
    assert found.plot().axes[0].get_xlabel() == "probability"
    assert "base rate" in repr(found)


def test_coverage_counts_both_sides_and_its_interval_is_the_test_turned_round():
    target = pd.Series(KNOWN + UNKNOWN, MONTHS)
    found = coverage(target, BANDS, 0.9)
    assert found.share == pytest.approx(np.mean(np.abs(UNKNOWN) <= 1.645))
    assert found.below == pytest.approx(np.mean(UNKNOWN < -1.645))
    assert found.share + found.below + found.above == pytest.approx(1)
    assert found.width == pytest.approx(2 * 1.645)
    assert found.p_value > 0.05
    for claimed in np.linspace(0.7, 0.99, 40):
        tested = coverage(target, BANDS, claimed)
        assert (tested.low <= claimed <= tested.high) == (tested.p_value >= 0.05)


def test_bands_that_are_too_narrow_or_never_left_are_called_so():
    half = BANDS.assign(low=KNOWN - 0.7, high=KNOWN + 0.7)
    assert "too narrow" in coverage(TARGET, half).answer
    wide = coverage(TARGET, BANDS.assign(low=KNOWN - 9, high=KNOWN + 9))
    assert wide.answer == "The band held the outcome of every period: there is nothing to test."
    assert coverage(TARGET, BANDS, 0.5).answer.startswith("The band claims 50% and held 9")
    assert "too wide" in repr(coverage(TARGET, BANDS, 0.5))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: compare_forecasts(TARGET, FORECASTS, "zero"), "no column of forecasts: its col"),
        (lambda: compare_forecasts(TARGET, FORECASTS[["none"]], "none"), "holds the benchmark al"),
        (lambda: compare_forecasts(TARGET, FORECASTS.iloc[::-1], "none"), "sort_index"),
        (lambda: compare_forecasts(TARGET, FORECASTS.T, "none"), "transpose it"),
        (
            lambda: compare_forecasts(TARGET.iloc[:-2], FORECASTS, "none"),
            r"different periods \(2 stand in one alone, 2013-03 the first of them\): take those",
        ),
        (
            lambda: compare_forecasts(TARGET, FORECASTS.replace(0.0, np.nan), "none"),
            "320 missing or infinite values, the first of none at 2000-01: keep",
        ),
        (lambda: compare_forecasts(TARGET.where(TARGET > -2), FORECASTS, "none"), "gaps in target"),
        (lambda: compare_forecasts(TARGET.to_numpy(), FORECASTS, "none"), "take one column"),
        (
            lambda: compare_forecasts(TARGET, FORECASTS.assign(none=TARGET), "none"),
            "holds the target itself",
        ),
        (lambda: compare_forecasts(TARGET, FORECASTS, "none", horizon=0), "horizon must be"),
        (lambda: compare_forecasts(TARGET, FORECASTS, "none", level=95), "level is a prob"),
        (lambda: compare_warnings(EVENT.astype(int) + 1, SCORES), "a yes or no is"),
        (lambda: compare_warnings(EVENT & False, SCORES), "never true in its 4000 periods"),
        (lambda: compare_warnings(EVENT | True, SCORES), "always true"),
        (
            lambda: compare_warnings(EVENT.astype("boolean").where(EVENT), SCORES),
            "gaps in event",
        ),
        (lambda: reliability(EVENT, SCORES["mine"]), "probabilities lie between 0 and 1"),
        (lambda: reliability(EVENT, CHANCE.to_frame()), "take one column"),
        (lambda: coverage(TARGET, BANDS.rename(columns={"low": "q05"})), "name its ends low and"),
        (lambda: coverage(TARGET, BANDS["low"]), "must be a pandas DataFrame"),
        (
            lambda: coverage(TARGET, BANDS.set_axis(["high", "low"], axis=1)),
            "low is above high in 160 periods of bands, the first of them 2000-01",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_cause_and_remedy(call, says):
    with pytest.raises(EstimationError, match=says):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: compare_forecasts(TARGET[:7], FORECASTS[:7], "none"),
        lambda: compare_warnings(
            EVENT[LABEL.argmax() - 2 :][:20], SCORES[LABEL.argmax() - 2 :][:20]
        ),
        lambda: coverage(TARGET[:7], BANDS[:7]),
    ],
)
def test_too_few_periods_are_told_as_such(call):
    with pytest.raises(TooShortError, match=r"(event|target) has \d+ periods"):
        call()
