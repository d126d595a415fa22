"""Command ``refresh``: tell what the monthly refresh of a market would do."""

import argparse

from sfr_pipeline import clock
from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.markets import load_market


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "refresh",
        "tell what the monthly refresh of a market would do; nothing runs",
        run,
    )
    add_market(parser)


def run(options: argparse.Namespace) -> None:
    """Print the plan of a refresh today."""
    from sfr_pipeline.cli.refresh_plan import as_text, plan_refresh
    from sfr_pipeline.resources.warehouse import Warehouse

    print(as_text(plan_refresh(load_market(options.market), Warehouse(), clock.today())))
