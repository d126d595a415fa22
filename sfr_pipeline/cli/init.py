"""Command ``init``: make a folder a workspace."""

import argparse
from pathlib import Path

from sfr_pipeline.cli.arguments import Commands, add_command
from sfr_pipeline.markets import market_names


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "init",
        "make a folder a workspace",
        run,
        more="A workspace holds your markets, files, extensions, data and Dagster's history. What "
        "is there already stays as it is.",
    )
    parser.add_argument("folder", type=Path, help="need not exist")


def run(options: argparse.Namespace) -> None:
    """Make what is missing, and say what was made."""
    from sfr_pipeline.cli.workspace_files import write_workspace
    from sfr_pipeline.errors import WorkspaceError

    folder = options.folder.absolute()
    try:
        made = write_workspace(folder, market_names(folder / "markets"))
    except OSError as error:
        raise WorkspaceError(f"{folder} can't be made a workspace: {error}") from error
    print(f"{folder}: {', '.join(made) if made else 'was a workspace already'}")
