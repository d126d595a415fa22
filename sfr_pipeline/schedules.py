"""Monthly operation: a job that refreshes a market, the schedule that starts it, and what is late.

The job materializes everything: prices and series are fetched anew, the tables without partitions
are rebuilt, and the tables that are stored month by month gain their months; where posts come from
a forum, those of the months are crawled. ``refresh`` tells beforehand what that would be. The
schedule is off until somebody switches it on.

It ticks every day and asks for what is due and not stored: so a month that was missed, because the
machine was off or a source was down, is made up at the next tick, and not a month later.
"""

import datetime as dt

import dagster as dg
import pandas as pd

from sfr_pipeline.assets import index, inputs
from sfr_pipeline.assets.table_asset import group_of
from sfr_pipeline.inputs.frames import months_of
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.market import END, last_complete_month
from sfr_pipeline.operation.calendar import HOUR_UTC, due, months_due, refresh_day
from sfr_pipeline.resources.asked import RANGE_END, RANGE_START
from sfr_pipeline.resources.runs import MARKET_TAG, UNFINISHED
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage.tables import PUBLICATIONS

# The day's run, and its repetitions where it died, are over by then.
HOUR_STALE_UTC = 18
# Tag of a scheduled run: the last of the months that it was asked for.
MONTH_TAG = "month"


def month_to_refresh(market: Market, today: dt.date) -> str | dg.SkipReason:
    """The month that a refresh by hand would write, or why there is none.

    An earlier month is never taken in its place: that would look like news.
    """
    month = last_complete_month(today)
    if month <= market.sample.end:
        return month
    remedy = f"start without {END}" if market.sample.goes_on else "move 'sample.end' in its "
    return dg.SkipReason(
        f"{month} is not among the months of market {market.name}, which end in "
        f"{market.sample.end}: {remedy}{'' if market.sample.goes_on else 'catalogue on'}"
    )


def refresh_job_name(market: Market) -> str:
    """Name of the job that refreshes a month of a market."""
    return f"{market.name}_refresh"


def months_done(
    market: Market, warehouse: Warehouse, instance: dg.DagsterInstance
) -> pd.PeriodIndex:
    """Months that need no refresh, because they were published.

    Where a market has too little history to tell anything, those that the job went through for.
    """
    told = warehouse.read_if_there(market.name, PUBLICATIONS)["ref_date"]
    if len(told) or not warehouse.store.exists(market.name, PUBLICATIONS):
        return months_of(told).unique()
    succeeded = dg.RunsFilter(
        job_name=refresh_job_name(market), statuses=[dg.DagsterRunStatus.SUCCESS]
    )
    run = [one.tags[MONTH_TAG] for one in instance.get_runs(succeeded) if MONTH_TAG in one.tags]
    return pd.PeriodIndex(run, freq="M").unique()


def months_to_refresh(
    market: Market, done: pd.PeriodIndex, moment: dt.datetime
) -> list[str] | dg.SkipReason:
    """Months that a refresh should write, or why there are none.

    Those after the last one done whose figures are out. Gaps before it are left to a backfill: a
    refresh goes on where it stopped. A market that was never refreshed begins with its newest
    month.

    Args:
        market: the catalogue.
        done: months that need no refresh.
        moment: now, in UTC.
    """
    if not len(done):
        newest = pd.Period(min(last_complete_month(moment.date()), market.sample.end), "M")
        return [str(newest if due(market, newest) <= moment else newest - 1)]
    last = done.max()
    if months := months_due(market, last, moment):
        return [str(month) for month in months]
    following = (
        f": {last + 1} is refreshed on {due(market, last + 1):%Y-%m-%d}"
        if market.sample.goes_on or str(last) < market.sample.end
        else f", and its sample ends in {market.sample.end}"
    )
    return dg.SkipReason(f"market {market.name} is done up to {last}{following}")


def refresh_schedule(market: Market) -> dg.ScheduleDefinition:
    """The schedule of a market and its job, off until it is switched on."""
    job = dg.define_asset_job(
        name=refresh_job_name(market),
        selection=dg.AssetSelection.all(),
        description="Fetches everything anew, rebuilds the tables and adds the months' vintages.",
        tags={MARKET_TAG: market.name},
    )

    @dg.schedule(
        name=f"{market.name}_monthly",
        job=job,
        cron_schedule=f"0 {HOUR_UTC} * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=f"Refreshes the month just published from day {refresh_day(market)} of the "
        "next on: by then the catalogue's release lags have passed. Looks every day, and makes up "
        "what was missed.",
    )
    def monthly(
        context: dg.ScheduleEvaluationContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.RunRequest | dg.SkipReason:
        today = context.scheduled_execution_time.date()
        under_way = context.instance.get_runs(
            dg.RunsFilter(tags={MARKET_TAG: market.name}, statuses=UNFINISHED), limit=1
        )
        if under_way:
            return dg.SkipReason(
                f"run {under_way[0].run_id} of market {market.name} is not over "
                f"({under_way[0].status.value})"
            )
        done = months_done(market, warehouse, context.instance)
        moment = context.scheduled_execution_time.astimezone(dt.UTC).replace(tzinfo=None)
        months = months_to_refresh(market, done, moment)
        if isinstance(months, dg.SkipReason):
            return months
        first, last = months[0], months[-1]
        one = market.partitioned and first == last
        several = market.partitioned and first < last
        return dg.RunRequest(
            # A month that failed is asked for again, once a day.
            run_key=f"{market.name} {first}...{last} on {today}",
            partition_key=last if one else None,
            tags={MONTH_TAG: last} | ({RANGE_START: first, RANGE_END: last} if several else {}),
        )

    return monthly


def freshness_policy(market: Market) -> dg.FreshnessPolicy | None:
    """When inputs and index of a market are late; None where its sample is fixed.

    On its refresh day, in the evening, they must have been materialized since the month before was
    over.
    """
    if not market.sample.goes_on:
        return None
    day = refresh_day(market)
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"0 {HOUR_STALE_UTC} {day} * *",
        lower_bound_delta=dt.timedelta(days=day - 1, hours=HOUR_STALE_UTC),
        timezone="UTC",
    )


def with_freshness(market: Market, assets: list[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """The assets of a market; inputs and index with the policy that says when they are late."""
    policy = freshness_policy(market)
    if policy is None:
        return assets
    groups = {group_of(market, leg) for leg in (inputs.LEG, index.LEG)}

    def timed(spec: dg.AssetSpec) -> dg.AssetSpec:
        return dg.apply_freshness_policy(spec, policy) if spec.group_name in groups else spec

    return [*dg.map_asset_specs(timed, assets)]
