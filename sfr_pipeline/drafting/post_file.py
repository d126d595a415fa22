"""Posts from a user's file: which column holds the time, the text, and what was done with a post.

Belongs here: reading one file of any dialect, and writing it as markets read exports. Does not
belong here: which rows are posts (`opinion.posts`): a row without time or text goes along, and is
refused by name when the market is run.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.drafting.dates import DayFirst, is_plain_number
from sfr_pipeline.drafting.moments import is_moment, read_moments
from sfr_pipeline.drafting.tables import named, read_table, word
from sfr_pipeline.sources.files.checks import refuse

# How headers call what a column holds, in small letters without anything but letters.
WORDS = {
    "post_id": ("postid", "tweetid", "statusid", "messageid", "commentid", "articleid", "id",
                "帖子"),
    "bar": ("bar", "board", "subreddit", "forum", "channel", "stockcode", "股吧"),
    "reads": ("reads", "read", "readcount", "views", "viewcount", "impressions", "clicks",
              "阅读", "阅读数", "阅读量"),
    "likes": ("likes", "like", "likecount", "favorites", "favourites", "favoritecount", "upvotes",
              "ups", "score", "点赞", "点赞数"),
    "comments": ("comments", "commentcount", "commentscount", "numcomments", "replies",
                 "replycount", "评论", "评论数", "评论量"),
    "shares": ("shares", "sharecount", "retweets", "retweetcount", "reposts", "repostcount",
               "forwards", "转发", "转发数"),
}  # fmt: skip
TEXTS = ("text", "fulltext", "content", "body", "message", "tweet", "post", "selftext", "comment",
         "rawtext", "内容", "正文", "文本")  # fmt: skip
TITLES = ("title", "headline", "subject", "标题")
TIMES = ("publishedat", "published", "publishtime", "publishdate", "createdat", "created",
         "createdutc", "datetime", "timestamp", "posttime", "posttimestamp", "postdate", "pubdate",
         "date", "time", "发布时间", "时间", "日期", "发表时间")  # fmt: skip
# Rows that are looked at to tell what a column holds, and the share of them that must agree.
LOOKED_AT, AGREE = 200, 0.8
# Characters of the usual text; columns of codes and names are shorter.
LONG = 8
# Months without a post beyond which what lies further out is a mistake of its date.
APART = 24
# As spreadsheets show numbers of more digits than a cell has room for.
ROUNDED = re.compile(r"[1-9](?:\.[0-9]+)?[eE]\+[0-9]{2,}")


class Posts(NamedTuple):
    """A file of posts.

    Attributes:
        name: of the file.
        csv: its content as exports are read.
        first: month of the first post, YYYY-MM.
        last: of the last.
        texts: of the posts.
        counted: interaction counts that it has.
        notes: what was found, in sentences.
    """

    name: str
    csv: str
    first: str
    last: str
    texts: list[str]
    counted: list[str]
    notes: list[str]


def read_posts(path: Path, day_first: DayFirst = None) -> Posts:
    """Read a file of posts.

    Args:
        path: CSV, Excel or Parquet file.
        day_first: of 01/02/2020, whether the day comes first; None: as the dates tell.

    Raises:
        SourceError: it can't be read, or no column holds times or texts.
    """
    if not path.is_file():
        refuse(str(path), None, "there is no such file of posts")
    grid = read_table(path)
    header, rows = grid.rows[0][1], grid.rows[1:]
    if repeated := [name for name, times in Counter(filter(None, header)).items() if times > 1]:
        refuse(
            grid.file, 1, f"several columns are called {', '.join(repeated)}: rename all but one"
        )
    time = _time_column(grid.file, header, rows)
    text, field = _text_column(grid.file, header, rows, time)
    places = {name: place for name, place in named(header, WORDS).items() if place != time}
    notes = list(grid.notes)
    if "post_id" in places:
        ids = [cells[places["post_id"]] for _, cells in rows]
        rounded = next(filter(ROUNDED.fullmatch, ids), None)
        if rounded or not _is_key(ids):
            why = f": a spreadsheet has rounded its ids ({rounded})" if rounded else ""
            notes.append(
                f"Column '{header[places['post_id']]}' is no key of the posts and is not used{why}."
            )
            del places["post_id"]
    if "post_id" not in places:
        notes.append("Posts get identifiers made of time and text: equal ones count each.")
    moments = read_moments(grid.file, [(row, cells[time]) for row, cells in rows], day_first)
    places |= {field: text}
    if field == "text" and (title := _named(header, TITLES)) not in (None, time, text):
        places["title"] = int(title or 0)
    read = ", ".join(f"'{header[place]}' is {name}" for name, place in places.items())
    notes.append(f"Column '{header[time]}' is the time, {read}.")
    if moments.zoned:
        notes.append("Times with a zone, or counted since 1970, were moved to UTC.")
    clocks = [moments.text.get(cells[time], cells[time]) for _, cells in rows]
    known = pd.Series(
        [moments.text[cells[time]] for _, cells in rows if cells[time] in moments.text],
        dtype=object,
    )
    first, last = _months(grid.file, known, notes)
    if unread := len(rows) - len(known):
        notes.append(f"{unread:,} rows have no time that can be read, and will be refused.")
    columns = {"published_at": clocks} | {
        name: [cells[place] for _, cells in rows] for name, place in places.items()
    }
    return Posts(
        name=path.name,
        csv=_as_csv(columns),
        first=first,
        last=last,
        texts=[cells[text] for _, cells in rows],
        counted=[name for name in ("reads", "likes", "comments", "shares") if name in places],
        notes=notes,
    )


def _sample(rows: Sequence[tuple[int, list[str]]], column: int) -> list[str]:
    """Cells that hold something, of rows all over the file."""
    step = max(1, len(rows) // LOOKED_AT)
    return [cells[column] for _, cells in rows[::step] if cells[column]]


def _named(header: Sequence[str], called: Sequence[str]) -> int | None:
    return named(header, {"": called}).get("")


def _time_column(file: str, header: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> int:
    """The column of times: by its cells, of several that whose header says so."""
    found = []
    for column, name in enumerate(header):
        cells = _sample(rows, column)
        numbers = bool(cells) and all(map(is_plain_number, cells))
        # Numbers of ten digits may be anybody's identifiers.
        if numbers and word(name) not in TIMES:
            continue
        if cells and sum(map(is_moment, cells)) >= AGREE * len(cells):
            found.append(column)
    if not found:
        refuse(
            file,
            None,
            "no column holds the times of its posts: write them like 2024-01-31 14:03:09, and call "
            "the column published_at",
        )
    return min(
        found,
        key=lambda column: (
            TIMES.index(word(header[column])) if word(header[column]) in TIMES else len(TIMES)
        ),
    )


def _text_column(
    file: str, header: Sequence[str], rows: Sequence[tuple[int, list[str]]], time: int
) -> tuple[int, str]:
    """The column of texts, and whether these are texts or titles alone."""
    lengths = {}
    for column in range(len(header)):
        cells = _sample(rows, column)
        words = [cell for cell in cells if sum(map(str.isalpha, cell)) > len(cell) / 3]
        if column != time and cells and len(words) >= AGREE * len(cells):
            lengths[column] = sum(map(len, cells)) / len(cells)
    text, title = _named(header, TEXTS), _named(header, TITLES)
    if text in lengths:
        return int(text or 0), "text"
    if title in lengths:
        return int(title or 0), "title"
    longest = max(lengths, key=lambda column: lengths[column], default=None)
    if longest is None or lengths[longest] < LONG:
        refuse(file, None, "no column holds the texts of its posts: call it text")
    return longest, "text"


def _is_key(cells: Sequence[str]) -> bool:
    return all(cells) and len(set(cells)) == len(cells)


def _months(file: str, clocks: pd.Series, notes: list[str]) -> tuple[str, str]:
    """First and last month of the posts, those far out left aside and told."""
    now = f"{clock.today():%Y-%m}"
    months = clocks.str[:7]
    count = months[months <= now].value_counts().sort_index()
    if count.empty:
        refuse(file, None, "none of its posts has a time that can be read and is past")
    every = pd.PeriodIndex(count.index, freq="M")
    # Runs of months with gaps of at most two years; the one with most posts is the market's.
    steps = pd.Series(every.astype("int64"), index=count.index).diff() > APART
    run = steps.cumsum()
    kept = count[run == count.groupby(run).sum().idxmax()]
    if outside := int(len(months) - kept.sum()):
        notes.append(
            f"{outside:,} posts of before {kept.index[0]} or after {kept.index[-1]} stay out: is "
            "their date right?"
        )
    between = pd.period_range(kept.index[0], kept.index[-1], freq="M").astype(str)
    if empty := [month for month in between if month not in kept.index]:
        shown = ", ".join(empty[:6]) + (" and others" if len(empty) > 6 else "")
        notes.append(f"{len(empty)} months have no post: {shown}.")
    notes.append(f"{int(kept.sum()):,} posts, {kept.index[0]} to {kept.index[-1]}.")
    return str(kept.index[0]), str(kept.index[-1])


def _as_csv(columns: dict[str, list[str]]) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return file.getvalue()
