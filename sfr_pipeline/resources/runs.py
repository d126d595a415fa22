"""Whose run is this? What Dagster notes of a run never outlives the process that makes it.

Dagster writes down that a run has begun, and that it has ended; a process that is killed writes
nothing, and its run counts as begun for ever. So the process of a run holds a lock on a file of the
run's name, which the kernel takes back however the process ends (``run_locks``). A run that has
begun and whose lock nobody holds is over: ``heal`` says so, at the start of each run and of each
command that uses the instance; the launcher in ``resources/instance.py`` says so meanwhile. Of a
run whose lock lies on another host only that host can say so.

A number of a process would do no better: numbers are used again, and mean nothing in another
container on the same disk. Runs by ``execute_in_process`` hold no lock, as Dagster gives them
another executor: they are for tests, whose instances nobody heals.
"""

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from sfr_pipeline import clock
from sfr_pipeline.resources.crawl_pools import free_ended
from sfr_pipeline.resources.database import require_database
from sfr_pipeline.resources.run_locks import HOST_TAG, is_elsewhere, is_owned, lock_path

FINISHED = (
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
)
# Of runs that may still write.
UNFINISHED = [status for status in dg.DagsterRunStatus if status not in FINISHED]
# Tag of every run, with the name of its market.
MARKET_TAG = "market"
# In Dagster's home: whoever opens it holds this lock meanwhile.
OPENING = ".opening.lock"
# A run that begins is noted a moment before its lock is taken.
SECONDS_TO_LOCK = 20
# Between the moment at which a step has written its file, by the disk's clock, and that at which
# Dagster notes it.
SECONDS_TO_NOTE = 600
# Between two looks, the second of which sees a run that ended with the first.
SECONDS_BETWEEN_LOOKS = 1.0
GONE = (
    "The process of this run is gone: it was killed, or the machine went down. What it had stored "
    "stays. Run it again to complete it; a run that the daemon launched is repeated by itself."
)
NEVER_BEGAN = (
    "This run was sent off and did not begin within {seconds} seconds: whoever sent it is gone. "
    "Run it again."
)
LOST = (
    "This run was made on {host}, which was said to be lost for good. What it had stored stays. "
    "Run it again to complete it."
)

_BEGUN = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)
_SENT = (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING)


@dataclass(frozen=True)
class HealedRun:
    """A run that counted as under way and was not.

    Attributes:
        run_id: of the run.
        job: its name.
        was: status that it had.
        message: what stands in its log now.
    """

    run_id: str
    job: str
    was: str
    message: str


@contextmanager
def instance_at(home: str) -> Iterator[dg.DagsterInstance]:
    """Dagster's instance in a folder, for commands that are no Dagster's.

    One process at a time makes the databases of a new home: two at once would leave them broken. A
    database server that several homes name sees to that itself.

    Raises:
        SettingError, StorageError: the history lies in a database that can't be reached.
    """
    from filelock import FileLock

    require_database(Path(home))
    with FileLock(Path(home) / OPENING):
        opened = dg.DagsterInstance.from_config(home)
        # Each storage makes its database when it is first asked.
        opened.get_runs(limit=1)
        opened.get_latest_materialization_event(dg.AssetKey("none"))
    with opened as instance:
        yield instance


def run_of(instance: dg.DagsterInstance, market: str, asset: str, at: dt.datetime) -> str | None:
    """The run that made what lies there; None where it is of no run that this instance knows.

    Args:
        instance: Dagster's.
        market: whose asset.
        asset: its name.
        at: when its file was written, in UTC without a zone.
    """
    noted = instance.get_latest_materialization_event(dg.AssetKey([market, asset]))
    if noted is None:
        return None
    since = noted.timestamp - at.replace(tzinfo=dt.UTC).timestamp()
    return noted.run_id if abs(since) <= SECONDS_TO_NOTE else None


