"""Daily stress in the report: rows and pictures show the tables, and what is missing is said."""

import html
import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sfr_pipeline.evaluation.models import benchmark, contender, name_of
from sfr_pipeline.markets.market import Event
from sfr_pipeline.report.chart import embedded, to_png
from sfr_pipeline.report.stress import charts, network_charts
from sfr_pipeline.report.stress.section import (
    PART,
    alarm_rows,
    batches,
    label_rows,
    paper_rows,
    quality_rows,
    refit_exceptions,
    robustness_rows,
    score_rows,
    stress_charts,
    stress_section,
)
from sfr_pipeline.report.stress.verdict import group_of, stress_summary
from sfr_pipeline.report.stress.volatility_section import PART as VOLATILITY
from sfr_pipeline.report.templates import templates
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.report import stress_frames as daily_frames

OWN = contender("stress").name
OWN_ID = contender("stress").id
BASE = benchmark("stress")


def shown(part, market, frames, drawn):
    """A part of the evidence as the page shows it, with its charts."""
    section = {"id": part.id, "title": part.title, **part.shown(market, frames)}
    template = templates("report").get_template(part.template)
    return template.render(market=market, section=section, charts=drawn)


@pytest.fixture(scope="module")
def both(world, frames):
    """Stress and volatility: names of their charts, and what the page shows."""
    drawn = {part: part.charts(world, frames) for part in (PART, VOLATILITY)}
    return {part: (set(own), shown(part, world, frames, own)) for part, own in drawn.items()}


@pytest.fixture(scope="module")
def evidence(both):
    return both[PART][1]


def as_text(page):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


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


def test_models_that_are_not_fitted_every_year_are_named(frames, evidence):
    scores = frames["stress_scores"]
    name = name_of("stress", daily_frames.LEAD)
    assert refit_exceptions(scores) == [f"{name} (every 3 years)"]
    assert f"but for {name} (every 3 years), and judged" in " ".join(evidence.split())
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


def test_rivals_are_shown_in_parts_that_leave_none_out():
    for n_rivals in (1, 4, 5, 7, 8):
        parts = batches(n_rivals)
        assert [place for begin, end in parts for place in range(begin, end)] == list(
            range(n_rivals)
        )
        assert max(end - begin for begin, end in parts) <= 4


# Charts -------------------------------------------------------------------------------------------


def made(frames, market):
    """Every chart of the leg."""
    return {
        "auroc": charts.auroc_chart(frames["stress_scores"]),
        "paper": charts.paper_chart(frames["stress_scores"]),
        "probability": charts.probability_chart(frames["stress_predictions"], market.events),
        "events": charts.event_chart(frames["event_scores"]),
        "losses": network_charts.loss_chart(frames["stress_training_history"]),
        "robustness": network_charts.robustness_chart(frames["stress_robustness"]),
    }


def test_every_chart_is_drawn_and_describes_itself(world, frames, capfd):
    for name, chart in made(frames, world).items():
        with Image.open(io.BytesIO(to_png(chart, scale=0.5))) as drawn:
            assert drawn.width > 300, name
            assert len(drawn.convert("RGB").getcolors(1 << 20)) > 10, name
        assert chart.title
        assert chart.description.endswith("."), name
        # An expression that fails leaves a picture of little more than its axes.
        assert not capfd.readouterr().err, name


def test_dots_of_auroc_are_those_of_the_table_pooled_and_within_years(frames):
    scores = frames["stress_scores"]
    chart = charts.auroc_chart(scores)
    columns = ["auroc", "auroc_low", "auroc_high", "auroc_within_year", "within_low", "within_high"]
    pd.testing.assert_frame_equal(
        chart.table[["model", *columns]], group_of(scores)[["model", *columns]]
    )
    assert chart.table["family"].nunique() == 4
    assert f"{OWN} has the highest, 0.900" in chart.description
    unjudged = charts.auroc_chart(daily_frames.headline(dict.fromkeys(daily_frames.AUROC, np.nan)))
    assert "none can be judged" in unjudged.description


