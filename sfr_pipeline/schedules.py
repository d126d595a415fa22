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
from sfr_pipeline.errors import NotMaterializedError
from sfr_pipeline.inputs.frames import months_of
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.market import END, last_complete_month
from sfr_pipeline.resources.runs import MARKET_TAG, UNFINISHED
from sfr_pipeline.resources.warehouse import Warehouse

# Every month has this day.
LAST_COMMON_DAY = 28
HOUR_UTC = 6
# The day's run, and its repetitions where it died, are over by then.
HOUR_STALE_UTC = 18
# Tag of a scheduled run: the last of the months that it was asked for.
MONTH_TAG = "month"
_RANGE_START, _RANGE_END = (
    "dagster/asset_partition_range_start",
    "dagster/asset_partition_range_end",
)


def refresh_day(market: Market) -> int:
    """Day of the month on which the figures of the month before are out.

    The day after the longest release lag of the daily and monthly series, but no later than the
    28th. What comes later still, such as quarterly figures, enters with the next refresh.
    """
    lags = [series.release_lag for series in market.series if series.frequency != "quarterly"]
    return min(max(lags, default=0) + 1, LAST_COMMON_DAY)


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


def months_done(market: Market, warehouse: Warehouse) -> set[str]:
    """Months that need no refresh, because their vintages are stored."""
    try:
        vintages = warehouse.read(market.name, "sfri_vintages")
    except NotMaterializedError:
        return set()
    return set(months_of(vintages["as_of"]).astype(str))


def months_due(market: Market, done: set[str], today: dt.date) -> list[str] | dg.SkipReason:
    """Months that a refresh on a day should write, or why there are none.

    Those after the last one done whose figures are out. Gaps before it are left to a backfill: a
    refresh goes on where it stopped. A market that was never refreshed begins with its newest
    month.

    Args:
        market: the catalogue.
        done: months that need no refresh.
        today: the day.
    """
    day = refresh_day(market)
    complete = pd.Period(last_complete_month(today), "M")
    out = complete if today.day >= day else complete - 1
    last = min(out, pd.Period(market.sample.end, "M"))
    first = pd.Period(max(done), "M") + 1 if done else last
    if first > last:
        return dg.SkipReason(
            f"market {market.name} is done up to {max(done)}"
            + (
                f": {out + 1} is refreshed on day {day} of the month after it"
                if last == out
                else f", and its sample ends in {market.sample.end}"
            )
        )
    return [str(month) for month in pd.period_range(first, last, freq="M")]


def refresh_schedule(market: Market) -> dg.ScheduleDefinition:
    """The schedule of a market and its job, off until it is switched on."""
    job = dg.define_asset_job(
        name=f"{market.name}_refresh",
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
        done = (
            months_done(market, warehouse)
            if market.monthly
            else _months_run(context.instance, job.name)
        )
        months = months_due(market, done, today)
        if isinstance(months, dg.SkipReason):
            return months
        first, last = months[0], months[-1]
        one = market.partitioned and first == last
        several = market.partitioned and first < last
        return dg.RunRequest(
            # A month that failed is asked for again, once a day.
            run_key=f"{market.name} {first}...{last} on {today}",
            partition_key=last if one else None,
            tags={MONTH_TAG: last} | ({_RANGE_START: first, _RANGE_END: last} if several else {}),
        )

    return monthly


def _months_run(instance: dg.DagsterInstance, job: str) -> set[str]:
    """Months for which the job of a market has run, where no table says which are stored."""
    runs = instance.get_runs(dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS]))
    return {run.tags[MONTH_TAG] for run in runs if MONTH_TAG in run.tags}


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
