"""Daily stress in the report: rows and pictures show the tables, and what is missing is said."""

import html
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num

from sfr_pipeline.evaluation.models import contender, name_of
from sfr_pipeline.markets.market import Event
from sfr_pipeline.report.page import optional_tables_of, render, tables_of
from sfr_pipeline.report.stress import charts as daily_charts
from sfr_pipeline.report.stress.section import (
    BESIDE_TABLES,
    alarm_rows,
    label_rows,
    lead_rows,
    paper_rows,
    quality_rows,
    refit_exceptions,
    robustness_rows,
    score_rows,
    stress_figures,
    stress_section,
)
from sfr_pipeline.report.stress.verdict import group_of, stress_summary
from sfr_pipeline.report.stress.volatility_section import volatility_figures
from sfr_pipeline.report.style import to_svg
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.report import stress_frames as daily_frames

OWN = contender("stress").name
OWN_ID = contender("stress").id


@pytest.fixture(scope="module")
def page(world, frames):
    """Of a synthetic twin of the market, so that the mark is seen too."""
    return render(world.model_copy(update={"synthetic": True}), frames)


def every_figure(market, frames):
    """Of the leg: volatility first."""
    return volatility_figures(market, frames) | stress_figures(market, frames)


def test_the_made_up_frames_keep_their_contracts(frames):
    for name, frame in frames.items():
        assert not violations(next(t for t in tables.TABLES if t.name == name), frame), name


# Rows ---------------------------------------------------------------------------------------------


def test_every_score_stands_in_its_own_column(frames):
    rows = {row["model"]: row for row in score_rows(frames["stress_scores"])}
    assert next(iter(rows)) == OWN_ID
    own = rows[OWN_ID]
    n = len(daily_frames.REFERENCES)
    assert own["differences"] == [list(daily_frames.AHEAD["difference"])] * n
    assert own["brier_differences"] == [list(daily_frames.AHEAD[daily_frames.LOSSES[0]])] * n
    assert not own["simple"]
    assert rows["garch"]["simple"] == "baseline"
    scores = frames["stress_scores"].copy()
    of_own = (scores["model"] == OWN_ID) & (scores["label"] == "F21")
    for number, (period, days) in enumerate(
        [("all", "onset"), ("all", "calm_start"), ("development", "all"), ("confirmation", "all")]
    ):
        group = of_own & (scores["period"] == period) & (scores["days"] == days)
        scores.loc[group, "auroc"] = number / 10
    (own,) = [row for row in score_rows(scores) if row["model"] == OWN_ID]
    assert list(own["beside"].values()) == [0, 0.1, 0.2, 0.3]
    assert own["further"]["F5"] == daily_frames.AUROC[OWN_ID]
    assert np.isnan(own["further"]["F63"])


def test_models_that_are_not_fitted_every_year_are_named(frames, page):
    scores = frames["stress_scores"]
    name = name_of("stress", daily_frames.LEAD)
    assert refit_exceptions(scores) == [f"{name} (every 3 years)"]
    assert f"but for {name} (every 3 years), and judged" in " ".join(page.split())
    headline = (scores["label"] == "F21") & (scores["protocol"] == "walk_forward")
    first, second, third = daily_frames.REFERENCES[:3]
    for model, refit in {daily_frames.LEAD: 12, first: 0, second: 5, third: pd.NA}.items():
        own = headline & (scores["model"] == model)
        scores = scores.assign(refit_months=scores["refit_months"].mask(own, refit))
    # Where nothing is fitted there is no exception.
    assert refit_exceptions(scores) == [
        f"{name_of('stress', second)} (every 5 months)",
        f"{name_of('stress', third)} (once)",
    ]


def test_the_papers_numbers_stand_beside_both_protocols(frames):
    rows = {row["name"]: row for row in paper_rows(frames["stress_scores"])}
    own = rows["CNN-BiLSTM with attention"]
    assert own["printed"] == [0.89, 0.87, 0.88]
    assert own["in_time_order"][:3] == [0.72] * 3
    assert own["leaking"][:3] == [0.93] * 3
    assert rows["Last known label"]["printed"] == [None] * 3


def test_monthly_scores_stand_behind_the_daily_models(frames):
    alarms = alarm_rows(frames["alarm_scores"])
    names = [(row["name"], row["unit"]) for row in alarms]
    assert names == [
        (OWN, "days"),
        ("EWMA volatility", "days"),
        ("Index of the month", "months"),
        ("Public opinion", "months"),
    ]
    first, second = lead_rows(frames["event_scores"])
    assert first["leads"] == {
        OWN: "45",
        "EWMA volatility": "≥ 63",
        "Index of the month": "2",
        "Public opinion": None,
    }
    assert second["leads"]["Public opinion"] == "≥ 6"
    assert second["leads"][OWN] is None


