"""Command ``check``: tell how each file of a folder would be read, before anything runs."""

import argparse
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sfr_pipeline.cli.arguments import Commands, add_command, known_market, names_for_help
from sfr_pipeline.errors import shown
from sfr_pipeline.markets import load_market, market_names

if TYPE_CHECKING:
    from sfr_pipeline.operation.checking import Checked, Lacking
    from sfr_pipeline.operation.checking.finding import CheckedFile, Held

WIDTH = 100
INDENT = " " * 13


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "check",
        "tell how each file of a folder would be read, before anything runs",
        run,
        more="It ends with status 1 where a run would refuse any.",
    )
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        help="of a market's files, with prices/ and posts/ below it (default: the market's own)",
    )
    parser.add_argument(
        "--market",
        type=known_market,
        help=f"of {names_for_help()} (default: the one that the folder is called by)",
    )


def run(options: argparse.Namespace) -> int:
    """Print what would become of each file.

    Returns:
        1 where a run would refuse any, else 0.
    """
    from sfr_pipeline.operation.checking import check_folder

    folder: Path | None = options.folder
    called = "" if folder is None else folder.resolve().name
    market: str = options.market or (called if called in market_names() else "")
    if not market:
        options.parser.error(
            "name the market that the files are for, as in 'sfr check FOLDER --market china'"
        )
    checked = check_folder(load_market(market), folder)
    print(as_text(checked))
    return int(checked.is_refused)


def as_text(checked: "Checked") -> str:
    """Set what was found for a terminal: a block a file, what is not read, what has no file."""
    lines = [f"{shown(str(checked.folder))}, for market {checked.market}"]
    for file in checked.files:
        lines += ["", *_block(file)]
    passed = [one for part in checked.parts for one in part.passed_over]
    if passed:
        lines += ["", "Not read"]
        lines += [line for name, why in passed for line in _wrapped("  ", f"{name}: {why}")]
    lacking = [line for one in checked.lacking for line in _lacking(one)]
    if lacking:
        lines += ["", "Without a file", *lacking]
    refused = sum(bool(file.refused) for file in checked.files)
    total = len(checked.files)
    lines += ["", f"{total} files, of which a run would refuse {refused or 'none'}."]
    return "\n".join(lines)


def _block(file: "CheckedFile") -> Iterator[str]:
    yield shown(file.name)
    if file.layout or file.format:
        yield from _told("read as", ", ".join(filter(None, (file.layout, file.format))))
    for held in file.held:
        yield from _told("holds", _of(held))
    for sentence in file.ignored:
        yield from _told("ignored", sentence)
    for sentence in file.refused:
        yield from _told("REFUSED", sentence)


def _of(held: "Held") -> str:
    if held.first_value is None or held.last_value is None:
        return f"{held.n_values:,} {held.unit}, {held.first} to {held.last}"
    return (
        f"{held.name}: {held.first} {held.first_value:.9g} to {held.last} {held.last_value:.9g}, "
        f"{held.n_values:,} values, {held.unit}"
    )


def _told(what: str, sentence: str) -> list[str]:
    return _wrapped(f"  {what:<11}", sentence)


def _wrapped(begins: str, sentence: str) -> list[str]:
    """Paths and Chinese words are left whole, so that they can be searched and copied."""
    return textwrap.wrap(
        shown(sentence),
        WIDTH,
        initial_indent=begins,
        subsequent_indent=INDENT if begins.strip() else "    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _lacking(one: "Lacking") -> Iterator[str]:
    if not one.wanted:
        return
    names = f": {', '.join(one.names)}" if one.names else ""
    yield from _wrapped("  ", f"{len(one.names)} of {one.wanted} {one.kind}{names}")
    if one.unasked:
        yield from _wrapped(
            "  ",
            f"of which no source is asked, so that a run goes without: {', '.join(one.unasked)}",
        )
