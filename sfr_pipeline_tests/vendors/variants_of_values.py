"""Variants of faults that lie in no single file: settings, ranges, flat series, pages, panels.

Those of files are in `variants_of_files`.
"""

import json
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline_tests.vendors.variant import Variant, Words, one
from sfr_pipeline_tests.vendors.writing import rng


class Setting(NamedTuple):
    """Case 8: an environment variable with a value, and what it means.

    `means` is True or False for a switch, a path for a folder ("~" as $HOME), None for unset;
    `refused` has the words where the value is to be refused.
    """

    variable: str
    value: str
    means: bool | str | None = None
    refused: Words = ()


SETTINGS = (
    Setting("SFR_FILES_ONLY", "FALSE", False),
    Setting("SFR_FILES_ONLY", " Yes ", True),
    Setting("SFR_FILES_ONLY", "N", refused=(("SFR_FILES_ONLY",), ("N",))),
    Setting("SFR_FILES_ONLY", "2", refused=(("SFR_FILES_ONLY",), ("2",))),
    Setting("SFR_FILES_ONLY", "disabled", refused=(("SFR_FILES_ONLY",), ("disabled",))),
    Setting("SFR_FILES_ONLY", "  ", None),
    Setting("SFR_IMPORTS", "$HOME/data", refused=(("SFR_IMPORTS",), ("$HOME/data",))),
    Setting("SFR_IMPORTS", "'imports'", refused=(("SFR_IMPORTS",), ("'imports'",))),
    Setting("SFR_IMPORTS", "~", "~"),
    Setting("SFR_WAREHOUSE", "  ", None),
    Setting("SFR_WAREHOUSE", "~/warehouse of mine", "~/warehouse of mine"),
)


class Range(NamedTuple):
    """Case 13: a range of partitions of monthly assets that holds no month, to be refused."""

    text: str
    words: Words


RANGES = (
    Range("2019-01...2018-12", (("2019-01",), ("2018-12", "after", "no month"))),
    Range("2018-13...2019-02", (("2018-13",),)),
    Range("2018-11..2018-12", (("2018-11..2018-12", "..."),)),
)


def _daily(name: str, mean: float, step: float, flat: str, digits: int = 4) -> dict[str, float]:
    """Business days from 2010 to 2021 that stand still up to a day; "" moves from the first."""
    days = pd.bdate_range("2010-01-04", "2021-12-31").strftime("%Y-%m-%d")
    moves = rng(name).normal(0, step, len(days))
    value, found = mean, {}
    for day, move in zip(days, moves, strict=True):
        if day > flat:
            value = mean + 0.98 * (value - mean) + float(move)
        found[day] = round(value, digits)
    return found


WEEKLY_FLAT = _daily("flat week", 2.6, 0.08, "2012-06-29")
STOCK = _daily("one stock", 3400.0, 40.0, "", 2)
MONTHS = pd.date_range("2010-01-31", "2021-12-31", freq="ME").strftime("%Y-%m-%d")
# All of what a market needs lies in these folders but what the test adds of `full`.
FLAT = (
    Variant(
        10,
        "another series stands still for thirty months: seven-day SHIBOR, whose changes are X16",
        "china",
        {"shibor_1w.csv": one(WEEKLY_FLAT)},
        "X16 is left out of those months by name; the run goes on and has X16 later",
        told=(("shibor_1w", "x16"),),
    ),
    Variant(
        10,
        "an index that is 100 in every month: X18 has no scale",
        "china",
        {"reer.csv": one(dict.fromkeys(MONTHS, 100.0))},
        "X18 stands in missing_indicators by name; the other indicators are there",
        told=(("x18",), ("reer", "constant")),
    ),
    Variant(
        10,
        "two indices from the same column under two files: X7 and X8 are one",
        "china",
        {"sse_composite.csv": one(STOCK), "csi300.csv": one(STOCK)},
        "both are named as the same, not numbered",
        told=(("sse_composite", "x7"), ("csi300", "x8")),
    ),
)


class Page(NamedTuple):
    """Case 16: a page of the forum, and the times of its posts in their order, None for none."""

    name: str
    html: str
    times: tuple[str | None, ...]


PUBLISHED = "2024-09-09 09:31:00"
POST = {
    "post_id": 1,
    "post_title": "大盘",
    "stockbar_code": "600519",
    "post_publish_time": PUBLISHED,
    "post_click_count": 10,
    "post_comment_count": 1,
    "post_forward_count": 0,
    "post_type": 0,
}


def _list(rows: list[dict]) -> str:
    found = {
        "rc": 1,
        "count": 5,
        "time": "2024-09-09 10:00:00",
        "re": rows,
        "bar_info": {"OuterCode": "600519"},
        "bar_code": "600519",
    }
    return f"<html><script>var article_list={json.dumps(found)};</script></html>"


FORUM = (
    Page(
        "topics whose time is an empty text, or all zeros",
        _list(
            [
                {**POST, "post_id": 7, "post_publish_time": "", "post_title": "话题"},
                {**POST, "post_id": 8, "post_publish_time": "0000-00-00 00:00:00"},
                POST,
            ]
        ),
        (None, None, PUBLISHED),
    ),
    Page(
        "the time of publication, the device, then the last of several edits",
        '<html><body><div id="zwcontent"><div class="zwfbtime">发表于 2024-09-09 09:31:00 '
        "股吧网页版 最后修改于 2024-09-12 23:59:59 修改2次</div>"
        '<div id="zwconttbt">标题</div><div id="zwconbody"><div class="stockcodec">正文</div>'
        "</div></div></body></html>",
        (PUBLISHED,),
    ),
)


class Panel(NamedTuple):
    """Case 17: a panel of months; it is read like `plain` where that is given, else refused."""

    name: str
    make: Callable[[], pd.DataFrame]
    plain: Callable[[], pd.DataFrame] | None = None
    refused: Words = ()


def plain() -> pd.DataFrame:
    """Ten years of eight series that follow one factor; one value is missing."""
    random = rng("panel")
    factor = np.cumsum(random.normal(size=120))
    values = factor[:, None] * random.uniform(0.5, 1, 8) + random.normal(size=(120, 8))
    frame = pd.DataFrame(
        values, pd.date_range("2010-01-31", periods=120, freq="ME"), list("abcdefgh")
    )
    frame.iloc[3, 2] = np.nan
    return frame


def of_arrow() -> pd.DataFrame:
    return plain().astype("double[pyarrow]")


def of_integers() -> pd.DataFrame:
    """One column of nullable whole numbers among fractions."""
    frame = plain()
    whole = (frame["c"] * 100).round()
    return frame.assign(c=whole.astype("Int64"))


def of_integers_plainly() -> pd.DataFrame:
    frame = plain()
    return frame.assign(c=(frame["c"] * 100).round())


def swapped() -> pd.DataFrame:
    """Two neighbours in the middle have changed places; first and last are right."""
    order = [*range(59), 60, 59, *range(61, 120)]
    return plain().iloc[order]


def zeroed() -> pd.DataFrame:
    """Zeros for what is missing: two years of a growth rate that never is 0.0 else."""
    frame = plain()
    frame.iloc[:24, 5] = 0.0
    return frame


PANELS = (
    Panel("columns of Arrow, with what is missing as null", of_arrow, plain),
    Panel("one column of nullable whole numbers", of_integers, of_integers_plainly),
    Panel(
        "two neighbouring months swapped",
        swapped,
        refused=(("2015-01", "order", "rise", "sorted", "increas"),),
    ),
    Panel("two years of zeros that mean missing", zeroed, refused=(("f",), ("0", "zero"))),
)
