"""Command ``findings``: what was found in a market, as the README and docs/ print it."""

import argparse

from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.markets import load_market

README, DOCS = "README.md", "docs"


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "findings",
        "print what the latest run found, as the README and docs/ do (Markdown)",
        run,
    )
    add_market(parser)
    parser.add_argument(
        "--write", action="store_true", help="write it into those pages, where they speak of it"
    )


def run(options: argparse.Namespace) -> None:
    """Print or write what the stored tables say.

    Raises:
        WorkspaceError: the workspace has no such pages.
        NotMaterializedError: a table was never written.
    """
    from sfr_pipeline.errors import WorkspaceError
    from sfr_pipeline.report import figures
    from sfr_pipeline.report.findings import PAGES, held, renewed
    from sfr_pipeline.report.page import optional_tables_of, tables_of
    from sfr_pipeline.resources.warehouse import Warehouse
    from sfr_pipeline.storage.places import open_warehouse
    from sfr_pipeline.workspace import workspace

    pages = {workspace() / name: told for name, told in PAGES.items()}
    if not all(path.is_file() for path in pages):
        raise WorkspaceError(
            f"{workspace()} is no checkout of this package, whose README and docs/ say what was "
            "found: go to one, or read what was found here with 'sfr summary'"
        )
    market, warehouse = load_market(options.market), Warehouse()
    warehouse.open()
    tables = warehouse.read_all(market.name, tables_of(market), optional_tables_of(market))
    for path, told in pages.items():
        page = path.read_text(encoding="utf-8")
        if market.name not in held(page):
            continue
        text = told(market, tables)
        if options.write:
            path.write_text(renewed(page, market.name, text), encoding="utf-8")
        else:
            print(f"{path.relative_to(workspace())}\n\n{text}\n")
    with open_warehouse(warehouse.folder) as connection:

        def ask(query: str) -> object:
            row = connection.execute(query).fetchone()
            return row[0] if row else None

        for path in (workspace() / README, *sorted((workspace() / DOCS).glob("*.md"))):
            page = path.read_text(encoding="utf-8")
            new = figures.renewed(page, market.name, ask)
            if options.write and new != page:
                path.write_text(new, encoding="utf-8")
            for figure in () if options.write else figures.figures(new):
                if figure.speaks_of(market.name):
                    print(f"{path.relative_to(workspace())}: {figure.text} ({figure.sql})")
