"""The synthetic forum: its posts with their true tone, and the faults planted among them.

Belongs here: which posts there are, what is known of each, and which are damaged in what way. Does
not belong here: how pages show them (`pages`, `markup`), who hands pages out (`server`).

A month's posts depend on its own streams only: a shorter forum has the same posts in its months.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from sfr_pipeline.sandbox.economy import SAMPLE, economy
from sfr_pipeline.sandbox.post_ids import ids_at
from sfr_pipeline.sandbox.sentences import EVENTS, FIRMS, Tone, Writer
from sfr_pipeline.sandbox.streams import stream

# The real site's code of an index board, so that the crawler meets both of its names.
BAR, BAR_NAME, BAR_INNER = "zssh000001", "沙盒指数", "szzs"

POSTS_A_MONTH = 20_000 / len(SAMPLE)
POSTS_OF_FACTOR = 0.22
NEUTRAL_SHARE = 0.25
COPIED_SHARE = 0.147
NEWS_SHARE, ARTICLE_SHARE = 0.2, 0.03  # news: of the neutral posts; articles: of the others
USER_POST, NEWS, ARTICLE = 0, 1, 20

# Counts are log-normal around a popularity that all four share; nothing is more popular than this
# many standard deviations, or the running extremes would never settle.
POPULARITY_LIMIT = 3.0
COMMENTED_SHARE = 0.45
READS = (6.2, 0.9)
LIKES = (1.6, 0.9)
COMMENTS = (1.5, 0.9)
SHARES = (1.0, 0.9)
SHARED_POPULARITY = 0.7

WEEKEND_WEIGHT = 0.35
HOUR_WEIGHTS = np.array(
    [1, 0.4, 0.2, 0.1, 0.1, 0.3, 0.8, 2, 4, 9, 11, 7, 5, 9, 11, 9, 5, 4, 3, 4, 5, 5, 4, 2]
)

DELETED_SHARE = 0.01
# Rows of a page; the crawler steers by its first and last.
EARLIEST_DAMAGED, LATEST_DAMAGED = 10, 70


def _inserted(middle: str) -> Callable[[str], str]:
    return lambda text: text[: len(text) // 2] + middle + text[len(text) // 2 :]


# How a planted fault changes a post as it is shown: the field, and its new value.
FAULTS: Mapping[str, tuple[str, object]] = {
    "negative_count": ("reads", -5),
    "count_in_words": ("reads", "1.2万"),
    "missing_count": ("shares", None),
    "broken_date": ("published", "2015-13-45 99:99:99"),
    "future_date": ("published", "2099-01-01 12:00:00"),
    "empty_title": ("text", ""),
    "script_tag": ("text", _inserted("<script>alert('x')</script>")),
    "null_byte": ("text", _inserted("\x00")),
    "lone_surrogate": ("text", _inserted("\ud83d")),
    "emoji": ("text", _inserted("🚀📈")),
    "right_to_left": ("text", _inserted("\u202eמדד عام\u202c")),
}
FAULT_SHARE = 0.001


@dataclass(frozen=True)
class Forum:
    """The one board of the forum.

    Attributes:
        posts: one row a post, oldest first: post_id, published, tone (1, 0, -1), text, kind,
            automatic, reads, likes, comments, shares, copied, deleted, fault (a name of ``FAULTS``
            or ""). Counts and texts are the true ones, before the fault.
    """

    posts: pd.DataFrame

    def planted(self) -> dict[str, int]:
        """How many posts have each fault, are copies, or were deleted."""
        counts = self.posts["fault"].value_counts()
        return {fault: int(counts.get(fault, 0)) for fault in FAULTS} | {
            "copied": int(self.posts["copied"].sum()),
            "deleted": int(self.posts["deleted"].sum()),
        }

    def shown(self) -> list[dict]:
        """The posts with their faults, newest first, as the site's pages would have them."""
        rows = self.posts.assign(published=self.posts["published"].dt.strftime("%Y-%m-%d %H:%M:%S"))
        out = rows.iloc[::-1].to_dict("records")
        for row in out:
            if row["fault"]:
                field, value = FAULTS[row["fault"]]
                row[field] = value(row[field]) if callable(value) else value
        return out


@cache
def make_forum(
    first_month: str = str(SAMPLE[0]),
    last_month: str = str(SAMPLE[-1]),
    posts_a_month: float = POSTS_A_MONTH,
) -> Forum:
    """Generate the forum of these months; always the same.

    Args:
        first_month: of the posts, YYYY-MM, within the economy's time.
        last_month: of the posts.
        posts_a_month: on average; there are more in months of stress.
    """
    months = pd.period_range(first_month, last_month, freq="M")
    posts = pd.concat([_month(month, posts_a_month) for month in months], ignore_index=True)
    posts.insert(0, "post_id", ids_at(pd.DatetimeIndex(posts["published"])))
    rng = stream("forum", "faults")
    fault = _faults(rng, len(posts))
    commented = posts["comments"].to_numpy() > 0
    # Only who opens the page of a post learns that it is gone.
    deleted = commented & (fault == "") & (rng.random(len(posts)) < DELETED_SHARE / COMMENTED_SHARE)
    return Forum(posts.assign(deleted=deleted, fault=fault))


