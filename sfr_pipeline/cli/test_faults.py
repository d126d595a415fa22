"""Command ``test-faults``: kill, starve and corrupt what runs, and tell the verdict on each."""

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import sfr_pipeline
from sfr_pipeline.cli.arguments import Commands, add_command

SUITE = "sfr_pipeline_tests.faults"
# Where a checkout has them: beside the package.
BESIDE = Path(sfr_pipeline.__file__).parents[1]


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "test-faults",
        "kill, starve and corrupt what runs, and tell the verdict on each fault (half an hour)",
        run,
        more="The tests lie in a checkout of this package, and are no part of a wheel. Warehouse "
        "and history of the workspace are not touched.",
        needs_workspace=False,
    )
    parser.add_argument(
        "words", nargs="*", metavar="word", help="only the faults whose text holds one of them"
    )


def run(options: argparse.Namespace) -> int:
    """Run the suite in a process of its own; its exit status.

    Raises:
        WorkspaceError: the tests are not here.
    """
    from sfr_pipeline.child import popen
    from sfr_pipeline.errors import WorkspaceError

    if not (BESIDE / SUITE.replace(".", "/")).is_dir() or find_spec("pytest") is None:
        raise WorkspaceError(
            f"the tests are not here: {BESIDE} is no checkout of this package with what its "
            "developers need. Get a checkout, and run 'make test-faults' there"
        )
    # One thread a process, as several run at once; nothing of the user's workspace.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SFR_")}
    kept.pop("DAGSTER_HOME", None)
    environment = kept | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", SUITE, *options.words]
    with popen(command, env=environment, cwd=BESIDE) as process:
        return process.wait()
