"""The values of delivered rows, column by column, and what is wrong with a row by itself.

Belongs here: which fields a post must have. Does not belong here: what a single value means
(`fields`, `texts`), and what a row's neighbours decide (`posts`).
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from sfr_pipeline.opinion.fields import (
    UNREADABLE,
    UnclearError,
    UnreadableRow,
    count,
    field_values,
    flag,
    identifier,
    name,
    wall_clock,
)
from sfr_pipeline.opinion.texts import full_text
from sfr_pipeline.storage.tables.opinion import INTERACTIONS

Value = TypeVar("Value")
Mask = npt.NDArray[np.bool_]
Times = npt.NDArray[np.datetime64]
Reasons = dict[int, str]  # by the number of the row; the first that was found


def parsed_rows(
    rows: pd.DataFrame, reasons: Reasons, unclear: list[tuple[int, str]]
) -> pd.DataFrame:
    """The values of table ``posts``; what is wrong with a row by itself goes to `reasons`.

    Rows and fields of counts that can't be understood are added to `unclear`.
    """
    for number, unreadable in enumerate(field_values(rows, UNREADABLE)):
        if isinstance(unreadable, UnreadableRow):
            reasons[number] = unreadable.reason
    ids = _each(rows, "post_id", identifier, reasons, "its post_id")
    bars = list(map(name, field_values(rows, "bar")))
    bodies = field_values(rows, "content")
    texts = list(map(full_text, field_values(rows, "title"), bodies))
    published = _times(rows, "published", reasons)
    refuse_rows(reasons, [value is None for value in ids], "it has no post_id")
    refuse_rows(reasons, [value is None for value in bars], "it names no board")
    refuse_rows(reasons, np.isnat(published), "its time of publication is missing")
    refuse_rows(reasons, [not text for text in texts], "no text is left of it after cleaning")
    return pd.DataFrame(
        {
            "post_id": pd.Series(ids, dtype=object),
            "published_at": published,
            "bar": pd.Series(bars, dtype=object),
            # The site's type and a time of retrieval that make no sense are as good as missing.
            "kind": _counts(rows, "post_type", {}, []),
            "text": pd.Series(texts, dtype=object),
            "text_is_full": np.array([isinstance(body, str) for body in bodies], dtype=bool),
            **{field: _counts(rows, field, reasons, unclear) for field in INTERACTIONS},
            "automatic": pd.array(
                list(map(flag, field_values(rows, "automatic"))), dtype=pd.BooleanDtype()
            ),
            "retrieved_at": _times(rows, "retrieved_at", {}),
        }
    )


def _times(rows: pd.DataFrame, field: str, reasons: Reasons) -> Times:
    if field in rows.columns and rows[field].dtype.kind == "M" and rows[field].dt.tz is None:
        return rows[field].to_numpy().astype("datetime64[us]")
    values = _each(rows, field, wall_clock, reasons, "its time of publication")
    return pa.array(values, pa.timestamp("us")).to_numpy(zero_copy_only=False)


def _counts(
    rows: pd.DataFrame, field: str, reasons: Reasons, unclear: list[tuple[int, str]]
) -> pd.api.extensions.ExtensionArray:
    """The counts of all rows; one without a meaning is missing, and its place is added."""
    values = _each(rows, field, count, reasons, f"the count of {field}", unclear)
    return pd.array(values, dtype="Int64")


def _each(
    rows: pd.DataFrame,
    field: str,
    read: Callable[[object], Value],
    reasons: Reasons,
    what: str,
    unclear: list[tuple[int, str]] | None = None,
) -> list[Value | None]:
    """Every value read; where that fails, None, and the reason, or that it is unclear."""
    values: list[Value | None] = []
    for number, value in enumerate(field_values(rows, field)):
        try:
            values.append(read(value))
        except ValueError as error:
            values.append(None)
            if isinstance(error, UnclearError) and unclear is not None:
                unclear.append((number, field))
            else:
                reasons.setdefault(number, f"{what} {error}")
    return values


def refuse_rows(reasons: Reasons, mask: Mask | list[bool], reason: str) -> None:
    """Give a reason to all rows of a mask that have none yet."""
    for number in np.flatnonzero(mask):
        reasons.setdefault(int(number), reason)
