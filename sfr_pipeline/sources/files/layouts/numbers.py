"""Numbers of series as vendors write them, turned into those that `checks` reads.

Belongs here: commas between thousands and before decimals, told apart by what a file proves. Does
not belong here: the proof, which prices share (`written`), and whatever else a number may be
written with, which `checks` refuses by row.
"""

from collections.abc import Sequence
from pathlib import Path

from sfr_pipeline.sources.cells import NUMBER
from sfr_pipeline.sources.files.checks import Row, abridged, refuse
from sfr_pipeline.sources.files.layouts.interface import FoundSeries
from sfr_pipeline.sources.files.layouts.written import (
    BY_COMMA,
    BY_POINT,
    Decimal,
    TwoMeanings,
    decimal_of,
)


def is_number(cell: object) -> bool:
    """Whether a cell reads as a number, whatever divides its decimals."""
    plain = (plain_number(cell, decimal) for decimal in ("point", "comma"))
    return any(NUMBER.fullmatch(str(one).strip()) for one in plain if one is not None)


def plain_number(cell: object, decimal: Decimal) -> object:
    """A cell with a point before its decimals and nothing between thousands, else as it is."""
    text = cell.strip() if isinstance(cell, str) else ""
    if decimal == "comma" and BY_COMMA.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", "") if decimal == "point" and BY_POINT.fullmatch(text) else cell


def with_decimals(series: Sequence[FoundSeries]) -> list[FoundSeries]:
    """The series of a file, each with what divides its decimals, or a row of which that is unsure.

    The file tells, by those of its numbers that have but one reading; where it contradicts itself
    or is silent, each column by itself.
    """
    texts = [_texts(one) for one in series]
    if not any("," in text or text.count(".") > 1 for own in texts for text in own):
        return list(series)
    try:
        decimal = decimal_of(text for own in texts for text in own)
    except TwoMeanings:
        return [_by_itself(one, own) for one, own in zip(series, texts, strict=True)]
    return [one._replace(decimal=decimal) for one in series]


def plain_rows(file: str, name: str, found: FoundSeries, given: Decimal | None) -> Sequence[Row]:
    """The rows of a series, their numbers written plainly.

    Args:
        file: its name, for messages.
        name: of the series, for messages.
        found: the series.
        given: by the user, what divides decimals; None: as the file tells.

    Raises:
        SourceError: nothing tells.
    """
    if given is None and found.unsure is not None:
        row, column, short = found.unsure, found.names[-1], Path(file).name
        refuse(
            file,
            row.number,
            f"'{abridged(row.value)}' in column '{abridged(column)}' may have a comma between "
            "thousands or before decimals, and the file does not tell which: write its numbers "
            f"plainly, such as 1234.5, or say in mapping.yaml, {name}: {{file: '{short}', column: "
            f"'{column}', decimal: comma}}, or decimal: point",
        )
    decimal = given or found.decimal
    if decimal is None:
        return found.rows
    return [row._replace(value=plain_number(row.value, decimal)) for row in found.rows]


def _texts(one: FoundSeries) -> list[str]:
    return [row.value for row in one.rows if isinstance(row.value, str)]


def _by_itself(one: FoundSeries, texts: Sequence[str]) -> FoundSeries:
    try:
        return one._replace(decimal=decimal_of(texts))
    except TwoMeanings as error:
        return one._replace(unsure=next(row for row in one.rows if row.value in error.texts))
