"""Command ``import-template``: write empty files for a market's series, and what prices need."""

import argparse

from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.markets import load_market


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "import-template",
        "write empty files for a market's series, to be filled in",
        run,
    )
    add_market(parser)


def run(options: argparse.Namespace) -> None:
    """Write the files and print which are new; those that are there already stay."""
    from sfr_pipeline.inputs import import_template

    written = import_template.write(load_market(options.market))
    for path in written.new:
        print(f"new   {path}")
    for path in written.kept:
        print(f"kept  {path} (it was there already)")
