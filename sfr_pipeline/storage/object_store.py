"""Files in an object store that speaks S3: whole objects, put and fetched as such.

Belongs here: how objects are found, read, put and changed together. Does not belong here: what
every kind of storage promises (`filesystem`), which server is asked and how its refusals are told
(`s3`), who may write (`tickets`).

Nothing is ever streamed into an object: an error on the way would publish its first half. A file is
finished on this machine, then put. One too large for a single request is put aside, its size is
checked, and the store copies it to its place.

Nothing is read piece by piece either, save for a look at a few bytes: the object may be replaced
between two requests. One request brings it whole, and a second tells whether it was replaced.

Several objects are changed as files of a folder are: put aside in ``.staged``, then a journal, then
copies, which can be made twice without harm. Whoever finds a journal completes it under the lock of
the folder; so a reader waits for a living writer, and acts for a dead one.
"""

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import pyarrow as pa
import pyarrow.fs as pafs

from sfr_pipeline.errors import StorageError
from sfr_pipeline.files import aside_of, telling
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
from sfr_pipeline.storage.s3 import client, telling_of
from sfr_pipeline.storage.tickets import held
from sfr_pipeline.workspace import Url, cache_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Bytes that one request takes; the library would cut more into parts, and close after an error.
AT_ONCE = 8 << 20
# Bytes of an object that are fetched into memory; larger ones go through a temporary file.
IN_MEMORY = 64 << 20
CHUNK = 16 << 20
# Objects that are read side by side.
AT_A_TIME = 8
# How often an object is fetched again because it was replaced meanwhile.
ATTEMPTS = 10
# Far longer than any upload takes.
STALE_AFTER = dt.timedelta(days=1)


