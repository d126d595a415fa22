"""Rows of a CSV file, strictly, each with its line.

The standard library's reader has one limit on the length of a value, and it is the whole process's.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.fields import UnreadableRow

# Characters, more than any row has; objects of JSON take some thirty times as many bytes. A quote
# that never closes is found here, before it fills the memory.
LONGEST_ROW = 2**24
MISQUOTED = "its quotes do not match (a quote within a value must stand twice)"


class _NeverClosesError(Exception):
    """The text ends within quotes."""


def csv_rows(
    file: TextIO, path: Path, separator: str = ","
) -> Iterator[tuple[int, list[str] | UnreadableRow]]:
    """All rows but empty lines, each with the number of the line in which it begins.

    Values may stand in double quotes, within which lines may break.

    Args:
        file: opened with ``newline=""``.
        path: its name, for the error.
        separator: of the values, one character.

    Raises:
        SourceError: a quote never closes.
    """
    number = 0
    for first in iter(lambda: file.readline(LONGEST_ROW), ""):
        if len(first) == LONGEST_ROW:
            raise SourceError(
                f"{path} can't be read as CSV: line {number + 1} does not end within "
                f"{LONGEST_ROW:,} characters; export the file again"
            )
        number += 1
        begun, text = number, first
        while True:
            try:
                fields = _fields(text, separator)
                break
            except _NeverClosesError:
                more = _to_next_quote(file, LONGEST_ROW - len(text))
                if not more:
                    raise SourceError(
                        f"{path} can't be read as CSV: a quote in the row that begins in line "
                        f"{begun} never closes; close it, or export the file again"
                    ) from None
                number += len(more)
                text += "".join(more)
        if fields is None:
            yield begun, UnreadableRow(MISQUOTED, begun)
        elif fields != [""]:
            yield begun, fields


def _to_next_quote(file: TextIO, most: int) -> list[str]:
    """Lines up to one that may close a quote; none where the file, or the room for them, ends."""
    lines = []
    while most > 0 and (line := file.readline(most)):
        lines.append(line)
        most -= len(line)
        if '"' in line and most > 0:
            return lines
    return []


def _fields(text: str, separator: str) -> list[str] | None:
    """Values of a row; None where its quotes do not match.

    Raises:
        _NeverClosesError: the row goes on behind the text.
    """
    row = text.rstrip("\r\n")
    if '"' not in row:
        return row.split(separator)
    fields = []
    place = 0
    while True:
        if text.startswith('"', place):
            end = _closing(text, place + 1)
            fields.append(text[place + 1 : end].replace('""', '"'))
            if not text[end + 1 :].strip("\r\n"):
                return fields
            if text[end + 1] != separator:
                return None
            place = end + 2
        else:
            end = text.find(separator, place)
            if end < 0:
                fields.append(text[place:].rstrip("\r\n"))
                return fields
            fields.append(text[place:end])
            place = end + 1


def _closing(text: str, place: int) -> int:
    """Where the quote closes that opened before ``place``; two together stand for one within."""
    while True:
        end = text.find('"', place)
        if end < 0:
            raise _NeverClosesError
        if not text.startswith('""', end):
            return end
        place = end + 2
