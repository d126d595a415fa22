"""Claims about the year that a post's number tells."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from sfr_pipeline.scrapers.post_ids import ANCHORS, estimate, with_year


def test_the_anchors_are_their_own_estimates():
    assert all(abs(estimate(number) - time) < timedelta(seconds=1) for number, time in ANCHORS)


def test_every_dated_post_of_the_reference_sample_gets_its_year_back(shared_data):
    """Replies are left out: their time is their own, their number the post's."""
    posts = pd.read_parquet(shared_data / "forum/posts/guba_index_bars_2015_2018_sample.parquet")
    posts = posts[posts["kind"] != "reply"]
    assert len(posts) == 4610
    for number, time in zip(posts["post_id"], posts["time"], strict=True):
        assert with_year(f"{time:%m-%d %H:%M}", number) == f"{time:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(("number", "time"), ANCHORS)
def test_the_days_around_an_anchor_get_their_years(number, time):
    for days in (-100, -1, 0, 1, 100):
        day = time + timedelta(days=days)
        assert with_year(f"{day:%m-%d %H:%M}", number) == f"{day:%Y-%m-%d %H:%M}"


def test_before_the_first_and_after_the_last_anchor_the_pace_is_continued():
    (first, early), (_, last) = ANCHORS[0], ANCHORS[-1]
    assert estimate(first // 2) < early
    assert estimate(ANCHORS[-1][0] + 40_000_000) > last + timedelta(days=60)
    assert with_year("01-05 00:00", ANCHORS[-1][0] + 40_000_000) == "2027-01-05 00:00"


def test_29_february_finds_a_leap_year():
    number = next(number for number, time in ANCHORS if time == datetime(2021, 1, 1))
    assert with_year("02-29 12:00", number) == "2020-02-29 12:00"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13-01 00:00", 9**9),
        ("02-30 00:00", 9**9),
        ("01-01 25:00", 9**9),
        ("昨天", 9**9),
        ("01-01 00:00", 10**30),
        ("01-01 00:00", 0),
        ("01-01 00:00", -5),
    ],
)
def test_what_is_no_time_or_no_number_gets_no_year(text, number):
    assert with_year(text, number) is None
