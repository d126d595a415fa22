"""Opening what lies at a place: its files, or the warehouse as analysts see it.

Belongs here: which kind of storage a place needs. Does not belong here: what each does.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sfr_pipeline.errors import NotMaterializedError
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.workspace import Place, Url, place_of, warehouse_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WAREHOUSE = "warehouse.duckdb"


def files_at(root: Place) -> Filesystem:
    """The files below a root.

    Args:
        root: a folder, absolute, or a place in an object store.
    """
    if isinstance(root, Path):
        from sfr_pipeline.storage.folder import Folder

        return Folder(root)
    from sfr_pipeline.storage.object_store import ObjectStore

    return ObjectStore(root)


def listed(files: Filesystem, folder: str) -> Filesystem:
    """The same files, for whoever asks of many which there are, and what their footers say.

    Where each question costs a request, one listing answers all: as of now, but for what is
    completed later.

    Args:
        files: of a warehouse.
        folder: below which it asks.
    """
    if isinstance(files.root, Path):
        return files
    from sfr_pipeline.storage.listing import Listing

    return Listing(files.root, folder)


def serve(connection: "DuckDBPyConnection", files: Iterable[Place]) -> None:
    """Let a connection of DuckDB's read files wherever they lie, by their paths as text.

    Args:
        connection: any.
        files: of a table, say.
    """
    for file in files:
        if isinstance(file, Url):
            files_at(file.parent).serve(connection)
            return


def open_warehouse(root: Place | str | None = None) -> "DuckDBPyConnection":
    """Open the published views of a warehouse for reading, wherever it lies.

    It needs no network but to an object store, and no extension of DuckDB's.

    Args:
        root: its folder, or ``s3://bucket/prefix``; by default the warehouse of the environment
            variable SFR_WAREHOUSE or of the workspace.

    Returns:
        A connection; close it, or use it in a ``with`` statement.

    Raises:
        SettingError: the text is neither a folder nor a place in an object store.
        NotMaterializedError: nothing was published there yet.
        StorageError: it can't be reached.
    """
    import duckdb

    if root is None:
        root = warehouse_folder()
    elif isinstance(root, str):
        root = place_of(root, "the warehouse")
    files = files_at(root.absolute())
    if not files.exists(WAREHOUSE):
        raise NotMaterializedError(f"there is no {files.path(WAREHOUSE)} yet: run 'sfr run' first")
    with files.local(WAREHOUSE) as path:
        connection = duckdb.connect(str(path), read_only=True)
    files.serve(connection)
    return connection
