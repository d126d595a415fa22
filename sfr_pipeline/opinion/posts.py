"""From rows as delivered to posts, and to rejected rows with a reason each.

Belongs here: which rows are posts. Does not belong here: how they were fetched (`scrapers`) or
read from files (`exports`), and what their values mean (`fields`, `texts`).
"""

import json
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from sfr_pipeline.opinion.fields import count, field_values, flag, is_missing, name, wall_clock
from sfr_pipeline.opinion.texts import full_text
from sfr_pipeline.storage.tables.opinion import INTERACTIONS

RAW_CHARACTERS = 2_000
# The clock of the machine that fetched may lie in another zone than the forum's. A day covers any
# pair of them without the zones being known; malformed dates are off by more.
CLOCKS_APART = np.timedelta64(1, "D")

Value = TypeVar("Value")
Mask = npt.NDArray[np.bool_]
Times = npt.NDArray[np.datetime64]
Reasons = dict[int, str]  # by the number of the row; the first that was found


@dataclass(frozen=True)
class Validated:
    """What became of delivered rows: each is a post, rejected, or of a month not asked for.

    Attributes:
        posts: rows of table ``posts``, in the order of delivery.
        rejected: rows of table ``posts_rejected``.
        outside: number of rows that belong to other months.
    """

    posts: pd.DataFrame
    rejected: pd.DataFrame
    outside: int

    @property
    def delivered(self) -> int:
        """Number of rows that came in."""
        return len(self.posts) + len(self.rejected) + self.outside


