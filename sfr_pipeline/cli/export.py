"""Command ``export``: write a folder, or one DuckDB file, for other programs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sfr_pipeline.cli.arguments import Commands, add_command, nearest
from sfr_pipeline.exports.formats import FORMATS

if TYPE_CHECKING:
    from sfr_pipeline.exports.writing import Written

DEFAULT = "sfr_export"
DATABASE = ".duckdb"


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "export",
        "write tables and series for Excel, Stata, R and others, as CSV, XLSX, Parquet and DuckDB",
        run,
        more="The folder gets a README.md, which says what may be passed on, and a "
        "datapackage.json. It is written aside and replaced as a whole, so that it holds what was "
        "asked for last; a folder with files of yours is refused. See docs/exports.md.",
    )
    parser.add_argument(
        "target",
        type=Path,
        nargs="?",
        help=f"folder to write or to replace (default {DEFAULT} in the workspace), or a name that "
        f"ends in {DATABASE} for that one file alone",
    )
    parser.add_argument(
        "--market",
        action="append",
        default=[],
        metavar="NAME",
        help="export this market; may be given several times (default: all that have tables)",
    )
    parser.add_argument(
        "--only",
        type=_formats,
        metavar="FORMATS",
        help=f"some of {','.join(FORMATS)}, with commas (default: all)",
    )


def run(options: argparse.Namespace) -> None:
    """Write the export, and print what was written, with sizes and seconds.

    Raises:
        ExportError: the target is something else, or there is no such market.
        NotMaterializedError: the warehouse is empty.
        DamageError: some tables have files that can't be read. All others are exported.
    """
    from sfr_pipeline.exports.writing import export_database, export_folder
    from sfr_pipeline.resources.warehouse import Warehouse
    from sfr_pipeline.workspace import workspace

    warehouse = Warehouse()
    warehouse.open()
    target = options.target or workspace() / DEFAULT
    markets = dict.fromkeys(options.market)
    if target.suffix == DATABASE:
        if options.only not in (None, ("duckdb",)):
            options.parser.error(
                f"{target} is one file of DuckDB: name a folder for {','.join(options.only)}"
            )
        path = export_database(warehouse.folder, target, markets)
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
        return
    print(export_folder(warehouse.folder, target, markets, options.only or FORMATS, _tell))


def _formats(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in found:
        if name not in FORMATS:
            raise argparse.ArgumentTypeError(
                f"there is no format '{name}'{nearest(name, FORMATS)} (choose from "
                f"{', '.join(FORMATS)}, with commas)"
            )
    if not found:
        raise argparse.ArgumentTypeError(f"name one of {', '.join(FORMATS)}")
    return found


def _tell(written: "Written") -> None:
    files = "1 file" if written.files == 1 else f"{written.files} files"
    print(
        f"  {written.market:<12} {written.format:<8} {files:>10} {written.bytes / 1e6:8.1f} MB "
        f"{written.seconds:6.1f} s",
        flush=True,
    )
