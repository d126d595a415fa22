"""What is raised, cleared and told, as pure functions of a log and of values."""

import datetime as dt
from dataclasses import replace

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sfr_pipeline.operation.alerts import (
    Reading,
    event_rows,
    events_of,
    fold,
    judge,
)
from sfr_pipeline.storage.tables import ALERTS
from sfr_pipeline.storage.validation import conform
from sfr_pipeline_tests.operation.made_up import AT, LEVEL, level, months, rules


def looked(log, readings, which=None, at=None):
    """The log after one more look."""
    at = at or AT + dt.timedelta(days=len(log) + 1)
    return [*log, *judge(which or rules(), readings, fold(log), at, "run")]


def noted(event, name, at=1, **changes):
    return replace(event, event=name, noted_at=event.noted_at + dt.timedelta(hours=at), **changes)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), st.integers(1, 3))
def test_alerts_follow_the_two_thresholds_month_by_month(values, hold):
    which = rules(LEVEL | {"months": hold})
    log, on, run, expected = [], False, 0, []
    for last, value in enumerate(values, start=1):
        # An independent account of what a rule says.
        run = run + 1 if value >= 90 else 0
        if not on and run >= hold:
            on = True
            expected.append(("raised", last))
        elif on and value < 75:
            on = False
            expected.append(("cleared", last))
        log = looked(log, level(*values[:last]), which)
    ends = list(months(*values).index.date)
    assert [(event.event, ends.index(event.ref_date) + 1) for event in log] == expected
    assert sum(alert.open for alert in fold(log).values()) == int(on)


def test_looking_twice_at_the_same_values_changes_nothing():
    log = looked([], level(50, 95))
    assert [event.event for event in log] == ["raised"]
    assert looked(log, level(50, 95)) == log


def test_an_alert_is_named_by_rule_and_month_and_a_second_one_of_the_month_by_a_number():
    log = looked([], level(95))
    log = looked(log, level(50))
    log = looked(log, level(96))
    assert [event.alert for event in log] == [
        "level-2026-01-31", "level-2026-01-31", "level-2026-01-31-2",
    ]  # fmt: skip
    assert [event.threshold for event in log] == [90, 75, 90]


def test_a_rule_that_was_not_looked_at_leaves_its_alert_open():
    log = looked([], level(95))
    assert looked(log, {}) == log


def test_a_rule_that_left_the_file_clears_its_alert():
    log = looked([], level(95))
    (*_, last) = looked(log, {}, rules(LEVEL | {"id": "other"}))
    assert (last.event, last.alert) == ("cleared", "level-2026-01-31")
    assert "no longer in the rules file" in last.text


def test_each_subject_has_an_alert_of_its_own_which_clears_when_it_is_gone():
    which = rules({"id": "stale", "kind": "stale"})
    day = pd.Series([2.0], index=[pd.Timestamp("2026-11-19")])
    both = {"stale": [Reading(day, "series a"), Reading(day, "price ^B", note="HTTP 500")]}
    log = looked([], both, which)
    assert [event.alert for event in log] == ["stale-seriesa-2026-11-19", "stale-priceB-2026-11-19"]
    assert log[1].text == "price ^B is stale, day 2: HTTP 500."
    log = looked(log, {"stale": [Reading(day, "series a")]}, which)
    assert (log[-1].event, log[-1].subject) == ("cleared", "price ^B")
    assert log[-1].text == "price ^B is no longer stale."
    log = looked(log, {"stale": []}, which)
    assert not [alert for alert in fold(log).values() if alert.open]


def test_a_target_is_told_once_of_raising_and_once_of_clearing():
    (raised,) = log = looked([], level(95))

    def notice():
        found = fold(log)[raised.alert].notice_for("TO")
        return found and found.event

    assert notice() == "raised"
    log.append(noted(raised, "untold", target="TO", notice="raised"))
    assert notice() == "raised", "what was not taken is tried again"
    log.append(noted(raised, "told", 2, target="TO", notice="raised"))
    assert notice() is None
    log = looked(log, level(95, 20), at=AT + dt.timedelta(days=9))
    assert notice() == "cleared"
    log.append(noted(log[-1], "told", target="TO", notice="cleared"))
    assert notice() is None


def test_an_acknowledged_alert_is_silent_until_it_is_cleared():
    (raised,) = log = looked([], level(95))
    log.append(noted(raised, "untold", target="TO", notice="raised"))
    log.append(noted(raised, "acknowledged", 2))
    assert fold(log)[raised.alert].notice_for("TO") is None
    log = looked(log, level(95, 20), at=AT + dt.timedelta(days=9))
    assert fold(log)[raised.alert].notice_for("TO").event == "cleared"


def test_a_new_target_hears_of_what_is_open_and_not_of_what_is_over():
    log = looked([], level(95))
    log = looked(log, level(95, 20))
    log = looked(log, level(95, 20, 99))
    notices = [alert.notice_for("NEW") for alert in fold(log).values()]
    assert [notice and notice.alert for notice in notices] == [None, "level-2026-03-31"]


def test_the_log_comes_back_from_its_table_as_it_was():
    log = looked([], level(95))
    log = looked(log, level(95, 20))
    log.append(noted(log[-1], "told", target="TO", notice="cleared"))
    stored = conform(ALERTS, event_rows(log)).to_pandas()
    stored["ref_date"] = pd.to_datetime(stored["ref_date"])
    assert sorted(events_of(stored), key=lambda event: event.noted_at) == log
    assert len(conform(ALERTS, event_rows([]))) == 0
