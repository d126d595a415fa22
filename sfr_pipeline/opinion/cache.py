"""What models have read before, so that nothing is read twice.

One SQLite file, shared by all markets and models. It only ever saves time: deleting it is safe.
Several processes may use it at once. One that is damaged is moved aside with a warning, and begun
anew; what it held is read again.
"""

import hashlib
import logging
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np

from sfr_pipeline import clock
from sfr_pipeline.errors import StorageError
from sfr_pipeline.files import telling

CACHE_FILE = "sentiment.sqlite"  # below the folder of caches

# Another process holds the file for as long as it writes a window of posts: far below this.
WAIT_SECONDS = 60
# Keys are as good as random, so that each transaction changes nearly every page of the file: with a
# few windows in one, half the time of a fast model is saved. A kill loses at most this much.
KEPT_BACK, SECONDS_KEPT_BACK = 32_768, 10.0
# One query of a fixed size, which SQLite compiles once.
KEYS_A_QUERY = 512
LOOKUP = (
    "SELECT text, p FROM probabilities WHERE scorer = (SELECT id FROM scorers WHERE name = ?) "
    f"AND text IN ({', '.join('?' * KEYS_A_QUERY)})"
)


# Bytes of one text's probabilities.
ENTRY = 12
# What SQLite calls a file that is damaged, no database, or another one than this.
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)

T = TypeVar("T")

log = logging.getLogger(__name__)


class ScoreCache:
    """Probabilities by text and scorer; use it as a context manager.

    What is inserted is found at once, and written together with what comes in the next seconds,
    at the latest when the cache is closed.

    Args:
        path: of the file, made where it is missing.

    Raises:
        StorageError: the disk is full or refuses the file.
    """

    def __init__(self, path: Path) -> None:
        with telling(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._unwritten: dict[str, dict[bytes, bytes]] = defaultdict(dict)
        self._written = time.monotonic()
        self._connection: sqlite3.Connection | None = None
        self._asked(sqlite3.Connection.commit)  # whether it works

    def __enter__(self) -> "ScoreCache":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._write()  # after an error too: what was read before it is right
        finally:
            self._close()

    def lookup(self, scorer_id: str, keys: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
        """What the scorer gave for these texts.

        Args:
            scorer_id: of the scorer.
            keys: of the texts, each once.

        Returns:
            Whether each text is known, shape (n_texts,), and the probabilities, shape
            (n_texts, 3), zero where it is not.
        """
        places = {key: place for place, key in enumerate(keys)}
        known = np.zeros(len(keys), dtype=bool)
        found = np.zeros((len(keys), 3), dtype=np.float32)
        # In the order of the file, whose pages are then read once each.
        padded = sorted(
            [*keys, *[key for key in keys[-1:] for _ in range(-len(keys) % KEYS_A_QUERY)]]
        )
        for start in range(0, len(padded), KEYS_A_QUERY):
            asked: list[str | bytes] = [scorer_id, *padded[start : start + KEYS_A_QUERY]]
            rows = [row for row in self._asked(partial(_rows_of, asked)) if len(row[1]) == ENTRY]
            if rows:
                at = [places[key] for key, _ in rows]
                known[at] = True
                found[at] = np.frombuffer(b"".join(p for _, p in rows), "<f4").reshape(-1, 3)
        unwritten = self._unwritten.get(scorer_id, {})
        for place, key in enumerate(keys):
            if key in unwritten:
                known[place] = True
                found[place] = np.frombuffer(unwritten[key], "<f4")
        return known, found

    def insert(self, scorer_id: str, keys: Sequence[bytes], probabilities: np.ndarray) -> None:
        """Keep what the scorer gave; what is known already stays.

        Args:
            scorer_id: of the scorer.
            keys: of the texts that it read.
            probabilities: that it gave, shape (n_texts, 3).
        """
        unwritten = self._unwritten[scorer_id]
        for key, row in zip(keys, np.ascontiguousarray(probabilities, dtype="<f4"), strict=True):
            unwritten.setdefault(key, row.tobytes())
        waited = time.monotonic() - self._written >= SECONDS_KEPT_BACK
        if waited or sum(map(len, self._unwritten.values())) >= KEPT_BACK:
            self._write()

    def _write(self) -> None:
        self._asked(self._write_to)
        self._unwritten.clear()
        self._written = time.monotonic()

    def _write_to(self, file: sqlite3.Connection) -> None:
        for scorer_id, unwritten in self._unwritten.items():
            with file:
                file.execute("BEGIN IMMEDIATE")
                file.execute("INSERT OR IGNORE INTO scorers (name) VALUES (?)", [scorer_id])
                [scorer] = file.execute(
                    "SELECT id FROM scorers WHERE name = ?", [scorer_id]
                ).fetchone()
                file.executemany(
                    # What is known stays, unless it is damaged.
                    "INSERT INTO probabilities VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
                    f"SET p = excluded.p WHERE length(p) <> {ENTRY}",
                    # In the order of the file, which is written several times as fast.
                    ((scorer, key, unwritten[key]) for key in sorted(unwritten)),
                )

    def _asked(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask the file; if it turns out to be damaged, a new one in its place.

        Raises:
            StorageError: the disk is full or refuses the file.
        """
        try:
            try:
                return question(self._open())
            except sqlite3.DatabaseError as error:
                # Extended codes hold the kind of error in their lowest byte.
                if getattr(error, "sqlite_errorcode", 0) & 0xFF not in DAMAGED:
                    raise
                self._begin_anew(error)
                return question(self._open())
        except sqlite3.DatabaseError as error:
            self._close()
            raise StorageError(
                f"{self._path} can't be used as the cache of sentiment ({error}): see whether the "
                "disk is full or read-only; the file may be deleted, it only saves time"
            ) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, timeout=WAIT_SECONDS)
            self._connection.execute("PRAGMA journal_mode=WAL")
            # A power cut may lose the last windows, never the file.
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(
                "CREATE TABLE IF NOT EXISTS scorers (id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
                "CREATE TABLE IF NOT EXISTS probabilities (scorer INTEGER, text BLOB, "
                "p BLOB NOT NULL, PRIMARY KEY (scorer, text)) WITHOUT ROWID;"
            )
        return self._connection

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        self._close()
        aside = self._path.with_name(f"{self._path.name}.damaged-{clock.now():%Y%m%dT%H%M%S}")
        log.warning(f"{self._path} is damaged ({error}): moved to {aside}, and begun anew")
        # Another process may have moved it meanwhile.
        with telling(self._path), suppress(FileNotFoundError):
            self._path.replace(aside)
        for beside in ("-wal", "-shm"):
            self._path.with_name(self._path.name + beside).unlink(missing_ok=True)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _rows_of(asked: Sequence[str | bytes], file: sqlite3.Connection) -> list[tuple[bytes, bytes]]:
    return file.execute(LOOKUP, asked).fetchall()


def text_key(text: str) -> bytes:
    """Hash of a text, 128 bits, so that two texts of any archive share one by chance never."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
