"""How commands are added to the parser, and the argument that most of them take."""

import argparse
import datetime as dt
import difflib
import shutil
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from sfr_pipeline.errors import WorkspaceError
from sfr_pipeline.markets import market_names

# What ``ArgumentParser.add_subparsers`` returns has no public name.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

# Where what a command does begins in the list of them.
COLUMN = 22


class Parser(argparse.ArgumentParser):
    """A parser that names the nearest command where there is none of a name."""

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Refuse a wrong choice; the one place where argparse looks at a command's name.

        Raises:
            argparse.ArgumentError: it is none.
        """
        if not isinstance(action, argparse._SubParsersAction) or value in action.choices:
            super()._check_value(action, value)
            return
        near = nearest(str(value), action.choices)
        raise argparse.ArgumentError(
            None, f"there is no command '{value}'{near} ('{self.prog} --help' lists them)"
        )


def add_command(
    commands: Commands,
    name: str,
    does: str,
    run: Callable[[argparse.Namespace], int | None],
    more: str = "",
    *,
    needs_workspace: bool = True,
) -> argparse.ArgumentParser:
    """Add a command, and return its parser for arguments of its own.

    Args:
        commands: the program's.
        name: what is typed.
        does: a line without capital and full stop; stands in both helps.
        run: what is called with the parsed options, among them ``parser``, the command's own;
            returns the exit status, None for 0.
        more: sentences that follow in the command's own help.
        needs_workspace: whether it is refused where there is none.
    """
    description = f"{does[0].upper()}{does[1:]}. {more}".strip()
    parser = commands.add_parser(name, description=description)
    parser.set_defaults(run=run, parser=parser, does=does, needs_workspace=needs_workspace)
    return parser


def listing(groups: Mapping[str, Sequence[str]], commands: Commands) -> str:
    """The commands for the help of the whole program, a line each, in groups.

    Args:
        groups: names of commands by title, in the order in which they stand.
        commands: the program's, all added.
    """
    width = shutil.get_terminal_size().columns - 2
    blocks = []
    for title, names in groups.items():
        lines = [f"{title}:"]
        for name in names:
            does = textwrap.wrap(commands.choices[name].get_default("does"), width - COLUMN)
            lines += [f"  {name:<{COLUMN - 2}}{does[0]}"]
            lines += [" " * COLUMN + line for line in does[1:]]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def add_market(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a market."""
    parser.add_argument("market", type=known_market, help=f"of {names_for_help()}")


def names_for_help() -> str:
    """Names of the markets, for helps, from which a wrong SFR_WORKSPACE keeps nobody."""
    try:
        return ", ".join(market_names())
    except WorkspaceError as error:
        return f"no market, because {error}"


def known_market(name: str) -> str:
    """A market's name.

    Raises:
        argparse.ArgumentTypeError: there is no such market.
    """
    known = market_names()
    if name not in known:
        raise argparse.ArgumentTypeError(
            f"there is no market '{name}'{nearest(name, known)} (choose from {', '.join(known)})"
        )
    return name


def month(text: str) -> str:
    """A month, YYYY-MM.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        return dt.datetime.strptime(text, "%Y-%m").strftime("%Y-%m")
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no month: write it like 2008-10") from None


def nearest(name: str, names: Iterable[str]) -> str:
    """What may have been meant by a name that is none, as the end of a clause."""
    found = difflib.get_close_matches(name, names, n=1)
    return f": did you mean '{found[0]}'?" if found else ""
