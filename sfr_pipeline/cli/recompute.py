"""Command ``recompute``: measure a market anew from what had been delivered by a moment."""

import argparse
import datetime as dt
from pathlib import Path

from sfr_pipeline.cli.arguments import Commands, add_command, add_market, month
from sfr_pipeline.errors import ExportError
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.market import END


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "recompute",
        "measure a market anew from what had been delivered by a moment",
        run,
        more="Nothing is asked: the archive of deliveries is copied up to the moment into a "
        "warehouse of its own, and every table is made there. What was published then comes out "
        "again.",
    )
    add_market(parser)
    parser.add_argument(
        "delivered", type=_moment, help="moment in UTC, 2026-12-02 (its end) or 2026-12-02T06:00"
    )
    parser.add_argument("into", type=Path, help="folder for the warehouse, new or empty")
    parser.add_argument(
        "--month",
        type=month,
        help="last month of the sample then, YYYY-MM; for markets that go on",
    )


def run(options: argparse.Namespace) -> int:
    """Lay out the archive as of the moment and let Dagster make the tables; its exit status."""
    from sfr_pipeline.cli.dagster_command import dagster_environment, remeasure, run_dagster
    from sfr_pipeline.inputs.as_of import lay_out
    from sfr_pipeline.resources.warehouse import Warehouse
    from sfr_pipeline.storage.parquet import ParquetStore

    into: Path = options.into.absolute()
    if into.exists() and any(into.iterdir()):
        raise ExportError(f"{into} is not empty: name a new folder")
    market = load_market(options.market)
    environment = dagster_environment() | {"SFR_WAREHOUSE": str(into)}
    if options.month:
        if not market.sample.goes_on:
            options.parser.error(f"the sample of {market.name} always ends in {market.sample.end}")
        first, last = market.first_partition(), market.sample.end
        if not first <= options.month <= last:
            options.parser.error(
                f"{options.month} is no month of {market.name}, whose tables go from {first} to "
                f"{last}: name one of these"
            )
        sample = market.sample.model_copy(update={"until": options.month})
        market = market.model_copy(update={"sample": sample})
        environment[END] = options.month
    lay_out(Warehouse().store, market, options.delivered, ParquetStore(into))
    status = run_dagster(remeasure(market), environment)
    if status == 0:
        print(f"\n{market.title}, as of {options.delivered:%Y-%m-%d %H:%M} UTC: {into}")
    return status


def _moment(text: str) -> dt.datetime:
    """A moment in UTC; a day alone is its end."""
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    return moment if "T" in text or ":" in text else moment + dt.timedelta(days=1, microseconds=-1)
