"""Command ``summary``: print what the latest run found."""

import argparse
from typing import TYPE_CHECKING

from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.markets import Market, load_market

if TYPE_CHECKING:
    from sfr_pipeline.resources.warehouse import Warehouse


def add_to(commands: Commands) -> None:
    """Add the command."""
    add_market(add_command(commands, "summary", "print what the latest run found", run))


def run(options: argparse.Namespace) -> None:
    """Print what the latest run found; a file that can't be read is named at the end.

    Raises:
        DamageError: there is one.
    """
    from sfr_pipeline.resources.warehouse import Warehouse

    market, warehouse = load_market(options.market), Warehouse()
    warehouse.open()
    print_summary(market, warehouse)
    warehouse.require_sound(market.name)


def print_summary(market: Market, warehouse: "Warehouse") -> None:
    """Print what the stored tables say, and where report and warehouse lie.

    Raises:
        NotMaterializedError: a table that the summary cannot do without was never written.
    """
    from sfr_pipeline.report.page import optional_tables_of, tables_of
    from sfr_pipeline.report.summary import summary_text
    from sfr_pipeline.storage.places import WAREHOUSE

    tables = warehouse.read_all(market.name, tables_of(market), optional_tables_of(market))
    print(summary_text(market, tables))
    print(f"  report         {warehouse.report_path(market.name)}")
    print(f"  warehouse      {warehouse.folder / WAREHOUSE}")
