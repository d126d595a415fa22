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
        help=f"folder to write, or to replace (default {FOLDER} in the warehouse)",
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

    warehouse = Warehouse()
    warehouse.open()
    standings, indices = [], {}
    for market in map(load_market, market_names()):
        report = warehouse.report_path(market.name)
        if not report.is_file():
            continue
        tables = warehouse.read_all(market.name, ("sfri",), ("sfri",))
        if "sfri" in tables:
            indices[market.name] = tables["sfri"]
        standings.append(
            Standing(
                market,
                first_words(report),
                past_reports(warehouse.reports, market.name),
                warehouse.evidence_path(market.name).is_file(),
            )
        )
    if not standings:
        raise NotMaterializedError("no market has a report yet: 'sfr run us' makes one")
    target = options.target or warehouse.folder / FOLDER
    docs = None if documentation.missing() else DOCS
    build(target, warehouse.reports, standings, indices, docs)
    page = target.absolute() / "index.html"
    print(f"{page}  {len(standings)} markets")
    if docs is None:
        print("without the documentation: pip install 'sfr_pipeline[site]' brings what makes it")
    return show(page.as_uri()) if options.open else 0
