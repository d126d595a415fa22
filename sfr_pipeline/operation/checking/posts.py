"""How the files of a market's posts would be read: their months, and the rows that are refused."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.opinion import Forum
from sfr_pipeline.operation.checking.finding import CheckedFile, Held, Part
from sfr_pipeline.operation.checking.views import ask
from sfr_pipeline.opinion.exports import exports_in, read_exports
from sfr_pipeline.opinion.posts import Validated, validate_all
from sfr_pipeline.opinion.tallies import months_told
from sfr_pipeline.sources.files.survey import PassedOver


def check_posts(forum: Forum, columns: Mapping[str, str], folder: Path) -> Part:
    """Look through a folder of posts, file by file.

    Args:
        forum: of the market.
        columns: the files' names of columns that are called otherwise here.
        folder: of the files.
    """
    found = Part("posts")
    if not folder.is_dir():
        missing = f"there is no folder {folder}: make it, and put the exported posts there"
        found.files.append(CheckedFile(folder.name, refused=[missing]))
        return found
    this_month = pd.Period(clock.today(), "M")
    asked = pd.period_range(forum.first_month, this_month, freq="M").astype(str).tolist()
    with_posts: set[pd.Period] = set()
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir()):
        name = path.relative_to(folder).as_posix()
        file = CheckedFile(f"{folder.name}/{name}")
        passed: list[PassedOver] = []

        def read(view: Path, left: list[PassedOver] = passed) -> tuple[Validated, str]:
            how = dict.fromkeys(one.table.how for one in exports_in(view, columns, left))
            rows = read_exports(view, columns, forum.board)
            return validate_all(rows, asked, keep_texts=forum.texts_kept_days is None), "; ".join(
                how
            )

        try:
            posts, how = ask(folder, [name], read)
        except SourceError as error:
            # Alone in the folder it leaves nothing to read, which beside others is no fault.
            if any(place == name for place, _ in passed):
                found.passed_over += [(f"{folder.name}/{place}", why) for place, why in passed]
            else:
                file.refused.append(str(error))
                found.files.append(file)
            continue
        file.layout, file.format = "table of posts", how
        file.ignored = [f"{place}: {why}" for place, why in passed]
        with_posts |= _tell(file, posts)
        found.files.append(file)
    if with_posts:
        span = pd.period_range(min(with_posts), max(with_posts), freq="M")
        if told := months_told([str(month) for month in span if month not in with_posts]):
            found.passed_over.append((f"{folder.name}/", told))
    return found


def _tell(file: CheckedFile, posts: Validated) -> set[pd.Period]:
    """Tell what became of a file's rows; its months with posts."""
    months = posts.posts["published_at"].dt.to_period("M")
    if len(months):
        first, last = str(months.min()), str(months.max())
        file.held.append(Held("posts", first, last, None, None, len(months), "posts"))
    else:
        file.ignored.append("none of its rows is a post that the market asks for")
    for reason, rows in posts.rejected.groupby("reason"):
        file.ignored.append(f"{len(rows):,} rows are no posts: {reason}")
    if posts.outside:
        file.ignored.append(f"{posts.outside:,} rows are of other months than the forum's")
    if told := posts.unclear.told():
        file.ignored.append(told)
    return set(months.unique())
