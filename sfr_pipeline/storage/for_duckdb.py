"""Objects for DuckDB, which reads an object store by itself only with an extension.

Belongs here: the few calls that DuckDB makes of a file system in Python. Does not belong here: how
objects are fetched (`object_store`).
"""

import os
import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.fs as pafs

from sfr_pipeline.storage.s3 import client

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from fsspec import AbstractFileSystem

# Larger objects are read piece by piece: a query may want a few columns of them only.
FETCHED_WHOLE = 16 << 20


def register(
    connection: "DuckDBPyConnection",
    fetch: Callable[[str], pa.NativeFile],
    only: Collection[str] | None = None,
) -> None:
    """Let a connection read objects by their addresses.

    Args:
        connection: of DuckDB's.
        fetch: the content of one, by bucket and prefix.
        only: the objects that patterns find, likewise; by default all.
    """
    connection.register_filesystem(_filesystem(fetch, only))
    # What was read of an object says nothing of the one that was put in its place.
    connection.execute("SET enable_external_file_cache = false")


class Shared:
    """An open object that several threads read, each from where it has set itself.

    DuckDB's threads share what it has opened, and set the place before they read: with one place
    for all, one thread would get what another had asked for.
    """

    def __init__(self, file: pa.NativeFile) -> None:
        self.file, self.place = file, threading.local()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set this thread's place."""
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self.file.size()}[whence]
        self.place.offset = begin + offset
        return self.tell()

    def tell(self) -> int:
        """This thread's place."""
        offset: int = getattr(self.place, "offset", 0)
        return offset

    def read(self, length: int = -1) -> bytes:
        """Read on from this thread's place."""
        rest = max(self.file.size() - self.tell(), 0)
        content: bytes = self.file.read_at(rest if length < 0 else min(length, rest), self.tell())
        self.place.offset = self.tell() + len(content)
        return content

    def size(self) -> int:
        """Bytes of the object."""
        size: int = self.file.size()
        return size

    def seekable(self) -> bool:
        """Whether a place can be set."""
        return True

    def close(self) -> None:
        """Close it, for all threads."""
        self.file.close()


def _filesystem(
    fetch: Callable[[str], pa.NativeFile], only: Collection[str] | None
) -> "AbstractFileSystem":
    from fsspec import AbstractFileSystem

    class Objects(AbstractFileSystem):
        """Objects below a root, for reading."""

        protocol = "s3"
        cachable = False

        def __init__(self) -> None:
            super().__init__()
            # DuckDB asks for the size of what it has opened by its path alone, in the same thread.
            self.opened = threading.local()
            # Of the last listing. Nothing is kept by it, as the setting in `register` says.
            self.moments: dict[str, Any] = {}

        def info(self, path: str, **options: Any) -> dict[str, Any]:
            """What is known of an object."""
            found = client().get_file_info(self._strip_protocol(path))
            if found.type == pafs.FileType.NotFound:
                raise FileNotFoundError(f"there is no {path}")
            return _entry(found)

        def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
            """What lies below a prefix."""
            selector = pafs.FileSelector(self._strip_protocol(path), allow_not_found=True)
            entries = [_entry(found) for found in client().get_file_info(selector)]
            return entries if detail else [entry["name"] for entry in entries]

        def find(
            self,
            path: str,
            maxdepth: int | None = None,
            withdirs: bool = False,
            detail: bool = False,
            **options: Any,
        ) -> Any:
            """All that lies below a prefix, in one listing however deep it is."""
            selector = pafs.FileSelector(
                self._strip_protocol(path), allow_not_found=True, recursive=True
            )
            entries = [_entry(found) for found in client().get_file_info(selector)]
            if only is not None:
                entries = [entry for entry in entries if entry["name"] in only]
            named = {
                entry["name"]: entry for entry in entries if withdirs or entry["type"] == "file"
            }
            self.moments |= {name: entry["mtime"] for name, entry in named.items()}
            return dict(sorted(named.items())) if detail else sorted(named)

        def size(self, path: str) -> int:
            """Bytes of an object, as this thread opened it."""
            sizes: dict[str, int] = self.opened.__dict__.setdefault("sizes", {})
            key = self._strip_protocol(path)
            return sizes[key] if key in sizes else int(self.info(path)["size"])

        def modified(self, path: str) -> Any:
            """When an object was put last."""
            known = self.moments.get(self._strip_protocol(path))
            return known if known is not None else self.info(path)["mtime"]

        def _open(self, path: str, mode: str = "rb", *args: Any, **options: Any) -> "Shared":
            key = self._strip_protocol(path)
            file = client().open_input_file(key)
            if file.size() <= FETCHED_WHOLE:
                file.close()
                file = fetch(key)
            self.opened.__dict__.setdefault("sizes", {})[key] = file.size()
            return Shared(file)

    return Objects()


def _entry(found: pafs.FileInfo) -> dict[str, Any]:
    kind = "file" if found.is_file else "directory"
    # Some clients begin paths with a slash.
    return {"name": found.path.lstrip("/"), "size": found.size, "type": kind, "mtime": found.mtime}
