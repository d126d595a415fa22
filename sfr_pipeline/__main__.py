"""Measures the systemic financial risk of a market and warns of it."""

import argparse
import os
import sys
import tempfile
import traceback
from pathlib import Path

from sfr_pipeline import __version__
from sfr_pipeline.cli import (
    alerts,
    archive,
    audit,
    compile_kernels,
    dictionary,
    evaluate_sentiment,
    export,
    findings,
    heal,
    import_template,
    init,
    init_market,
    picture,
    predict,
    probe,
    publish,
    recompute,
    refresh,
    run,
    summary,
    tidy,
    ui,
)
from sfr_pipeline.errors import SfrError
from sfr_pipeline.workspace import ENVIRONMENT

# What a shell says of a program that a closed pipe ended: 128 + SIGPIPE.
BROKEN_PIPE = 141
# In the order of the help.
COMMANDS = (
    init,
    init_market,
    run,
    ui,
    import_template,
    probe,
    refresh,
    recompute,
    summary,
    predict,
    alerts,
    heal,
    export,
    publish,
    archive,
    tidy,
    picture,
    findings,
    audit,
    evaluate_sentiment,
    dictionary,
    compile_kernels,
)


class InWorkspace(argparse.Action):
    """Notes the workspace at once, for arguments after it may depend on what is in there."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Set the variable that this process and all that it starts read."""
        os.environ[ENVIRONMENT] = str(Path(str(values)).absolute())


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and do what it says; returns the exit status.

    What goes wrong on purpose is told in its own sentence. An error that nobody foresaw is told in
    one too, and its traceback is kept in a file: it is a fault of the program, not of whoever runs
    it.
    """
    parser = argparse.ArgumentParser(prog="sfr", description=__doc__)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument(
        "--workspace",
        metavar="FOLDER",
        action=InWorkspace,
        help="work in this one; by default in that of the current folder, or of one above it",
    )
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an error nobody foresaw"
    )
    try:
        commands = parser.add_subparsers(required=True, metavar="command")
        for command in COMMANDS:
            command.add_to(commands)
        options = parser.parse_args(arguments)
        return options.run(options) or 0
    except BrokenPipeError:
        # Whoever read has read enough, as `head` does. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except SfrError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    except Exception as error:
        if "--debug" in (sys.argv[1:] if arguments is None else arguments):
            raise
        kind, kept = type(error).__name__, _kept(traceback.format_exc())
        print(
            f"{parser.prog}: a fault of the program, {kind}: {error}; report it with {kept}, or "
            "run it again with --debug before the command",
            file=sys.stderr,
        )
        return 1


def _kept(trace: str) -> Path:
    """Write a traceback where temporary files lie; returns the file."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="sfr_pipeline-", suffix=".log", delete=False, encoding="utf-8"
    ) as file:
        file.write(trace)
    return Path(file.name)


if __name__ == "__main__":
    sys.exit(main())
