"""Early warning for readers: the verdict is true whatever was found, pictures show the rows."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.markets.forecasting import ForecastingSettings
from sfr_pipeline.report.forecasting import charts as warning_charts
from sfr_pipeline.report.forecasting.section import bds_rows, entropy_rows, score_rows, table_ten
from sfr_pipeline.report.forecasting.verdict import as_lines, forecasting_summary
from sfr_pipeline.report.style import to_svg
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
    assert (rows[0]["from"], rows[0]["to"]) == ("Repo rate", "index")
    assert {row["transfer_entropy"] for row in rows} == {0.08}
    tests = frames["nonlinearity_tests"]
    listed = bds_rows(pd.concat([tests, tests.assign(mode="paper", statistic=9.0)]), names)
    assert len(listed) == 2 * (1 + len(warning_frames.INPUTS))
    assert [test["dimension"] for test in listed[0]["tests"]] == [2, 3, 4, 5, 6]
    assert {test["statistic"] for row in listed for test in row["tests"]} == {2.0}


# Pictures -----------------------------------------------------------------------------------------


def test_the_picture_of_skill_marks_each_ratio_with_its_verdict(frames):
    figure = warning_charts.skill_chart(frames["forecast_scores"])
    headline = figure.axes[0]
    labels = [label.get_text() for label in headline.get_yticklabels()]
    (dots,) = [part for part in headline.collections if len(part.get_offsets()) == 12]
    drawn = {labels[round(y)]: x for x, y in dots.get_offsets()}
    assert drawn["Ridge on changes"] == pytest.approx(0.943)
    assert drawn["No change"] == 1.0
    colours = {labels[round(y)]: tuple(colour) for (_, y), colour in
               zip(dots.get_offsets(), dots.get_facecolors(), strict=True)}  # fmt: skip
    assert colours["Ridge on changes"] != colours["Ridge, levels"]
    assert colours["SVM"] == colours["Transformer"] != colours["Ridge, levels"]
    assert len(figure.axes) == 3
    assert headline.get_xlabel() == "RMSE over that of no change"
    alone = frames["forecast_scores"].query("target == 'basket'")
    assert len(warning_charts.skill_chart(alone).axes) == 1


def test_an_interval_without_an_end_is_drawn_as_far_as_the_ratios_reach(frames):
    scores = frames["forecast_scores"].query("target == 'basket'")
    endless = scores.assign(bar_low=0.0, bar_high=np.nan)
    (axes,) = warning_charts.skill_chart(endless).axes
    bars = next(part for part in axes.collections if hasattr(part, "get_segments"))
    ends = {tuple(segment[:, 0]) for segment in bars.get_segments()}
    assert ends == {(scores["bar_ratio"].min() / 2, scores["bar_ratio"].max() * 2)}


def test_the_error_saved_adds_up_to_the_difference_of_squared_errors(frames):
    figure = warning_charts.forecast_chart(frames["forecasts"])
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[1].lines}
    known = frames["forecasts"].query(
        "protocol == 'real_time' and horizon == 1 and seed == -1"
    ).dropna(subset=["actual_change"])  # fmt: skip
    loss = (known["actual_change"] - known["change"]) ** 2
    sums = loss.groupby(known["model"]).sum()
    assert lines["Ridge on changes"][-1] == pytest.approx(sums["no_change"] - sums["ridge_changes"])


def test_the_fan_opens_at_the_latest_index(frames):
    sfri = warning_frames.sfri_of(frames["forecasts"])
    figure = warning_charts.fan_chart(sfri, frames["forecast_fan"])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["No change", "Ridge on changes"]
    forecast = next(line for line in figure.axes[1].lines if line.get_label() == "forecast")
    assert forecast.get_ydata()[0] == sfri["sfri"].iloc[-1]
    assert len(forecast.get_ydata()) == 1 + 6
    empty = warning_charts.fan_chart(sfri, frames["forecast_fan"].head(0))
    assert "too few past errors" in to_svg(empty)


def test_the_papers_picture_shows_the_test_part_of_each_model(frames):
    figure = warning_charts.paper_chart(frames["forecasts"])
    shown = [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()]
    assert shown == ["Transformer", "BP network", "SVM", "Random forest", "No change"]


def test_losses_are_the_mean_over_the_seeds_of_the_latest_fit(frames):
    history = frames["training_history"]
    older = history.assign(origin=pd.Timestamp("2001-01-31"), training_loss=99.0)
    figure = warning_charts.loss_chart(pd.concat([older, history]))
    line = figure.axes[0].lines[0]
    first = history.query("protocol == 'paper' and epoch == 1")["training_loss"].mean()
    assert line.get_ydata()[0] == pytest.approx(first)
    unwatched = history.assign(validation_loss=np.nan)
    assert len(warning_charts.loss_chart(unwatched).axes[0].lines) == 1


def test_the_bars_of_an_explanation_have_the_sign_of_its_effect(frames):
    figure = warning_charts.explanation_chart(frames["forecast_explanations"])
    ridge = next(
        axes for axes in figure.axes if axes.get_title(loc="left").startswith("Ridge on changes")
    )
    own, left_out = ([bar.get_width() for bar in container] for container in ridge.containers)
    np.testing.assert_allclose(own, left_out)


def test_hostile_names_stay_text(frames):
    names = {"repo": "</svg><script>alert(1)</script>"}
    svg = to_svg(warning_charts.explanation_chart(frames["forecast_explanations"], names))
    assert "<script>" not in svg
    assert svg.count("</svg>") == 1


def test_the_same_frames_give_the_same_picture(frames):
    scores = frames["forecast_scores"]
    first, second = (to_svg(warning_charts.skill_chart(scores)) for _ in range(2))
    assert first == second