def test_prices_are_counted_by_what_is_odd_about_them(frames):
    missing, outlier = quality_rows(frames["prices_quality"])
    assert (missing["issue"], missing["n_days"]) == ("missing", 15)
    assert outlier["symbols"] == ["BAC", "WTI"]


def test_labels_that_have_no_test_years_yet_show_the_rest(frames):
    statistics = frames["stress_label_statistics"]
    short = statistics[~((statistics["label"] == "F63") & (statistics["period"] == "test"))]
    rows = {row["label"]: row for row in label_rows(short)}
    assert list(rows) == ["D90", "D50", "F5", "F21", "F63"]
    assert rows["F63"]["all"]["n_episodes"] == 9
    assert np.isnan(rows["F63"]["test"]["n_episodes"])


def test_robustness_has_a_column_for_each_disturbance(frames):
    found = robustness_rows(frames["stress_robustness"])
    assert found["heads"] == [
        "clean", "noise 0.5", "noise 2", "dropped 0.25", "dropped 0.5", "irrelevant 10",
        "irrelevant 40",
    ]  # fmt: skip
    ewma = next(row for row in found["rows"] if row["name"] == "EWMA volatility")
    assert ewma["values"][0] == daily_frames.AUROC["ewma"]
    assert np.isnan(ewma["values"][-1])
    assert robustness_rows(frames["stress_robustness"].head(0)) is None


# Pictures -----------------------------------------------------------------------------------------


def test_bars_of_auroc_are_those_of_the_table_pooled_and_within_years(frames):
    scores = frames["stress_scores"]
    figure = daily_charts.auroc_chart(scores)
    group = group_of(scores).set_index("model")
    for axes, column in zip(figure.axes, ("auroc", "auroc_within_year"), strict=True):
        ends = [bar.get_x() + bar.get_width() for bar in axes.patches]
        assert ends == pytest.approx(group[column].to_numpy()[::-1])
    # The four families are told apart.
    assert len({bar.get_facecolor() for bar in figure.axes[0].patches}) == 4
    unjudged = daily_frames.headline(dict.fromkeys(daily_frames.AUROC, np.nan))
    assert "–" in to_svg(daily_charts.auroc_chart(unjudged))


def test_random_windows_are_marked_as_leaking(frames):
    figure = daily_charts.paper_chart(frames["stress_scores"])
    assert "random windows: LEAKING" in to_svg(figure)
    f1 = figure.axes[2]
    assert f1.get_title(loc="left") == "F1"
    in_time_order, leaking, printed = (
        part.get_offsets()[:, 0] for part in f1.collections if len(part.get_offsets()) > 1
    )
    assert sorted(in_time_order) == sorted(first for first, _ in daily_frames.F1.values())
    assert sorted(leaking) == sorted(second for _, second in daily_frames.F1.values())
    assert sorted(printed.compressed()) == [0.80, 0.83, 0.84, 0.85, 0.88]
    assert "LEAKING" in to_svg(daily_charts.loss_chart(frames["stress_training_history"]))


def test_days_before_stress_are_shaded_and_events_marked(frames):
    lehman = Event(
        id="lehman", name="</svg><script>alert(1)</script>", onset="2008-09-15",
        severity="systemic", source="chronology", status="verified",
    )  # fmt: skip
    figure = daily_charts.probability_chart(frames["stress_predictions"], [lehman])
    (axes,) = figure.axes
    days = frames["stress_predictions"]["date"].drop_duplicates().to_list()
    spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches]
    first, last = date2num(days[170]), date2num(days[209])
    # The second run of stress lies in the days whose outcome is not known yet.
    assert spans == [(first, last)]
    svg = to_svg(figure)
    assert "<script>" not in svg
    assert svg.count("</svg>") == 1
    drawn = [line.get_label() for line in axes.lines]
    assert {OWN, "EWMA volatility", "Base rate so far"} <= set(drawn)


def test_losses_are_those_of_the_latest_fit_under_each_protocol(frames):
    history = frames["stress_training_history"]
    figure = daily_charts.loss_chart(history)
    panels = np.reshape(figure.axes, (3, len(daily_frames.NETWORKS)))
    in_time_order, *_, walk_forward = panels[:, daily_frames.NETWORKS.index("cnn_bilstm")]
    walked = history[(history["protocol"] == "walk_forward") & (history["model"] == "cnn_bilstm")]
    first = walked[(walked["fold"] == 2010) & (walked["epoch"] == 1)]["training_loss"].mean()
    assert walk_forward.lines[0].get_ydata()[0] == pytest.approx(first)
    # Nothing is held back where validation would be a calm year.
    assert len(walk_forward.lines) == 1
    assert len(in_time_order.lines) == 2


