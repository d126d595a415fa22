"""What a monthly refresh of a market would do, told before it runs. Nothing is asked or written."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.errors import NotMaterializedError
from sfr_pipeline.markets import Indicator, Market
from sfr_pipeline.measurement.frames import months_of
from sfr_pipeline.measurement.raw_series import imports_of, lacking
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.schedules import month_to_refresh

# Days in which a daily series may pause: long holidays, and a weekend beside them.
HOLIDAYS = 12
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
            out), ``state``: 'current', 'stale', or 'needs a file' where there is neither a file
            nor an open source.
        missing_months: partitions from the first vintage to before ``month`` that were never
            written, to be backfilled.
    """

    market: str
    month: str | None
    reason: str | None
    assets: list[tuple[str, bool]]
    inputs: pd.DataFrame
    missing_months: list[str]


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
    return RefreshPlan(
        market=market.name,
        month=found,
        reason=None if isinstance(month, str) else month.skip_message,
        assets=assets if found else [],
        inputs=_inputs(market, warehouse, today),
        missing_months=_missing_months(market, warehouse, found) if found else [],
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
        lines += ["with", f"  {_command(plan.market)} --partition {plan.month}"]
    shown = plan.inputs.assign(
        last=plan.inputs["last"].dt.strftime("%Y-%m-%d").fillna("never"),
        expected=plan.inputs["expected"].dt.strftime("%Y-%m-%d"),
    )
    lines += ["", "Last stored value, and the last that should be out:"]
    lines += [f"  {line}" for line in shown.to_string(index=False, justify="left", max_colwidth=60).splitlines()]
    counts = plan.inputs["state"].value_counts()
    lines.append(", ".join(f"{count} x {state}" for state, count in counts.items()))
    if plan.missing_months:
        first, last = plan.missing_months[0], plan.missing_months[-1]
        lines += [
            "",
            f"{len(plan.missing_months)} earlier months have no vintage ({first} to {last}). "
            "Backfill them in the UI, or with",
            f"  {_command(plan.market)} --partition-range {first}...{last}",
        ]
    return "\n".join(lines)


def _command(market: str) -> str:
    return f"dagster asset materialize -m sfr_pipeline.definitions -a {market} --select '*'"


def expected_period(market: Market, indicator: Indicator, today: dt.date) -> pd.Timestamp:
    """End of the last period whose value should be out, by frequency and release lag."""
    day = pd.Timestamp(today) - pd.Timedelta(days=market.release_lag_of(indicator))
    frequency = market.frequency_of(indicator)
    end = pd.Period(market.sample.end, "M").end_time.normalize()
    if frequency == "daily":
        return min(day, end)
    # A period is over on its last day, so the day itself may end one.
    over = pd.Period(day + pd.Timedelta(days=1), CODES[frequency]) - 1
    return min(over.end_time.normalize(), end)


def _inputs(market: Market, warehouse: Warehouse, today: dt.date) -> pd.DataFrame:
    try:
        last = warehouse.read(market.name, "indicators").groupby("indicator")["ref_date"].max()
    except NotMaterializedError:
        last = pd.Series(dtype="datetime64[us]")
    imports, rows = imports_of(market), []
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
                else "stale"
                if _is_stale(market, indicator, newest, expected)
                else "current",
            }
        )
    return pd.DataFrame(rows).astype({"last": "datetime64[us]", "expected": "datetime64[us]"})


def _is_stale(
    market: Market, indicator: Indicator, last: pd.Timestamp, expected: pd.Timestamp
) -> bool:
    if pd.isna(last):
        return True
    if market.frequency_of(indicator) == "daily":
        return bool(last < expected - pd.Timedelta(days=HOLIDAYS))
    # Months that the source skips are no fault; the last value of a quarter is no month too old.
    skipped = market.carry_of(indicator) if market.frequency_of(indicator) == "monthly" else 0
    months = months_of(pd.DatetimeIndex([last, expected]))
    return bool(months[0] + skipped < months[1])


def _missing_months(market: Market, warehouse: Warehouse, month: str) -> list[str]:
    try:
        stored = set(months_of(warehouse.read(market.name, "sfri_vintages")["as_of"]).astype(str))
    except NotMaterializedError:
        stored = set()
    wanted = pd.period_range(market.sample.first_vintage, month, freq="M")[:-1].astype(str)
    return [name for name in wanted if name not in stored]
