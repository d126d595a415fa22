"""Which object store is asked, and what is said where it refuses.

Belongs here: the client and its settings, which are those of every program that speaks S3. Does not
belong here: what is asked (`object_store`).
"""

import functools
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow.fs as pafs

from sfr_pipeline.errors import StorageError
from sfr_pipeline.workspace import Url

# Variables that the client reads, by us or by the library: another value makes another client.
SETTINGS = (
    "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)  # fmt: skip
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 60.0
# Without an address the library takes the region from its settings; a server of one's own has none.
ANY_REGION = "us-east-1"

_REMEDIES = (
    (
        r"ACCESS_DENIED|InvalidAccessKeyId|SIGNATURE|HTTP status 403",
        "give these credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE) the "
        "right to it",
    ),
    (
        r"NETWORK_CONNECTION|curlCode|connect",
        "see whether the server of AWS_ENDPOINT_URL is up and can be reached from here",
    ),
    (r"NO_SUCH_BUCKET|NoSuchBucket", "make the bucket, or name another in SFR_WAREHOUSE"),
    (r"HTTP status 301|PermanentRedirect|region", "set AWS_REGION to the region of the bucket"),
)
OTHERWISE = "see the log of the object store"


def client() -> pafs.FileSystem:
    """The client of the object store that the environment names; one a process."""
    return _client(os.getpid(), tuple(os.environ.get(name) for name in SETTINGS))


@functools.cache
def _client(process: int, settings: tuple[str | None, ...]) -> pafs.FileSystem:
    """A client.

    Args:
        process: number of this one: after a fork, its threads would be missing.
        settings: values of ``SETTINGS``.
    """
    given = dict(zip(SETTINGS, settings, strict=True))
    options = {}
    if endpoint := given["AWS_ENDPOINT_URL"]:
        scheme, _, host = endpoint.rpartition("://")
        options = {"endpoint_override": host.rstrip("/"), "scheme": scheme or "https"}
    return pafs.S3FileSystem(
        region=given["AWS_REGION"] or (ANY_REGION if endpoint else None),
        connect_timeout=CONNECT_SECONDS,
        request_timeout=ANSWER_SECONDS,
        **options,
    )


@contextmanager
def telling_of(place: Url) -> Iterator[None]:
    """Say what an object store refused, and what to do about it.

    Args:
        place: what is asked for in the block.

    Raises:
        StorageError: it was refused. What is not there passes as FileNotFoundError.
    """
    try:
        yield
    except (FileNotFoundError, TimeoutError):
        raise
    except OSError as error:
        said = " ".join(str(error).split())
        remedy = next((then for when, then in _REMEDIES if re.search(when, said)), OTHERWISE)
        raise StorageError(f"{place}: {said}; {remedy}") from error
