"""How far to trust it: scores, shares, events and sentences, held to the tables they are from."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.evaluation.models import benchmark, contender, headline, name_of
from sfr_pipeline.report.answers.ledger import ledger
from sfr_pipeline.report.answers.scorecard import ALONE, coverage, scorecard
from sfr_pipeline.report.answers.trust import TRUST, agreement, coverage_told, scores_told
from sfr_pipeline.report.stress.verdict import DECIDABLE
from sfr_pipeline_tests.report import stress_frames, volatility_frames

OWN = contender("forecasting")
FIRST, STILL = headline("volatility"), benchmark("volatility")


def rows_of(scores, question):
    return [row for row in scores if row.question.startswith(question)]


# Real time ----------------------------------------------------------------------------------------


def test_real_time_is_held_against_what_the_full_sample_says_of_the_same_months():
    rng = np.random.default_rng(3)
    months = pd.date_range("2001-01-31", periods=50, freq="ME")
    now = rng.normal(size=50)
    then = now + 0.3 * rng.normal(size=50)
    sfri = pd.concat(
        [
            pd.DataFrame({"mode": "paper", "ref_date": months, "sfri": now}),
            # A month that was never published is in no comparison.
            pd.DataFrame({"mode": "real_time", "ref_date": months[1:], "sfri": then[1:]}),
        ]
    )
    found = agreement(sfri)
    assert found.n_months == 49
    assert found.correlation == pytest.approx(np.corrcoef(now[1:], then[1:])[0, 1])
    noise = np.std(now[1:] - then[1:], ddof=1) / np.std(now[1:], ddof=1)
    assert found.noise == pytest.approx(noise)
    said = f"Over 49 months .* correlation {found.correlation:.2f} .* moves by {noise:.2f} of "
    assert pd.Series([found.sentence]).str.match(said).all()


def test_of_one_month_nothing_is_said(everything):
    sfri = everything[1]["sfri"]
    assert agreement(sfri[sfri["ref_date"] == sfri["ref_date"].max()]) is None


# Scores -------------------------------------------------------------------------------------------


def test_the_index_stands_against_no_change_and_against_the_month_s_last_values(everything):
    market, tables = everything
    scores = tables["forecast_scores"].assign(bar="ar1", bar_ratio=0.97, bar_low=0.9, bar_high=1.1)
    scores["beats_bar"] = "undecided"
    found = rows_of(scorecard(market, tables | {"forecast_scores": scores}), "The index")
    row = scores.query(
        "protocol == 'real_time' and target == 'basket' and horizon == 1 and period == 'all'"
    ).set_index("model").loc[OWN.id]  # fmt: skip
    idle, bar = found
    assert (idle.model, idle.against) == (OWN.name, benchmark("forecasting").name)
    assert (idle.value, idle.low, idle.high) == tuple(
        row[["rmse_ratio", "ratio_low", "ratio_high"]]
    )
    assert (idle.idle, bar.idle) == (True, False)
    assert (bar.against, bar.value) == (name_of("forecasting", "ar1"), 0.97)
    assert (idle.word, bar.word) == ("better", "undecided")
    assert idle.over == f"{row['n_forecasts']} months"


def test_what_its_own_test_alone_says_of_the_index_is_not_hidden(everything):
    market, tables = everything
    scores = tables["forecast_scores"]
    found = []
    for p_value in (0.01, 0.2):
        changed = scores.assign(beats_no_change="undecided", p_no_change=p_value)
        found += rows_of(scorecard(market, tables | {"forecast_scores": changed}), "The index")
    assert [row.but for row in found] == [ALONE, ""]


def test_where_no_change_is_the_bar_the_index_has_one_row(everything):
    assert len(rows_of(scorecard(*everything), "The index")) == 1


def losses(world, gains):
    tables = {"volatility_scores": volatility_frames.scores(gains)}
    return rows_of(scorecard(world, tables), "Volatility of sub-markets")


def test_volatility_turns_what_no_change_loses_to_it(world):
    # No change loses twice as much: intervals of made-up gains reach from -1.02 to -.975.
    gains = {("sub_markets", STILL.id, FIRST.id, "mse"): -1.0}
    idle = next(row for row in losses(world, gains) if row.idle)
    assert (idle.model, idle.against, idle.word) == (FIRST.name, STILL.name, "better")
    assert (idle.value, idle.low, idle.high) == pytest.approx((1 / 2, 1 / 2.02, 1 / 1.975))
    assert idle.but == "by QLIKE worse"
    gains = {("sub_markets", STILL.id, FIRST.id, loss): 0.5 for loss in ("mse", "qlike")}
    idle = next(row for row in losses(world, gains) if row.idle)
    assert (idle.word, idle.but, idle.value) == ("worse", "", pytest.approx(2.0))


def test_volatility_stands_against_the_rival_that_may_be_better_most(world):
    hard = volatility_frames.RIVALS[-1]
    gains = {("sub_markets", FIRST.id, hard, loss): 0.01 for loss in ("mse", "qlike")}
    rival = next(row for row in losses(world, gains) if not row.idle)
    assert rival.against == name_of("volatility", hard)
    assert (rival.value, rival.word) == (pytest.approx(0.99), "undecided")
    assert (rival.low, rival.high) == pytest.approx((1 - 0.035, 1 + 0.01))


def stress(world, **columns):
    tables = stress_frames.daily_tables()
    scores = tables["stress_scores"].assign(**columns)
    return rows_of(scorecard(world, tables | {"stress_scores": scores}), "Stress")


def test_stress_stands_against_the_base_rate_and_the_best_naive_rule(world):
    scores = stress_frames.daily_tables()["stress_scores"]
    row = scores[
        (scores["protocol"] == "walk_forward") & (scores["label"] == "F21")
        & (scores["period"] == "all") & (scores["days"] == "all")
        & (scores["model"] == stress_frames.OWN)
    ].iloc[0]  # fmt: skip
    idle, naive = stress(world)
    for told, column in ((idle, "brier_skill"), (naive, "difference")):
        ends = [f"{column}_low", f"{column}_high"]
        assert (told.value, told.low, told.high) == tuple(row[[column, *ends]])
        assert told.model == name_of("stress", stress_frames.OWN)
    assert idle.against == benchmark("stress").name
    assert naive.against == name_of("stress", row["best_naive"])
    assert idle.over == f"{row['n_days']:,} days, {row['n_episodes']} episodes"


@pytest.mark.parametrize(
    ("n_episodes", "low", "high", "word"),
    [
        (DECIDABLE, 0.1, 0.5, "better"),
        (DECIDABLE, -0.5, -0.1, "worse"),
        (DECIDABLE, -0.1, 0.5, "undecided"),
        (DECIDABLE, np.nan, np.nan, "undecided"),
        (DECIDABLE - 1, 0.1, 0.5, "undecided"),
    ],
)
def test_stress_is_decided_by_its_interval_and_by_episodes_enough(
    world, n_episodes, low, high, word
):
    found = stress(world, n_episodes=n_episodes, brier_skill_low=low, brier_skill_high=high)
    assert found[0].word == word


def test_the_sentence_counts_each_question_where_its_row_says(everything):
    scores = scorecard(*everything)
    said = scores_told(scores)
    for row in scores:
        if row.idle:
            begin = {
                "better": "Better than doing nothing",
                "undecided": "Not told apart from doing nothing",
                "worse": "Worse than doing nothing",
            }[row.word]
            part = said[said.index(begin) :].split(".")[0]
            assert row.question[1:] in part
    assert scores_told([]) == ""


# Intervals ----------------------------------------------------------------------------------------


def test_shares_are_those_of_the_shown_models_and_of_what_was_published(everything):
    market, tables = everything
    scores = tables["forecast_scores"].copy()
    scores["coverage"] = scores["target"].map({"published": 0.81, "basket": 0.92})
    scores.loc[scores["model"] != OWN.id, "coverage"] = 0.5
    volatility = tables["volatility_scores"].copy()
    ours = (volatility["panel"] == "stocks") & (volatility["model"] == FIRST.id)
    volatility.loc[ours, ["coverage_50", "coverage_90"]] = (0.47, 0.86)
    changed = {"forecast_scores": scores, "volatility_scores": volatility}
    found = {row.what: row for row in coverage(market, tables | changed)}
    assert found["The index in 1 month"].most == 0.81
    told = found["Volatility of stocks in 21 trading days"]
    assert (told.half, told.most) == (0.47, 0.86)
    assert found["Volatility of sub-markets in 21 trading days"].most == 0.88


def test_intervals_that_hold_too_few_are_named(everything):
    market, tables = everything
    found = coverage(market, tables)
    assert coverage_told(found).startswith(
        "Intervals that should hold nine of ten outcomes hold 88"
    )
    narrow = tables["volatility_scores"].assign(coverage_90=0.8)
    said = coverage_told(coverage(market, tables | {"volatility_scores": narrow}))
    assert "hold fewer of volatility of sub-markets in 21 trading days (80 %) and" in said
    assert "index" not in said
    assert coverage_told([]) == ""


# Events -------------------------------------------------------------------------------------------


def test_each_event_has_the_index_around_it_and_the_leads_of_who_warned(everything):
    market, tables = everything
    found = ledger(market, tables, stress_frames.OWN)
    entries = {entry.name: entry for entry in found.entries}
    assert [entry.onset for entry in found.entries] == sorted(e.onset for e in found.entries)
    for row in tables["events"].dropna(subset="sfri_peak").to_dict("records"):
        entry = entries[row["name"]]
        assert (entry.peak, entry.percentile) == (row["sfri_peak"], row["peak_percentile"])
        assert entry.peak_month == row["peak_month"]
    own = name_of("stress", stress_frames.OWN)
    assert found.scores == {
        own: "trading days", "Index of the month": "months", "Public opinion": "months"
    }  # fmt: skip


def test_a_lead_that_is_cut_off_no_alarm_and_no_score_are_told_apart(world, frames):
    found = ledger(world, frames, stress_frames.OWN)
    assert not found.has_index
    lehman, crash = found.entries
    own = name_of("stress", stress_frames.OWN)
    assert (lehman.leads[own], crash.leads[own]) == ("45", "–")
    assert (lehman.leads["Public opinion"], crash.leads["Public opinion"]) == (None, "≥ 6")
    # Of the daily scores both warned of the first, one of the second.
    assert (lehman.n_warned, lehman.n_scores) == (2, 2)
    assert (crash.n_warned, crash.n_scores) == (1, 2)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"p_shifted": 0.04}, "as many or more in 4 of 100 cases: more than luck."),
        ({"p_shifted": 0.3}, "as many or more in 30 of 100 cases: no more than luck may do."),
        ({"p_shifted": 0.001}, "in fewer than 1 of 100 cases: more than luck."),
        ({"n_warned": 0}, "warned of 0 of 2 events; of its 9 alarms 8 were false."),
        ({"n_alarms": 1, "n_false": 1}, "warned of 1 of 2 events; of its 1 alarm 1 was false"),
    ],
)
def test_alarms_are_told_with_what_luck_would_do(world, frames, changed, words):
    alarms = frames["alarm_scores"].assign(**changed)
    said = ledger(world, frames | {"alarm_scores": alarms}, stress_frames.OWN).sentence
    assert words in said
    assert said.count("warned of") == 3


# Markets ------------------------------------------------------------------------------------------


def test_a_market_of_the_daily_leg_alone_shows_it_alone(world, frames):
    found = TRUST.shown(world, frames)
    assert found["agreement"] is None
    assert {row.question.split()[0] for row in found["scores"]} == {"Volatility", "Stress"}
    assert str(DECIDABLE) in found["episodes"]
    assert set(TRUST.charts(world, frames)) == {"warned"}


def test_a_market_of_the_index_alone_shows_real_time_and_its_events(mini, tables):
    found = TRUST.shown(mini, tables)
    assert found["agreement"] is not None
    assert found["scores"] == []
    assert found["episodes"] == ""
    assert found["ledger"].scores == {}
    assert set(TRUST.charts(mini, tables)) == {"real-time"}


def test_a_market_of_posts_alone_shows_nothing(mini):
    posts = mini.model_copy(update={"indicators": [], "dimensions": {}, "events": []})
    assert not posts.monthly
    assert TRUST.shown(posts, {}) is None
    assert TRUST.tables(posts) == ()


def test_what_was_not_run_has_no_rows(everything):
    market, tables = everything
    for name, question in (
        ("forecast_scores", "The index"),
        ("volatility_scores", "Volatility"),
        ("stress_scores", "Stress"),
    ):
        there = {key: frame for key, frame in tables.items() if key != name}
        questions = {row.question.split(" ")[0] for row in TRUST.shown(market, there)["scores"]}
        assert question.split(" ")[0] not in questions
        assert len(questions) == 2
