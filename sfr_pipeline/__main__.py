"""Command line beside Dagster's: run a market, export the warehouse, write the documentation."""

import argparse
import sys

from sfr_pipeline.cli import (
    alerts,
    archive,
    compile_kernels,
    dictionary,
    evaluate_sentiment,
    export,
    import_template,
    picture,
    predict,
    probe,
    publish,
    recompute,
    refresh,
    run,
    summary,
    tidy,
)
from sfr_pipeline.errors import SfrError

# In the order of the help.
COMMANDS = (
    run,
    import_template,
    probe,
    refresh,
    recompute,
    summary,
    predict,
    alerts,
    export,
    publish,
    archive,
    tidy,
    picture,
    evaluate_sentiment,
    dictionary,
    compile_kernels,
)


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and do what it says; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sfr_pipeline", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in COMMANDS:
        command.add_to(commands)
    options = parser.parse_args(arguments)
    try:
        return options.run(options) or 0
    except SfrError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