@dataclass(frozen=True)
class ObjectStore(Filesystem):
    """The objects below a prefix of a bucket.

    Attributes:
        root: bucket and prefix.
    """

    root: Url

    def path(self, name: str) -> Url:
        """The address of an object."""
        return self.root / name

    def exists(self, name: str) -> bool:
        """Whether there is such an object, or one below it."""
        return self._about(name).type != pafs.FileType.NotFound

    def size(self, name: str) -> int:
        """Bytes of an object."""
        size: int = self._found(name).size
        return size

    def modified(self, name: str) -> dt.datetime:
        """When an object was put last, in UTC without a zone."""
        moment: dt.datetime = self._found(name).mtime
        return moment.astimezone(dt.UTC).replace(tzinfo=None)

    def names(self, folder: str) -> list[str]:
        """What lies below a prefix, in order, without what is hidden."""
        return sorted(
            info.base_name for info in self._listed(folder) if not info.base_name.startswith(".")
        )

    def holding(self, folder: str, file: str, backwards: bool = False) -> Iterable[str]:
        """Prefixes that hold an object; one listing tells, however many there are."""
        below = (self._name(info) for info in self._listed(folder, recursive=True))
        parts = (name.removeprefix(f"{folder}/").split("/") for name in below)
        found = (
            part[0]
            for part in parts
            if len(part) == 2 and part[1] == file and not part[0].startswith(".")
        )
        return sorted(found, reverse=backwards)

    def each(self, function: Callable[[str], Looked], names: Sequence[str]) -> list[Looked]:
        """Several at a time: most of the time is spent waiting for an answer."""
        if len(names) < 2:
            return [function(name) for name in names]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            return list(pool.map(function, names))

    def open(self, name: str) -> pa.NativeFile:
        """The content of one version of an object, fetched whole."""
        with self._telling(name):
            for _ in range(ATTEMPTS):
                with client().open_input_file(self._key(name)) as source:
                    version = _version(source)
                    whole = _fetched(source, self._aside)
                with client().open_input_file(self._key(name)) as again:
                    if _version(again) == version and whole.size() == again.size():
                        return whole
        raise self._replaced(name)

    def look(self, name: str, read: Callable[[pa.NativeFile], Looked]) -> Looked:
        """Read a few bytes of an object; once more where it was replaced in between."""
        with self._telling(name):
            for _ in range(ATTEMPTS):
                with client().open_input_file(self._key(name)) as source:
                    version, error, found = _version(source), None, None
                    try:
                        found = read(source)
                    except (pa.ArrowException, OSError) as raised:
                        error = raised
                with client().open_input_file(self._key(name)) as again:
                    if _version(again) == version:
                        if error is not None:
                            raise error
                        return cast(Looked, found)
        raise self._replaced(name)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """A copy on this machine, gone when the block ends."""
        with self.open(name) as source, self._made_aside(name) as aside:
            with telling(aside), aside.open("wb") as file:
                shutil.copyfileobj(source, file, CHUNK)
            yield aside

    @contextmanager
    def replacing(self, name: str) -> Iterator[Path]:
        """A temporary file of this machine, put when the block ends without an error."""
        with self._made_aside(name) as aside:
            with telling(aside):
                yield aside
            self._put(name, aside)

    def remove(self, name: str) -> None:
        """Remove an object, where there is one."""
        with self._telling(name), suppress(FileNotFoundError):
            client().delete_file(self._key(name))

    @contextmanager
    def lock(
        self, name: str, what: str, patience: float | None = None
    ) -> Iterator[Callable[[], None]]:
        """Hold a lock made of objects (`tickets`)."""
        with held(self, name, what, patience) as still_held:
            yield still_held

    @contextmanager
    def change(self, folder: str) -> Iterator[Change]:
        """Write some objects of a prefix, which take their places together when the block ends."""
        with self._locked(folder) as still_held:
            self._roll_forward(folder)
            aside = self._aside()
            change = Change(self, folder, lambda name: aside_of(aside / flat_name(folder, name)))
            try:
                with telling(aside):
                    yield change
                self._settle(change, still_held)
            finally:
                for path in change.new.values():
                    if path is not None:
                        path.unlink(missing_ok=True)

    def complete(self, folder: str) -> None:
        """Complete a change of this prefix whose process was killed, if there is one."""
        if self._is_pending(folder):
            with self._locked(folder):
                self._roll_forward(folder)

    def serve(self, connection: "DuckDBPyConnection", only: Collection[str] | None = None) -> None:
        """Register what reads objects for DuckDB, which needs the network for an extension."""
        from sfr_pipeline.storage.for_duckdb import register

        keys = None if only is None else {self._key(name) for name in only}
        register(connection, _fetched_by_key, keys)

    def half_written(self) -> Iterator[HalfWritten]:
        """Objects that were put aside a day ago."""
        newest = dt.datetime.now(dt.UTC) - STALE_AFTER
        for info in self._listed("", recursive=True):
            above = info.path.split("/")
            is_aside = STAGED in above and info.base_name not in (JOURNAL, LOCK)
            if is_aside and info.is_file and info.mtime is not None and info.mtime < newest:
                yield HalfWritten(self._name(info), info.size)

    def put_text(self, name: str, text: str) -> None:
        """Put a small object."""
        with self._telling(name):
            self._put_at_once(name, text.encode())

    def _locked(self, folder: str) -> AbstractContextManager[Callable[[], None]]:
        return self.lock(f"{folder}/{STAGED}/{LOCK}", f"the lock of {self.path(folder)}")

    def _settle(self, change: Change, still_held: Callable[[], None]) -> None:
        if not change.new:
            return
        folder, written = change.folder, {n: p for n, p in change.new.items() if p is not None}
        removed = [name for name, path in change.new.items() if path is None]
        if len(written) == 1 and not removed:
            ((name, path),) = written.items()
            still_held()
            self._put(name, path)
            return
        copies = {self._name_aside(folder, name): name for name in written}
        journal = f"{folder}/{STAGED}/{JOURNAL}"
        try:
            for aside, name in copies.items():
                self._upload(aside, written[name])
            still_held()
            noted = {"copies": copies, "removed": removed}
            self.put_text(journal, json.dumps(noted, indent=1))
        except BaseException:
            # The journal first, which may be there although its put was told to have failed: where
            # it can't be removed, what it speaks of must stay.
            with suppress(OSError, StorageError):
                for name in (journal, *copies):
                    self.remove(name)
            raise
        self._roll_forward(folder)

    def _is_pending(self, folder: str) -> bool:
        return self.exists(f"{folder}/{STAGED}/{JOURNAL}")

    def _roll_forward(self, folder: str) -> None:
        """Complete what a journal says, under the lock; then sweep what was put aside."""
        journal = f"{folder}/{STAGED}/{JOURNAL}"
        if self._is_pending(folder):
            with self.open(journal) as file:
                noted = json.loads(file.read())
            for aside, name in noted["copies"].items():
                with self._telling(name):
                    client().copy_file(self._key(aside), self._key(name))
            for name in noted["removed"]:
                self.remove(name)
            self.remove(journal)
        # What lies aside under the lock belongs to nobody alive.
        for info in self._listed(f"{folder}/{STAGED}"):
            if info.is_file and info.base_name.endswith(".tmp"):
                self.remove(f"{folder}/{STAGED}/{info.base_name}")

    def _put(self, name: str, path: Path) -> None:
        """Put a file that is finished, whole or not at all."""
        if path.stat().st_size <= AT_ONCE:
            content = path.read_bytes()
            with self._telling(name):
                self._put_at_once(name, content)
            return
        aside = self._name_aside(name.rpartition("/")[0], name)
        try:
            self._upload(aside, path)
            with self._telling(name):
                client().copy_file(self._key(aside), self._key(name))
        finally:
            with suppress(OSError, StorageError):
                self.remove(aside)

    def _upload(self, aside: str, path: Path) -> None:
        """Bring a file to a place that nobody reads."""
        with self._telling(aside):
            with path.open("rb") as file, _into(self._key(aside)) as out:
                shutil.copyfileobj(file, out, CHUNK)
            if self.size(aside) != path.stat().st_size:
                raise StorageError(f"{self.path(aside)} was not put whole: run again")

    def _put_at_once(self, name: str, content: bytes) -> None:
        with _into(self._key(name)) as out:
            out.write(content)

    def _key(self, name: str) -> str:
        return f"{self.root.key}/{name}" if name else self.root.key

    def _name(self, info: pafs.FileInfo) -> str:
        name: str = info.path.partition(f"{self.root.key}/")[2]
        return name

    def _replaced(self, name: str) -> StorageError:
        return StorageError(
            f"{self.path(name)} was replaced {ATTEMPTS} times while it was read: read it again "
            "when fewer runs write"
        )

    def _telling(self, name: str) -> AbstractContextManager[None]:
        return telling_of(self.path(name))

    def _about(self, name: str) -> pafs.FileInfo:
        with self._telling(name):
            return client().get_file_info(self._key(name))

    def _found(self, name: str) -> pafs.FileInfo:
        info = self._about(name)
        if not info.is_file:
            raise FileNotFoundError(f"there is no {self.path(name)}")
        return info

    def _listed(self, folder: str, recursive: bool = False) -> list[pafs.FileInfo]:
        selector = pafs.FileSelector(self._key(folder), allow_not_found=True, recursive=recursive)
        with self._telling(folder):
            infos: list[pafs.FileInfo] = client().get_file_info(selector)
        return infos

    @staticmethod
    def _name_aside(folder: str, name: str) -> str:
        aside = f"{folder}/{STAGED}/.{flat_name(folder, name)}.{uuid4().hex}.tmp"
        return aside.removeprefix("/")

    def _aside(self) -> Path:
        """Where files of this machine are made that go elsewhere."""
        folder = cache_folder(self.root) / "aside"
        with telling(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def _made_aside(self, name: str) -> Iterator[Path]:
        aside = aside_of(self._aside() / Path(name).name)
        try:
            yield aside
        finally:
            aside.unlink(missing_ok=True)


def _into(key: str) -> pa.NativeFile:
    # By default a name that ends as one of a packed file has its content packed once more.
    return client().open_output_stream(key, compression=None)


def _fetched_by_key(key: str) -> pa.NativeFile:
    bucket, _, name = key.partition("/")
    return ObjectStore(Url(f"s3://{bucket}")).open(name)


Version = tuple[int, bytes]


def _version(source: pa.NativeFile) -> Version:
    """What tells two versions of an object apart: its size, and its hash where the store has it."""
    about = {str(key).lower(): value for key, value in source.metadata().items()}
    return source.size(), about.get("etag", b"")


def _fetched(source: pa.NativeFile, aside: Callable[[], Path]) -> pa.NativeFile:
    """What an object holds, in memory or in a file without a name."""
    size = source.size()
    if size <= IN_MEMORY:
        return pa.BufferReader(source.read_buffer(size))
    with tempfile.NamedTemporaryFile(dir=aside(), suffix=".tmp", prefix=".") as file:
        shutil.copyfileobj(source, file, CHUNK)
        file.flush()
        return pa.OSFile(file.name, "rb")