def test_decay_begins_at_the_clean_inputs(frames):
    figure = daily_charts.robustness_chart(frames["stress_robustness"])
    noise, _, irrelevant = figure.axes
    lines = {line.get_label(): line for line in noise.lines}
    assert list(lines[OWN].get_xdata()) == [0.0, 0.5, 2.0]
    assert lines[OWN].get_ydata()[0] == daily_frames.AUROC[OWN_ID]
    untried = next(line for line in irrelevant.lines if line.get_label() == "EWMA volatility")
    assert len(untried.get_xdata()) == 0


def test_leads_of_months_stand_beside_those_of_days(frames):
    (axes,) = daily_charts.event_chart(frames["event_scores"]).axes
    dots = {round(float(x), 1) for part in axes.collections for x in part.get_offsets()[:, 0]}
    assert dots == {45, 63, 12, 2 * 21, 6 * 21}
    labels = [line.get_label() for line in axes.lines]
    assert f"{OWN}: 1 of 2" in labels
    assert "Index of the month: 1 of 2" in labels
    assert "Public opinion: 1 of 1" in labels


def test_frames_without_rows_make_pictures_that_say_so(frames):
    for picture, name in (
        (daily_charts.auroc_chart, "stress_scores"),
        (daily_charts.paper_chart, "stress_scores"),
        (daily_charts.probability_chart, "stress_predictions"),
        (daily_charts.loss_chart, "stress_training_history"),
        (daily_charts.robustness_chart, "stress_robustness"),
        (daily_charts.event_chart, "event_scores"),
    ):
        assert "<text" in to_svg(picture(frames[name].head(0))), name


# The report ---------------------------------------------------------------------------------------


def test_a_market_without_an_index_has_a_report_of_its_daily_leg_alone(world, frames, page):
    assert not world.monthly
    asked = {*frames, *BESIDE_TABLES}
    assert set(tables_of(world)) == set(optional_tables_of(world)) == asked
    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))
    assert "Systemic financial risk: World markets, 2010-04-19" in text
    assert stress_summary(frames).verdict in text
    for heading in ("What each probability is worth", "Against the bars", "Alarms before"):
        assert heading in text
    for monthly in ("Drivers of", "Regimes", "Early warning", "What this market lacks"):
        assert monthly not in text
    assert page.count("<figure>") == len(every_figure(world, frames))
    for symbol, why in world.stress.left_out.items():
        assert symbol in text
        assert why in text
    assert world.notes[0] in text
    assert world.stress.chosen
    assert f"chosen before any score was looked at: {world.stress.chosen}" in text


def test_every_section_names_its_information_set(page):
    for heading in re.findall(r"<h2>(.*?)</h2>", page, flags=re.S):
        if heading != "Notes":
            assert 'class="information-set' in heading, heading


def test_what_comes_from_outside_is_escaped(page):
    assert "Lehman <fails>" not in page
    assert "Lehman &lt;fails&gt;" in page
    assert "last &lt;close&gt; carried on" in page


def test_every_picture_of_a_synthetic_market_is_marked(world, frames, page):
    pictures = re.findall(r"<figure>.*?</figure>", page, flags=re.S)
    assert len(pictures) == len(every_figure(world, frames)) > 0
    assert all("SYNTHETIC DATA" in picture for picture in pictures)
    assert "This market is synthetic" in page


def test_a_daily_leg_that_was_not_run_yet_is_said_to_be_missing(world, mini, frames):
    page = render(world, {})
    assert "synthetic:" not in page
    assert "The tables of daily stress have not been materialized." in page
    assert "As of" not in page
    # Nor does a market without the leg show tables that lie around.
    assert stress_section(mini, frames) is None
    assert stress_figures(mini, frames) == {}


def test_short_histories_without_events_or_robustness_are_no_obstacle(world, frames):
    empty = ("event_scores", "alarm_scores", "stress_robustness", "prices_quality")
    page = render(world, frames | {name: frames[name].head(0) for name in empty})
    assert "Nothing odd was found in the prices." in page
    assert "no named event lies in the test years" in page


def test_the_same_tables_give_the_same_picture(frames):
    scores = frames["stress_scores"]
    first, second = (to_svg(daily_charts.paper_chart(scores)) for _ in range(2))
    assert first == second
