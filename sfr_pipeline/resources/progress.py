"""A logger that shows a run as a person follows it: one line a table, and what went wrong.

Dagster's own console logger prints every event. Choose this one with the run config
``loggers: {progress: {}}``; the event log of the UI keeps everything either way.

Where steps are executed in other processes, the process of the run tells what became of them
(`owning`): it alone knows when the run began, and how its steps lie beside each other.
"""

import logging
import sys
import time
from collections import defaultdict
from multiprocessing import parent_process
from typing import Any

import dagster as dg
from dagster import DagsterEvent, DagsterEventType

# Its name in the run config.
PROGRESS = "progress"


class ProgressHandler(logging.Handler):
    """Turns Dagster's events into lines on standard error."""

    def __init__(self) -> None:
        super().__init__()
        self.started = time.monotonic()
        # Rows written by each running step, by asset: a step may write many months.
        self.rows: dict[str | None, dict[dg.AssetKey, list[Any]]] = defaultdict(_no_rows)
        # Whether this process executes a step of a run that is another's.
        self.of_another = parent_process() is not None

    def emit(self, record: logging.LogRecord) -> None:
        """Write the lines of a record, if it deserves any."""
        event: DagsterEvent | None = getattr(record, "dagster_event", None)
        try:
            if event is None:
                self._write(self._message_lines(record))
            elif not self.of_another:
                self.tell(event)
        except Exception:  # a line that can't be told costs no step
            self.handleError(record)

    def tell(self, event: DagsterEvent) -> None:
        """Write the lines of an event, if it deserves any."""
        self._write(self._event_lines(event))

    def _write(self, lines: list[str]) -> None:
        since = "" if self.of_another else f"{time.monotonic() - self.started:.1f} s"
        for line in lines:
            sys.stderr.write(f"{since:>9}  {line}\n")
        sys.stderr.flush()

    def _message_lines(self, record: logging.LogRecord) -> list[str]:
        meta = getattr(record, "dagster_meta", {})
        # What is not said by a step is Dagster talking about its plan, and one failure makes it
        # explain at length why each later step is left out.
        said_by_a_step = (
            meta.get("step_key")
            and record.levelno >= logging.INFO
            and not str(meta.get("orig_message")).startswith("Dependencies for step ")
        )
        return [f"  {meta['orig_message']}"] if said_by_a_step else []

    def _event_lines(self, event: DagsterEvent) -> list[str]:
        kind = event.event_type
        if kind in (DagsterEventType.STEP_START, DagsterEventType.STEP_RESTARTED):
            self.rows[event.step_key] = _no_rows()
        elif kind == DagsterEventType.ASSET_MATERIALIZATION:
            written = event.step_materialization_data.materialization
            count = written.metadata.get("dagster/row_count")
            self.rows[event.step_key][written.asset_key].append(count.value if count else None)
        elif kind == DagsterEventType.STEP_SUCCESS:
            return [_line(key, rows) for key, rows in self.rows.pop(event.step_key, {}).items()]
        elif kind == DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed:
                return [f"CHECK FAILED {check.asset_key.to_user_string()}: {check.check_name}"]
        elif kind == DagsterEventType.STEP_FAILURE:
            error = event.step_failure_data.error
            cause = (error.cause or error) if error else None
            return [f"FAILED {event.step_key}: {cause.message.strip() if cause else 'unknown'}"]
        return []


def _no_rows() -> dict[dg.AssetKey, list[Any]]:
    return defaultdict(list)


def _line(key: dg.AssetKey, rows: list[Any]) -> str:
    count = f"{sum(rows):>9,} rows" if rows[-1] is not None else " " * 14
    months = f", {len(rows)} months" if len(rows) > 1 else ""
    return f"{count}  {key.to_user_string()}{months}"


@dg.logger
def progress_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """Logger with a ``ProgressHandler``."""
    logger = logging.Logger("sfr_pipeline.progress")
    logger.addHandler(ProgressHandler())
    return logger