def _month(month: pd.Period, posts_a_month: float) -> pd.DataFrame:
    hidden = economy()
    usual = np.exp(POSTS_OF_FACTOR * hidden.factor[SAMPLE]).mean()
    expected = posts_a_month * np.exp(POSTS_OF_FACTOR * hidden.factor[month]) / usual
    count = max(1, stream("forum", "number", str(month)).poisson(expected))
    published = _times(stream("forum", "times", str(month)), month, count)
    tone = _tones(stream("forum", "tones", str(month)), hidden.sentiment[month], count)
    kind = _kinds(stream("forum", "kinds", str(month)), tone)
    text, copied = _texts(stream("forum", "texts", str(month)), tone, kind)
    return pd.DataFrame(
        {
            "published": published,
            "tone": tone,
            "text": text,
            "kind": kind,
            "automatic": kind == NEWS,
            **_counts(stream("forum", "counts", str(month)), count),
            "copied": copied,
        }
    )


def _times(rng: np.random.Generator, month: pd.Period, count: int) -> pd.DatetimeIndex:
    days = pd.date_range(month.start_time, periods=month.days_in_month)
    weight = np.where(days.day_of_week < 5, 1.0, WEEKEND_WEIGHT)
    day = rng.choice(len(days), size=count, p=weight / weight.sum())
    hour = rng.choice(24, size=count, p=HOUR_WEIGHTS / HOUR_WEIGHTS.sum())
    seconds = 3600 * hour + rng.integers(0, 3600, count)
    return (days[day] + pd.to_timedelta(seconds, unit="s")).sort_values()


def _tones(rng: np.random.Generator, sentiment: float, count: int) -> np.ndarray:
    """Tone of each post: 1, 0 or -1, whose expectation is the month's sentiment."""
    neutral = min(NEUTRAL_SHARE, 1 - abs(sentiment))
    positive = (1 - neutral + sentiment) / 2
    return rng.choice([1, 0, -1], size=count, p=[positive, neutral, 1 - neutral - positive])


def _kinds(rng: np.random.Generator, tone: np.ndarray) -> np.ndarray:
    draw = rng.random(len(tone))
    news = (tone == 0) & (draw < NEWS_SHARE)
    article = (tone != 0) & (draw < ARTICLE_SHARE)
    return np.select([news, article], [NEWS, ARTICLE], USER_POST)


def _texts(
    rng: np.random.Generator, tone: np.ndarray, kind: np.ndarray
) -> tuple[list[str], list[bool]]:
    """Texts, some of them copies of an earlier post of the month with the same tone."""
    writer = Writer(rng)
    names: dict[int, Tone] = {1: "positive", 0: "neutral", -1: "negative"}
    texts: list[str] = []
    copied: list[bool] = []
    earlier: dict[int, list[str]] = {1: [], 0: [], -1: []}
    for sign, sort in zip(tone.tolist(), kind.tolist(), strict=True):
        known = earlier[sign]
        copy = sort == USER_POST and bool(known) and rng.random() < COPIED_SHARE
        if sort == NEWS:
            text = f"{FIRMS[rng.integers(len(FIRMS))]}{EVENTS[rng.integers(len(EVENTS))]}"
        elif copy:
            text = known[rng.integers(len(known))]
        else:
            text = writer.post(names[sign])
        known.append(text)
        texts.append(text)
        copied.append(copy)
    return texts, copied


def _counts(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    own = np.sqrt(1 - SHARED_POPULARITY**2)
    popularity = SHARED_POPULARITY * rng.standard_normal(count)

    def heavy(parameters: tuple[float, float]) -> np.ndarray:
        z = np.clip(popularity + own * rng.standard_normal(count), None, POPULARITY_LIMIT)
        return np.floor(np.exp(parameters[0] + parameters[1] * z)).astype(np.int64)

    commented = rng.random(count) < COMMENTED_SHARE
    return {
        "reads": heavy(READS),
        "likes": heavy(LIKES),
        "comments": np.where(commented, 1 + heavy(COMMENTS), 0),
        "shares": heavy(SHARES),
    }


def _faults(rng: np.random.Generator, count: int) -> np.ndarray:
    """Name of the fault of each post, oldest first, "" for most; every fault as often."""
    from_newest = np.arange(count)[::-1] % 80
    inside = np.flatnonzero((from_newest >= EARLIEST_DAMAGED) & (from_newest < LATEST_DAMAGED))
    each = min(max(1, round(FAULT_SHARE * count)), len(inside) // len(FAULTS))
    chosen = rng.permutation(inside)[: each * len(FAULTS)]
    fault = np.full(count, "", dtype=object)
    for number, name in enumerate(FAULTS):
        fault[chosen[number :: len(FAULTS)]] = name
    return fault
