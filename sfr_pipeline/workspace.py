"""Where the workspace lies: the folder of a user's markets, files, extensions, data and history.

Belongs here: finding it, and what its folders are called. Does not belong here: what is in them.
The package itself may lie anywhere and is never written to.

A workspace is a folder with a ``workspace.yaml`` that loads this package, as ``sfr init`` makes it;
a checkout is one too. It is the one that the environment variable SFR_WORKSPACE names, else the
nearest one from the current folder upwards. It is looked for whenever it is needed, so that a
process may change its folder. Processes that are started inherit the answer by that variable.
"""

import os
from pathlib import Path

from sfr_pipeline.errors import WorkspaceError

ENVIRONMENT = "SFR_WORKSPACE"
FILE = "workspace.yaml"
# What makes a workspace.yaml of Dagster's one of ours.
MODULE = "sfr_pipeline.definitions"
# Where its Dagster UI listens, unless told otherwise.
HOST, PORT = "127.0.0.1", 3000


def is_workspace(folder: Path) -> bool:
    """Whether a folder has a ``workspace.yaml`` that loads this package."""
    try:
        return MODULE in (folder / FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def is_checkout(folder: Path) -> bool:
    """Whether a folder is a checkout of this package, which is a workspace as it stands."""
    return (folder / "sfr_pipeline" / "workspace.py").is_file()


def find_workspace() -> Path | None:
    """The workspace, None where there is none.

    Raises:
        WorkspaceError: SFR_WORKSPACE names a folder that is none.
    """
    if named := os.environ.get(ENVIRONMENT):
        folder = Path(named).absolute()
        if not is_workspace(folder):
            raise WorkspaceError(
                f"{ENVIRONMENT}={named} is no workspace: make one there with 'sfr init', or name "
                "another"
            )
        return folder
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if is_workspace(folder)), None)


def workspace() -> Path:
    """The workspace.

    Raises:
        WorkspaceError: there is none; the message says how to get one.
    """
    found = find_workspace()
    if found is None:
        raise WorkspaceError(
            f"neither {Path.cwd()} nor a folder above it is a workspace: make one with "
            "'sfr init FOLDER' and go there, or name one with 'sfr --workspace FOLDER' or "
            f"{ENVIRONMENT}"
        )
    return found


def warehouse_folder() -> Path:
    """Where data land: the environment variable SFR_WAREHOUSE, else ``warehouse/``."""
    return _folder("SFR_WAREHOUSE", "warehouse")


def cache_folder(warehouse: Path) -> Path:
    """Where lies what only saves time: SFR_CACHE, else ``cache/`` of the warehouse.

    Args:
        warehouse: its folder.
    """
    return Path(os.environ.get("SFR_CACHE") or warehouse / "cache").absolute()


def imports_root() -> Path:
    """Where files of users lie: the environment variable SFR_IMPORTS, else ``imports/``."""
    return _folder("SFR_IMPORTS", "imports")


def dagster_home() -> Path:
    """Where Dagster keeps its history: its own DAGSTER_HOME, else ``dagster_home/``."""
    return _folder("DAGSTER_HOME", "dagster_home")


def markets_folder() -> Path | None:
    """Where the user's own markets lie, ``markets/``; None without a workspace."""
    found = find_workspace()
    return found / "markets" if found else None


def extensions_folder() -> Path | None:
    """Where the user's own models and sources lie, ``extensions/``; None without a workspace.

    None too where SFR_WORKSPACE names none: this is asked for whenever the package is imported, and
    whoever needs a workspace says so.
    """
    try:
        found = find_workspace()
    except WorkspaceError:
        return None
    return found / "extensions" if found else None


def _folder(variable: str, name: str) -> Path:
    return Path(os.environ.get(variable) or workspace() / name).absolute()
