"""The watch over a market's refreshes: what only somebody outside a run can see.

A sensor looks every few minutes whether the last refresh failed and whether one is missed, tells
what could not be told before, and judges again which inputs are stale. It looks at the state of
things, not at single failures: what happened while the daemon was down is seen as well, and a
failed run is forgotten once a later one has succeeded.
"""

import datetime as dt

import dagster as dg

from sfr_pipeline import clock
from sfr_pipeline.assets.alerts import desk_of
from sfr_pipeline.markets import Market
from sfr_pipeline.operation.readings import Refreshes, operational, watched_tables
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.schedules import refresh_job_name
from sfr_pipeline.storage.tables import ALERTS

SECONDS = 300
# Runs that are looked through for the last success.
RUNS = 100
# What Dagster writes on a failed run that it starts again by itself.
WILL_RETRY = "dagster/will_retry"


def watch_sensor(market: Market) -> dg.SensorDefinition:
    """The watch of a market; it writes and tells nothing of a market that was never run."""

    @dg.sensor(
        name=f"{market.name}_watch",
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Alerts of failed and missed refreshes and of stale inputs, and tells again "
        "what could not be told.",
        tags={"market": market.name},
    )
    def watch(
        context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.SkipReason:
        refreshes = refreshes_of(market, context.instance)
        names = watched_tables(market)
        frames = warehouse.read_all(market.name, names, optional=names)
        if not frames and not refreshes.failed:
            return dg.SkipReason(f"{market.name} was never run here")
        desk = desk_of(market, warehouse, "watch")
        events = desk.settle(operational(desk.rules, market, frames, clock.now(), refreshes))
        if events:
            warehouse.publish(market.name)
        told = ", ".join(f"{event.event} {event.alert}" for event in events)
        return dg.SkipReason(told or "nothing new")

    return watch


def refreshes_of(market: Market, instance: dg.DagsterInstance) -> Refreshes:
    """The runs that failed to bring a market up to date since one last did.

    Such a run is one of the refresh job, or any other that was to materialize table ``alerts``,
    which stands at the end of them all. One that Dagster starts again by itself has not failed yet.
    """
    finished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE])
    failed: list[tuple[dt.datetime, str]] = []
    for record in instance.get_run_records(finished, limit=RUNS):
        run = record.dagster_run
        if not _refreshes(run, market) or run.tags.get(WILL_RETRY) == "true":
            continue
        if run.status == dg.DagsterRunStatus.SUCCESS:
            break
        ended = dt.datetime.fromtimestamp(record.end_time or 0.0, dt.UTC).replace(tzinfo=None)
        failed.append((ended, run.run_id))
    return Refreshes(failed)


def _refreshes(run: dg.DagsterRun, market: Market) -> bool:
    end = dg.AssetKey([market.name, ALERTS.name])
    return run.job_name == refresh_job_name(market) or end in (run.asset_selection or ())
