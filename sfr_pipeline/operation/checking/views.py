"""A folder that holds some files of another, so that a reader can be asked about these alone.

The readers stop at the first fault of a folder, as a run must; asked file by file, they tell all.
"""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from sfr_pipeline.errors import SourceError

Read = TypeVar("Read")


def ask(folder: Path, names: Iterable[str], read: Callable[[Path], Read]) -> Read:
    """Let a reader see some files of a folder, and no others.

    Args:
        folder: where they lie.
        names: of files and folders, below it.
        read: the reader, which is done with the files once it returns.

    Raises:
        SourceError: it refuses; what it says names the files where they lie.
    """
    with tempfile.TemporaryDirectory(prefix="sfr-check-") as made:
        view = Path(made).resolve() / folder.name
        view.mkdir()
        for name in dict.fromkeys(names):
            link = view / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to((folder / name).absolute())
        try:
            return read(view)
        except SourceError as error:
            raise SourceError(str(error).replace(str(view), str(folder))) from error


def refusal_of(folder: Path, names: Iterable[str], read: Callable[[Path], object]) -> str | None:
    """The sentence with which a reader refuses some files, None where it reads them."""
    try:
        ask(folder, names, read)
    except SourceError as error:
        return str(error)
    return None
