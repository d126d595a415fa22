"""From rows as delivered to posts, and to rejected rows with a reason each.

Belongs here: which rows are posts. Does not belong here: how they were fetched (`scrapers`) or
read from files (`exports`), and what their values mean (`fields`, `texts`).

Rows come in chunks and are judged chunk by chunk, as if those of an origin had come in one piece:
memory holds the raw values of one chunk, and of the others what is kept, in compact form.
"""

import json
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pandas.api.types import union_categoricals

from sfr_pipeline.opinion.fields import (
    UNREADABLE,
    UnreadableRow,
    count,
    field_values,
    flag,
    is_missing,
    name,
    wall_clock,
)
from sfr_pipeline.opinion.texts import full_text
from sfr_pipeline.storage.tables.opinion import INTERACTIONS

CHUNK = 20_000  # rows; what crawls and exports deliver at once
RAW_CHARACTERS = 2_000
REPEATED = "another row has the same post_id"
TEXTS = ("title", "content", "line")
NEVER_TEXTS = ("url",)  # made by the crawler
# Numbers, times, codes and truth values.
SHORT = re.compile(r"[\w.,:+/ -]{0,40}", re.ASCII)
REPLACED = re.compile(r"\([\d,]+ characters\)", re.ASCII)
# The clock of the machine that fetched may lie in another zone than the forum's. A day covers any
# pair of them without the zones being known; malformed dates are off by more.
CLOCKS_APART = np.timedelta64(1, "D")
NEVER = np.datetime64("NaT", "us")

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
    keep_texts: bool = True,
) -> Validated:
    """Sort delivered rows into posts and rejected rows.

    A row is rejected if it could not be read, if it lacks an identifier or a board, if its time of
    publication is missing, unreadable or in the future, if no text is left after cleaning, or if a
    count is negative, no whole number or beyond belief. A missing count stays missing.

    A post counts once, where it was first; later rows with its identifier are rejected.

    A row without a credible time belongs to the month of the nearest row of its origin with one,
    the preceding before the following; if there is none, to the first month asked for.

    Args:
        deliveries: each an origin (site or file that the rows come from) and a chunk of its rows,
            those of an origin one after another: the fields ``post_id, bar, title, content,
            published, reads, likes, comments, shares, post_type, automatic, retrieved_at`` with
            values of any type, and ``unreadable``, a `fields.UnreadableRow` where a row could not
            be read. A field that is not there is missing in all rows. `raw_rows` makes such a
            frame. Into how many chunks the rows are cut makes no difference.
        months: asked for, as "YYYY-MM"; rows of others are counted and left out.
        now: wall clock, for rows that do not say when they were retrieved; that of this machine
            where None.
        keep_texts: whether rejected rows hold their texts, as far as they are kept at all.
    """
    now = pd.Timestamp.now() if now is None else now
    asked = np.array(months, dtype="datetime64[M]")
    taken: set[str] = set()
    posts: list[pd.DataFrame] = []
    rejected: list[pd.DataFrame] = []
    outside = 0
    nothing = ("", raw_rows([]))  # gives the columns, whatever else is delivered
    for site, chunks in groupby(chain([nothing], deliveries), key=itemgetter(0)):
        origin = _Origin(site, asked, now, taken, keep_texts)
        for _, rows in chunks:
            origin.add(rows)
        kept, refused, others = origin.finished()
        posts.append(kept)
        rejected.append(refused)
        outside += others
    return Validated(_joined(posts), _joined(rejected), outside)


