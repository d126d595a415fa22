"""Alerts as a log of events: what is open follows from it, and what is new is judged against it.

Everything here is a pure function of its arguments. Does not belong here: where values come from
(`readings`), where the log lies (`desk`), how anybody is told (`delivery`).
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd

from sfr_pipeline.operation.rules import AlertRules, Rule
from sfr_pipeline.storage.tables import ALERTS


@dataclass(frozen=True)
class Event:
    """One row of table ``alerts``; its columns say what the attributes are."""

    noted_at: dt.datetime
    alert: str
    event: str
    rule: str
    kind: str
    subject: str
    severity: str
    ref_date: dt.date
    value: float
    threshold: float
    text: str
    run: str
    target: str = ""
    notice: str = ""


@dataclass
class Alert:
    """An alert as its events leave it.

    Attributes:
        raised: when it was raised, with all that was known of it.
        cleared: when it was cleared, None while it is open.
        acknowledged: whether a reader has taken note of it.
        told: notices that reached a target, as (target, notice).
        untold: notices that a target did not take so far.
    """

    raised: Event
    cleared: Event | None = None
    acknowledged: bool = False
    told: set[tuple[str, str]] = field(default_factory=set)
    untold: set[tuple[str, str]] = field(default_factory=set)

    @property
    def id(self) -> str:
        """Its identifier."""
        return self.raised.alert

    @property
    def open(self) -> bool:
        """Whether it was not cleared yet."""
        return self.cleared is None

    def notice_for(self, target: str) -> Event | None:
        """What a target has still to be told, None for nothing.

        An alert that nobody has taken note of is told when it is raised, and every alert when it is
        cleared, but only to whom it was ever addressed: an address that is new hears of what is
        open, not of what is over.
        """
        if self.cleared is None:
            silent = self.acknowledged or (target, "raised") in self.told
            return None if silent else self.raised
        addressed = (target, "raised") in self.told | self.untold
        return self.cleared if addressed and (target, "cleared") not in self.told else None


@dataclass(frozen=True)
class Reading:
    """What a rule reads of one subject.

    Attributes:
        values: by the day or last day of the month that they speak of, rising.
        subject: empty where the rule has only one.
        note: more to tell, such as a source's answer.
    """

    values: "pd.Series[float]"
    subject: str = ""
    note: str = ""


# By rule: a rule that is missing was not looked at, one without readings has nothing to alert of.
Readings = Mapping[str, Sequence[Reading]]


def fold(events: Iterable[Event]) -> dict[str, Alert]:
    """All alerts that there ever were, as their events leave them, by id in order of raising."""
    alerts: dict[str, Alert] = {}
    for event in sorted(events, key=lambda event: event.noted_at):
        if event.event == "raised":
            alerts[event.alert] = Alert(event)
            continue
        alert = alerts[event.alert]
        told = (event.target, event.notice)
        if event.event == "cleared":
            alert.cleared = event
        elif event.event == "acknowledged":
            alert.acknowledged = True
        elif event.event == "told":
            alert.told.add(told)
            alert.untold.discard(told)
        else:
            alert.untold.add(told)
    return alerts


def judge(
    rules: AlertRules, readings: Readings, alerts: Mapping[str, Alert], at: dt.datetime, run: str
) -> list[Event]:
    """What is raised and cleared by the last values read.

    Args:
        rules: of the market.
        readings: by rule; rules that were not looked at leave their alerts as they are.
        alerts: all that there ever were, from `fold`.
        at: now, in UTC.
        run: who judges.

    Returns:
        Events ``raised`` and ``cleared``, in the order of the rules.
    """
    standing = {(alert.raised.rule, alert.raised.subject): alert for alert in alerts.values()
                if alert.open}  # fmt: skip
    events: list[Event] = []
    taken = set(alerts)
    for rule in rules.rules:
        if rule.id not in readings:
            continue
        seen = {reading.subject: reading for reading in readings[rule.id]}
        for subject, reading in seen.items():
            found = standing.get((rule.id, subject))
            if found is None and rule.raises(reading.values):
                events.append(_raised(rule, reading, taken, at, run))
                taken.add(events[-1].alert)
            elif found is not None and rule.clears(reading.values):
                events.append(_cleared(rule, reading, found, at, run))
        for (name, subject), alert in standing.items():
            if name == rule.id and subject not in seen:
                over = Reading(pd.Series([0.0], index=[pd.Timestamp(at.date())]), subject)
                events.append(_cleared(rule, over, alert, at, run))
    known = {rule.id for rule in rules.rules}
    for (name, _), alert in standing.items():
        if name not in known:
            text = "The rule is no longer in the rules file."
            gone = replace(
                alert.raised, noted_at=at, event="cleared", value=np.nan, text=text, run=run
            )
            events.append(gone)
    return events


def events_of(frame: pd.DataFrame) -> list[Event]:
    """The events in rows of table ``alerts``."""
    times = frame["noted_at"].dt.to_pydatetime()
    rows = frame.assign(ref_date=frame["ref_date"].dt.date, noted_at=times)
    return [Event(**row) for row in rows.to_dict("records")]


def event_rows(events: Sequence[Event]) -> pd.DataFrame:
    """Rows of table ``alerts``."""
    frame = pd.DataFrame([asdict(event) for event in events], columns=ALERTS.arrow_schema().names)
    dates = {"noted_at": "datetime64[us]", "ref_date": "datetime64[us]"}
    numbers = {"value": float, "threshold": float}
    return frame.astype(dates | numbers)


def _raised(rule: Rule, reading: Reading, taken: set[str], at: dt.datetime, run: str) -> Event:
    day, value = _last(reading)
    subject = re.sub(r"[^A-Za-z0-9_.]+", "", reading.subject)
    name = "-".join(filter(None, [rule.id, subject, day.isoformat()]))
    number = 1
    # It may have been raised and cleared already by an earlier look at the same month.
    while (identifier := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    return _event(rule, reading, identifier, "raised", day, value, rule.raised_from, at, run)


def _cleared(rule: Rule, reading: Reading, alert: Alert, at: dt.datetime, run: str) -> Event:
    day, value = _last(reading)
    return _event(rule, reading, alert.id, "cleared", day, value, rule.cleared_below, at, run)


def _event(
    rule: Rule,
    reading: Reading,
    identifier: str,
    event: str,
    day: dt.date,
    value: float,
    threshold: float,
    at: dt.datetime,
    run: str,
) -> Event:
    found = rule.says(value, reading.subject)
    return Event(
        noted_at=at,
        alert=identifier,
        event=event,
        rule=rule.id,
        kind=rule.kind,
        subject=reading.subject,
        severity=rule.severity,
        ref_date=day,
        value=value,
        threshold=threshold,
        text=f"{found}: {reading.note}." if reading.note else f"{found}.",
        run=run,
    )


def _last(reading: Reading) -> tuple[dt.date, float]:
    return pd.Timestamp(reading.values.index[-1]).date(), float(reading.values.iloc[-1])
