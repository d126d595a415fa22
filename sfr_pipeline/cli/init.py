"""Command ``init``: make a folder a workspace."""

import argparse
import shlex
from pathlib import Path

from sfr_pipeline.cli.arguments import Commands, add_command
from sfr_pipeline.errors import WorkspaceError
from sfr_pipeline.workspace import FILE, MODULE, is_checkout, is_workspace

NEXT = """
Next:
  cd {folder}
  {sfr} run us             # real data that ship with the package; some minutes
  {sfr} report us --open   # what was found, in the browser
  {sfr} --help             # everything else, and markets of your own
"""


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "init",
        "make a folder a workspace",
        run,
        more="A workspace holds your markets, files, extensions, data and Dagster's history. What "
        "is there already stays as it is.",
        needs_workspace=False,
    )
    parser.add_argument("folder", type=Path, help="need not exist")
    parser.add_argument(
        "--postgres",
        action="store_true",
        help="keep Dagster's history in the database that DAGSTER_POSTGRES_URL names, which "
        "several hosts share",
    )


def run(options: argparse.Namespace) -> None:
    """Make what is missing, and say what was made and what comes next.

    Raises:
        WorkspaceError: the folder can't become a workspace, or should not.
    """
    from sfr_pipeline.cli.pasteable import program
    from sfr_pipeline.cli.workspace_files import write_workspace
    from sfr_pipeline.markets import market_names

    folder = options.folder.absolute()
    _require_place(folder)
    try:
        made = write_workspace(folder, market_names(folder / "markets"), options.postgres)
    except OSError as error:
        raise WorkspaceError(
            f"{folder} can't be made a workspace: {error.filename or folder}: {error.strerror}; "
            "name a folder that you may write to"
        ) from error
    print(f"{folder}: {', '.join(made) if made else 'was a workspace already'}")
    print(NEXT.format(folder=shlex.quote(str(folder)), sfr=program("sfr", folder)), end="")


def _require_place(folder: Path) -> None:
    """Refuse a folder in which a workspace would be a mistake."""
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(f"{folder} is a file: name a folder")
    if (folder / FILE).exists() and not is_workspace(folder):
        raise WorkspaceError(
            f"{folder / FILE} belongs to another project of Dagster's, as it does not load "
            f"{MODULE}: name another folder"
        )
    if is_checkout(folder):
        raise WorkspaceError(
            f"{folder} is the checkout of this package, which is a workspace as it stands: work "
            "there, or name a folder outside it"
        )
    around = next((one for one in folder.parents if is_workspace(one)), None)
    if around is not None and not is_workspace(folder):
        raise WorkspaceError(
            f"{folder} lies in the workspace {around}, and which of both is meant would depend on "
            "the current folder: work in that one, or name a folder outside it"
        )
