"""Monthly operation: a job that refreshes one month of a market, and the schedule that starts it.

The job materializes everything: prices and series are fetched anew, the tables without partitions
are rebuilt, and the tables that are stored month by month gain their month; where posts come from a
forum, those of that month are crawled. ``refresh`` tells beforehand what that would be. The
schedule is off until somebody switches it on.
"""

import datetime as dt

import dagster as dg

from sfr_pipeline.assets.index import month_partitions
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.market import END, last_complete_month
from sfr_pipeline.operation.calendar import HOUR_UTC, refresh_day


def month_to_refresh(market: Market, today: dt.date) -> str | dg.SkipReason:
    """The partition that a refresh would write, or why there is none.

    An earlier month is never taken in its place: that would look like news.
    """
    month = last_complete_month(today)
    if month in month_partitions(market).get_partition_keys():
        return month
    return dg.SkipReason(
        f"{month} is not among the months of market {market.name}, which end in "
        f"{market.sample.end}: move 'sample.end' in its catalogue on, or, where that is 'latest', "
        f"reload the code location, without {END}"
    )


def refresh_job_name(market: Market) -> str:
    """Name of the job that refreshes a month of a market."""
    return f"{market.name}_refresh"


def refresh_schedule(market: Market) -> dg.ScheduleDefinition:
    """The schedule of a market and its job, off until it is switched on."""
    job = dg.define_asset_job(
        name=refresh_job_name(market),
        selection=dg.AssetSelection.all(),
        description="Fetches everything anew, rebuilds the tables and adds the month's vintage.",
        tags={"market": market.name},
    )

    @dg.schedule(
        name=f"{market.name}_monthly",
        job=job,
        cron_schedule=f"0 {HOUR_UTC} {refresh_day(market)} * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=f"Refreshes the month just published, on day {refresh_day(market)} of the "
        "next: by then the catalogue's release lags have passed.",
    )
    def monthly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        month = month_to_refresh(market, context.scheduled_execution_time.date())
        if isinstance(month, dg.SkipReason):
            return month
        partition = month if market.partitioned else None
        return dg.RunRequest(run_key=f"{market.name} {month}", partition_key=partition)

    return monthly
