"""Where a series stands among a user's files, and how it is read from there.

Belongs here: one series of one file, and the factor between the unit that the file states and that
of the catalogue. Does not belong here: which file holds which series (`folder`).
"""

import logging
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from sfr_pipeline.errors import shown
from sfr_pipeline.sources.files.checks import Row, Wanted, refuse
from sfr_pipeline.sources.files.contents import Contents
from sfr_pipeline.sources.files.layouts.interface import FoundSeries
from sfr_pipeline.sources.files.layouts.numbers import plain_rows
from sfr_pipeline.sources.files.layouts.written import Decimal
from sfr_pipeline.sources.files.stated_units import factor_between

LOG = logging.getLogger(__name__)


class Found(NamedTuple):
    """Where a series stands.

    Attributes:
        text: provenance for readers, such as ``shibor_3m.csv`` or ``wide.csv, 3M``.
        rows: reads its observations.
        file: their file, for messages.
        sha256: hashes that file, as it was read.
        times: factor into the unit of the series.
        contents: the file, None for official workbooks.
        unit: as the file says.
    """

    text: str
    rows: Callable[[], Sequence[Row]]
    file: str
    sha256: Callable[[], str]
    times: Callable[[], float] = lambda: 1.0
    contents: Callable[[], Contents | None] = lambda: None
    unit: Callable[[], str | None] = lambda: None


class Delivered(NamedTuple):
    """How the file of a series is read.

    Attributes:
        format: such as ``text, GB18030, commas``.
        layouts: of vendors, empty for plain tables.
        unit: as the file says, None where it does not.
        times: factor from there to the unit of the catalogue.
        ignored: what in it is no observation, in sentences.
    """

    format: str
    layouts: tuple[str, ...]
    unit: str | None
    times: float
    ignored: list[str]


def in_file(
    wanted: Wanted,
    text: str,
    path: Path,
    contents: Callable[[], Contents],
    of: Callable[[], FoundSeries],
    times: float | None,
    decimal: Decimal | None = None,
) -> Found:
    """A series of a file, which is read when it is needed.

    Args:
        wanted: the series.
        text: provenance for readers.
        path: of the file.
        contents: reads the file.
        of: finds the series in it.
        times: factor into the unit of the catalogue; None: what follows from the units.
        decimal: what divides decimals; None: as the file tells.
    """
    return Found(
        text,
        lambda: plain_rows(str(path), wanted.id, of(), decimal),
        str(path),
        lambda: contents().sha256,
        lambda: times if times is not None else _factor(path, wanted, of().unit),
        contents,
        lambda: of().unit,
    )


def same(one: FoundSeries) -> FoundSeries:
    """The series, for whoever wants it found."""
    return one


def _factor(path: Path, wanted: Wanted, stated: str | None) -> float:
    """From the unit that a file states to that of the series, 1 where either is not sure."""
    factor = None if stated is None else factor_between(stated, wanted.unit)
    if factor is not None and math.isnan(factor):
        refuse(
            str(path),
            None,
            f"'{wanted.id}' is in {wanted.unit}, and the file says {stated}: give the column that "
            "is meant",
        )
    if factor is None or factor == 1:
        return 1.0
    LOG.info(
        "%s: '%s' from %s to %s, times %g",
        shown(str(path)), wanted.id, shown(str(stated)), wanted.unit, factor,
    )  # fmt: skip
    return factor