def is_gone(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether a run that has begun is made by nobody any more; looks twice before it says so."""
    return bool(_without_owner(instance, [run_id]))


def heal(instance: dg.DagsterInstance, lost: str | None = None) -> list[HealedRun]:
    """Mark the runs whose process is gone as failed, or as cancelled where that was asked for.

    What waits in the queue stays there for the daemon, and so do backfills: those know by
    themselves how far they came.

    Args:
        instance: Dagster's.
        lost: a host that will not come back: its runs are over too.

    Returns:
        The runs that were marked.
    """
    healed = []
    gone = over(instance)
    if lost is not None:
        gone += [
            (run, LOST.format(host=lost))
            for run in elsewhere(instance)
            if run.tags.get(HOST_TAG) == lost
        ]
    for run, message in gone:
        cancelled = run.status == dg.DagsterRunStatus.CANCELING
        report = instance.report_run_canceled if cancelled else instance.report_run_failed
        report(run, message)
        healed.append(HealedRun(run.run_id, run.job_name, run.status.value, message))
    _sweep_locks(instance)
    free_ended(instance)
    return healed


def over(instance: dg.DagsterInstance) -> list[tuple[dg.DagsterRun, str]]:
    """The runs that count as under way and are not, each with the reason; nothing is marked."""
    begun = [run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=[*_BEGUN]))]
    never_began = NEVER_BEGAN.format(seconds=instance.run_monitoring_start_timeout_seconds)
    return [
        *((run, GONE) for run in _without_owner(instance, begun)),
        *((run, never_began) for run in _never_begun(instance)),
    ]


def elsewhere(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """The runs under way of other hosts, which can be judged only there."""
    begun = instance.get_runs(dg.RunsFilter(statuses=[*_BEGUN]))
    return [run for run in begun if is_elsewhere(instance, run)]


def market_of(run: dg.DagsterRun) -> str | None:
    """The market whose tables a run writes; None where it says nothing of it."""
    if market := run.tags.get(MARKET_TAG):
        return market
    keys = [*(run.asset_selection or ()), *(c.asset_key for c in run.asset_check_selection or ())]
    return keys[0].path[0] if keys else None


def _without_owner(instance: dg.DagsterInstance, run_ids: Sequence[str]) -> list[dg.DagsterRun]:
    if not run_ids:
        return []
    now = clock.now().replace(tzinfo=dt.UTC).timestamp()
    suspects = [
        record.dagster_run.run_id
        for record in instance.get_run_records(
            dg.RunsFilter(run_ids=[*run_ids], statuses=[*_BEGUN])
        )
        if not is_elsewhere(instance, record.dagster_run)
        and not is_owned(instance, record.dagster_run.run_id)
        and (
            lock_path(instance, record.dagster_run.run_id).exists()
            or now - (record.start_time or 0) > SECONDS_TO_LOCK
        )
    ]
    if not suspects:
        return []
    time.sleep(SECONDS_BETWEEN_LOOKS)
    still_begun = instance.get_runs(dg.RunsFilter(run_ids=suspects, statuses=[*_BEGUN]))
    return [
        run
        for run in still_begun
        if not is_elsewhere(instance, run) and not is_owned(instance, run.run_id)
    ]


def _sweep_locks(instance: dg.DagsterInstance) -> None:
    """Remove the files of runs that are over: a process that ends can't remove its own."""
    for path in lock_path(instance, "").parent.glob("*.lock"):
        run = instance.get_run_by_id(path.stem)
        if run is None or run.is_finished:
            path.unlink(missing_ok=True)


def _never_begun(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    seconds = instance.run_monitoring_start_timeout_seconds
    if not seconds:  # as dagster.yaml has it where a run may wait for its machine
        return []
    records = instance.get_run_records(dg.RunsFilter(statuses=[*_SENT]))
    now = clock.now()
    return [
        record.dagster_run
        for record in records
        if (now - record.update_timestamp.replace(tzinfo=None)).total_seconds() > seconds
        # The daemon sends off by itself what it made before it went down.
        and not (
            record.dagster_run.status == dg.DagsterRunStatus.NOT_STARTED
            and record.dagster_run.remote_job_origin
        )
    ]
