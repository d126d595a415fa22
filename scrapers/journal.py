"""The journal of a crawl: one JSON object a line, in the order of events, safe against a kill.

Three kinds of lines: ``post``; ``page`` (a list page and all its posts are done); and, last of all,
``closed``. A post's line stands for everything that was fetched for it, so a crawl that died
continues after its last whole line and asks for nothing twice. A page's line says which stretch of
its bar's list is done (`high_water_mark`).
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

Line = dict[str, Any]

FINISHED = "finished"


def read_journal(path: Path) -> Iterator[Line]:
    """The whole lines of a journal, in order; one that a kill tore ends it."""
    with path.open("rb") as file:
        for raw in file:
            line = _parsed(raw)
            if line is None:
                return
            yield line


def stored_journal(path: Path) -> Path:
    """Where a journal is put aside once its posts are stored, so that the next crawl begins anew.

    Renamed back, it is taken for a crawl that has just been finished.
    """
    return path.with_suffix(f".stored{path.suffix}")


def identity(line: Line) -> str:
    """What makes a post's line the same post's: its number, or else all that is fixed about it."""
    if line["post_id"] is not None:
        return str(line["post_id"])
    return json.dumps([line["bar"], line["title"], line["published"], line["content"]])


class Journal:
    """A journal open for writing, by one process at a time.

    One that exists is continued, whatever ended it: what it holds counts as done, the line that a
    kill tore and the note on why it was closed are cut off. That holds for a finished one too, as
    long as nobody has put it aside (`stored_journal`): its posts cost the site's time.

    Attributes:
        path: of the file.
        finished: whether it was closed as finished when it was opened.
        seen: identities of the posts in it.
        reached: by bar, the last page's record.
        posts, pages: numbers of lines.
    """

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            RuntimeError: another process writes it.
        """
        self.path = path
        self.seen: set[str] = set()
        self.reached: dict[str, Line] = {}
        self.posts = self.pages = 0
        self.finished = False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(path.with_name(f"{path.name}.lock"))
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise RuntimeError(
                f"Another crawl is writing {path}: wait until it ends, then run again."
            ) from None
        self._file = path.open("a+b")
        self._file.truncate(self._restore())

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def post(self, line: Line) -> None:
        """Note a post, whatever was found of it."""
        self._append({"kind": "post", **line})

    def page(self, line: Line) -> None:
        """Note that a list page and all its posts are done."""
        self._append({"kind": "page", **line})

    def close(self, reason: str, requests: int, message: str) -> None:
        """Note why the crawl ended, and let go of the file."""
        self._append(
            {
                "kind": "closed",
                "reason": reason,
                "posts": self.posts,
                "pages": self.pages,
                "requests": requests,
                "message": message,
            }
        )
        os.fsync(self._file.fileno())
        self.release()

    def release(self) -> None:
        """Let go of the file without a closing line."""
        self._file.close()
        self._lock.release()

    def _append(self, line: Line) -> None:
        # Escapes keep the file valid UTF-8 even where a text holds half a surrogate pair.
        self._file.write(json.dumps(line, ensure_ascii=True, allow_nan=False).encode() + b"\n")
        # A kill of this process loses nothing that was handed to the system.
        self._file.flush()
        self._count(line)

    def _count(self, line: Line) -> None:
        if line["kind"] == "post":
            self.posts += 1
            self.seen.add(identity(line))
        elif line["kind"] == "page":
            self.pages += 1
            self.reached[line["bar"]] = line

    def _restore(self) -> int:
        """Take up what the file holds; returns the length that is kept of it."""
        length = 0
        self._file.seek(0)
        for raw in self._file:
            line = _parsed(raw)
            if line is None:
                break
            if line["kind"] == "closed":
                self.finished = line["reason"] == FINISHED
                break
            self._count(line)
            length += len(raw)
        return length


def _parsed(raw: bytes) -> Line | None:
    if not raw.endswith(b"\n"):
        return None
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) and "kind" in line else None
