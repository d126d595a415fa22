"""Where the workspace lies: the folder of a user's markets, files, extensions, data and history.

Belongs here: finding it, and what its folders are called. Does not belong here: what is in them.
The package itself may lie anywhere and is never written to.

A workspace is a folder with a ``workspace.yaml`` that loads this package, as ``sfr init`` makes it;
a checkout is one too. It is the one that the environment variable SFR_WORKSPACE names, else the
nearest one from the current folder upwards. It is looked for whenever it is needed, so that a
process may change its folder. Processes that are started inherit the answer by that variable.

The warehouse alone may lie elsewhere than in a folder: in a bucket of an object store (`Url`).
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sfr_pipeline import settings
from sfr_pipeline.errors import SettingError, WorkspaceError

ENVIRONMENT = "SFR_WORKSPACE"
FILE = "workspace.yaml"
# What makes a workspace.yaml of Dagster's one of ours.
MODULE = "sfr_pipeline.definitions"
# Where its Dagster UI listens, unless told otherwise.
HOST, PORT = "127.0.0.1", 3000
WAREHOUSE_VARIABLE = "SFR_WAREHOUSE"
# What begins as an address does, and so is no folder.
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/|s3[an]?:", re.IGNORECASE)
BUCKET = re.compile(r"s3://[A-Za-z0-9][A-Za-z0-9._-]*(/|$)")
# What libraries would take for a pattern, an escape, or the end of an address.
NOT_IN_URLS = re.compile(r"[*?\[\]{}\\\\%#\x00-\x1f]")


@dataclass(frozen=True, order=True)
class Url:
    """A place in an object store, ``s3://bucket/prefix``: what `Path` is on a disk.

    It is named, shown and put together as a path is. What lies there is read and written by
    `sfr_pipeline.storage.filesystem` alone.

    Attributes:
        text: as people write it, without a slash at the end.
    """

    text: str

    def __str__(self) -> str:
        return self.text

    def __truediv__(self, name: str) -> "Url":
        return Url(f"{self.text}/{name}")

    @property
    def key(self) -> str:
        """Bucket and prefix, ``bucket/prefix``."""
        return self.text.partition("://")[2]

    @property
    def name(self) -> str:
        """Its last part."""
        return PurePosixPath(self.key).name

    @property
    def parent(self) -> "Url":
        """What it lies in."""
        return Url(self.text.rpartition("/")[0])

    def as_posix(self) -> str:
        """As text."""
        return self.text

    def as_uri(self) -> str:
        """As text."""
        return self.text

    def absolute(self) -> "Url":
        """Itself: an address depends on no current folder."""
        return self

    def resolve(self) -> "Url":
        """Itself: there are no links."""
        return self


Place = Path | Url


def place_of(text: str, setting: str) -> Place:
    """The folder, or the place in an object store, that somebody wrote down.

    Args:
        text: as written.
        setting: which setting or argument it is of, for the error.

    Raises:
        SettingError: it begins as an address does, and is none that can be a warehouse; or it
            begins in the home of nobody.
    """
    if not ADDRESS.match(text):
        return settings.expanded(text, setting)
    if not BUCKET.match(text):
        raise SettingError(
            f"{setting}={text} is neither a folder nor a place in an object store: write "
            "s3://BUCKET/PREFIX (other stores that speak S3 too, with AWS_ENDPOINT_URL), or name a "
            "folder"
        )
    if NOT_IN_URLS.search(text) or "//" in text.removeprefix("s3://").rstrip("/"):
        raise SettingError(
            f"{setting}={text}: a place in an object store has none of *?[]{{}}\\%# in it, and no "
            "empty part: name another prefix"
        )
    return Url(text.rstrip("/"))


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
    if folder := settings.path(ENVIRONMENT):
        if not is_workspace(folder):
            raise WorkspaceError(
                f"{ENVIRONMENT}={folder} is no workspace: make one there with 'sfr init', or name "
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


def warehouse_folder() -> Place:
    """Where data land: the environment variable SFR_WAREHOUSE, else ``warehouse/``.

    Raises:
        SettingError: the variable holds an address that can be no warehouse.
    """
    named = settings.text(WAREHOUSE_VARIABLE)
    return place_of(named, WAREHOUSE_VARIABLE) if named else workspace() / "warehouse"


def cache_folder(warehouse: Place) -> Path:
    """Where lies what only saves time: SFR_CACHE, else ``cache/``.

    That is below the warehouse, or below the workspace where the warehouse is no folder.

    Args:
        warehouse: where it lies.
    """
    if named := settings.path("SFR_CACHE"):
        return named
    return (warehouse if isinstance(warehouse, Path) else workspace()).absolute() / "cache"


def crawl_folder(warehouse: Place) -> Path:
    """Where lie the journals of crawls: ``crawl/`` of the warehouse, or of the cache.

    A crawl writes as it goes, and an object store takes whole objects only.

    Args:
        warehouse: where it lies.
    """
    return (warehouse if isinstance(warehouse, Path) else cache_folder(warehouse)) / "crawl"


def imports_root() -> Path:
    """Where files of users lie: the environment variable SFR_IMPORTS, else ``imports/``.

    Raises:
        SettingError: the variable names a folder that is not there. Only the default need not be.
    """
    return settings.present_folder("SFR_IMPORTS") or (workspace() / "imports").absolute()


def dagster_home() -> Path:
    """Where Dagster keeps its history: its own DAGSTER_HOME, else ``dagster_home/``."""
    return settings.path("DAGSTER_HOME") or (workspace() / "dagster_home").absolute()


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
