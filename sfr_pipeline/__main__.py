"""Measures the systemic financial risk of a market and warns of it."""

import argparse
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sfr_pipeline import __version__
from sfr_pipeline.errors import SfrError
from sfr_pipeline.workspace import ENVIRONMENT, workspace

PROGRAM = "sfr"
# What a shell says of a program that a closed pipe ended, or Ctrl-C: 128 + the signal's number.
BROKEN_PIPE = 141
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and do what it says; returns the exit status.

    What goes wrong on purpose is told in its own sentence. An error that nobody foresaw is told in
    one too, and its traceback is kept in a file: it is a fault of the program, not of whoever runs
    it.
    """
    everywhere = _options_of_every_command()
    # First, for what the commands know depends on what is in the workspace.
    chosen, rest = everywhere.parse_known_args(arguments)
    try:
        with _in_workspace(chosen.workspace):
            return _do(everywhere, rest)
    except BrokenPipeError:
        # Whoever read has read enough, as `head` does. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except SfrError as error:
        from sfr_pipeline.cli.pasteable import with_programs

        print(f"{PROGRAM}: {with_programs(str(error))}", file=sys.stderr)
        return 1
    except Exception as error:
        if chosen.debug:
            raise
        kind, kept = type(error).__name__, _kept(traceback.format_exc())
        print(
            f"{PROGRAM}: a fault of the program, {kind}: {error}; report it with {kept}, or "
            "run it again with --debug",
            file=sys.stderr,
        )
        return 1


@contextmanager
def _in_workspace(folder: Path | None) -> Iterator[None]:
    """Name a workspace to this process, and to all that it starts, until a command has ended.

    Processes of other programs read it where a command's own do, so there is no other place for it.

    Args:
        folder: the workspace, None for that of the environment or the current folder.
    """
    if folder is None:
        yield
        return
    before = os.environ.get(ENVIRONMENT)
    os.environ[ENVIRONMENT] = str(folder.absolute())
    try:
        yield
    finally:
        if before is None:
            del os.environ[ENVIRONMENT]
        else:
            os.environ[ENVIRONMENT] = before


def _options_of_every_command() -> argparse.ArgumentParser:
    """Those that may stand before a command or after it."""
    parser = argparse.ArgumentParser(prog=PROGRAM, add_help=False, allow_abbrev=False)
    parser.add_argument(
        "--workspace",
        metavar="FOLDER",
        type=Path,
        help="work in this one; by default in that of the current folder, or of one above it",
    )
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an error nobody foresaw"
    )
    return parser


def _do(everywhere: argparse.ArgumentParser, arguments: list[str]) -> int:
    """Parse what is left and do it; returns the exit status."""
    from sfr_pipeline.cli.commands import whole_parser

    parser = whole_parser(everywhere, str(__doc__))
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    if options.needs_workspace:
        workspace()
    return options.run(options) or 0


def _kept(trace: str) -> Path:
    """Write a traceback where temporary files lie; returns the file."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="sfr_pipeline-", suffix=".log", delete=False, encoding="utf-8"
    ) as file:
        file.write(trace)
    return Path(file.name)


if __name__ == "__main__":
    sys.exit(main())
