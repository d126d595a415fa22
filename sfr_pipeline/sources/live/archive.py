"""Where answers of live sources are kept: a cache for development, and the raw responses.

Both are off unless their environment variable names a folder.

``SFR_ANSWERS`` is for whoever works on the code and must not ask a site fifty times a day: one
answer a call, as Parquet or bytes, with the time it was fetched. It never expires; delete the
folder to ask again. Each use is logged as a warning, for it means that nothing was asked.

``SFR_RAW`` keeps what the sites sent, byte for byte, under its SHA-256, with one line a response
in ``index.csv``: evidence of what a number rests on.
"""

import csv
import datetime as dt
import hashlib
import io
import json
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import pandas as pd

from sfr_pipeline import settings
from sfr_pipeline.files import in_place_of

T = TypeVar("T", pd.DataFrame, bytes)

log = logging.getLogger(__name__)


# Parameters by which sites are told who asks; none of their values is ever stored or logged.
SECRETS = ("api_key", "apikey", "key", "registrationkey", "access_token", "token", "crumb")
_more: ContextVar[tuple[str, ...]] = ContextVar("more", default=())


@contextmanager
def hiding(names: Sequence[str]) -> Iterator[None]:
    """Treat parameters of these names as secrets too, in everything that is asked inside."""
    token = _more.set((*_more.get(), *(name.lower() for name in names)))
    try:
        yield
    finally:
        _more.reset(token)


def is_secret(parameter: str) -> bool:
    """Whether a parameter tells a site who asks."""
    return parameter.lower() in (*SECRETS, *_more.get())


def without_secrets(text: str) -> str:
    """Hide the values of keys that a URL carries."""
    names = "|".join(map(re.escape, (*SECRETS, *_more.get())))
    return re.sub(rf"(?i)(?<![a-z_])((?:{names})=)[^&\s'\")]+", r"\1***", text)


def sha256_of(responses: Sequence[str], value: pd.DataFrame) -> str:
    """One SHA-256 for what an answer rests on.

    Args:
        responses: SHA-256 of each raw response; of several, the one of their lines is taken.
        value: what came of them; where nothing was asked over a network, it speaks as CSV.
    """
    if len(responses) == 1:
        return responses[0]
    text = "\n".join(responses) if responses else value.to_csv(index=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Response:
    """What a site sent, and its SHA-256."""

    url: str
    status: int
    content: bytes
    sha256: str

    @classmethod
    def of(cls, url: str, status: int, content: bytes) -> "Response":
        """Describe a response; keys in the URL are hidden."""
        return cls(without_secrets(url), status, content, hashlib.sha256(content).hexdigest())


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What a call returned, when, and the responses that it rests on."""

    value: T
    fetched_at: dt.datetime
    responses: tuple[Response, ...] = ()

    @property
    def hashes(self) -> list[str]:
        """SHA-256 of each raw response, in the order they came."""
        return [response.sha256 for response in self.responses]


def keep(what: str, key: str, answer: Answer[pd.DataFrame] | Answer[bytes]) -> None:
    """Log the hashes of an answer, and keep it where the environment says so."""
    for response in answer.responses:
        log.info(
            "%s: %d bytes, sha256 %s, %s",
            what, len(response.content), response.sha256, response.url,
        )  # fmt: skip
    if folder := settings.path("SFR_RAW"):
        _keep_raw(folder, what, answer)
    if folder := settings.path("SFR_ANSWERS"):
        _keep_cached(folder, key, answer)


def recall(key: str) -> Answer[pd.DataFrame] | Answer[bytes] | None:
    """Find the answer to a call in the development cache, if that is on."""
    folder = settings.path("SFR_ANSWERS")
    note_path = _cache_path(folder, key, ".json") if folder else None
    if note_path is None or not note_path.exists():
        return None
    note = json.loads(note_path.read_text(encoding="utf-8"))
    log.warning("%s: from the development cache, fetched %s", key, note["fetched_at"])
    fetched_at = dt.datetime.fromisoformat(note["fetched_at"])
    # The bytes of the responses are not in the cache, only what they were.
    responses = tuple(
        Response(kept["url"], kept["status"], b"", kept["sha256"]) for kept in note["responses"]
    )
    content = note_path.with_suffix(note["suffix"])
    if note["suffix"] == ".bin":
        return Answer(content.read_bytes(), fetched_at, responses)
    return Answer(pd.read_parquet(content), fetched_at, responses)


def _cache_path(folder: Path, key: str, suffix: str) -> Path:
    what = re.sub(r"\W+", "_", json.loads(key)["what"])
    return folder / f"{what}-{hashlib.sha256(key.encode()).hexdigest()[:16]}{suffix}"


def _keep_cached(folder: Path, key: str, answer: Answer[pd.DataFrame] | Answer[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(answer.value, bytes):
        suffix, content = ".bin", answer.value
    else:
        buffer = io.BytesIO()
        answer.value.to_parquet(buffer)
        suffix, content = ".parquet", buffer.getvalue()
    note = {
        "call": json.loads(key),
        "fetched_at": answer.fetched_at.isoformat(),
        "suffix": suffix,
        "responses": [
            {"url": response.url, "status": response.status, "sha256": response.sha256}
            for response in answer.responses
        ],
    }
    # The note comes last: a cached answer without its note does not exist.
    _put(_cache_path(folder, key, suffix), content)
    text = json.dumps(note, ensure_ascii=False, indent=1)
    _put(_cache_path(folder, key, ".json"), text.encode())


def _keep_raw(folder: Path, what: str, answer: Answer[pd.DataFrame] | Answer[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "index.csv"
    is_new = not index.exists()
    with index.open("a", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        if is_new:
            lines.writerow(["fetched_at", "call", "url", "status", "bytes", "sha256"])
        for response in answer.responses:
            if not (path := folder / response.sha256).exists():
                _put(path, response.content)
            lines.writerow(
                [answer.fetched_at.isoformat(), what, response.url, response.status,
                 len(response.content), response.sha256]
            )  # fmt: skip


def _put(path: Path, content: bytes) -> None:
    with in_place_of(path) as aside:
        aside.write_bytes(content)
