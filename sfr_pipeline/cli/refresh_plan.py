"""What a monthly refresh of a market would do, told before it runs. Nothing is asked or written."""

import datetime as dt
import textwrap
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline import settings
from sfr_pipeline.cli.dagster_command import (
    as_line,
    crawls,
    materialize_month,
    materialize_months,
)
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.errors import NotMaterializedError
from sfr_pipeline.inputs.files import lacking, series_files
from sfr_pipeline.inputs.frames import months_of
from sfr_pipeline.markets import Indicator, Market
from sfr_pipeline.markets.opinion import CONTACT
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.schedules import month_to_refresh
from sfr_pipeline.sources.files.folder import files_only
from sfr_pipeline.storage.tables import POSTS, SFRI_VINTAGES

# Days in which a daily series may pause: long holidays, and a weekend beside them.
HOLIDAYS = 12
# Of a line of prose in a terminal.
WIDTH = 100
WITHOUT_INDEX = "This market has no index: a refresh fetches all of its daily prices anew."
POSTS_ALONE = "This market has posts alone: a refresh reads or fetches those of the month."
CODES = {"monthly": "M", "quarterly": "Q"}


@dataclass(frozen=True)
class RefreshPlan:
    """A refresh that has not run yet.

    Attributes:
        market: which.
        month: partition that it would write; None where it would not run.
        reason: why it would not run; None where it would.
        assets: names of the tables that it would write, in order; those of the month marked.
        inputs: one row an indicator: ``indicator``, ``series``, ``last`` (date of the last stored
            value, NaT where there is none), ``expected`` (date of the last value that should be
            out), ``state``: 'current', 'stale', 'never fetched', or 'needs a file' where there is
            neither a file nor an open source. None where the market has no index.
        without_index: what it fetches instead, in a sentence; None where the market has one.
        missing_months: partitions before ``month`` that were never written, to be backfilled: of
            vintages, or where posts are alone of these.
        forum: what is to be known of the crawl of the month's posts; None where none is made.
        refresh: command that does the same by hand.
        backfill: command that writes ``missing_months``.
    """

    market: str
    month: str | None
    reason: str | None
    assets: list[tuple[str, bool]]
    inputs: pd.DataFrame
    without_index: str | None
    missing_months: list[str]
    forum: str | None
    refresh: str | None
    backfill: str | None


def plan_refresh(market: Market, warehouse: Warehouse, today: dt.date) -> RefreshPlan:
    """Plan the refresh of a market.

    Args:
        market: the catalogue.
        warehouse: what is stored so far.
        today: the day on which it would run.
    """
    month = month_to_refresh(market, today)
    graph = build_definitions(market).resolve_asset_graph()
    assets = [
        (key.path[-1], graph.get(key).partitions_def is not None)
        for key in graph.toposorted_asset_keys
    ]
    found = month if isinstance(month, str) else None
    missing = _missing_months(market, warehouse, found) if found else []
    return RefreshPlan(
        market=market.name,
        month=found,
        reason=None if isinstance(month, str) else month.skip_message,
        assets=assets if found else [],
        inputs=_inputs(market, warehouse, today),
        without_index=None
        if market.monthly
        else POSTS_ALONE
        if market.posts_alone
        else WITHOUT_INDEX,
        missing_months=missing,
        forum=_crawl(market, found) if found else None,
        refresh=as_line(materialize_month(market, found)) if found else None,
        backfill=as_line(materialize_months(market, missing[0], missing[-1])) if missing else None,
    )


def as_text(plan: RefreshPlan) -> str:
    """Set a plan for a terminal."""
    if plan.month is None:
        lines = [f"A refresh of {plan.market} would do nothing: {plan.reason}"]
    else:
        lines = [f"A refresh of {plan.market} would fetch its data and write, month {plan.month}:"]
        lines += [
            f"  {name}{f' (partition {plan.month})' if partitioned else ''}"
            for name, partitioned in plan.assets
        ]
        lines += ["with", f"  {plan.refresh}"]
        if plan.forum:
            lines += textwrap.wrap(plan.forum, WIDTH)
    lines += ["", *([plan.without_index] if plan.without_index else _input_lines(plan.inputs))]
    if plan.missing_months:
        first, last = plan.missing_months[0], plan.missing_months[-1]
        lack = "posts" if plan.without_index else "vintage"
        lines += [
            "",
            f"{len(plan.missing_months)} earlier months have no {lack} ({first} to {last}). "
            "Backfill them in the UI, or with",
            f"  {plan.backfill}",
        ]
        if plan.forum:
            lines.append("which leaves the forum out: its months are crawled one at a time.")
    return "\n".join(lines)


