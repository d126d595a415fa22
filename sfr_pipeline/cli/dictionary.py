"""Command ``dictionary``: print the data dictionary."""

import argparse

from sfr_pipeline.cli.arguments import Commands, add_command


def add_to(commands: Commands) -> None:
    """Add the command."""
    add_command(
        commands,
        "dictionary",
        "print the data dictionary (Markdown)",
        run,
        needs_workspace=False,
    )


def run(options: argparse.Namespace) -> None:
    """Print every table and column that the contracts define."""
    from sfr_pipeline.storage.dictionary import data_dictionary
    from sfr_pipeline.storage.tables import TABLES

    print(data_dictionary(TABLES), end="")
