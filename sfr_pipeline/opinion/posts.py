"""From rows as delivered to posts, and to rejected rows with a reason each.

Belongs here: which rows are posts. Does not belong here: how they were fetched (`scrapers`) or
read from files (`exports`), and what stands in them (`parsed`).

Rows come in chunks and are judged chunk by chunk, as if those of an origin had come in one piece:
memory holds the raw values of one chunk, and of the others what is kept, in compact form.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from sfr_pipeline.opinion.fields import ROUNDED
from sfr_pipeline.opinion.parsed import Mask, Reasons, Times, parsed_rows, refuse_rows
from sfr_pipeline.opinion.raw import raw_of
from sfr_pipeline.opinion.tallies import (
    REPLACEMENT,
    LongIds,
    UnclearCounts,
    damage_told,
    ends_in_zeros,
    months_told,
)

CHUNK = 20_000  # rows; what crawls and exports deliver at once
REPEATED = "another row has the same post_id"
# The clock of the machine that fetched may lie in another zone than the forum's. A day covers any
# pair of them without the zones being known; malformed dates are off by more.
CLOCKS_APART = np.timedelta64(1, "D")
NEVER = np.datetime64("NaT", "us")


@dataclass(frozen=True)
class Validated:
    """What became of delivered rows: each is a post, rejected, or of a month not asked for.

    Attributes:
        posts: rows of table ``posts``, in the order of delivery.
        rejected: rows of table ``posts_rejected``.
        outside: number of rows that belong to other months.
        unclear: counts of the posts that can't be understood.
        damaged: posts whose text lost characters before it was delivered.
        empty: months asked for without any row, from the first to the last of which a row told.
    """

    posts: pd.DataFrame
    rejected: pd.DataFrame
    outside: int
    unclear: UnclearCounts
    damaged: int
    empty: list[str]

    @property
    def delivered(self) -> int:
        """Number of rows that came in."""
        return len(self.posts) + len(self.rejected) + self.outside

    @property
    def remarks(self) -> list[str]:
        """What is to be known of the posts beside their number, in sentences."""
        told = (self.unclear.told(), damage_told(self.damaged), months_told(self.empty))
        return [one for one in told if one]


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
    count is negative or beyond belief. A missing count stays missing, and one that can't be
    understood is missing too.

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
    outside, unclear = 0, UnclearCounts()
    span = np.array([], dtype="datetime64[M]")
    nothing = ("", raw_rows([]))  # gives the columns, whatever else is delivered
    for site, chunks in groupby(chain([nothing], deliveries), key=itemgetter(0)):
        origin = _Origin(site, asked, now, taken, keep_texts, unclear)
        for _, rows in chunks:
            origin.add(rows)
        kept, refused, others = origin.finished()
        posts.append(kept)
        rejected.append(refused)
        outside += others
        span = np.append(span, origin.span)
    every, refused = _joined(posts), _joined(rejected)
    told = [month for month in np.sort(asked) if len(span) and span.min() <= month <= span.max()]
    dates = (every["published_at"], refused["found_month"])
    found = {month for one in dates for month in one.to_numpy().astype("datetime64[M]")}
    empty = [str(month) for month in told if month not in found]
    damaged = int(every["text"].str.contains(REPLACEMENT, regex=False).sum())
    return Validated(every, refused, outside, unclear, damaged, empty)


class _Origin:
    """Validation of one origin's rows, chunk by chunk.

    Two things reach across chunks: the month of rows without a credible time, and identifiers.

    Args:
        name: of the site or file.
        asked: months.
        now: wall clock.
        taken: identifiers of all posts kept so far; grows.
        keep_texts: whether rejected rows hold their texts.
        unclear: counts of posts kept so far that can't be understood; grows.
    """

    def __init__(
        self,
        name: str,
        asked: Times,
        now: pd.Timestamp,
        taken: set[str],
        keep_texts: bool,
        unclear: UnclearCounts,
    ) -> None:
        self.name, self.asked, self.now, self.taken = name, asked, now, taken
        self.keep_texts = keep_texts
        self.n_rows = 0
        self.first = self.last = NEVER  # credible times
        self.posts: list[pd.DataFrame] = []
        self.rejected: list[pd.DataFrame] = []
        self.outside = 0
        self.unclear = unclear
        self.ids = LongIds()
        self.span = np.array([], dtype="datetime64[M]")

    def add(self, rows: pd.DataFrame) -> None:
        """Judge the origin's next rows."""
        reasons: Reasons = {}
        unclear: list[tuple[int, str]] = []
        parsed = parsed_rows(rows, reasons, unclear)
        parsed.insert(0, "position", np.arange(len(rows)) + self.n_rows + 1)
        future = _future(parsed, self.now)
        refuse_rows(reasons, future, "it was published in the future: after it was retrieved")
        month = self._months(parsed["published_at"].to_numpy(), future)
        # Whose month a later row tells is refused for sure: no credible time.
        inside = np.isin(month, self.asked) | np.isnat(month)
        refused = _mask(reasons, len(rows))
        candidates = np.flatnonzero(inside & ~refused)
        refused[candidates] = self._repeated(parsed["post_id"].iloc[candidates])
        refuse_rows(reasons, refused, REPEATED)
        kept, refused = inside & ~refused, inside & refused
        for number, field in unclear:
            if kept[number]:
                self.unclear.add(field, rows[field].iloc[number], self.keep_texts)
        self.ids.add(parsed["post_id"])
        self.posts.append(_compact(parsed[kept]))
        self.rejected.append(
            _refusals(
                parsed[refused],
                month[refused],
                [reasons[int(number)] for number in np.flatnonzero(refused)],
                [raw_of(row, self.keep_texts) for row in rows[refused].to_dict("records")],
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
        if self.ids.are_rounded:
            same = (rejected["reason"] == REPEATED) & rejected["post_id"].map(ends_in_zeros)
            rejected.loc[same, "reason"] = f"its post_id {ROUNDED}"
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
        if credible.any():
            self.span = np.append(self.span, own[credible])
            self.span = np.array([self.span.min(), self.span.max()])
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
