"""Exported JSON: one object a line, or one list of objects, of any size.

Belongs here: finding the objects without holding the file. Does not belong here: what their fields
mean (`exports`).
"""

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TextIO

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.csv_rows import LONGEST_ROW
from sfr_pipeline.opinion.export_frames import frames_of, require_columns
from sfr_pipeline.opinion.export_text import TextFile
from sfr_pipeline.opinion.fields import UnreadableRow

NO_OBJECT = "it is no JSON object"
# Characters read at once; more of them while an object of a list does not end.
PIECE = 2**14

Row = dict[str, Any] | UnreadableRow


class Json:
    """Objects, each a post; a field that some lack is missing there."""

    sheet = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = TextFile(path)
        with self._text.opened() as file:
            self._is_list = file.read(PIECE).lstrip().startswith("[")

    @property
    def how(self) -> str:
        """As `export_files.ExportTable.how`."""
        return f"{'JSON list' if self._is_list else 'JSON lines'}, {self._text.how}"

    @cached_property
    def columns(self) -> list[str]:
        """As `export_files.ExportTable.columns`: the fields of all objects."""
        names: dict[str, None] = {}
        for row in self._rows():
            if isinstance(row, dict):
                names.update(dict.fromkeys(row))
                require_columns(self._path, list(names))
        if not names:
            self._refuse("it holds no object with a field")
        return list(names)

    def frames(self, columns: Sequence[str], rows: int) -> Iterator[pd.DataFrame]:
        """As `export_files.ExportTable.frames`."""
        values = (
            row if isinstance(row, UnreadableRow) else [row.get(column) for column in columns]
            for row in self._rows()
        )
        return frames_of(columns, values, rows)

    def _rows(self) -> Iterator[Row]:
        with self._text.opened() as file:
            yield from self._listed(file) if self._is_list else self._lines(file)

    def _lines(self, file: TextIO) -> Iterator[Row]:
        begun = False
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_ROW), ""), 1):
            if len(line) == LONGEST_ROW:
                self._refuse(f"line {number} does not end within {LONGEST_ROW:,} characters")
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = None
            if not isinstance(value, dict) and not begun:
                self._refuse(f"line {number} holds no whole object")
            begun = True
            yield value if isinstance(value, dict) else UnreadableRow(NO_OBJECT, number)

    def _listed(self, file: TextIO) -> Iterator[Row]:
        """The objects of a list; text is held from the one that is read to the end of a piece."""
        decode = json.JSONDecoder().raw_decode
        text, line = _stripped(file.read(PIECE), 1)
        text = text[1:]
        while True:
            text, line = _stripped(text, line)
            if not text and (text := file.read(PIECE)):
                continue
            if text.startswith("]"):
                rest, line = _stripped(text[1:] + file.read(PIECE), line)
                if rest:
                    self._refuse(f"line {line} holds more, behind the end of its list")
                return
            try:
                value, end = decode(text)
                # Of a number, or before the sign that follows, more may come.
                whole = text[end:].lstrip()[:1]
            except RecursionError:
                self._refuse(f"its list can't be read from line {line} on")
            except ValueError:
                whole = ""
            if not whole:
                if len(text) >= LONGEST_ROW:
                    self._refuse(
                        f"an object that begins in line {line} does not end within "
                        f"{LONGEST_ROW:,} characters"
                    )
                more = file.read(min(max(PIECE, len(text)), LONGEST_ROW))
                if not more:
                    self._refuse(f"its list can't be read from line {line} on")
                text += more
                continue
            yield value if isinstance(value, dict) else UnreadableRow(NO_OBJECT, line)
            line += text.count("\n", 0, end)
            text, line = _stripped(text[end:], line)
            if whole == ",":
                text = text[1:]
            elif whole != "]":
                self._refuse(f"its list can't be read from line {line} on")

    def _refuse(self, what: str) -> NoReturn:
        raise SourceError(
            f"{self._path} can't be read as JSON, {what}: write one object a line, or one list of "
            "objects"
        )


def _stripped(text: str, line: int) -> tuple[str, int]:
    rest = text.lstrip()
    return rest, line + text.count("\n", 0, len(text) - len(rest))
