"""The hashes of tables that are only added to: what a file held, and which one came before it.

Belongs here: writing and checking them. Does not belong here: which files a table has (`parquet`),
what to do when something is wrong (`sfr_pipeline.operation.archive`).

Beside each file F stands F.sha256, in the format of ``sha256sum``, so that anybody can check a
folder with ``sha256sum -c *.sha256``. The metadata of each file name the file before it and its
hash, so that a changed file shows, and a missing one; `LAST` names the file that was added last, so
that its absence shows as well.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.storage.filesystem import Change, Filesystem
from sfr_pipeline.storage.table_files import schema_of
from sfr_pipeline.workspace import Place

SIDECAR = ".sha256"
LAST = f"last{SIDECAR}"
# Keys of the metadata; empty in the first file.
PREVIOUS, PREVIOUS_HASH = b"previous", b"previous_sha256"


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with a file of a chain.

    Attributes:
        file: its path.
        what: is wrong, without a full stop.
    """

    file: Place
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def stage(change: Change, name: str, stored: pa.Table, first: bool = False) -> int:
    """Write an addition aside, with its hashes; they take their places together.

    Args:
        change: of the table's folder.
        name: of the new file.
        stored: its rows.
        first: whether the chain begins anew with it.

    Returns:
        Bytes of the file.
    """
    last = None if first else noted(change.filesystem, f"{change.folder}/{LAST}")
    digest, previous = last or ("", "")
    link = {PREVIOUS: previous.encode(), PREVIOUS_HASH: digest.encode()}
    metadata = {**(stored.schema.metadata or {}), **link}
    staged = change.stage(name)
    with staged.open("wb") as file:
        pq.write_table(stored.replace_schema_metadata(metadata), file, compression="zstd")
    with staged.open("rb") as file:
        note = f"{hash_of(file)}  {name.rpartition('/')[2]}\n"
    for sidecar in (f"{name}{SIDECAR}", f"{change.folder}/{LAST}"):
        change.stage(sidecar).write_text(note, encoding="utf-8")
    return staged.stat().st_size


def hash_of(file: Any) -> str:
    """SHA-256 of an open file."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def noted(filesystem: Filesystem, name: str) -> tuple[str, str] | None:
    """Hash and file name that a sidecar notes; None where there is no such sidecar."""
    if not filesystem.exists(name):
        return None
    with filesystem.open(name) as file:
        digest, _, named = file.read().decode("utf-8", "replace").strip().partition("  ")
    return digest, named


def faults(filesystem: Filesystem, folder: str) -> Iterator[Fault]:
    """What is wrong with the chain of a table, file by file.

    Args:
        filesystem: where it lies.
        folder: of the table.
    """
    names = filesystem.names(folder)
    hashes: dict[str, str] = {}
    for name in names:
        if name.endswith(".parquet"):
            with filesystem.open(f"{folder}/{name}") as file:
                hashes[name] = hash_of(file)
            yield from _faults_of(filesystem, folder, name, hashes[name])
    for name in names:
        if name.endswith(f".parquet{SIDECAR}") and name.removesuffix(SIDECAR) not in hashes:
            yield Fault(filesystem.path(f"{folder}/{name.removesuffix(SIDECAR)}"), "is missing")
    links = {name: _link(filesystem, f"{folder}/{name}") for name in hashes}
    for name, link in links.items():
        if link is None:
            continue  # unreadable, which its hash has told
        previous, digest = link
        if previous and hashes.get(previous) != digest:
            what = "has changed" if previous in hashes else "is missing"
            yield Fault(
                filesystem.path(f"{folder}/{previous}"), f"{what} since {name} was added after it"
            )
    last = noted(filesystem, f"{folder}/{LAST}")
    if hashes and last is None:
        yield Fault(filesystem.path(f"{folder}/{LAST}"), "is missing")
    if last and last[1] not in hashes:
        yield Fault(filesystem.path(f"{folder}/{last[1]}"), "is missing, the last that was added")


def _faults_of(filesystem: Filesystem, folder: str, name: str, digest: str) -> Iterator[Fault]:
    path = filesystem.path(f"{folder}/{name}")
    note = noted(filesystem, f"{folder}/{name}{SIDECAR}")
    if note is None:
        yield Fault(path, f"has no {name}{SIDECAR} beside it")
    elif note[0] != digest:
        yield Fault(path, f"does not have the hash that {name}{SIDECAR} notes")


def _link(filesystem: Filesystem, name: str) -> tuple[str, str] | None:
    try:
        metadata: Mapping[bytes, bytes] = schema_of(filesystem, name).metadata or {}
    except (pa.ArrowException, OSError):
        return None
    return metadata.get(PREVIOUS, b"").decode(), metadata.get(PREVIOUS_HASH, b"").decode()
