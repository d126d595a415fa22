"""Command ``export``: copy the warehouse into one self-contained file."""

import argparse
from pathlib import Path

from sfr_pipeline.cli.arguments import Commands, add_command

DEFAULT = "sfr_export.duckdb"


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "export", "copy the warehouse into one self-contained file", run)
    parser.add_argument(
        "target",
        type=Path,
        nargs="?",
        help=f"DuckDB file to write, or to replace (default {DEFAULT} in the workspace)",
    )


def run(options: argparse.Namespace) -> None:
    """Write the file and print how large it is."""
    from sfr_pipeline.resources.warehouse import Warehouse
    from sfr_pipeline.storage.publish import export
    from sfr_pipeline.workspace import workspace

    warehouse = Warehouse()
    warehouse.open()
    path = export(warehouse.folder, options.target or workspace() / DEFAULT)
    print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
