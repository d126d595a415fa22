"""Which column of which file is which series, as ``mapping.yaml`` in a market's folder says.

Belongs here: reading that file, and all that can be wrong with it. Does not belong here: what the
columns hold (`contents`), and the mapping of prices (`price_names`).
"""

import math
import os
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.checks import refuse
from sfr_pipeline.sources.files.content import LARGEST_MAPPING, read_content
from sfr_pipeline.sources.files.layouts.written import Decimal
from sfr_pipeline.sources.files.opening import SUFFIXES
from sfr_pipeline.sources.files.text import decoded
from sfr_pipeline.yaml_text import NotYamlError, load_texts

MAPPING = "mapping.yaml"
WIDE = ("wide.csv", "wide.parquet")
KEYS = {"file", "column", "date", "times", "decimal"}
DECIMALS: Mapping[str, Decimal] = {"point": "point", "comma": "comma"}


class Named(NamedTuple):
    """Where a series stands.

    Attributes:
        file: name of its file.
        column: name of its column.
        date: name of the column of its dates, None: the first.
        times: factor into the unit of the series.
        decimal: what divides decimals, None: as the file tells.
    """

    file: str
    column: str
    date: str | None
    times: float
    decimal: Decimal | None = None


def read_mapping(folder: Path, wanted: Collection[str]) -> dict[str, Named]:
    """Read the mapping of a folder; empty where it has none.

    Args:
        folder: of the files.
        wanted: ids of the series of the market.

    Returns:
        Where each series stands that is named, by its id.

    Raises:
        SourceError: the first thing that is wrong with it.
    """
    named, faults = _read(folder, wanted)
    for fault in faults:
        raise fault
    return named


def mapping_faults(folder: Path, wanted: Collection[str]) -> list[SourceError]:
    """All that is wrong with the mapping of a folder, as far as it can be read.

    Args:
        folder: as of `read_mapping`.
        wanted: as of `read_mapping`.
    """
    return _read(folder, wanted)[1]


def _read(folder: Path, wanted: Collection[str]) -> tuple[dict[str, Named], list[SourceError]]:
    path = folder / MAPPING
    named: dict[str, Named] = {}
    faults: list[SourceError] = []
    if not os.path.lexists(path):
        return named, faults
    try:
        lines = _lines(path)
    except SourceError as error:
        return named, [error]
    for name, given in lines.items():
        try:
            named[name] = _entry(path, name, given, wanted)
        except SourceError as error:
            faults.append(error)
    return named, [*faults, *_twice(path, named)]


def _lines(path: Path) -> dict[str, Any]:
    try:
        content = (
            load_texts(decoded(str(path), read_content(path, LARGEST_MAPPING)).text).content or {}
        )
    except NotYamlError as error:
        refuse(str(path), None, f"it is no valid YAML: {error}")
    if not isinstance(content, dict):
        refuse(str(path), None, "it must hold lines such as 'shibor_3m: 3M'")
    return {str(name): content[name] for name in content}


def _entry(path: Path, name: str, given: Any, wanted: Collection[str]) -> Named:
    if name not in wanted:
        near = get_close_matches(name, wanted, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "remove the line"
        refuse(str(path), None, f"the market has no series '{name}': {hint}")
    entry = given if isinstance(given, dict) else {"column": given}
    default = _default_file(path.parent)
    entry = {"file": default or WIDE[0], "date": None, "times": "1", "decimal": None, **entry}
    times = _factor(entry["times"])
    if (
        set(entry) != KEYS
        or not all(_is_name(entry[key]) for key in ("file", "column"))
        or not (entry["date"] is None or _is_name(entry["date"]))
        or times is None
        or not (entry["decimal"] is None or str(entry["decimal"]) in DECIMALS)
    ):
        refuse(
            str(path),
            None,
            f"'{name}' needs a column, or file, column, date, times and decimal, times being a "
            "number above 0, decimal point or comma and the others names; a column called null or "
            "~ stands in quotes",
        )
    if default is None and not (isinstance(given, dict) and "file" in given):
        refuse(
            str(path),
            None,
            f"'{name}' names no file, and there is no {' or '.join(WIDE)}: say which it is, as in "
            f"'{name}: {{file: rates.csv, column: ...}}'",
        )
    decimal = None if entry["decimal"] is None else DECIMALS[str(entry["decimal"])]
    return Named(entry["file"], entry["column"], entry["date"], times, decimal)


def _default_file(folder: Path) -> str | None:
    """The file of columns whose line names none: a wide one, or the only one that there is."""
    names = [path.name for path in sorted(folder.iterdir()) if path.is_file()]
    tables = [
        name
        for name in names
        if Path(name).suffix.lower() in SUFFIXES and not name.startswith((".", "~$", "README"))
    ]
    wide = [name for name in WIDE if name in names]
    return next(iter(wide), tables[0] if len(tables) == 1 else None)


def _twice(path: Path, named: dict[str, Named]) -> Iterator[SourceError]:
    columns: dict[tuple[str, str], str] = {}
    for name, entry in named.items():
        first = columns.setdefault((entry.file, entry.column), name)
        if first == name:
            continue
        try:
            refuse(
                str(path),
                None,
                f"'{first}' and '{name}' both name column '{entry.column}' of {entry.file}, and no "
                "column holds two series: correct one of the lines, or remove it",
            )
        except SourceError as error:
            yield error


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _factor(value: object) -> float | None:
    """The number above 0 that somebody wrote; None where it is none."""
    try:
        number = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return None
    return number if 0 < number < math.inf else None
