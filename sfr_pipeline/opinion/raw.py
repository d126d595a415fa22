"""A refused row as it is kept: JSON that nobody can be hurt by, with or without its texts.

Belongs here: what of a row may be stored or logged. Does not belong here: why it is refused
(`posts`).
"""

import json
import re
from collections.abc import Hashable, Mapping

import numpy as np

from sfr_pipeline.opinion.fields import UNREADABLE, UnreadableRow, is_missing

RAW_CHARACTERS = 2_000
TEXTS = ("title", "content", "line")
NEVER_TEXTS = ("url",)  # made by the crawler
# Numbers, times, codes and truth values.
SHORT = re.compile(r"[\w.,:+/ -]{0,40}", re.ASCII)
REPLACED = re.compile(r"\([\d,]+ characters\)", re.ASCII)


def raw_of(row: Mapping[Hashable, object], keep_texts: bool) -> str:
    """The row as JSON in printable ASCII, so that nothing in it can act on who reads it.

    Of a row that could not be read only the place: what stands there may be a name.
    """
    unreadable = row.get(UNREADABLE)
    if isinstance(unreadable, UnreadableRow):
        row = {"line": unreadable.line}
    found = {
        str(field): None if is_missing(value) else value
        for field, value in row.items()
        if field != UNREADABLE
    }
    if not keep_texts:
        found = {field: without_text(field, value) for field, value in found.items()}
    return json.dumps(found, default=_plain)[:RAW_CHARACTERS]


def raw_without_texts(raw: str) -> str:
    """A rejected row as it is kept where texts are not: of one that was cut, its length alone."""
    try:
        found = json.loads(raw)
    except ValueError:
        return json.dumps({"characters": len(raw)})
    return json.dumps({field: without_text(field, value) for field, value in found.items()})


def without_text(field: str, value: object) -> object:
    """A value that holds no text: in a damaged row one may stand where a count belongs."""
    if value is None or isinstance(value, int | float) or field in NEVER_TEXTS:
        return value
    text = str(value)
    if REPLACED.fullmatch(text) or (field not in TEXTS and SHORT.fullmatch(text)):
        return value
    return f"({len(text):,} characters)"


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.number) else str(value)