def test_random_windows_are_marked_as_leaking(frames):
    chart = charts.paper_chart(frames["stress_scores"])
    assert "random windows: LEAKING" in str(chart.specification())
    own = chart.table.set_index("model")
    for model, (in_time_order, leaking) in daily_frames.F1.items():
        assert own.loc[model, "f1_in_time_order"] == in_time_order
        assert own.loc[model, "f1_leaking"] == leaking
    assert sorted(own["paper_f1"].dropna()) == [0.80, 0.83, 0.84, 0.85, 0.88]
    losses = network_charts.loss_chart(frames["stress_training_history"])
    assert losses.table["panel"].str.endswith("LEAKING").any()


def test_the_base_rate_is_a_line_beside_the_probability(frames):
    predictions = frames["stress_predictions"]
    chart = charts.probability_chart(predictions)
    assert list(chart.table) == ["date", OWN_ID, daily_frames.REFERENCES[0], BASE.id, "actual"]
    for model in (OWN_ID, BASE.id):
        own = predictions[predictions["model"] == model]
        assert (chart.table[model].to_numpy() == own["probability"].to_numpy()).all()
    folded = re.findall(r"'fold': \[([^]]*)\]", str(chart.specification()))
    assert f"'{BASE.id}'" in folded[0]
    alone = charts.probability_chart(predictions, models=[daily_frames.REFERENCES[0]])
    assert list(alone.table) == ["date", daily_frames.REFERENCES[0], BASE.id, "actual"]


def test_days_before_stress_are_shaded_and_events_marked(frames):
    lehman = Event(
        id="lehman", name="</script><script>alert(1)</script>", onset="2008-09-15",
        severity="systemic", source="chronology", status="verified",
    )  # fmt: skip
    chart = charts.probability_chart(frames["stress_predictions"], [lehman])
    days = frames["stress_predictions"]["date"].drop_duplicates().to_list()
    # The second run of stress lies in the days whose outcome is not known yet.
    (span,) = chart.beside["before_stress"].itertuples(index=False)
    assert (span.begin, span.end) == (days[170], days[209])
    assert chart.beside["events"]["onset"].tolist() == [pd.Timestamp("2008-09-15")]
    # Names are rows, never part of an expression.
    assert "alert" not in str(embedded(chart)["spec"])


def test_losses_are_those_of_the_latest_fit_under_each_protocol(frames):
    history = frames["stress_training_history"]
    table = network_charts.loss_chart(history).table
    table = table.set_index(["protocol", "model", "part", "epoch"]).sort_index()
    walked = history[(history["protocol"] == "walk_forward") & (history["model"] == "cnn_bilstm")]
    first = walked[(walked["fold"] == 2010) & (walked["epoch"] == 1)]["training_loss"]
    drawn = table.loc[("walk_forward", "cnn_bilstm", "training", 1)]
    assert drawn["loss"] == pytest.approx(first.mean())
    assert (drawn["low"], drawn["high"]) == (first.min(), first.max())
    # Nothing is held back where validation would be a calm year.
    parts = {
        protocol: set(table.loc[protocol].index.get_level_values("part"))
        for protocol in ("walk_forward", "paper")
    }
    assert parts == {"walk_forward": {"training"}, "paper": {"training", "validation"}}
    assert table["loss"].notna().all()


def test_decay_begins_at_the_clean_inputs(frames):
    table = network_charts.robustness_chart(frames["stress_robustness"]).table
    own = table[(table["model"] == OWN_ID) & (table["disturbance"] == "noise")]
    assert list(own["amount"]) == [0.0, 0.5, 2.0]
    assert own["auroc"].iloc[0] == daily_frames.AUROC[OWN_ID]
    # Who was not tried in a way has no line there, not even a beginning.
    assert "ewma" not in set(table.loc[table["disturbance"] == "irrelevant", "model"])