def raw_rows(records: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Records as a frame whose values stay what they are.

    Plain ``pd.DataFrame(records)`` would turn whole numbers beside missing ones into fractions, and
    fail on a lone surrogate.
    """
    return pd.DataFrame(list(records), dtype=object)


def validate_all(
    deliveries: Iterable[tuple[str, pd.DataFrame]],
    months: Sequence[str],
    now: pd.Timestamp | None = None,
) -> Validated:
    """The posts of several origins together; one that several hold counts once, where it was first.

    Args:
        deliveries: each an origin and its rows, as `validate` takes them.
        months: asked for, as "YYYY-MM".
        now: wall clock; that of this machine where None.
    """
    now = pd.Timestamp.now() if now is None else now
    parts = [validate(raw_rows([]), origin="", months=months, now=now)]
    taken: set[str] = set()
    for origin, rows in deliveries:
        parts.append(validate(rows, origin=origin, months=months, now=now, taken=taken))
        taken.update(parts[-1].posts["post_id"])
    return Validated(
        posts=pd.concat([part.posts for part in parts], ignore_index=True),
        rejected=pd.concat([part.rejected for part in parts], ignore_index=True),
        outside=sum(part.outside for part in parts),
    )


def validate(
    rows: pd.DataFrame,
    *,
    origin: str,
    months: Sequence[str],
    now: pd.Timestamp,
    taken: Collection[str] = (),
) -> Validated:
    """Sort delivered rows into posts and rejected rows.

    A row is rejected if it lacks an identifier or a board, if its time of publication is missing,
    unreadable or in the future, if no text is left after cleaning, or if a count is negative or no
    whole number. A missing count stays missing. Of rows with one identifier the first with the full
    text is kept, else the first; the others are rejected as duplicates.

    A row without a credible time belongs to the month of the nearest row with one, the preceding
    before the following; if there is none, to the first month asked for.

    Args:
        rows: the fields ``post_id, bar, title, content, published, reads, likes, comments, shares,
            post_type, automatic, retrieved_at`` with values of any type, in the order of delivery.
            A field that is not there is missing in all rows. `raw_rows` makes such a frame.
        origin: site or file that the rows come from.
        months: asked for, as "YYYY-MM"; rows of others are counted and left out.
        now: wall clock, for rows that do not say when they were retrieved.
        taken: identifiers that rows of other origins hold already.
    """
    reasons: Reasons = {}
    parsed = _parse(rows, reasons)
    published, future = parsed["published_at"].to_numpy(), _future(parsed, now)
    _refuse(reasons, future, "it was published in the future: after it was retrieved")
    asked = np.array(months, dtype="datetime64[M]")
    month = _month(published, future, asked)
    inside = np.isin(month, asked)
    refused = _mask(reasons, len(rows))
    candidates = np.flatnonzero(inside & ~refused)
    refused[candidates] = _duplicates(parsed.iloc[candidates], taken)
    _refuse(reasons, refused, "another row has the same post_id")
    return Validated(
        posts=parsed[inside & ~refused].assign(origin=origin).reset_index(drop=True),
        rejected=_rejected(rows, parsed, reasons, month, inside & refused, origin),
        outside=int((~inside).sum()),
    )


def _parse(rows: pd.DataFrame, reasons: Reasons) -> pd.DataFrame:
    """The values of table ``posts``; what is wrong with a row by itself goes to `reasons`."""
    ids = list(map(name, field_values(rows, "post_id")))
    bars = list(map(name, field_values(rows, "bar")))
    bodies = field_values(rows, "content")
    texts = list(map(full_text, field_values(rows, "title"), bodies))
    published = _times(rows, "published", reasons)
    _refuse(reasons, [value is None for value in ids], "it has no post_id")
    _refuse(reasons, [value is None for value in bars], "it names no board")
    _refuse(reasons, np.isnat(published), "its time of publication is missing")
    _refuse(reasons, [not text for text in texts], "no text is left of it after cleaning")
    return pd.DataFrame(
        {
            "post_id": pd.Series(ids, dtype=object),
            "published_at": published,
            "bar": pd.Series(bars, dtype=object),
            # The site's type and a time of retrieval that make no sense are as good as missing.
            "kind": _counts(rows, "post_type", {}),
            "text": pd.Series(texts, dtype=object),
            "text_is_full": np.array([isinstance(body, str) for body in bodies], dtype=bool),
            **{field: _counts(rows, field, reasons) for field in INTERACTIONS},
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


def _counts(rows: pd.DataFrame, field: str, reasons: Reasons) -> pd.api.extensions.ExtensionArray:
    return pd.array(_each(rows, field, count, reasons, f"the count of {field}"), dtype="Int64")


def _each(
    rows: pd.DataFrame, field: str, read: Callable[[object], Value], reasons: Reasons, what: str
) -> list[Value | None]:
    """Every value read; where that fails, None, and the reason."""
    values: list[Value | None] = []
    for number, value in enumerate(field_values(rows, field)):
        try:
            values.append(read(value))
        except ValueError as error:
            values.append(None)
            reasons.setdefault(number, f"{what} {error}")
    return values


def _refuse(reasons: Reasons, mask: Mask | list[bool], reason: str) -> None:
    for number in np.flatnonzero(mask):
        reasons.setdefault(int(number), reason)


def _mask(reasons: Reasons, n_rows: int) -> Mask:
    mask = np.zeros(n_rows, dtype=bool)
    mask[list(reasons)] = True
    return mask


def _future(parsed: pd.DataFrame, now: pd.Timestamp) -> Mask:
    retrieved = parsed["retrieved_at"].fillna(now.as_unit("us"))
    return (parsed["published_at"] > retrieved + CLOCKS_APART).to_numpy()


def _month(published: Times, future: Mask, asked: Times) -> Times:
    """The month that each row belongs to: its own where that is credible, else a neighbour's."""
    own = published.astype("datetime64[M]")
    credible = ~np.isnat(published) & ~future
    neighbour = pd.Series(published).where(credible).ffill().bfill().to_numpy()
    month = np.where(
        credible | (future & np.isin(own, asked)), own, neighbour.astype("datetime64[M]")
    )
    return np.where(np.isnat(month), asked[:1], month) if len(asked) else month


def _duplicates(candidates: pd.DataFrame, taken: Collection[str]) -> Mask:
    """Which rows repeat another's identifier."""
    full_first = np.argsort(~candidates["text_is_full"].to_numpy(), kind="stable")
    repeated = np.empty(len(candidates), dtype=bool)
    repeated[full_first] = candidates["post_id"].iloc[full_first].duplicated()
    return repeated | candidates["post_id"].isin(taken).to_numpy()


def _rejected(
    rows: pd.DataFrame,
    parsed: pd.DataFrame,
    reasons: Reasons,
    month: Times,
    refused: Mask,
    origin: str,
) -> pd.DataFrame:
    numbers = np.flatnonzero(refused)
    return pd.DataFrame(
        {
            "found_month": _last_day(month[numbers]),
            "origin": origin,
            "position": numbers + 1,
            "post_id": parsed["post_id"].to_numpy()[numbers],
            "reason": pd.Series([reasons[int(number)] for number in numbers], dtype=object),
            "raw": pd.Series(
                [_raw(row) for row in rows.iloc[numbers].to_dict("records")], dtype=object
            ),
        }
    )


def _last_day(month: Times) -> Times:
    first_of_next = (month.astype("datetime64[M]") + 1).astype("datetime64[D]")
    return (first_of_next - 1).astype("datetime64[us]")


def _raw(row: Mapping[Hashable, object]) -> str:
    """The row as JSON in printable ASCII, so that nothing in it can act on who reads it."""
    found = {str(field): None if is_missing(value) else value for field, value in row.items()}
    return json.dumps(found, default=_plain)[:RAW_CHARACTERS]


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.number) else str(value)
