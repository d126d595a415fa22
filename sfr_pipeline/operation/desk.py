"""The alert desk of a market: judges readings, keeps the log, and tells who is to be told.

One process at a time works at a desk, so that nothing is raised or told twice. What is found is
written before it is told: a process that dies in between is made up for by the next one.

Belongs here: table ``alerts``. Does not belong here: publishing the warehouse, which the caller
does where something was written.
"""

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.errors import AlertError
from sfr_pipeline.markets import Market
from sfr_pipeline.operation.alerts import (
    Alert,
    Event,
    Readings,
    event_rows,
    events_of,
    fold,
    judge,
)
from sfr_pipeline.operation.delivery import Target, deliver, targets_of
from sfr_pipeline.operation.messages import Message, notice_message, trial_message
from sfr_pipeline.operation.rules import AlertRules
from sfr_pipeline.storage.contract import Table
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables import ALERTS
from sfr_pipeline.workspace import Place

LOCK = ".lock"
# Longer than some targets that do not answer take one after another.
LOCK_SECONDS = 600

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """The alert desk of a market.

    Attributes:
        market: the catalogue.
        rules: of its alerts.
        store: where the log lies.
        report: where the market's report lies; told with every alert.
        run: who works here: a run's id, or what was called.
    """

    market: Market
    rules: AlertRules
    store: ParquetStore
    report: Place
    run: str

    def alerts(self) -> dict[str, Alert]:
        """All alerts that there ever were, by id in order of raising."""
        if not self.store.exists(self.market.name, ALERTS):
            return {}
        return fold(events_of(self.store.read(self.market.name, ALERTS)))

    def settle(self, readings: Readings) -> list[Event]:
        """Judge readings, note what is new, and tell what has not been told yet.

        A target that does not take a message is noted and tried again next time. It never raises.

        Args:
            readings: by rule; without any, only what is still to be told is told.

        Returns:
            The events that were added to the log.

        Raises:
            AlertError: another process has been at this desk for ten minutes.
        """
        with self._alone():
            began = not self.store.exists(self.market.name, ALERTS)
            alerts = self.alerts()
            found = judge(self.rules, readings, alerts, self._moment(), self.run)
            for event in found:
                log.warning("%s %s: %s", event.event, event.alert, event.text)
            # The first time an empty file too: the table is there from then on.
            if found or began:
                self._add(found)
            delivered = list(self._tell(self.alerts()))
            return [*found, *delivered]

    def acknowledge(self, alert: str) -> Event:
        """Note that a reader knows of an open alert: it is not told again before it is cleared.

        Raises:
            AlertError: there is no such open alert.
        """
        with self._alone():
            alerts = self.alerts()
            found = alerts.get(alert)
            if found is None or not found.open:
                names = ", ".join(name for name, other in alerts.items() if other.open) or "none"
                raise AlertError(
                    f"market {self.market.name} has no open alert '{alert}': open are {names}"
                )
            event = replace(
                found.raised, noted_at=self._moment(), event="acknowledged", run=self.run
            )
            self._add([event])
            return event

    def trial(self) -> dict[str, str]:
        """Send a message that nothing happened to every target.

        Returns:
            By target, why it was not taken; empty where it was.

        Raises:
            AlertError: there is no target.
        """
        targets = targets_of(self.rules.variables())
        if not targets:
            raise AlertError(self.nobody())
        message = trial_message(self.market)
        return {target.name: self._deliver(target, message) for target in targets}

    def _deliver(self, target: Target, message: Message) -> str:
        """Why a message was not taken and what to do, empty where it was."""
        why = deliver(target, message)
        trial = f"sfr alerts {self.market.name} --test"
        return f"{why}; mend the address or its server, and try it with '{trial}'" if why else ""

    def nobody(self) -> str:
        """Why nobody is told, and what to do."""
        names = self.rules.variables()
        if not names:
            return f"the rules of market {self.market.name} name nobody to tell: add 'notify'"
        one = " and ".join(names)
        return f"nobody is told: set {one} to an address such as mailto://user:password@example.org"

    def _tell(self, alerts: dict[str, Alert]) -> Iterator[Event]:
        for alert in alerts.values():
            targets = targets_of(self.rules.told_by(alert.raised.rule))
            if not targets and alert.open and not alert.acknowledged:
                log.info("%s is open, and %s", alert.id, self.nobody())
            for target in targets:
                notice = alert.notice_for(target.name)
                if notice is not None:
                    yield from self._send(alert, notice, target)

    def _send(self, alert: Alert, notice: Event, target: Target) -> Iterator[Event]:
        message = notice_message(self.market, self.rules, alert, notice, self.report)
        why = self._deliver(target, message)
        if why:
            log.warning("%s was not told: %s", alert.id, why)
            # Once is enough for the log, however often it is tried.
            if (target.name, notice.event) in alert.untold:
                return
        event = replace(
            notice,
            noted_at=self._moment(),
            event="untold" if why else "told",
            target=target.name,
            notice=notice.event,
            text=why or message.title,
            run=self.run,
        )
        self._add([event])
        yield event

    def _add(self, events: Sequence[Event]) -> None:
        at = max((event.noted_at for event in events), default=clock.now())
        self.store.append(self.market.name, self._table, event_rows(events), at, self.run)

    def _moment(self) -> dt.datetime:
        """Now, but after all that is in the log: a clock that was set back turns no order round."""
        if not self.store.exists(self.market.name, ALERTS):
            return clock.now()
        noted = self.store.read(self.market.name, ALERTS, columns=["noted_at"])["noted_at"]
        after = noted.max() + pd.Timedelta(1, "us")
        return clock.now() if noted.empty else max(clock.now(), after.to_pydatetime())

    @property
    def _table(self) -> Table:
        return ALERTS.as_synthetic() if self.market.synthetic else ALERTS

    @contextmanager
    def _alone(self) -> Iterator[None]:
        folder = self.store.folder(self.market.name, ALERTS)
        what = f"the alert desk of {self.market.name}"
        try:
            with self.store.filesystem.lock(f"{folder}/{LOCK}", what, LOCK_SECONDS):
                yield
        except TimeoutError as error:
            raise AlertError(
                f"another process has been telling alerts of {self.market.name} for "
                f"{LOCK_SECONDS} s: wait for it, or end it, and try again"
            ) from error


def open_alerts(alerts: dict[str, Alert]) -> list[Alert]:
    """Those that were not cleared yet, in order of raising."""
    return [alert for alert in alerts.values() if alert.open]
