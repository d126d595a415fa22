"""Early warning in pictures: what they show are the rows of the tables, and no more."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.report.chart import as_script, embedded, to_png
from sfr_pipeline.report.forecasting import charts, explanation_charts, score_charts
from sfr_pipeline.report.forecasting.diagnostic_charts import transfer_network
from sfr_pipeline_tests.report import forecasting_frames as warning_frames
from sfr_pipeline_tests.report.drawn import marks


@pytest.fixture(scope="module")
def frames():
    return warning_frames.warning_tables()


@pytest.fixture(scope="module")
def sfri(frames):
    return warning_frames.sfri_of(frames["forecasts"])


def words(mark):
    """What a mark tells at the pointer."""
    return dict(part.split(": ", 1) for part in mark["description"].split("; "))


def all_charts(frames, sfri):
    explanations = frames["forecast_explanations"]
    return (
        charts.fan_chart(sfri, frames["forecast_fan"], "ridge_changes"),
        charts.forecast_chart(frames["forecasts"]),
        charts.saved_chart(frames["forecasts"]),
        charts.paper_chart(frames["forecasts"]),
        score_charts.skill_chart(frames["forecast_scores"]),
        explanation_charts.loss_chart(frames["training_history"]),
        explanation_charts.explanation_chart(explanations, "transformer"),
        explanation_charts.attention_chart(explanations, "transformer"),
        transfer_network(frames["transfer_entropy"], {}),
    )


# The fan ------------------------------------------------------------------------------------------


def test_the_fan_is_of_one_forecaster_beside_no_change_behind_three_years_of_the_index(
    frames, sfri
):
    fan = frames["forecast_fan"]
    chart = charts.fan_chart(sfri, fan, "ridge_changes")
    index, ahead = chart.table.iloc[:36], chart.table.iloc[36:].set_index("ref_date")
    latest = sfri.sort_values("ref_date").tail(36)
    assert index["sfri"].to_list() == latest["sfri"].to_list()
    assert index["forecast"].isna().all(), "what was published is no forecast"
    bounds = ["forecast", "low_50", "high_50", "low_90", "high_90"]
    own, idle = (
        fan[fan["model"] == model].set_index("ref_date") for model in ("ridge_changes", "no_change")
    )
    pd.testing.assert_frame_equal(ahead[bounds], own[bounds])
    np.testing.assert_array_equal(ahead["no_change"], idle["forecast"])
    assert ahead["sfri"].isna().all()


def test_the_fan_opens_at_the_latest_index_and_its_90_per_cent_are_wider(frames, sfri):
    chart = charts.fan_chart(sfri, frames["forecast_fan"], "ridge_changes")
    wide, narrow = np.split(np.array([mark["y"] for mark in marks(chart, "area")]), 2)
    assert len(wide) == 1 + 6
    # Both begin at one point, and lower bounds stand lower: further down the screen.
    assert wide[0] == narrow[0]
    assert (wide[1:] > narrow[1:]).all()
    drawn = chart.beside["drawn"].set_index("ref_date")
    latest = sfri.sort_values("ref_date").iloc[-1]
    opening = drawn.loc[latest["ref_date"], ["sfri", "forecast", "no_change", "low_90", "high_50"]]
    assert (opening == latest["sfri"]).all()


def test_no_change_is_drawn_once_where_it_is_the_forecast(frames, sfri):
    chart = charts.fan_chart(sfri, frames["forecast_fan"], "no_change")
    assert "no_change" not in chart.table
    assert "Dotted" not in chart.description
    assert len({mark["stroke"] for mark in marks(chart, "line")}) == 2


def test_a_month_tells_nothing_that_it_does_not_have(frames, sfri):
    """A forecast of a past month would read 0.00."""
    chart = charts.fan_chart(sfri, frames["forecast_fan"], "ridge_changes")
    told = [mark["description"] for mark in marks(chart, "rule") if "description" in mark]
    assert len(told) == len(chart.table)
    assert f"index: {chart.table['sfri'].iloc[0]:.2f}".replace("-", "−") in told[0]
    assert "forecast: –" in told[0]
    assert "index: –" in told[-1]
    assert f"forecast: {chart.table['forecast'].iloc[-1]:.2f}".replace("-", "−") in told[-1]


def test_without_a_forecaster_there_is_no_fan(frames, sfri):
    empty = charts.fan_chart(sfri, frames["forecast_fan"].head(0), None)
    assert "too few past errors" in empty.description


# What was forecast, and what came -----------------------------------------------------------------


def test_a_line_across_lies_where_it_is_said_to(frames):
    """Rows of its own would be lost to those of the page, and the line with them."""
    chart = charts.saved_chart(frames["forecasts"])
    (zero,) = [mark for mark in marks(chart, "rule") if mark.get("strokeWidth") == 0.7]
    assert 0 < zero["y"] < 220
    assert "datasets" not in chart.specification()


def test_the_error_saved_adds_up_to_the_difference_of_squared_errors(frames):
    table = charts.saved_chart(frames["forecasts"]).table
    known = (
        frames["forecasts"]
        .query("protocol == 'real_time' and horizon == 1 and seed == -1")
        .dropna(subset=["actual_change"])
    )
    loss = (known["actual_change"] - known["change"]) ** 2
    sums = loss.groupby(known["model"]).sum()
    expected = sums["no_change"] - sums["ridge_changes"]
    assert table["ridge_changes"].iloc[-1] == pytest.approx(expected)
    assert "no_change" not in table


def test_the_index_beside_its_forecasts_is_the_one_first_published(frames):
    table = charts.forecast_chart(frames["forecasts"]).table.set_index("ref_date")
    assert list(table) == ["sfri", "no_change", "transformer", "ridge_changes"]
    made = frames["forecasts"].query("protocol == 'real_time' and horizon == 1")
    row = made[made["model"] == "transformer"].dropna(subset=["actual_change"]).iloc[7]
    shown = table.loc[row["ref_date"]]
    assert shown["transformer"] == row["forecast"]
    assert shown["sfri"] == row["index_at_origin"] + row["published_change"]


def test_the_papers_picture_has_a_panel_a_model_and_shades_the_test_part(frames):
    chart = charts.paper_chart(frames["forecasts"])
    order = ["transformer", "bp", "svm", "random_forest", "no_change"]
    assert chart.specification()["facet"]["sort"] == order
    assert set(chart.table["model"]) == set(order)
    shades = marks(chart, "rect")
    assert len(shades) == len(order)
    # The last fifth of the months, at the right end.
    assert {round(shade["width"] / (shade["x"] + shade["width"]), 1) for shade in shades} == {0.2}


# Scores -------------------------------------------------------------------------------------------


def test_the_picture_of_skill_marks_each_ratio_with_its_verdict(frames):
    scores = frames["forecast_scores"]
    chart = score_charts.skill_chart(scores)
    assert chart.specification()["facet"]["sort"] == ["basket", "published", "index"]
    alone = score_charts.skill_chart(scores[scores["target"] == "basket"])
    assert alone.specification()["facet"]["sort"] == ["basket"]
    dots = [mark for mark in marks(alone, "symbol") if "model: " in mark["description"]]
    assert len(dots) == len(alone.table)
    drawn = {words(dot)["model"]: (dot["shape"], dot["fill"]) for dot in dots}
    # A verdict is told apart by colour, and by shape for who sees no colours.
    verdicts = alone.table.set_index("model")["beats_bar"]
    for of_one, of_another in combinations(verdicts.index, 2):
        same = verdicts[of_one] == verdicts[of_another]
        assert all(
            (one == another) == same
            for one, another in zip(drawn[of_one], drawn[of_another], strict=True)
        )
    assert set(verdicts) == {"yes", "undecided", "no", "bar"}
    ridge = next(told for told in map(words, dots) if told["model"] == "ridge_changes")
    assert (ridge["ratio"], ridge["to"]) == ("0.943", "No change")


def test_an_interval_without_an_end_is_drawn_as_far_as_the_ratios_reach(frames):
    scores = frames["forecast_scores"].query("target == 'basket'")
    endless = scores.assign(bar_low=0.0, bar_high=np.nan)
    bars = [mark for mark in marks(score_charts.skill_chart(endless), "rule") if "x2" in mark]
    bars = [bar for bar in bars if bar["strokeWidth"] == 2]
    assert len(bars) == len(endless)
    ends = {tuple(sorted((round(bar["x"]), round(bar["x2"])))) for bar in bars}
    assert len(ends) == 1
    assert {low for low, _ in ends} == {0}


# What is behind a forecast ------------------------------------------------------------------------


def test_losses_are_the_mean_over_the_seeds_of_the_latest_fit(frames):
    history = frames["training_history"]
    older = history.assign(origin=pd.Timestamp("2001-01-31"), training_loss=99.0)
    table = explanation_charts.loss_chart(pd.concat([older, history])).table
    first = history.query("protocol == 'paper' and epoch == 1")["training_loss"]
    shown = table.query("protocol == 'paper' and part == 'training' and epoch == 1").iloc[0]
    assert shown["loss"] == pytest.approx(first.mean())
    assert (shown["low"], shown["high"]) == (first.min(), first.max())
    # The line ends where the first seed has stopped.
    last = history.query("model == 'transformer_changes'").groupby("seed")["epoch"].max().min()
    assert table.query("model == 'transformer_changes'")["epoch"].max() == last
    unwatched = explanation_charts.loss_chart(history.assign(validation_loss=np.nan))
    assert set(unwatched.table["part"]) == {"training"}


def test_the_accounts_of_a_linear_forecast_agree(frames):
    explanations = frames["forecast_explanations"]
    table = explanation_charts.explanation_chart(explanations, "ridge_changes").table
    np.testing.assert_allclose(table["contribution"], table["left_out"])
    assert table["contribution"].abs().is_monotonic_decreasing
    network = explanation_charts.explanation_chart(explanations, "transformer").table
    assert list(network) == ["variable", "relevance", "left_out"]
    attention = explanation_charts.attention_chart(explanations, "transformer").table
    assert attention["value"].sum() == pytest.approx(1)


def test_arrows_are_drawn_where_information_is_significant(frames):
    entropy = frames["transfer_entropy"]
    part = transfer_network(entropy, {})
    # The only significant one is of a part of the index: dashed, and no finding.
    assert "none is significant" in part.title
    assert {tuple(mark["strokeDash"]) for mark in marks(part, "line")} == {(6, 4)}
    found = transfer_network(entropy.assign(shares_series=False), {"repo": "Repo rate"})
    assert "Repo rate to index (0.050 bits)" in found.description
    heads = [mark for mark in marks(found, "symbol") if "from: " in mark["description"]]
    assert len(heads) == 1
    none = transfer_network(entropy.assign(p_adjusted=0.5), {})
    assert marks(none, "line") == []
    assert none.title == part.title
    assert len(none.table) == 2 * len(warning_frames.INPUTS)


# All of them --------------------------------------------------------------------------------------


def test_the_same_frames_give_the_same_charts(frames, sfri):
    for chart, again in zip(all_charts(frames, sfri), all_charts(frames, sfri), strict=True):
        assert chart.description
        assert as_script(embedded(chart)) == as_script(embedded(again))


def test_a_picture_for_the_ui_is_a_small_png(frames):
    png = to_png(charts.paper_chart(frames["forecasts"]))
    assert png.startswith(b"\x89PNG")
    assert len(png) < 100_000


def test_hostile_names_stay_text(frames):
    evil = "'</script><script>alert(1)</script>\"\\"
    explanations = frames["forecast_explanations"]
    told = explanation_charts.explanation_chart(explanations, "transformer", {"repo": evil})
    network = transfer_network(frames["transfer_entropy"], {"repo": evil})
    for chart in (told, network):
        assert "<script" not in as_script(embedded(chart))
        assert to_png(chart).startswith(b"\x89PNG"), "a name broke an expression"
    assert network.beside["inputs"].set_index("variable").loc["repo", "name"] == evil
    assert evil in {words(bar)["input"] for bar in marks(told, "rect")}
