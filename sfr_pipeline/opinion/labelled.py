"""Sentences whose sentiment people have judged, from a file of any format that posts come in.

Belongs here: texts and labels of a file, each text once. Does not belong here: the formats
(`export_files`), which label a name stands for (`labels`), and what a model makes of the texts
(`evaluation`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.sentiments import Label
from sfr_pipeline.opinion.export_files import export_tables
from sfr_pipeline.opinion.fields import (
    NOTHING,
    UNREADABLE,
    UnreadableRow,
    field_values,
    is_missing,
    name,
)
from sfr_pipeline.opinion.labels import label_named
from sfr_pipeline.opinion.posts import CHUNK

CLASSES_EXAMPLE = "0=negative,1=neutral,2=positive"
COLUMNS = ("text", "label")


@dataclass(frozen=True)
class Labelled:
    """Sentences that people have judged, each text once.

    Attributes:
        texts: with one label alone.
        labels: theirs.
        duplicates: rows dropped because the same text was there with the same label.
        conflicting: texts dropped, with all their rows, because they had several labels.
        remarks: which rows and sheets of the file were left out, in sentences.
    """

    texts: list[str]
    labels: list[Label]
    duplicates: int
    conflicting: int
    remarks: tuple[str, ...] = ()


def read_labelled(path: Path, classes: Mapping[str, Label] | None = None) -> Labelled:
    """Read a file with the columns text and label, in any format that posts are read from.

    All is text as written: "NA" is a text, and 0 beside an empty cell stays 0. A row without a
    label, or without a text, is left out and told, and so is a sheet without the columns.

    Args:
        path: of the file.
        classes: label of each name in the file; needed where names say nothing, such as 0, 1, 2.

    Raises:
        SourceError: the file or a row of it is unreadable, it lacks a column, or has labels of
            unknown meaning.
    """
    tables = export_tables(path)
    having = [table for table in tables if set(COLUMNS) <= set(table.columns)]
    if not having:
        found = tables[0].columns
        missing = sorted(set(COLUMNS) - set(found))
        raise SourceError(
            f"{path} has no column {' and '.join(missing)} (it has {', '.join(found)}): rename "
            "its columns to text and label"
        )
    for table in having:
        if repeated := [one for one in COLUMNS if table.columns.count(one) > 1]:
            raise SourceError(
                f"{path} has several columns called {', '.join(repeated)}: rename all but one"
            )
    remarks = [
        f"sheet '{table.sheet}' has no columns text and label, and was passed over"
        for table in tables
        if table not in having
    ]
    rows = pd.concat([rows for table in having for rows in table.frames(COLUMNS, CHUNK)])
    for row in field_values(rows, UNREADABLE):
        if isinstance(row, UnreadableRow):
            raise SourceError(
                f"{path}, line {row.line}: {row.reason}; put a text that holds a separator or a "
                "quote into quotes"
            )
    frame = pd.DataFrame(
        {
            "text": list(map(_written, rows["text"])),
            "label": [_label(value, classes or {}) for value in rows["label"]],
        },
        dtype=object,
    )
    remarks += [
        f"rows without a {column}, left out: {count:,}"
        for column in COLUMNS
        if (count := int(frame[column].isna().sum()))
    ]
    frame = frame.dropna()
    if frame.empty:
        raise SourceError(f"{path} has no row with both a text and a label")
    once = judged(frame, classes, str(path), f"--classes {CLASSES_EXAMPLE}")
    return replace(once, remarks=tuple(remarks))


def judged(
    frame: pd.DataFrame, classes: Mapping[str, Label] | None, origin: str, example: str
) -> Labelled:
    """Texts that people have judged, each once, and their labels.

    Args:
        frame: texts in the columns text and label, no gaps.
        classes: label of each name in the frame; needed where names say nothing, such as 0, 1, 2.
        origin: what errors call the frame.
        example: how classes are named where it came from.

    Raises:
        SourceError: a label is of unknown meaning.
    """
    meaning = {
        label: (classes or {}).get(label) or label_named(label) for label in frame["label"].unique()
    }
    unknown = sorted(written for written, label in meaning.items() if label is None)
    if unknown:
        raise SourceError(
            f"{origin} has labels of unknown meaning ({', '.join(unknown)}): name every label that "
            f"occurs, for instance {example}"
        )
    once = frame.assign(label=frame["label"].map(meaning)).drop_duplicates()
    conflicts = once["text"].duplicated(keep=False)
    clean = once[~conflicts]
    return Labelled(
        clean["text"].tolist(),
        clean["label"].tolist(),
        duplicates=len(frame) - len(once),
        conflicting=once.loc[conflicts, "text"].nunique(),
    )


def _written(value: object) -> str | None:
    """A value as a spreadsheet shows it, 1.0 as 1 and a truth value as TRUE; None for nothing."""
    if is_missing(value):
        return None
    if isinstance(value, bool | np.bool_):
        return str(value).upper()
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return text if text.strip() else None


def _label(value: object, classes: Mapping[str, Label]) -> str | None:
    """The name of a label, 0.0 as 0 if that is known; None where it says that there is none."""
    text = (_written(value) or "").strip()
    if text not in classes and (whole := name(text)) in classes:
        return whole
    return None if text not in classes and text.lower() in NOTHING else text
