"""The bytes of a user's file: read once, so that what is hashed is what was read.

Belongs here: how large a file may be, and what is said where it can't be read. Does not belong
here: what the bytes mean (`delimited`, `workbooks`).
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from sfr_pipeline.sources.files.checks import refuse

# Fifty years of minutes, or all daily prices of a large market, are smaller.
LARGEST_FILE = 256 * 2**20


def read_content(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """Read a file whole.

    Args:
        path: of the file.
        largest: bytes that it may have.

    Raises:
        SourceError: it can't be read, or is larger than that.
    """
    try:
        with path.open("rb") as file:
            # One byte more than allowed: what the folder says of a size may be old, or no size.
            content = file.read(largest + 1)
    except OSError as error:
        refuse(
            str(path),
            None,
            f"it cannot be read ({error.strerror}): put the file itself in its place, or remove it",
        )
    if len(content) > largest:
        refuse(
            str(path),
            None,
            f"it is larger than {largest / 2**20:,.0f} MB, more than any series or price file that "
            "is read here: keep the rows and columns that are needed, or divide it",
        )
    return content


def sha256_of_all(hashes: Mapping[str, str]) -> str:
    """One hash of several files: that of the one where it is one, else of the list of them.

    Args:
        hashes: SHA-256 of each file, by its name.

    Returns:
        Where there are several, the SHA-256 of what ``sha256sum`` prints of them in the order of
        their names.
    """
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    lines = "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))
    return hashlib.sha256(lines.encode()).hexdigest()
