"""Command ``publish``: write the views of the warehouse anew where they are not up to date."""

import argparse

from sfr_pipeline.cli.arguments import Commands, add_command


def add_to(commands: Commands) -> None:
    """Add the command."""
    add_command(
        commands,
        "publish",
        "write the views of the warehouse anew, after its folder was moved or restored",
        run,
        more="Tables with a file that can't be read are left out and named.",
    )


def run(options: argparse.Namespace) -> None:
    """Publish, and print where."""
    from sfr_pipeline.resources.warehouse import Warehouse

    print(Warehouse().publish_all())
