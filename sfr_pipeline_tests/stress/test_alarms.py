"""Alarms against events, counted by hand; chance by circular shifts."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import benchmark
from sfr_pipeline.markets import Event
from sfr_pipeline.storage.tables import stress as tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline.stress.alarms import (
    DAILY,
    MONTHLY,
    AlarmRules,
    alarms,
    event_tables,
    past_quantile,
    warnings_of,
)
from sfr_pipeline.stress.event_scores import daily_events, monthly_events

RULES = AlarmRules(window=10, consecutive=1, during=3, merge=2, a_year=252.0)


def on(*spans, n=100):
    alarm = np.zeros(n, dtype=bool)
    for first, last in spans:
        alarm[first : last + 1] = True
    return alarm


def event(day, end=None, name="e"):
    return Event(
        id=name, name=name, onset=day, end=end, severity="severe", source="x", status="verified"
    )


def test_an_alarm_needs_consecutive_days_above_its_threshold():
    score = np.array([0, 1, 1, 0, 1, 1, 1, 1, 0.0])
    assert (np.flatnonzero(alarms(score, 0.5, 3)) == [6, 7]).all()
    assert not alarms(score, np.full(9, np.nan), 1).any()


def test_leads_run_from_the_first_alarm_in_the_window_to_the_onset():
    found = warnings_of(on((44, 46), (70, 95)), [50, 90], [53, 93], RULES)
    assert found.warned.tolist() == [True, True]
    assert found.leads.tolist() == [6, 10]
    # The second alarm was on when the window began: its lead is censored.
    assert found.on_at_start.tolist() == [False, True]


def test_alarm_episodes_are_right_false_or_within_an_event():
    alarm = on((10, 11), (14, 15), (20, 21), (45, 45), (51, 52))
    found = warnings_of(alarm, [50], [53], RULES)
    # 10 to 15 is one episode (two quiet days between), false like 20 to 21; 45 is right; 51 to 52
    # lies within the event.
    assert (found.n_alarms, found.n_judged, found.n_false) == (4, 3, 2)
    assert found.time_on == 9 / 100


def test_the_chance_of_shifted_alarms_is_counted_over_all_shifts():
    # One alarm day warns of one event in 10 of 100 shifts; an alarm that is always on in all.
    assert warnings_of(on((45, 45)), [50], [53], RULES).p_shifted == 10 / 100
    assert warnings_of(on((0, 99)), [50], [53], RULES).p_shifted == 1
    assert warnings_of(on(), [50], [53], RULES).p_shifted == 1


def test_shifts_agree_with_shifting():
    rng = np.random.default_rng(3)
    alarm, onsets = rng.random(200) < 0.05, [40, 90, 170]
    found = warnings_of(alarm, onsets, [o + 3 for o in onsets], RULES)
    hits = [sum(np.roll(alarm, shift)[o - 10 : o].any() for o in onsets) for shift in range(200)]
    assert found.p_shifted == np.mean(np.array(hits) >= hits[0])


def test_the_threshold_of_an_index_uses_its_past_only():
    score = np.random.default_rng(0).normal(size=60)
    threshold = past_quantile(score, 24)
    assert np.isnan(threshold[:24]).all()
    assert threshold[30] == pytest.approx(np.quantile(score[:30], 0.9))


def test_events_outside_the_test_days_are_left_out():
    dates = pd.bdate_range("2005-01-03", periods=400)
    events = [event(dt.date(2005, 2, 1), name="early"), event(dt.date(2006, 3, 4), name="inside"),
              event(dt.date(2009, 1, 1), name="late")]  # fmt: skip
    score = np.zeros(400)
    inside = dates.searchsorted(pd.Timestamp("2006-03-04"))
    score[inside - 20 : inside - 10] = 1.0
    rows, summary = event_tables(events, "F21", "m", dates, score, np.full(400, 0.5), DAILY)
    assert rows["event"].tolist() == ["inside"]
    assert rows["lead"].tolist() == [18]  # three days make an alarm
    # One event of one warned of, by one alarm of one: 1 of 1 comes from a chance of .025 or more.
    ends = ["event_recall_low", "event_recall_high"]
    ends += ["episode_precision_low", "episode_precision_high"]
    assert summary[ends].squeeze().tolist() == pytest.approx([0.025, 1, 0.025, 1])
    assert violations(tables.EVENT_SCORES, rows) == []
    assert violations(tables.ALARM_SCORES, summary) == []


def test_a_monthly_index_is_scored_by_the_same_functions():
    months = pd.date_range("2000-01-31", periods=120, freq="ME")
    index = pd.Series(np.sin(np.arange(120.0)), index=months)
    index["2008-06-30"] = 5.0
    rows, summary = monthly_events([event(dt.date(2008, 9, 15))], "index", "sfri", index)
    assert rows["lead"].tolist() == [3]
    assert rows["window"].tolist() == [MONTHLY.window]
    assert summary["n_warned"].tolist() == [1]
    assert violations(tables.EVENT_SCORES, rows) == []
    assert violations(tables.ALARM_SCORES, summary) == []


def predictions(**probabilities):
    """Walked forward on 300 days; the score says the opposite of the probability."""
    days = pd.bdate_range("2005-01-03", periods=300)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "protocol": "walk_forward", "label": "F21", "model": model, "seed": -1,
                    "date": days, "probability": values, "score": -np.asarray(values),
                }
            )
            for model, values in probabilities.items()
        ],
        ignore_index=True,
    )  # fmt: skip


def test_alarms_of_daily_models_are_of_the_published_probability_above_the_base_rate():
    loud = np.full(300, 0.1)
    loud[180:190] = 0.3
    rows = predictions(**{benchmark("stress").id: np.full(300, 0.2), "loud": loud})
    onset = rows["date"][200].date()
    events, alarm = daily_events([event(onset)], rows)
    # The base rate itself gives no alarms; the probability is above it from day 180, and alarmed
    # from the third day on.
    assert events["model"].tolist() == alarm["model"].tolist() == ["loud"]
    assert events["lead"].tolist() == [200 - 182]
    assert alarm["threshold"].tolist() == [0.2]


def test_alarms_of_models_that_do_not_cover_the_same_days_are_refused():
    rows = predictions(**{benchmark("stress").id: np.full(300, 0.2), "loud": np.full(300, 0.1)})
    with pytest.raises(EstimationError, match="predictions of loud do not cover the days"):
        daily_events([], rows.drop(index=rows[rows["model"] == "loud"].index[3]))
