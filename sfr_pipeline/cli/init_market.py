"""Command ``init-market``: make a market of the workspace from files of one's own."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sfr_pipeline.cli.arguments import Commands, add_command

if TYPE_CHECKING:
    from sfr_pipeline.drafting import Draft


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "init-market",
        "make a market from files of your own",
        run,
        more="Your files stay as they are. What they leave open is guessed and marked as a guess "
        "in the market's catalogue, which is yours to edit; see docs/own_market.md.",
    )
    parser.add_argument("name", help="of the market: small letters, digits and _")
    parser.add_argument(
        "--from",
        dest="panel",
        metavar="FILE_OR_FOLDER",
        type=Path,
        help="table of series, CSV or Excel, or a folder of them: a column a series, a row a "
        "series, or a row a value",
    )
    parser.add_argument("--prices", metavar="FILE_OR_FOLDER", type=Path, help="daily prices")
    parser.add_argument("--posts", metavar="FILE", type=Path, help="posts with text and time")
    parser.add_argument(
        "--checkpoint",
        metavar="MODEL",
        help="that reads the posts: a folder, or a name on the model hub with its commit, "
        "org/name@commit; by default that of market china for Chinese ones",
    )
    parser.add_argument(
        "--dates",
        choices=("day-first", "month-first"),
        help="how to read 01/02/2020, where no date of the file tells",
    )
    parser.add_argument(
        "--decimal",
        choices=("point", "comma"),
        help="what stands before decimals, where no number of the file tells",
    )
    parser.add_argument("--title", help="for readers; by default the name")
    parser.add_argument(
        "--yes", action="store_true", help="ask nothing: what is not clear stays to be decided"
    )


def run(options: argparse.Namespace) -> None:
    """Draft the market, write it, have Dagster load it, and say what was guessed."""
    from sfr_pipeline.cli.pasteable import program
    from sfr_pipeline.cli.workspace_files import add_location
    from sfr_pipeline.drafting import require_new
    from sfr_pipeline.workspace import workspace

    folder = workspace()
    require_new(options.name, folder)
    draft = _draft(options)
    written = draft.write(folder)
    for line in (*draft.notes, *(f"wrote {path}" for path in written)):
        print(line)
    for sentence in draft.undecided:
        print(f"TO BE DECIDED: {sentence}")
    # Last: the market is whole without it, and a workspace.yaml of another form is told.
    if located := add_location(folder, draft.name):
        print(f"wrote {located}")
    print(f"Read and edit {written[0]}, then: {program('sfr')} run {draft.name}")


def _draft(options: argparse.Namespace) -> "Draft":
    if options.panel is None and options.prices is None and options.posts is None:
        options.parser.error(
            "name a file: --from FILE_OR_FOLDER, --prices FILE_OR_FOLDER or --posts FILE"
        )
    from sfr_pipeline.drafting.panel import draft_panel
    from sfr_pipeline.drafting.posts import draft_posts
    from sfr_pipeline.drafting.prices import draft_prices
    from sfr_pipeline.drafting.sections import joined, without_panel
    from sfr_pipeline.workspace import workspace

    title = options.title or options.name.replace("_", " ").capitalize()
    day_first = options.dates and options.dates == "day-first"
    sections = []
    if options.prices is not None:
        sections.append(draft_prices(options.prices, day_first=day_first, decimal=options.decimal))
    if options.posts is not None:
        sections.append(
            draft_posts(
                options.posts,
                options.name,
                workspace(),
                checkpoint=options.checkpoint,
                day_first=day_first,
            )
        )
    if options.panel is None:
        return without_panel(options.name, title, sections)
    asks = not options.yes and sys.stdin.isatty()
    panel = draft_panel(
        options.panel,
        options.name,
        title,
        ask=input if asks else None,
        day_first=day_first,
        decimal=options.decimal,
    )
    return joined(panel, sections)