def _input_lines(inputs: pd.DataFrame) -> list[str]:
    shown = inputs.assign(
        last=inputs["last"].dt.strftime("%Y-%m-%d").fillna("never"),
        expected=inputs["expected"].dt.strftime("%Y-%m-%d"),
    )
    table = shown.to_string(index=False, justify="left", max_colwidth=60)
    counts = inputs["state"].value_counts()
    return [
        "Last stored value, and the last that should be out:",
        *(f"  {line}" for line in table.splitlines()),
        ", ".join(f"{count} x {state}" for state, count in counts.items()),
    ]


def _crawl(market: Market, month: str) -> str | None:
    forum = market.forum
    if forum is None or not crawls(market):
        return None
    if files_only():
        return (
            f"It does not crawl {forum.site}, which {settings.FILES_ONLY} forbids: where the "
            "schedule runs with it, its step of posts fails."
        )
    text = (
        f"It crawls the posts of {month} from {forum.site}, a page every {forum.delay:g} seconds. "
    )
    if contact := forum.contact or settings.text(CONTACT):
        return f"{text}The site's operator is given {contact} to write to."
    return (
        f"{text}For that, {CONTACT} must hold an e-mail address that the site's operator can write "
        "to, where the schedule runs. It is not set here."
    )


def expected_period(market: Market, indicator: Indicator, today: dt.date) -> pd.Timestamp:
    """End of the last period whose value should be out, by frequency and release lag.

    Months that the source skips are none.
    """
    day = pd.Timestamp(today) - pd.Timedelta(days=market.release_lag_of(indicator))
    frequency = market.frequency_of(indicator)
    end = pd.Period(market.sample.end, "M").end_time.normalize()
    if frequency == "daily":
        return min(day, end)
    # A period is over on its last day, so the day itself may end one.
    over = pd.Period(day + pd.Timedelta(days=1), CODES[frequency]) - 1
    last = min(over, pd.Period(end, CODES[frequency]))
    while frequency == "monthly" and last.month in market.skips_of(indicator):
        last -= 1
    return last.end_time.normalize()


def _inputs(market: Market, warehouse: Warehouse, today: dt.date) -> pd.DataFrame:
    try:
        last = warehouse.read(market.name, "indicators").groupby("indicator")["ref_date"].max()
    except NotMaterializedError:
        last = pd.Series(dtype="datetime64[us]")
    imports, rows = series_files(market), []
    for indicator in market.indicators:
        newest = last.get(indicator.id, pd.NaT)
        expected = expected_period(market, indicator, today)
        rows.append(
            {
                "indicator": indicator.id,
                "series": str(indicator.input),
                "last": newest,
                "expected": expected,
                "state": "needs a file"
                if lacking(market, indicator, imports)
                else "never fetched"
                if pd.isna(newest)
                else "stale"
                if _is_stale(market.frequency_of(indicator), newest, expected)
                else "current",
            }
        )
    columns = ["indicator", "series", "last", "expected", "state"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"last": "datetime64[us]", "expected": "datetime64[us]"})


def _is_stale(frequency: str, last: pd.Timestamp, expected: pd.Timestamp) -> bool:
    return bool(last < expected - pd.Timedelta(days=HOLIDAYS if frequency == "daily" else 0))


def _missing_months(market: Market, warehouse: Warehouse, month: str) -> list[str]:
    if market.monthly:
        vintages = warehouse.read_if_there(market.name, SFRI_VINTAGES)
        stored = set(months_of(vintages["as_of"]).astype(str))
        first = market.sample.first_vintage
    elif market.posts_alone:
        stored, first = set(warehouse.store.months(market.name, POSTS)), market.first_partition()
    else:
        return []
    wanted = pd.period_range(first, month, freq="M")[:-1].astype(str)
    return [name for name in wanted if name not in stored]
