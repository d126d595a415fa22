"""What the store does to files, and nothing else does: one small object, of two kinds.

Belongs here: what both kinds promise, and what is changed at once. Does not belong here: how each
does it (`folder`, `object_store`), which one a warehouse needs (`places`), which files a table has
(`parquet`), what is published (`publish`).

Files are named by their path below the warehouse, with slashes. ``path`` is what people are shown,
and where a library that reads by itself finds one.

Several files are changed all or none (`Change`), under a lock of their folder. Their new content is
made aside; a journal of what goes where is there before the first takes its place, and gone after
the last. A process killed in between leaves the journal, and whoever next writes or reads there
completes it (`Filesystem.complete`).
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from sfr_pipeline.errors import StorageError
from sfr_pipeline.workspace import Place

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STAGED = ".staged"
JOURNAL = "pending.json"
LOCK = "lock"
# How long a wait for a lock goes on before it is told of, at first and then again.
TOLD_AFTER_SECONDS = (1.0, 10.0, 60.0)

Looked = TypeVar("Looked")


@dataclass(frozen=True)
class HalfWritten:
    """What a killed writer left.

    Attributes:
        name: of the file, below the root.
        size: in bytes.
    """

    name: str
    size: int


class Filesystem(ABC):
    """The files below a root.

    Attributes:
        root: the folder, absolute, or the place in an object store.
    """

    root: Place

    def path(self, name: str) -> Place:
        """Where a file lies, as people are shown it."""
        return self.root / name

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Whether there is such a file or folder."""

    @abstractmethod
    def size(self, name: str) -> int:
        """Bytes of a file.

        Raises:
            FileNotFoundError: there is none.
        """

    @abstractmethod
    def modified(self, name: str) -> dt.datetime:
        """When a file was written last, in UTC without a zone.

        Raises:
            FileNotFoundError: there is none.
        """

    @abstractmethod
    def names(self, folder: str) -> list[str]:
        """What lies in a folder, in order, without what is hidden; nothing where there is none."""

    @abstractmethod
    def holding(self, folder: str, file: str, backwards: bool = False) -> Iterable[str]:
        """Folders in a folder that hold a file, in order, without those that are hidden.

        Args:
            folder: whose folders.
            file: its name in each.
            backwards: whether the last comes first.
        """

    @abstractmethod
    def each(self, function: Callable[[str], Looked], names: Sequence[str]) -> list[Looked]:
        """What a function that reads a file gives for each of some files, in their order."""

    @abstractmethod
    def open(self, name: str) -> pa.NativeFile:
        """Open a file for reading; it stays as it was even if it is replaced meanwhile.

        Raises:
            FileNotFoundError: there is none.
            StorageError: it can't be read.
        """

    @abstractmethod
    def look(self, name: str, read: Callable[[pa.NativeFile], Looked]) -> Looked:
        """Read a few bytes of a file.

        Args:
            name: of the file.
            read: reads them, perhaps more than once.

        Raises: as `open`.
        """

    @abstractmethod
    def local(self, name: str) -> AbstractContextManager[Path]:
        """A file of this machine with the content of one, for libraries that want a path.

        Raises: as `open`.
        """

    @abstractmethod
    def replacing(self, name: str) -> AbstractContextManager[Path]:
        """A temporary file that takes the place of one when the block ends without an error.

        Raises:
            StorageError: it can't be written; what was there before stays.
        """

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file, where there is one.

        Raises:
            StorageError: it can't be removed.
        """

    @abstractmethod
    def lock(
        self, name: str, what: str, patience: float | None = None
    ) -> AbstractContextManager[Callable[[], None]]:
        """Hold a lock, which ends with the process that holds it.

        Args:
            name: of the lock.
            what: is waited for, should somebody else hold it; told after a second, and again.
            patience: how many seconds are waited at most; by default there is no end.

        Yields:
            What raises StorageError where the lock was lost, because this process stood still.

        Raises:
            TimeoutError: somebody else held it all the while.
            StorageError: it can't be taken.
        """

    @abstractmethod
    def change(self, folder: str) -> AbstractContextManager["Change"]:
        """Write some files of a folder, which take their places together when the block ends.

        One writer of a folder at a time. After an error in the block nothing has changed.

        Raises:
            StorageError: they can't be written.
        """

    @abstractmethod
    def complete(self, folder: str) -> None:
        """Complete a change of this folder whose process was killed, if there is one.

        Raises:
            StorageError: there is one, and it can't be completed.
        """

    @abstractmethod
    def serve(self, connection: "DuckDBPyConnection", only: Collection[str] | None = None) -> None:
        """Let a connection of DuckDB's read what lies here, by the paths of ``path``.

        Args:
            connection: any.
            only: names of files beside which a pattern need find no other: those from which the
                columns of views follow. Where each file costs requests no other is asked for.
        """

    @abstractmethod
    def half_written(self) -> Iterator[HalfWritten]:
        """What killed writers left, and no living one is at work on."""


@dataclass(frozen=True)
class Change:
    """Files on their way into a folder or out of it, all or none.

    Attributes:
        filesystem: where.
        folder: below which they lie.
        aside: where the new content of a file is made, by its name.
        new: the files in their order, with the file of this machine that holds the new content of
            each; None where it is removed.
    """

    filesystem: Filesystem
    folder: str
    aside: Callable[[str], Path]
    new: dict[str, Path | None] = field(default_factory=dict)

    def stage(self, name: str) -> Path:
        """Where to write the new content of a file.

        Raises:
            StorageError: the file lies outside the folder whose lock is held.
        """
        self._require_inside(name)
        path = self.aside(name)
        self.new[name] = path
        return path

    def remove(self, name: str) -> None:
        """Remove a file, together with whatever else the change does.

        Raises:
            StorageError: the file lies outside the folder whose lock is held.
        """
        self._require_inside(name)
        self.new[name] = None

    @property
    def size(self) -> int:
        """Bytes of what was written so far."""
        return sum(path.stat().st_size for path in self.new.values() if path is not None)

    def _require_inside(self, name: str) -> None:
        if not name.startswith(f"{self.folder}/"):
            raise StorageError(f"{name} is no file of {self.folder}: change it by itself")


def flat_name(folder: str, name: str) -> str:
    """The name of a file below a folder as one name, for a place aside."""
    return name.removeprefix(f"{folder}/").replace("/", "_")
