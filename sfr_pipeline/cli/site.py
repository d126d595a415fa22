"""Command ``site``: every report, their comparison, past ones and the documentation as a folder."""

import argparse
from pathlib import Path

from sfr_pipeline.cli.arguments import Commands, add_command
from sfr_pipeline.markets import load_market, market_names

FOLDER = "site"
# The Markdown pages, which the package carries.
DOCS = Path(__file__).parent.parent / "docs"


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "site",
        "write a folder of static pages: every report, their comparison, the documentation",
        run,
        more="The folder needs no network and no server; copy it wherever pages are served from.",
    )
    parser.add_argument(
        "target",
        type=Path,
        nargs="?",
        help=f"folder to write, or to replace (default {FOLDER} in the warehouse, or in "
        "the workspace where that is no folder)",
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser")


def run(options: argparse.Namespace) -> int:
    """Write the site and print where it begins; the exit status.

    Raises:
        NotMaterializedError: no market has a report.
    """
    from sfr_pipeline.cli.browser import show
    from sfr_pipeline.errors import NotMaterializedError
    from sfr_pipeline.resources.warehouse import Warehouse
    from sfr_pipeline.website import documentation
    from sfr_pipeline.website.build import build, first_words, past_reports
    from sfr_pipeline.website.comparison import Standing
    from sfr_pipeline.workspace import workspace

    warehouse = Warehouse()
    warehouse.open()
    reports = warehouse.reports
    standings, indices = [], {}
    for market in map(load_market, market_names()):
        if not reports.exists(f"{market.name}.html"):
            continue
        with reports.open(f"{market.name}.html") as page:
            words = first_words(page.read().decode("utf-8"))
        tables = warehouse.read_all(market.name, ("sfri",), ("sfri",))
        if "sfri" in tables:
            indices[market.name] = tables["sfri"]
        standings.append(
            Standing(
                market,
                words,
                past_reports(reports, market.name),
                reports.exists(f"{market.name}_evidence.html"),
            )
        )
    if not standings:
        raise NotMaterializedError("no market has a report yet: 'sfr run us' makes one")
    root = warehouse.folder if isinstance(warehouse.folder, Path) else workspace()
    target = options.target or root / FOLDER
    docs = None if documentation.missing() else DOCS
    build(target, reports, standings, indices, docs)
    page = target.absolute() / "index.html"
    markets = "market" if len(standings) == 1 else "markets"
    print(f"{page}  {len(standings)} {markets}")
    if docs is None:
        print("without the documentation: pip install 'sfr_pipeline[site]' brings what makes it")
    return show(page.as_uri()) if options.open else 0
