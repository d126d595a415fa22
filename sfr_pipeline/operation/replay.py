"""What the rules of a market would have sent over its whole history, beside its list of events.

The same rules and the same judging as in operation, on what was known then, month by month and for
daily probabilities day by day: as if somebody had refreshed on each of them. Rules on the operation
itself have no history. Whether an alert came before an event is decided as table ``event_scores``
decides it (`stress.alarms`).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sfr_pipeline.markets import Event as StressEvent
from sfr_pipeline.markets import Market
from sfr_pipeline.operation.alerts import Event, Reading, fold, judge
from sfr_pipeline.operation.readings import Frames, measured
from sfr_pipeline.operation.rules import AlertRules, Rule, StressRule
from sfr_pipeline.stress.alarms import DAILY, MONTHLY, AlarmRules, covered_events, warnings_of

# Trading days a month.
DAYS = 21
# Months before an event in which an alert that stands is a warning.
MONTHS = 6


@dataclass(frozen=True)
class Replay:
    """What would have been sent, and what it would have been worth.

    Attributes:
        market: whose rules.
        months: before an event in which an alert that stands counts as a warning.
        sent: events ``raised`` and ``cleared``, in order of time.
        scores: one row a rule: ``rule``, ``from``, ``to``, ``raised`` (alerts), ``a_year``,
            ``time_on`` (share of months or days), ``events`` (whose window is covered),
            ``warned``, ``false_a_year``, ``by_chance`` (share of shifts in time of the same alerts
            that warn of as many events).
        leads: one row an event, one column a rule: months from the first alert in the window to
            the onset; NaN where none stood, infinite where it stood when the window began. Events
            that no rule covers are missing.
        covered: as ``leads``, whether the rule covers the event.
    """

    market: Market
    months: int
    sent: Sequence[Event]
    scores: pd.DataFrame
    leads: pd.DataFrame
    covered: pd.DataFrame


def replay(market: Market, rules: AlertRules, frames: Frames, months: int = MONTHS) -> Replay:
    """Replay the rules on what is measured over the whole history.

    Args:
        market: the catalogue, with its events.
        rules: of its alerts.
        frames: of `readings.measured_tables`, as far as they were written.
        months: see `Replay`.
    """
    readings = measured(rules, frames)
    sent: list[Event] = []
    scores, leads, covered = [], {}, {}
    for rule in rules.rules:
        if rule.id not in readings:
            continue
        (reading,) = readings[rule.id]
        found = _events(rules, rule, reading)
        sent += found
        score, lead = _scored(market.events, rule, reading.values, found, months)
        scores.append(score)
        leads[rule.id], covered[rule.id] = lead, set(lead.index)
    order = [event.id for event in sorted(market.events, key=lambda event: event.onset)]
    seen = pd.DataFrame(
        {rule: [name in covers for name in order] for rule, covers in covered.items()}, index=order
    )
    seen = seen[seen.any(axis=1)]
    return Replay(
        market=market,
        months=months,
        sent=sorted(sent, key=lambda event: (event.ref_date, event.rule)),
        scores=pd.DataFrame(scores),
        leads=pd.DataFrame(leads, index=seen.index, dtype=float),
        covered=seen,
    )


def _events(rules: AlertRules, rule: Rule, reading: Reading) -> list[Event]:
    """What one rule would have raised and cleared, looked at after every value."""
    events: list[Event] = []
    alone = rules.model_copy(update={"rules": [rule]})
    open_now: Mapping[str, object] = {}
    for last in range(len(reading.values)):
        values = reading.values.iloc[max(0, last + 1 - rule.hold) : last + 1]
        # Most values change nothing, and judging them costs more than looking.
        if not (rule.clears(values) if open_now else rule.raises(values)):
            continue
        at = dt.datetime.combine(pd.Timestamp(values.index[-1]).date(), dt.time())
        events += judge(alone, {rule.id: [Reading(values)]}, fold(events), at, "replay")
        open_now = {name: alert for name, alert in fold(events).items() if alert.open}
    return events


def _scored(
    market_events: Sequence[StressEvent],
    rule: Rule,
    values: "pd.Series[float]",
    events: Sequence[Event],
    months: int,
) -> tuple[dict[str, object], "pd.Series[float]"]:
    """Its row of ``scores``, and the leads of the events that it covers."""
    dates = pd.DatetimeIndex(values.index)
    periods, unit = _periods(rule, months)
    kept, starts, ends = covered_events(market_events, dates, periods)
    standing = _standing(dates, events)
    worth = warnings_of(standing, starts, ends, periods)
    # Without events numpy knows no better than that all of these are floats.
    on_at_start = worth.on_at_start.astype(bool)
    lead = np.where(worth.warned, worth.leads / unit, np.nan)
    lead = np.where(on_at_start, np.inf, lead)
    years = len(dates) / periods.a_year
    raised = sum(event.event == "raised" for event in events)
    score = {
        "rule": rule.id,
        "from": dates[0],
        "to": dates[-1],
        "raised": raised,
        "a_year": raised / years,
        "time_on": worth.time_on,
        "events": len(kept),
        "warned": int(worth.warned.sum()),
        "false_a_year": worth.n_false / years,
        "by_chance": worth.p_shifted,
    }
    return score, pd.Series(lead, index=[event.id for event in kept])


def _periods(rule: Rule, months: int) -> tuple[AlarmRules, int]:
    """What a period of a rule is, and how many of them are a month."""
    if isinstance(rule, StressRule):
        return replace(DAILY, window=DAYS * months), DAYS
    return replace(MONTHLY, window=months), 1


def _standing(dates: pd.DatetimeIndex, events: Sequence[Event]) -> np.ndarray:
    """Whether an alert stands, by period: from that of raising to the one before clearing."""
    change = pd.Series(0, index=dates)
    for event in events:
        change[pd.Timestamp(event.ref_date)] += 1 if event.event == "raised" else -1
    return change.cumsum().to_numpy() > 0


def as_text(found: Replay) -> str:
    """Set a replay for a terminal."""
    market = found.market
    lines = [f"{'SYNTHETIC. ' * market.synthetic}What the rules of {market.title} would have sent"]
    if found.scores.empty:
        return f"{lines[0]}: nothing, for no rule reads a table that is there."
    notices = [
        f"  {event.ref_date}  {event.event:8}{event.rule:22}{event.text}" for event in found.sent
    ]
    lines += ["", *(notices or ["  nothing"]), "", "What that would have been worth:"]
    lines += [f"  {line}" for line in _score_lines(found.scores)]
    lines += [
        "",
        f"Months from the first alert in the {found.months} before an event to its onset (a plus: "
        "it stood before;",
        "-: none stood; blank: not covered):",
        *(f"  {line}" for line in _lead_lines(found)),
        "",
        "'by chance' is the share of shifts in time of the same alerts that warn of as many events:"
        " near 1 means luck.",
    ]
    return "\n".join(lines)


def _score_lines(scores: pd.DataFrame) -> list[str]:
    shown = pd.DataFrame(
        {
            "rule": scores["rule"],
            "from": scores["from"].dt.strftime("%Y-%m"),
            "to": scores["to"].dt.strftime("%Y-%m"),
            "alerts": scores["raised"],
            "a year": scores["a_year"].map("{:.1f}".format),
            "time on": scores["time_on"].map("{:.0%}".format),
            "warned of": [
                f"{warned} of {events}"
                for warned, events in zip(scores["warned"], scores["events"], strict=True)
            ],
            "by chance": scores["by_chance"].map("{:.2f}".format),
            "false a year": scores["false_a_year"].map("{:.1f}".format),
        }
    )
    return shown.to_string(index=False).splitlines()


def _lead_lines(found: Replay) -> list[str]:
    events = {event.id: event for event in found.market.events}
    rows = []
    for name, leads in found.leads.iterrows():
        event = events[str(name)]
        cells = {
            str(rule): _lead(lead, bool(found.covered.loc[name, rule]), found.months)
            for rule, lead in leads.items()
        }
        rows.append({"onset": str(event.onset), "event": event.name} | cells)
    if not rows:
        return ["no event of the market lies in the history"]
    return pd.DataFrame(rows).to_string(index=False).splitlines()


def _lead(lead: float, covered: bool, months: int) -> str:
    if not covered:
        return ""
    if np.isnan(lead):
        return "-"
    return f"{months}+" if np.isinf(lead) else f"{lead:.1f}"
