"""Command ``report``: where a market's report lies, and how old it is."""

import argparse
import datetime as dt
from typing import TYPE_CHECKING

from sfr_pipeline.cli.arguments import Commands, add_command, add_market, month
from sfr_pipeline.markets import Market, load_market

if TYPE_CHECKING:
    from sfr_pipeline.resources.warehouse import Warehouse


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "report",
        "tell where a market's report lies, of which run, or open it",
        run,
        more="With a month, where risk stood then and what drove it, as known then: in a sentence, "
        "and as the address at which the report shows that month.",
    )
    add_market(parser)
    parser.add_argument(
        "--month", type=month, metavar="YYYY-MM", help="a past month, such as 2008-10"
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    parser.add_argument(
        "--again", action="store_true", help="first write it anew, from the tables as they are"
    )


def run(options: argparse.Namespace) -> int:
    """Print where the page is, when it was written and by which run; the exit status.

    Raises:
        NotMaterializedError: there is none, or none of the month that was asked for.
    """
    from sfr_pipeline import clock
    from sfr_pipeline.cli.browser import show
    from sfr_pipeline.cli.dagster_command import dagster_environment, run_dagster, write_report
    from sfr_pipeline.errors import NotMaterializedError
    from sfr_pipeline.report.formats import labelled
    from sfr_pipeline.report.months import address_of
    from sfr_pipeline.resources.runs import instance_at, run_of
    from sfr_pipeline.resources.warehouse import Warehouse

    market, warehouse = load_market(options.market), Warehouse()
    warehouse.open()
    environment = dagster_environment()
    if options.again and (status := run_dagster(write_report(market), environment)):
        return status
    page = warehouse.report_path(market.name)
    try:
        written = warehouse.report_written(market.name)
        here = warehouse.report_here(market.name)
    except FileNotFoundError:
        raise NotMaterializedError(
            f"market {market.name} has no report yet: 'sfr run {market.name}' makes it"
        ) from None
    with instance_at(environment["DAGSTER_HOME"]) as instance:
        made_by = run_of(instance, market.name, "report", at=written)
    then = _sentence(market, warehouse, options.month) if options.month else None
    print(page)
    print(f"  written        {written:%Y-%m-%d %H:%M} UTC, {_age(clock.now() - written)} ago")
    print(f"  by run         {made_by or 'none of this workspace: it came with the warehouse'}")
    address = here.as_uri()
    if then is not None:
        print("\n".join(labelled("then", then)))
        address += address_of(options.month)
        print(f"  at             {address}")
    return show(address) if options.open else 0


def _sentence(market: Market, warehouse: "Warehouse", asked: str) -> str:
    """Where risk stood in a month, and what drove it.

    Raises:
        NotMaterializedError: the report has no such month.
    """
    from sfr_pipeline.errors import NotMaterializedError
    from sfr_pipeline.report.answers.where import WHERE, sentences

    tables = warehouse.read_all(market.name, WHERE.needed(market))
    told = sentences(market, tables)
    if asked in told:
        return told[asked]
    if not told:
        raise NotMaterializedError(
            f"the report of {market.name} has no months, as there is no index: leave out --month"
        )
    raise NotMaterializedError(
        f"the report of {market.name} has no month {asked}: its months are {min(told)} to "
        f"{max(told)}"
    )


def _age(passed: dt.timedelta) -> str:
    """A time that has passed, in its largest unit."""
    minutes = max(int(passed.total_seconds() // 60), 0)
    for unit, length in (("day", 24 * 60), ("hour", 60)):
        if minutes >= length:
            count = minutes // length
            return f"{count} {unit}{'s' * (count > 1)}"
    return f"{minutes} minute{'s' * (minutes != 1)}"
