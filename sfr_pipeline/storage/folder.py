"""Files in a folder of this machine, or of a disk that it shares.

Belongs here: how files of a folder are found, replaced, locked and changed together. Does not
belong here: what every kind of storage promises (`filesystem`), one file at a time (`files`).

New content is made in a folder ``.staged`` of the folder that is changed, under its lock. As
everybody stages under the lock, whatever lies aside when one gets it belongs to nobody alive, and
is removed.
"""

import datetime as dt
import json
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from sfr_pipeline.files import STALE_AFTER_SECONDS, aside_of, in_place_of, telling, to_disk
from sfr_pipeline.storage import filesystem
from sfr_pipeline.storage.filesystem import (
    JOURNAL,
    LOCK,
    STAGED,
    Change,
    Filesystem,
    HalfWritten,
    Looked,
    flat_name,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Folder(Filesystem):
    """The files below a folder.

    Attributes:
        root: the folder, absolute.
    """

    root: Path

    def path(self, name: str) -> Path:
        """Where a file lies."""
        return self.root / name

    def exists(self, name: str) -> bool:
        """Whether there is such a file or folder."""
        return self.path(name).exists()

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self.path(name).stat().st_size

    def modified(self, name: str) -> dt.datetime:
        """When a file was written last, in UTC without a zone."""
        written = self.path(name).stat().st_mtime
        return dt.datetime.fromtimestamp(written, dt.UTC).replace(tzinfo=None)

    def names(self, folder: str) -> list[str]:
        """What lies in a folder, in order, without what is hidden; nothing where there is none."""
        try:
            with telling(self.path(folder)):
                found = [entry.name for entry in self.path(folder).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name for name in found if not name.startswith("."))

    def holding(self, folder: str, file: str, backwards: bool = False) -> Iterable[str]:
        """Folders in a folder that hold a file, one looked into after another."""
        names = self.names(folder)
        for name in reversed(names) if backwards else names:
            if self.exists(f"{folder}/{name}/{file}"):
                yield name

    def each(self, function: Callable[[str], Looked], names: Sequence[str]) -> list[Looked]:
        """One after another: a disk gives nothing faster to many."""
        return [function(name) for name in names]

    def open(self, name: str) -> pa.NativeFile:
        """Open a file for reading; whoever replaces it leaves this one as it is."""
        with telling(self.path(name)):
            return pa.OSFile(str(self.path(name)), "rb")

    def look(self, name: str, read: Callable[[pa.NativeFile], Looked]) -> Looked:
        """Read a few bytes of a file."""
        with self.open(name) as file:
            return read(file)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """The file itself."""
        yield self.path(name)

    @contextmanager
    def replacing(self, name: str) -> Iterator[Path]:
        """A temporary file that takes the place of one when the block ends without an error."""
        with in_place_of(self.path(name)) as aside:
            yield aside

    def remove(self, name: str) -> None:
        """Remove a file, where there is one."""
        with telling(self.path(name)):
            self.path(name).unlink(missing_ok=True)

    @contextmanager
    def lock(
        self, name: str, what: str, patience: float | None = None
    ) -> Iterator[Callable[[], None]]:
        """Hold a lock of the system's, which is never lost."""
        from filelock import FileLock, Timeout

        path = self.path(name)
        with telling(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path)
            waits, waited = iter(filesystem.TOLD_AFTER_SECONDS), 0.0
            wait = next(waits)
            while True:
                left = wait if patience is None else min(wait, patience - waited)
                try:
                    lock.acquire(timeout=left)
                    break
                except Timeout:
                    waited += left
                    if patience is not None and waited >= patience:
                        raise TimeoutError(f"{what} was waited for in vain") from None
                    log.warning(
                        f"waiting for {what} since {waited:.0f} s: another process holds it, and "
                        f"the wait ends with that process ('fuser -v {path}' names it)"
                    )
                    wait = next(waits, filesystem.TOLD_AFTER_SECONDS[-1])
        try:
            yield _never_lost
        finally:
            lock.release()

    @contextmanager
    def change(self, folder: str) -> Iterator[Change]:
        """Write some files of a folder, which take their places together when the block ends."""
        with self.lock(f"{folder}/{STAGED}/{LOCK}", f"the lock of {folder}"):
            self._roll_forward(folder)
            self._sweep(folder)
            change = Change(self, folder, lambda name: self.path(_aside(folder, name)))
            try:
                with telling(self.path(folder)):
                    yield change
                    self._settle(change)
            finally:
                # With the journal in place the change is as good as done, and needs its files.
                if not self._is_pending(folder):
                    with suppress(OSError):
                        self._sweep(folder)

    def complete(self, folder: str) -> None:
        """Complete a change of this folder whose process was killed, if there is one."""
        if self._is_pending(folder):
            with self.lock(f"{folder}/{STAGED}/{LOCK}", f"the lock of {folder}"):
                self._roll_forward(folder)
                self._sweep(folder)

    def serve(self, connection: "DuckDBPyConnection", only: Collection[str] | None = None) -> None:
        """Nothing has to be done: DuckDB reads files of this machine."""

    def half_written(self) -> Iterator[HalfWritten]:
        """Temporary files older than any write takes, in whatever folder."""
        newest = dt.datetime.now(dt.UTC).timestamp() - STALE_AFTER_SECONDS
        for path in self.root.rglob(".*.tmp*"):
            if path.parent.name == STAGED and not self._is_free(path.parent.parent):
                continue
            # Whose file it is may remove it meanwhile.
            with suppress(FileNotFoundError):
                about = path.stat()
                if about.st_mtime < newest:
                    yield HalfWritten(path.relative_to(self.root).as_posix(), about.st_size)

    def _is_free(self, folder: Path) -> bool:
        """Whether nobody is writing into a folder right now."""
        try:
            with self.lock(f"{folder.relative_to(self.root)}/{STAGED}/{LOCK}", "", patience=0.0):
                return True
        except TimeoutError:
            return False

    def _is_pending(self, folder: str) -> bool:
        return self.exists(f"{folder}/{STAGED}/{JOURNAL}")

    def _settle(self, change: Change) -> None:
        moves: dict[Path, Path] = {}
        for name, content in change.new.items():
            if content is None:
                # Aside it goes with the leftovers.
                moves[self.path(name)] = change.aside(name)
            else:
                to_disk(content)
                moves[content] = self.path(name)
        for target in moves.values():
            # Now, because a disk without room for a folder would stop us between two moves.
            target.parent.mkdir(parents=True, exist_ok=True)
        if len(moves) > 1:
            journal = self.path(f"{change.folder}/{STAGED}/{JOURNAL}")
            with in_place_of(journal) as aside:
                noted = {self._name(source): self._name(to) for source, to in moves.items()}
                aside.write_text(json.dumps(noted, indent=1), encoding="utf-8")
            # The names of the files too, or a journal could speak of files that were lost.
            to_disk(journal.parent)
            self._roll_forward(change.folder)
        else:
            for source, target in moves.items():
                source.replace(target)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _roll_forward(self, folder: str) -> None:
        journal = self.path(f"{folder}/{STAGED}/{JOURNAL}")
        with telling(journal):
            if not journal.exists():
                return
            for staged, name in json.loads(journal.read_text(encoding="utf-8")).items():
                # One that is not there any more had been moved before its process was killed.
                with suppress(FileNotFoundError):
                    self.path(staged).replace(self.path(name))
            journal.unlink()

    def _sweep(self, folder: str) -> None:
        for leftover in self.path(f"{folder}/{STAGED}").glob(".*.tmp"):
            leftover.unlink(missing_ok=True)


def _aside(folder: str, name: str) -> str:
    return aside_of(Path(f"{folder}/{STAGED}/{flat_name(folder, name)}")).as_posix()


def _never_lost() -> None:
    """The system keeps a lock as long as its process lives."""