def test_the_ledger_holds_the_leads_of_every_score(frames):
    chart = charts.event_chart(frames["event_scores"])
    cells = chart.table.set_index(["event", "score"])["told"].to_dict()
    assert cells == {
        ("lehman", OWN): "45",
        ("flash_crash", OWN): "–",
        ("lehman", "EWMA volatility"): "≥ 63",
        ("flash_crash", "EWMA volatility"): "12",
        ("lehman", "Index of the month"): "2 months",
        ("flash_crash", "Index of the month"): "–",
        ("flash_crash", "Public opinion"): "≥ 6 months",
    }
    # Months stand beside days.
    assert set(chart.table["trading_days"].dropna()) == {45, 63, 12, 2 * 21, 6 * 21}
    assert f"{OWN} of 1 of 2" in chart.description
    assert "Public opinion of 1 of 1" in chart.description


def test_frames_without_rows_make_charts_that_say_so(world, frames):
    empty = {name: frame.head(0) for name, frame in frames.items()}
    for name, chart in made(empty, world).items():
        assert chart.description.startswith("Nothing is drawn: no "), name
        assert list(chart.table) == ["why"]


# The evidence -------------------------------------------------------------------------------------


def test_the_evidence_holds_verdict_scores_and_what_is_left_out(world, frames, evidence):
    text = as_text(evidence)
    assert stress_summary(frames).verdict in text
    for heading in ("What each probability is worth", "Against the bars", "Alarms of every score"):
        assert heading in text
    for symbol, why in world.stress.left_out.items():
        assert symbol in text
        assert why in text
    assert world.stress.chosen
    assert f"chosen before any score was looked at: {world.stress.chosen}" in text
    own = next(row for row in score_rows(frames["stress_scores"]) if row["model"] == OWN_ID)
    for value in (own["auroc"], own["auprc"], own["f1"]):
        assert f"{value:.3f}" in text


def test_no_chart_is_made_in_vain(both):
    for names, page in both.values():
        drawn = re.findall(r'data-chart="([^"]*)"', page)
        assert sorted(drawn) == sorted(names)
        assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in drawn)


def test_what_the_report_answers_stands_there_alone(world, both):
    for names, page in both.values():
        assert not names & {"volatility-outlook", "stress-chance", "warned"}
        assert "volatility, % a year" not in page.lower()
    assert not {"stress_predictions", "event_scores"} & set(PART.wanted(world))


def test_no_table_is_wide(both):
    for _, page in both.values():
        rows = re.findall(r"<tr>.*?</tr>", page, flags=re.S)
        widths = [row.count('<th scope="col"') for row in rows]
        assert sum(map(bool, widths)) > 5
        assert max(widths) <= 11
        # A reader of the screen knows each table, and moves within it by the keyboard.
        tables_shown = page.count("<table>")
        assert page.count("<caption>") == tables_shown
        assert page.count('<div class="scroll" tabindex="0" role="region" aria-label="') == (
            tables_shown
        )


def test_every_section_names_its_information_set(evidence):
    headings = re.findall(r"<h3[^>]*>(.*?)</h3>", evidence, flags=re.S)
    assert len(headings) > 5
    for heading in headings:
        assert 'class="information-set' in heading, heading


def test_what_comes_from_outside_is_escaped(evidence):
    assert "last <close> carried on" not in evidence
    assert "last &lt;close&gt; carried on" in evidence


def test_a_daily_leg_that_was_not_run_yet_has_no_evidence(world, mini, frames):
    assert stress_section(world, {}) is None
    assert stress_charts(world, {}) == {}
    # Nor does a market without the leg show tables that lie around.
    assert stress_section(mini, frames) is None
    assert stress_charts(mini, frames) == {}


def test_short_histories_without_events_or_robustness_are_no_obstacle(world, frames):
    empty = ("alarm_scores", "stress_robustness", "prices_quality")
    short = frames | {name: frames[name].head(0) for name in empty}
    page = shown(PART, world, short, stress_charts(world, short))
    assert "Nothing odd was found in the prices." in page
    assert "No named event lies in the test years." in page
