"""What lies in a market's folder: the files that may hold series, and what is passed over by name.

Belongs here: names of files and folders. Does not belong here: what files hold (`contents`).
"""

import os
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from sfr_pipeline.sources.files.checks import refuse
from sfr_pipeline.sources.files.opening import SUFFIXES

# Folders in the folder of a market, read by others: prices, posts of the forum.
OTHERS = ("prices", "posts")
LOCK, HIDDEN = "~$", "."
# Descriptions of columns that CSMAR puts beside its data, and what systems leave in folders.
DESCRIPTION = "[des]"
LEFT_BEHIND = ("thumbs.db", "desktop.ini", "icon\r")
# Of the files in a folder that is passed over.
MOST_LOOKED_AT = 10_000


class PassedOver(NamedTuple):
    """Something in a market's folder that is not read.

    Attributes:
        name: of the file or folder, below the market's; of a sheet or column after a comma.
        why: it is not read, in a sentence.
    """

    name: str
    why: str


class Survey(NamedTuple):
    """What lies in a market's folder.

    Attributes:
        files: that may hold series, by name.
        passed_over: what does not.
        below: of each file in other folders its stem in small letters, and the file.
    """

    files: list[Path]
    passed_over: list[PassedOver]
    below: dict[str, Path]


def survey(folder: Path, own: Collection[str]) -> Survey:
    """Look through a market's folder.

    Args:
        folder: that exists.
        own: names of files that are no data, such as ``mapping.yaml``; a name that differs in case
            alone is refused.

    Raises:
        SourceError: a name that would be passed over although it is meant for something.
    """
    files: list[Path] = []
    passed: list[PassedOver] = []
    below: dict[str, Path] = {}
    small = {name.lower(): name for name in own}
    for path in sorted(folder.iterdir()):
        lower = path.name.lower()
        if path.name.startswith(LOCK):
            passed.append(PassedOver(path.name, "a lock of an office program: its book is open"))
        elif path.name.startswith(HIDDEN) or lower in LEFT_BEHIND:
            passed.append(PassedOver(path.name, "a hidden file"))
        elif path.is_dir():
            passed += _folder(path, below)
        elif path.name in own:
            continue
        elif lower in small or (lower == "mapping.yml" and "mapping.yaml" in own):
            meant = small.get(lower, "mapping.yaml")
            refuse(str(path), None, f"it is not read under this name: call it {meant}")
        elif lower.startswith("readme"):
            passed.append(PassedOver(path.name, "a text for readers"))
        elif DESCRIPTION in lower and path.suffix.lower() == ".txt":
            passed.append(PassedOver(path.name, "CSMAR's description of columns"))
        else:
            files.append(path)
    return Survey(files, passed, below)


def _folder(path: Path, below: dict[str, Path]) -> list[PassedOver]:
    if path.suffix.lower() in SUFFIXES:
        refuse(str(path), None, "it is a folder: put a single file in its place")
    if path.name in OTHERS:
        return []
    if path.name.lower() in OTHERS:
        refuse(str(path), None, f"it is not read under this name: call it {path.name.lower()}")
    held: list[str] = []
    for where, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = Path(where, name)
            held.append(str(file.relative_to(path)))
            if file.suffix.lower() in SUFFIXES:
                below.setdefault(file.stem.lower(), file)
        if len(held) > MOST_LOOKED_AT:
            break
    shown = ", ".join(held[:5]) + (f" and {len(held) - 5:,} more" if len(held) > 5 else "")
    why = f"a folder, and folders are not read: {shown}" if held else "an empty folder"
    return [PassedOver(f"{path.name}/", why)]
