"""What a target is told: title and text of one notice, for people who do not know this system."""

import shlex
from dataclasses import dataclass

import numpy as np

from sfr_pipeline.markets import Market
from sfr_pipeline.operation.alerts import Alert, Event
from sfr_pipeline.operation.rules import AlertRules
from sfr_pipeline.workspace import Place

SYNTHETIC = "SYNTHETIC, nothing of this happened"
# By severity, as apprise names what a chat colours a message by.
KINDS = {"information": "info", "warning": "warning", "critical": "failure"}


@dataclass(frozen=True)
class Message:
    """Title and text, and what a chat colours it by.

    Attributes:
        kind: 'info', 'success', 'warning' or 'failure', as apprise names them.
    """

    title: str
    body: str
    kind: str


def notice_message(
    market: Market, rules: AlertRules, alert: Alert, notice: Event, report: Place
) -> Message:
    """The message that an alert was raised or cleared.

    Args:
        market: whose alert.
        rules: of the market.
        alert: as it is now.
        notice: its event that is told.
        report: where the market's report lies.
    """
    raised = notice.event == "raised"
    advice = next((rule.text for rule in rules.rules if rule.id == notice.rule), "")
    quiet = f"sfr alerts {market.name} --acknowledge {shlex.quote(alert.id)}"
    sentences = [
        f"{SYNTHETIC}." if market.synthetic else "",
        notice.text,
        _numbers(notice),
        advice if raised else f"It was raised on {alert.raised.noted_at:%Y-%m-%d %H:%M} UTC.",
    ]
    facts = [
        f"Market    {market.title} ({market.name})",
        f"Rule      {notice.rule} ({notice.kind}, {notice.severity})",
        f"Alert     {alert.id}",
        f"Report    {report}",
        *([f"Noted?    {quiet}"] if raised else []),
    ]
    what = notice.severity.upper() if raised else "CLEARED"
    return Message(
        title=f"{_prefix(market)}{what} {market.title}: {alert.id}",
        body="\n".join([*filter(None, sentences), "", *facts]),
        kind=KINDS[notice.severity] if raised else "success",
    )


def trial_message(market: Market) -> Message:
    """A message that asks nothing but whether it arrives."""
    return Message(
        title=f"{_prefix(market)}TEST {market.title}: alerts reach you",
        body=f"Alerts of market {market.title} ({market.name}) are sent here. Nothing happened.",
        kind="info",
    )


def _prefix(market: Market) -> str:
    return "[SYNTHETIC] " if market.synthetic else ""


def _numbers(notice: Event) -> str:
    if np.isnan(notice.value):
        return ""
    bound = "raised from" if notice.event == "raised" else "cleared below"
    return f"Value {notice.value:g}, {bound} {notice.threshold:g}, as of {notice.ref_date}."
