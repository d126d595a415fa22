"""Which files of a folder are taken for exported posts, and which are passed over, and why.

Belongs here: what names and kinds of files say. Does not belong here: what stands in them
(`exports`).
"""

from collections.abc import Iterator
from pathlib import Path

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.export_files import SUFFIXES, suffix_of
from sfr_pipeline.sources.files.opening import ARCHIVES
from sfr_pipeline.sources.files.survey import PassedOver


def posts_files(folder: Path, passed_over: list[PassedOver]) -> list[Path]:
    """The files that are to be read, in the order of their names; folders below count too.

    Args:
        folder: of the posts.
        passed_over: gets what else lies there.

    Raises:
        SourceError: there is no such folder, or it holds no such file.
    """
    if not folder.is_dir():
        raise SourceError(
            f"there is no folder {folder}: make it and put the exported posts there, or name "
            "theirs in forum.exports of the market's YAML"
        )
    files = []
    for path in _below(folder):
        if why := _why_not(path):
            passed_over.append(PassedOver(origin_of(path, folder), why))
        else:
            files.append(path)
    if not files:
        raise nothing_to_read(folder, passed_over)
    return files


def nothing_to_read(folder: Path, passed_over: list[PassedOver]) -> SourceError:
    """The error for a folder without posts."""
    others = "; ".join(f"{name} is passed over: {why}" for name, why in passed_over)
    return SourceError(
        f"{folder} holds no file of posts ({', '.join(SUFFIXES)}): put them there, or name their "
        f"folder in forum.exports of the market's YAML{f'. {others}' if others else ''}"
    )


def origin_of(path: Path, folder: Path) -> str:
    """The file's name below the folder.

    Raises:
        SourceError: no table can hold it.
    """
    origin = path.relative_to(folder).as_posix()
    try:
        origin.encode()
    except UnicodeEncodeError as error:
        raise SourceError(
            f"{origin!a} in {folder}: the name of the file or its folder is no UTF-8, and so "
            "no table can hold it; rename it"
        ) from error
    return origin


def _below(folder: Path) -> Iterator[Path]:
    """All that lies in a folder and in those below it, but for what hidden ones hold."""
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        raise SourceError(
            f"{folder} can't be listed ({error.strerror}): change its permissions, or move it out "
            "of the folder of posts"
        ) from error
    for path in found:
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from _below(path)
        else:
            yield path


def _why_not(path: Path) -> str | None:
    """Why it is not read, as far as its name and its kind tell."""
    if path.name.startswith(("~$", ".~lock.")):
        return "a spreadsheet keeps it beside a file that it has open: close that file there"
    if path.name.startswith("."):
        return "its name begins with a point, as those of hidden files do: rename it to be read"
    if path.is_dir():
        return "it is a link to a folder: put the folder itself there to be read"
    if not path.is_file():
        return "it is no file, or a link to none"
    suffix = suffix_of(path)
    if suffix in SUFFIXES:
        return None
    if suffix in ARCHIVES:
        return "it is an archive: unpack it to be read"
    return f"posts are read from {', '.join(SUFFIXES)}: save it as one of these to be read"