class _Origin:
    """Validation of one origin's rows, chunk by chunk.

    Two things reach across chunks: the month of rows without a credible time, and identifiers.

    Args:
        name: of the site or file.
        asked: months.
        now: wall clock.
        taken: identifiers of all posts kept so far; grows.
        keep_texts: whether rejected rows hold their texts.
    """

    def __init__(
        self, name: str, asked: Times, now: pd.Timestamp, taken: set[str], keep_texts: bool
    ) -> None:
        self.name, self.asked, self.now, self.taken = name, asked, now, taken
        self.keep_texts = keep_texts
        self.n_rows = 0
        self.first = self.last = NEVER  # credible times
        self.posts: list[pd.DataFrame] = []
        self.rejected: list[pd.DataFrame] = []
        self.outside = 0

    def add(self, rows: pd.DataFrame) -> None:
        """Judge the origin's next rows."""
        reasons: Reasons = {}
        parsed = _parse(rows, reasons)
        parsed.insert(0, "position", np.arange(len(rows)) + self.n_rows + 1)
        future = _future(parsed, self.now)
        _refuse(reasons, future, "it was published in the future: after it was retrieved")
        month = self._months(parsed["published_at"].to_numpy(), future)
        # Whose month a later row tells is refused for sure: no credible time.
        inside = np.isin(month, self.asked) | np.isnat(month)
        refused = _mask(reasons, len(rows))
        candidates = np.flatnonzero(inside & ~refused)
        refused[candidates] = self._repeated(parsed["post_id"].iloc[candidates])
        _refuse(reasons, refused, REPEATED)
        kept, refused = inside & ~refused, inside & refused
        self.posts.append(_compact(parsed[kept]))
        self.rejected.append(
            _refusals(
                parsed[refused],
                month[refused],
                [reasons[int(number)] for number in np.flatnonzero(refused)],
                [_raw(row, self.keep_texts) for row in rows[refused].to_dict("records")],
            )
        )
        self.outside += int((~inside).sum())
        self.n_rows += len(rows)

    def finished(self) -> tuple[pd.DataFrame, pd.DataFrame, int]:
        """Posts, rejected rows, and the number of rows of other months."""
        posts = _joined(self.posts)
        rejected = _joined(self.rejected)
        month = rejected["found_month"].to_numpy().astype("datetime64[M]")
        following = self.asked[:1] if np.isnat(self.first) else np.array([self.first], "M8[M]")
        if len(following):
            month = np.where(np.isnat(month), following, month)
        inside = np.isin(month, self.asked)
        rejected["found_month"] = _last_day(month)
        rejected.insert(1, "origin", self._label(len(rejected)))
        posts = posts.drop(columns="position").assign(origin=self._label(len(posts)))
        return posts, rejected[inside], self.outside + int((~inside).sum())

    def _months(self, published: Times, future: Mask) -> Times:
        """The month of each row: its own where that is credible, else a neighbour's.

        NaT where neither the row nor one before it has a credible time.
        """
        own = published.astype("datetime64[M]")
        credible = ~np.isnat(published) & ~future
        told = np.append(self.last, np.where(credible, published, NEVER))
        told = pd.Series(told).ffill().to_numpy()
        if np.isnat(self.first) and credible.any():
            self.first = published[credible][0]
        self.last = told[-1]
        neighbour = told[1:].astype("datetime64[M]")
        return np.where(credible | (future & np.isin(own, self.asked)), own, neighbour)

    def _repeated(self, ids: pd.Series) -> Mask:
        """Which rows repeat another's identifier; the others' count as taken from now on."""
        # Not Series.isin, which would hash all that is known anew for every chunk.
        known = np.fromiter((id_ in self.taken for id_ in ids), dtype=bool, count=len(ids))
        repeated = known | ids.duplicated().to_numpy()
        self.taken.update(ids[~repeated])
        return repeated

    def _label(self, n_rows: int) -> pd.Categorical:
        names = pd.Index([self.name], dtype="str")[:n_rows]
        return pd.Categorical.from_codes(np.zeros(n_rows, dtype=np.int8), names)


def _parse(rows: pd.DataFrame, reasons: Reasons) -> pd.DataFrame:
    """The values of table ``posts``; what is wrong with a row by itself goes to `reasons`."""
    for number, unreadable in enumerate(field_values(rows, UNREADABLE)):
        if isinstance(unreadable, UnreadableRow):
            reasons[number] = unreadable.reason
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


def _refusals(
    parsed: pd.DataFrame, month: Times, reasons: list[str], raws: list[str]
) -> pd.DataFrame:
    """Rows of table ``posts_rejected`` but for their origin, and their months as they are known."""
    return pd.DataFrame(
        {
            "found_month": month.astype("datetime64[us]"),
            "position": parsed["position"].to_numpy(),
            "post_id": parsed["post_id"].astype("str").reset_index(drop=True),
            "reason": pd.Series(reasons, dtype="str"),
            "raw": pd.Series(raws, dtype="str"),
        }
    )


def _compact(posts: pd.DataFrame) -> pd.DataFrame:
    """The same posts without an object for each of their texts."""
    return posts.astype({"post_id": "str", "text": "str", "bar": "str"}).astype({"bar": "category"})


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The parts one below the other. Empties the list, so that little is held twice."""
    if len(parts) == 1:
        return parts.pop().reset_index(drop=True)
    columns = {str(name): [part[name] for part in parts] for name in parts[0]}
    parts.clear()
    return pd.DataFrame({name: _stacked(columns.pop(name)) for name in list(columns)})


def _stacked(parts: Sequence[pd.Series]) -> pd.Series:
    if parts[0].dtype == "category":
        return pd.Series(union_categoricals(parts).remove_unused_categories())
    return pd.concat(parts, ignore_index=True)


def _last_day(month: Times) -> Times:
    first_of_next = (month.astype("datetime64[M]") + 1).astype("datetime64[D]")
    return (first_of_next - 1).astype("datetime64[us]")


def _raw(row: Mapping[Hashable, object], keep_texts: bool) -> str:
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
        found = {field: _without_text(field, value) for field, value in found.items()}
    return json.dumps(found, default=_plain)[:RAW_CHARACTERS]


def raw_without_texts(raw: str) -> str:
    """A rejected row as it is kept where texts are not: of one that was cut, its length alone."""
    try:
        found = json.loads(raw)
    except ValueError:
        return json.dumps({"characters": len(raw)})
    return json.dumps({field: _without_text(field, value) for field, value in found.items()})


def _without_text(field: str, value: object) -> object:
    """A value that holds no text: in a damaged row one may stand where a count belongs."""
    if value is None or isinstance(value, int | float) or field in NEVER_TEXTS:
        return value
    text = str(value)
    if REPLACED.fullmatch(text) or (field not in TEXTS and SHORT.fullmatch(text)):
        return value
    return f"({len(text):,} characters)"


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.number) else str(value)
