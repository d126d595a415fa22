"""The year of a post, from its number.

Rows of old list pages carry a month and a day but no year. The forum numbers its posts in the
order of their publication, so the number tells roughly when a post was written, and among the
years its day could lie in, the nearest one is meant. The clock is never asked: a crawl of old pages
would otherwise move them into the present.

Where it is weak: between two anchors numbers are taken to grow evenly, which they do not (in 2016
the estimate is off by up to three months); the year is right as long as it is off by less than six.
Before 2011 and after the last anchor there is nothing to interpolate between: the pace of the
nearest two anchors is continued, and nothing checks it there. Add an anchor from a page whose year
is known when posts newer than the last one are read in a layout without years.
"""

import re
from bisect import bisect_right
from datetime import datetime, timedelta

# First numbers of the years 2011 to 2021, and numbers seen with a full date since.
ANCHORS: tuple[tuple[int, datetime], ...] = (
    (32_954_397, datetime(2011, 1, 1)),
    (47_477_086, datetime(2012, 1, 1)),
    (60_253_073, datetime(2013, 1, 1)),
    (96_642_500, datetime(2014, 1, 1)),
    (139_294_169, datetime(2015, 1, 1)),
    (237_929_764, datetime(2016, 1, 1)),
    (584_381_033, datetime(2017, 1, 1)),
    (739_452_680, datetime(2018, 1, 1)),
    (799_843_706, datetime(2019, 1, 1)),
    (895_422_021, datetime(2020, 1, 1)),
    (992_194_696, datetime(2021, 1, 1)),
    (1_513_369_310, datetime(2024, 11, 9)),
    (1_599_326_398, datetime(2025, 9, 13)),
    (1_744_137_528, datetime(2026, 7, 15)),
    (1_779_352_996, datetime(2026, 9, 30)),
)
_IDS = [number for number, _ in ANCHORS]
_NO_YEAR = re.compile(r"\s*(\d{1,2})-(\d{1,2})\s+(\d{1,2}):(\d{2})\s*")


def estimate(post_id: int) -> datetime:
    """When a post of this number was published, roughly: linear between the nearest two anchors."""
    right = min(max(bisect_right(_IDS, post_id), 1), len(ANCHORS) - 1)
    (low, start), (high, end) = ANCHORS[right - 1 : right + 1]
    return start + (post_id - low) / (high - low) * (end - start)


def with_year(text: str, post_id: int) -> str | None:
    """Complete a time without a year.

    Args:
        text: "MM-DD HH:mm".
        post_id: number of the post that was published then.

    Returns:
        "YYYY-MM-DD HH:mm" in the year that puts it nearest to ``estimate``; None where the text is
        no such time, or the number belongs to no post.
    """
    found = _NO_YEAR.fullmatch(text)
    if not found or not 0 < post_id < 10 * _IDS[-1]:
        return None
    month, day, hour, minute = map(int, found.groups())
    about = estimate(post_id)

    def distance(candidate: datetime) -> timedelta:
        return abs(candidate - about)

    candidates = []
    for year in range(about.year - 4, about.year + 5):  # 29 February exists every fourth year
        try:
            candidates.append(datetime(year, month, day, hour, minute))
        except ValueError:
            continue
    if not candidates:
        return None
    return min(candidates, key=distance).strftime("%Y-%m-%d %H:%M")
