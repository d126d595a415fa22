"""What Dagster's history says of its own health: its database, runs that are over, a daemon missed.

Belongs here: looking, for `sfr doctor`. Does not belong here: mending (`runs`), everything that
can be seen without Dagster (`sfr_pipeline.operation.doctor`).
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import InstigatorStatus

from sfr_pipeline import clock
from sfr_pipeline.operation.doctor.finding import Finding
from sfr_pipeline.resources.database import lies_elsewhere, may_have_history, require_database
from sfr_pipeline.resources.run_locks import HOST_TAG, is_elsewhere
from sfr_pipeline.resources.runs import elsewhere, instance_at, over

# The daemon gives a sign every half minute.
SECONDS_BETWEEN_SIGNS = 120
UI = "sfr ui"


def look_at_database(home: Path) -> Iterator[Finding]:
    """Whether the database of a history that several hosts share can be reached.

    Args:
        home: of Dagster.
    """
    if not lies_elsewhere(home):
        yield Finding("ok", f"Dagster's history lies in {home}, for this machine alone")
        return
    require_database(home)
    yield Finding("ok", "the database of Dagster's history answers")


def look_at_runs(home: Path) -> Iterator[Finding]:
    """Whether runs count as under way whose process is gone.

    Args:
        home: of Dagster.
    """
    if not may_have_history(home):
        yield Finding("ok", "nothing was run with Dagster yet")
        return
    with instance_at(str(home)) as instance:
        found, others = over(instance), elsewhere(instance)
        started = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
        begun = sum(not is_elsewhere(instance, run) for run in started)
    for run, _ in found:
        yield Finding(
            "broken",
            f"run {run.run_id} ({run.job_name}) counts as {run.status.value}, and its process is "
            "gone",
            "sfr heal",
        )
    for run in others:
        host = run.tags[HOST_TAG]
        yield Finding(
            "note",
            f"run {run.run_id} ({run.job_name}) is made on {host}, which alone can tell whether "
            "its process is there",
            f"sfr heal, on {host}; where that is lost for good, here: sfr heal --lost {host}",
        )
    if not found:
        yield Finding("ok", f"{begun} runs of this machine under way, each with its process")


def look_at_daemon(home: Path) -> Iterator[Finding]:
    """Whether the daemon runs where something waits for it.

    Args:
        home: of Dagster.
    """
    if not may_have_history(home):
        return
    with instance_at(str(home)) as instance:
        seen = max(
            (one.timestamp for one in instance.get_daemon_heartbeats().values()), default=None
        )
        queued = instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED]))
        on = [
            state.name
            for state in instance.all_instigator_state(
                instigator_type=InstigatorType.SCHEDULE,
                instigator_statuses={InstigatorStatus.RUNNING},
            )
        ]
    now = clock.now().replace(tzinfo=dt.UTC).timestamp()
    if seen is not None and now - seen < SECONDS_BETWEEN_SIGNS:
        yield Finding("ok", f"the daemon runs; {queued} runs wait, {len(on)} schedules are on")
        return
    last = "was never seen"
    if seen is not None:
        last = f"was last seen at {dt.datetime.fromtimestamp(seen, dt.UTC):%Y-%m-%d %H:%M} UTC"
    if queued:
        yield Finding("broken", f"{queued} runs wait in the queue, and the daemon {last}", UI)
    if on:
        yield Finding("broken", f"{', '.join(sorted(on))} is on, and the daemon {last}", UI)
    if not queued and not on:
        yield Finding("ok", "the daemon does not run, and nothing waits for it")
