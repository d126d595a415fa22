"""How commands are added to the parser, and the argument that most of them take."""

import argparse
from collections.abc import Callable
from typing import TypeAlias

from sfr_pipeline.errors import WorkspaceError
from sfr_pipeline.markets import market_names

# What ``ArgumentParser.add_subparsers`` returns has no public name.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Commands,
    name: str,
    does: str,
    run: Callable[[argparse.Namespace], int | None],
    more: str = "",
) -> argparse.ArgumentParser:
    """Add a command, and return its parser for arguments of its own.

    Args:
        commands: the program's.
        name: what is typed.
        does: a line without capital and full stop; stands in both helps.
        run: what is called with the parsed options, among them ``parser``, the command's own;
            returns the exit status, None for 0.
        more: sentences that follow in the command's own help.
    """
    description = f"{does[0].upper()}{does[1:]}. {more}".strip()
    parser = commands.add_parser(name, help=does, description=description)
    parser.set_defaults(run=run, parser=parser)
    return parser


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
    """A market's name; looked up when it is read, for ``--workspace`` may stand before it.

    Raises:
        argparse.ArgumentTypeError: there is no such market.
    """
    if name not in market_names():
        raise argparse.ArgumentTypeError(
            f"there is no market '{name}': choose from {', '.join(market_names())}"
        )
    return name
