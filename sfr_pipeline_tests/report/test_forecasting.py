"""Early warning for readers: the verdict is true whatever was found, rows are the tables'."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.markets.forecasting import ForecastingSettings
from sfr_pipeline.report.forecasting.section import bds_rows, entropy_rows, score_rows, table_ten
from sfr_pipeline.report.forecasting.verdict import (
    as_lines,
    forecasting_summary,
    headline_forecaster,
)
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.report import forecasting_frames as warning_frames


@pytest.fixture(scope="module")
def frames():
    return warning_frames.warning_tables()


def verdict_of(results, **group):
    return forecasting_summary(
        {"forecast_scores": warning_frames.scores_of(results, **group)}
    ).verdict


def test_the_made_up_frames_keep_their_contracts(frames):
    for name, frame in frames.items():
        assert not violations(next(t for t in tables.TABLES if t.name == name), frame), name


# The verdict -------------------------------------------------------------------------------------


def test_one_winner_that_holds_with_account_for_all_tried():
    results = {"ridge_changes": (0.943, 0.002), "ar1": (0.99, 0.5), "transformer": (2.6, 0.0001)}
    assert verdict_of(results, spa=0.018, n=276) == (
        "1 of 3 models beats no change in real time, one month ahead, over 276 forecasts: Ridge on "
        "changes (RMSE ratio 0.943, p = 0.002); with account for all 3 tried this holds (SPA "
        "p = 0.018); 1 undecided, 1 worse than no change."
    )


def test_winners_that_do_not_hold_together_are_not_sold_as_found():
    results = {"ridge_changes": (0.959, 0.016), "ridge": (0.97, 0.04), "ar1": (0.99, 0.3)}
    assert verdict_of(results, spa=0.43) == (
        "None of 3 models beats no change in real time, one month ahead, over 118 forecasts: with "
        "account for all 3 tried what single tests say is not confirmed (SPA p = 0.430); by their "
        "own tests alone: Ridge on changes (RMSE ratio 0.959, p = 0.016); Ridge, levels (RMSE "
        "ratio 0.970, p = 0.040); 3 undecided."
    )


def test_the_verdict_names_the_better_naive_row_and_counts_against_no_change_beside_it():
    results = {"ridge_changes": (0.99, 0.4), "transformer": (2.6, 0.0004), "ar1": (1.0, 0.9)}
    scores = warning_frames.scores_of(results, bar="ar1", spa=0.8)
    found = forecasting_summary({"forecast_scores": scores})
    assert (found.bar, found.n_models) == ("AR(1)", 3)
    assert found.verdict == (
        "None of 3 models beats AR(1) in real time, one month ahead, over 118 forecasts: the "
        "closest is Ridge on changes (RMSE ratio 0.990, p = 0.400); nor does any with account for "
        "all 3 tried (SPA p = 0.800); 2 undecided, 1 worse than AR(1). Against no change 0 are "
        "better and 1 worse."
    )


def test_no_winner():
    results = {"ridge_changes": (0.974, 0.271), "transformer": (2.6, 0.0004)}
    assert verdict_of(results, spa=0.54) == (
        "None of 2 models beats no change in real time, one month ahead, over 118 forecasts: the "
        "closest is Ridge on changes (RMSE ratio 0.974, p = 0.271); nor does any with account for "
        "all 2 tried (SPA p = 0.540); 1 undecided, 1 worse than no change."
    )


def test_all_worse():
    results = {"ar1": (1.2, 0.01), "transformer": (2.6, 0.0004)}
    text = verdict_of(results, spa=1.0)
    assert text.startswith("None of 2 models beats no change")
    assert "the closest is AR(1) (RMSE ratio 1.200, p = 0.010)" in text
    assert text.endswith("2 worse than no change.")
    assert "undecided" not in text


def test_skill_that_only_the_joint_test_sees_is_not_hidden():
    text = verdict_of({"ridge_changes": (0.95, 0.06)}, spa=0.03)
    assert text.startswith("None of 1 model beats no change")
    assert "yet with account for all 1 tried there is skill that no single test confirms" in text


def test_the_verdict_rests_on_the_headline_group_alone():
    """Winners on other targets, modes, horizons, periods and training months do not count."""
    loser, winner = {"ridge_changes": (0.99, 0.8)}, {"ridge_changes": (0.5, 0.0001)}
    group = warning_frames.scores_of
    others = [
        group(winner, target="published"),
        group(winner, protocol="paper", target="index"),
        group(winner, split="train"),
        group(winner).assign(horizon=3),
        group(winner).assign(period="without_systemic"),
    ]
    scores = pd.concat([*others, group(loser)], ignore_index=True)
    found = forecasting_summary({"forecast_scores": scores})
    assert found.better == ()
    assert [rival.model for rival in found.undecided] == ["ridge_changes"]
    assert found.verdict == verdict_of(loser)


def test_nothing_can_be_said_without_no_change_or_without_rivals():
    scores = warning_frames.scores_of({"ar1": (0.9, 0.2)})
    with pytest.raises(EstimationError, match="no real-time row of the naive model"):
        forecasting_summary({"forecast_scores": scores[scores["model"] != "no_change"]})
    with pytest.raises(EstimationError, match="no model beside no change"):
        forecasting_summary({"forecast_scores": scores[scores["model"] == "no_change"]})


def test_the_command_line_tells_the_next_month_and_the_verdict(mini, frames):
    market = mini.model_copy(update={"forecasting": ForecastingSettings(start="2000-01")})
    found = forecasting_summary(frames)
    row = frames["forecast_fan"].query("model == 'ridge_changes' and horizon == 1").iloc[0]
    lines = as_lines(market, frames)
    assert lines[0] == (
        f"  next month     {row['forecast']:+.2f} in July 2016, 90 % interval {row['low_90']:+.2f} "
        f"to {row['high_90']:+.2f} (Ridge on changes)"
    )
    told = " ".join(line[17:] for line in lines[1:])
    assert told == found.verdict + " All scores: table forecast_scores."
    assert max(map(len, lines)) <= 100
    without_fan = as_lines(market, {"forecast_scores": frames["forecast_scores"]})
    assert without_fan == lines[1:]
    assert as_lines(mini, frames) == []


# The headline forecaster ------------------------------------------------------------------------


def test_the_headline_forecast_is_of_the_model_with_a_fan_that_real_time_puts_first(frames):
    fan = frames["forecast_fan"]
    assert set(fan["model"]) == {"no_change", "ridge_changes"}
    scores = warning_frames.scores_of
    # A model without a fan may be better: it has no intervals to show.
    better = scores({"ridge_changes": (0.99, 0.8), "ar1": (0.5, 0.001)})
    assert headline_forecaster(better, fan) == "ridge_changes"
    worse = scores({"ridge_changes": (1.01, 0.8)})
    assert headline_forecaster(worse, fan) == "no_change"
    # Nothing but the verdict's own group counts.
    elsewhere = [
        scores({"ridge_changes": (0.1, 0.001)}, target="published"),
        scores({"ridge_changes": (0.1, 0.001)}, protocol="paper", target="index"),
        scores({"ridge_changes": (0.1, 0.001)}).assign(horizon=3),
        scores({"ridge_changes": (0.1, 0.001)}).assign(period="without_systemic"),
    ]
    assert headline_forecaster(pd.concat([*elsewhere, worse]), fan) == "no_change"


def test_a_forecaster_without_a_score_comes_last_and_without_a_fan_there_is_none(frames):
    fan, scores = frames["forecast_fan"], frames["forecast_scores"]
    unscored = scores[scores["model"] != "ridge_changes"]
    assert headline_forecaster(unscored, fan) == "no_change"
    assert headline_forecaster(scores, fan.head(0)) is None
    assert forecasting_summary({**frames, "forecast_fan": fan.head(0)}).next_month is None


def test_where_no_change_is_the_forecast_it_says_so(mini, frames):
    market = mini.model_copy(update={"forecasting": ForecastingSettings(start="2000-01")})
    scores = warning_frames.scores_of({"ridge_changes": (1.2, 0.01)})
    told = " ".join(" ".join(as_lines(market, frames | {"forecast_scores": scores})).split())
    row = frames["forecast_fan"].query("model == 'no_change' and horizon == 1").iloc[0]
    assert told.startswith(f"next month {row['forecast']:+.2f} in July 2016")
    assert (
        "(No change: no other forecast with intervals has had a lower error in real time)" in told
    )


def test_forecasts_whose_months_have_not_come_are_told_instead_of_a_verdict(mini, frames):
    market = mini.model_copy(update={"forecasting": ForecastingSettings(start="2000-01")})
    made = frames["forecasts"]
    months = sorted(made.loc[made["protocol"] == "real_time", "origin"].unique())
    waiting = made.assign(actual_change=made["actual_change"].where(made["origin"] < months[11]))
    early = frames | {"forecasts": waiting, "forecast_scores": tables.FORECAST_SCORES.empty()}
    told = " ".join(" ".join(as_lines(market, early)).split())
    assert "needs 12 forecasts whose month has come and has 11: its verdict begins in" in told


def test_training_months_are_no_headline():
    scores = warning_frames.scores_of({"ar1": (0.5, 0.001)}, split="train")
    assert set(scores["beats_bar"]) == {"bar", "in_sample"}
    with pytest.raises(EstimationError, match="no real-time row of the naive model"):
        forecasting_summary({"forecast_scores": scores})


# Rows ---------------------------------------------------------------------------------------------


def test_table_ten_has_the_papers_numbers_beside_the_markets(frames):
    test = {row["name"]: row for row in table_ten(frames["forecast_scores"])["test"]}
    assert test["Transformer"]["paper"] == [0.1088, 0.0831, 0.8553, 0.3468, 0.0122]
    assert test["Transformer"]["own"][0] == pytest.approx(0.28 * 2.6)
    assert test["No change"]["paper"] is None


def test_score_rows_are_ranked_and_carry_their_companion(frames):
    scores = frames["forecast_scores"].copy()
    companion = (scores["target"] == "published") & (scores["model"] == "ridge")
    scores.loc[companion, ["bar_ratio", "p_bar"]] = 0.77, 0.011
    rows = score_rows(scores)
    assert [row["rmse"] for row in rows] == sorted(row["rmse"] for row in rows)
    (ridge,) = [row for row in rows if row["model"] == "ridge"]
    assert (ridge["published_ratio"], ridge["published_p"]) == (0.77, 0.011)
    refits = {row["name"]: row["refit"] for row in rows}
    assert (refits["Transformer"], refits["Ridge, levels"]) == ("60 months", "month")
    without = score_rows(scores[scores["target"] != "published"])
    assert all(np.isnan(row["published_ratio"]) for row in without)


def test_a_verdict_that_the_test_over_all_models_withholds_says_so():
    scores = warning_frames.scores_of({"ridge": (0.9, 0.01), "ar1": (1.5, 0.01)}, spa=0.3)
    words = {row["name"]: row["word"] for row in score_rows(scores)}
    assert words == {
        "Ridge, levels": "undecided: alone, not among all tried",
        "No change": "–",
        "AR(1)": "no",
    }


def test_diagnostics_are_those_of_real_time(frames):
    names = {"repo": "Repo rate"}
    entropy = frames["transfer_entropy"]
    paper = entropy.assign(mode="paper", p_adjusted=0.0, transfer_entropy=9.0)
    rows = entropy_rows(pd.concat([entropy, paper]), names)
    assert len(rows) == 2 * len(warning_frames.INPUTS)
    # The only significant one, but of a part of the index.
    assert (rows[-2]["from"], rows[-2]["to"]) == ("Repo rate", "index")
    assert [row["shares_series"] for row in rows] == [False] * (len(rows) - 2) + [True] * 2
    assert {row["transfer_entropy"] for row in rows} == {0.08}
    tests = frames["nonlinearity_tests"]
    listed = bds_rows(pd.concat([tests, tests.assign(mode="paper", statistic=9.0)]), names)
    assert len(listed) == 2 * 2 * (1 + len(warning_frames.INPUTS))
    assert [row["name"] for row in listed[:5]].count("sfri") == 4
    assert [row["scaled"] for row in listed[:4]] == [False, True, False, True]
    assert [test["dimension"] for test in listed[0]["tests"]] == [2, 3, 4, 5, 6]
    assert {test["statistic"] for row in listed for test in row["tests"]} == {2.0}
