"""What the store does to files, and nothing else does: one small object.

Belongs here: listing, reading, writing whole, moving several at once, locking. Does not belong
here: which files a table has (`parquet`), what is published (`publish`).

Files are named by their path below the warehouse, with slashes, so that another kind of storage can
follow without touching whoever names them. ``path`` is where a library that reads or writes by
itself finds one.

Several files are changed all or none (`Change`). They are written aside, in a folder ``.staged`` of
their own folder, under a lock. Once all are there a journal of their moves is put beside them, and
removed after the last move. A process killed in between leaves the journal, and whoever next writes
or reads there completes it (`Filesystem.complete`). As everybody stages under the lock, whatever
lies aside when one gets it belongs to nobody alive, and is removed.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sfr_pipeline.errors import StorageError
from sfr_pipeline.files import aside_of, in_place_of, telling, to_disk

STAGED = ".staged"
JOURNAL = "pending.json"
LOCK = "lock"
# How long a wait for a lock goes on before it is told of, at first and then again.
TOLD_AFTER_SECONDS = (1.0, 10.0, 60.0)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Filesystem:
    """The files below a folder of this machine.

    Attributes:
        root: the folder, absolute.
    """

    root: Path

    def path(self, name: str) -> Path:
        """Where a library finds a file."""
        return self.root / name

    def exists(self, name: str) -> bool:
        """Whether there is such a file or folder."""
        return self.path(name).exists()

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self.path(name).stat().st_size

    def names(self, folder: str) -> list[str]:
        """What lies in a folder, in order, without what is hidden; nothing where there is none."""
        try:
            with telling(self.path(folder)):
                found = [entry.name for entry in self.path(folder).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name for name in found if not name.startswith("."))

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading.

        Raises:
            StorageError: the disk refuses it.
        """
        with telling(self.path(name)):
            return self.path(name).open("rb")

    @contextmanager
    def replacing(self, name: str) -> Iterator[Path]:
        """A temporary file that takes the place of one when the block ends without an error.

        Raises:
            StorageError: the disk refuses it; what was there before stays.
        """
        with in_place_of(self.path(name)) as aside:
            yield aside

    def remove(self, name: str) -> None:
        """Remove a file, where there is one."""
        with telling(self.path(name)):
            self.path(name).unlink(missing_ok=True)

    @contextmanager
    def lock(self, name: str, what: str) -> Iterator[None]:
        """Hold a lock, which ends with the process that holds it.

        Args:
            name: of its file.
            what: is waited for, should somebody else hold it; told after a second, and again.

        Raises:
            StorageError: the disk refuses the file.
        """
        from filelock import FileLock, Timeout

        path = self.path(name)
        with telling(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path)
            waits, waited = iter(TOLD_AFTER_SECONDS), 0.0
            wait = next(waits)
            while True:
                try:
                    lock.acquire(timeout=wait)
                    break
                except Timeout:
                    waited += wait
                    log.warning(
                        f"waiting for {what} since {waited:.0f} s: another process holds it, and "
                        f"the wait ends with that process ('fuser -v {path}' names it)"
                    )
                    wait = next(waits, TOLD_AFTER_SECONDS[-1])
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def change(self, folder: str) -> Iterator["Change"]:
        """Write some files of a folder, which take their places together when the block ends.

        One writer of a folder at a time. After an error in the block nothing has changed.

        Raises:
            StorageError: the disk refuses it.
        """
        with self.lock(f"{folder}/{STAGED}/{LOCK}", f"the lock of {folder}"):
            self._roll_forward(folder)
            self._sweep(folder)
            change = Change(self, folder)
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
        """Complete a change of this folder whose process was killed, if there is one.

        Raises:
            StorageError: there is one, and the disk refuses its completion.
        """
        if self._is_pending(folder):
            with self.lock(f"{folder}/{STAGED}/{LOCK}", f"the lock of {folder}"):
                self._roll_forward(folder)
                self._sweep(folder)

    def is_free(self, folder: str) -> bool:
        """Whether nobody is writing into a folder right now."""
        from filelock import FileLock, Timeout

        path = self.path(f"{folder}/{STAGED}/{LOCK}")
        try:
            with telling(path), FileLock(path, timeout=0):
                return True
        except Timeout:
            return False

    def _is_pending(self, folder: str) -> bool:
        return self.exists(f"{folder}/{STAGED}/{JOURNAL}")

    def _settle(self, change: "Change") -> None:
        for staged in change.staged:
            to_disk(self.path(staged))
        for name in change.moves.values():
            # Now, because a disk without room for a folder would stop us between two moves.
            self.path(name).parent.mkdir(parents=True, exist_ok=True)
        if len(change.moves) > 1:
            journal = self.path(f"{change.folder}/{STAGED}/{JOURNAL}")
            with in_place_of(journal) as aside:
                aside.write_text(json.dumps(change.moves, indent=1), encoding="utf-8")
            # The names of the files too, or a journal could speak of files that were lost.
            to_disk(journal.parent)
            self._roll_forward(change.folder)
        else:
            for staged, name in change.moves.items():
                self.path(staged).replace(self.path(name))

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


@dataclass(frozen=True)
class Change:
    """Files on their way into a folder or out of it, all or none.

    Attributes:
        filesystem: where.
        folder: below which they lie.
        staged: names of the files written aside.
        moves: from where to where, by name, in their order.
    """

    filesystem: Filesystem
    folder: str
    staged: list[str] = field(default_factory=list)
    moves: dict[str, str] = field(default_factory=dict)

    def stage(self, name: str) -> Path:
        """Where to write the new content of a file.

        Raises:
            StorageError: the file lies outside the folder whose lock is held.
        """
        aside = self._aside(name)
        self.staged.append(aside)
        self.moves[aside] = name
        return self.filesystem.path(aside)

    def remove(self, name: str) -> None:
        """Remove a file, together with whatever else the change does.

        Raises:
            StorageError: the file lies outside the folder whose lock is held.
        """
        # Aside it goes with the leftovers.
        self.moves[name] = self._aside(name)

    def _aside(self, name: str) -> str:
        if not name.startswith(f"{self.folder}/"):
            raise StorageError(f"{name} is no file of {self.folder}: change it by itself")
        flat = name.removeprefix(f"{self.folder}/").replace("/", "_")
        staging = Path(f"{self.folder}/{STAGED}/{flat}")
        return aside_of(staging).as_posix()
