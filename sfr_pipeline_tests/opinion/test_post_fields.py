"""A delivered row becomes a post field by field, or is refused for a field."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfr_pipeline.opinion.posts import raw_rows, validate_all
from sfr_pipeline.opinion.texts import MAX_CHARACTERS, clean, full_text
from sfr_pipeline.storage.tables.opinion import INTERACTIONS
from sfr_pipeline_tests.opinion.delivered_rows import GOOD, NOW, delivered, judged, reason


def test_a_good_row_becomes_a_post_field_by_field():
    (post,) = judged(raw_rows([GOOD])).posts.to_dict("records")
    assert post == {
        "post_id": "1743987733",
        "published_at": pd.Timestamp("2026-07-15 14:03:09"),
        "bar": "600519",
        "kind": 0,
        "text": "大盘",
        "text_is_full": False,
        "reads": 1480,
        "likes": None,
        "comments": 5,
        "shares": 1,
        "automatic": None,
        "retrieved_at": pd.Timestamp("2026-11-22 08:00:00"),
        "origin": "https://forum.example",
    }


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        (0, 0),
        (12345, 12345),
        (12345.0, 12345),
        (np.int64(7), 7),
        ("12", 12),
        (" 12 ", 12),
        ("12345.0", 12345),
        ("3,456", 3456),
        ("1,234,567", 1_234_567),
        ("1.2万", 12_000),
        ("1.2345万", 12_345),
        ("1.5亿", 150_000_000),
        ("100亿", 10**10),
        ("3 万", 30_000),
        ("100000+", 100_000),
        ("10万+", 100_000),
        ("1.2万+", 12_000),
        ("１.２万＋", 12_000),
        ("１２", 12),
        ("1，234", 1_234),
        ("1.2w", 12_000),
        ("10W+", 100_000),
        ("3千", 3_000),
        ("2千万", 20_000_000),
        ("3k", 3_000),
        ("2.5M", 2_500_000),
        (">999", 999),
        ("10万以上", 100_000),
        *((nothing, None) for nothing in (None, "", " ", "-", "NaN", float("nan"), pd.NA, pd.NaT)),
    ],
)
@pytest.mark.parametrize("field", INTERACTIONS)
def test_a_count_is_read_or_stays_missing(field, found, meant):
    post = judged(delivered({field: found})).posts[field].item()
    assert post is pd.NA if meant is None else post == meant


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ("-5", "negative"),
        (-5, "negative"),
        (-0.5, "negative"),
        ("-1.2万", "negative"),
        *(
            (too_many, "larger than 10,000,000,000, more than a post can have")
            for too_many in (10**10 + 1, 9e18, "900000000亿", 2**63, "9" * 5000, 1e300)
        ),
    ],
)
def test_a_count_that_is_none_is_refused(found, why):
    assert reason(likes=found) == f"the count of likes is {why}"


@pytest.mark.parametrize(
    "found",
    [
        *("abc", "12,34", "1e5", "万", "1.2x", "100+50", "1.5", "1.23456万", "+", "1.2万人"),
        *(True, float("inf"), [1], {"n": 1}, 1.5),
    ],
)
def test_a_count_that_cannot_be_understood_is_missing_and_told(found):
    result = judged(delivered({"likes": found}, {"likes": 7}))
    assert result.posts["likes"].astype(object).where(result.posts["likes"].notna()).isna()[0]
    assert result.posts["likes"][1] == 7
    assert result.unclear.n == 1
    assert f"likes {str(found)!r}" in result.remarks[0]


def test_of_unclear_counts_the_most_frequent_are_told_first_and_only_those_of_posts():
    changes = [{"reads": "viele"}] * 3 + [{"reads": text} for text in "abcdef"]
    rows = delivered(*changes, {"reads": "refused", "likes": -1}, {"comments": "x" * 50})
    result = judged(rows)
    assert (len(result.posts), result.unclear.n) == (10, 10)
    assert result.remarks == [
        "10 counts of posts can't be understood and are taken as missing, their posts are kept: "
        f"reads 'viele' (3 times), comments '{'x' * 20}…', reads 'a', reads 'b', reads 'c' and "
        "others; correct them in the files if they are to count"
    ]
    bare = validate_all([("a", rows)], ["2026-07"], NOW, keep_texts=False).remarks[0]
    assert "(50 characters)" in bare


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        ("2026-07-15 14:03:09", "2026-07-15 14:03:09"),
        ("2026-07-15T14:03:09", "2026-07-15 14:03:09"),
        (" 2026/7/5 9:03 ", "2026-07-05 09:03"),
        ("2026-07-15", "2026-07-15"),
        ("2026-07-15 14:03:09.250", "2026-07-15 14:03:09"),
        (pd.Timestamp("2026-07-15 14:03:09.000000123"), "2026-07-15 14:03:09"),
        (pd.Timestamp("2026-07-15").date(), "2026-07-15"),
    ],
)
def test_a_time_is_read(found, meant):
    assert judged(delivered({"published": found})).posts["published_at"].item() == pd.Timestamp(
        meant
    )


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (None, "is missing"),
        ("", "is missing"),
        (pd.NaT, "is missing"),
        ("07-15 14:03", "cannot be read"),
        ("yesterday", "cannot be read"),
        (1752559389, "cannot be read"),
        ("2026-02-30 10:00:00", "is no time of the calendar"),
        ("2026-07-15 24:00:00", "is no time of the calendar"),
        ("2026-07-15-08", "cannot be read"),
        *(
            (zoned, "carries a time zone: give the wall clock of the forum's site")
            for zoned in (
                pd.Timestamp("2026-07-15", tz="Asia/Shanghai"),
                "2026-07-15T14:03:09+08:00",
                "2026-07-15T14:03:09.250Z",
                "2026-07-15 14:03 -0500",
                "2026-07-15 14:03:09 UTC",
            )
        ),
    ],
)
def test_a_time_that_is_none_is_refused(found, why):
    assert reason(published=found).startswith(f"its time of publication {why}")


def test_the_future_is_refused_whatever_the_zones_of_the_clocks():
    assert "in the future" in reason(published="2099-01-01 00:00:00")
    assert "in the future" in reason(published="2026-07-25", retrieved_at="2026-07-20T00:00:00")
    assert "in the future" in reason(published="2099-07-20", retrieved_at=None)
    same_moment = {"published": "2026-07-20 14:00:00", "retrieved_at": "2026-07-20T06:00:01"}
    assert len(judged(delivered(same_moment)).posts) == 1


@pytest.mark.parametrize("nothing", [None, "", " ", "\x00\x1f", "\u200b\u202e", "\u3000\u2029"])
def test_a_post_without_text_is_refused(nothing):
    assert reason(title=nothing) == "no text is left of it after cleaning"
    assert reason(title=nothing, content=nothing) == "no text is left of it after cleaning"


@pytest.mark.parametrize("nothing", [None, "", "\x00", float("nan"), True, [1]])
def test_a_row_without_identifier_or_board_is_refused(nothing):
    assert reason(post_id=nothing) == "it has no post_id"
    assert reason(bar=nothing) == "it names no board"


def test_an_identifier_may_be_a_number():
    numbers = [1743987733, 1743987734.0, "1743987735.0", "1.5", "a1.0"]
    posts = judged(delivered(*({"post_id": number} for number in numbers))).posts
    assert posts["post_id"].tolist() == ["1743987733", "1743987734", "1743987735", "1.5", "a1.0"]
    twice = judged(delivered({"post_id": "1480.0"}, {"post_id": "1480"}))
    assert twice.rejected["reason"].tolist() == ["another row has the same post_id"]


@pytest.mark.parametrize("found", ["1.23457E+17", "1.23e+17", 1.2345678901234568e17, 2.0**53 + 2])
def test_an_identifier_that_a_spreadsheet_rounded_is_called_that(found):
    assert reason(post_id=found) == (
        "its post_id was rounded by a spreadsheet, to 15 digits or fewer: export again with ids "
        "as text"
    )


@pytest.mark.parametrize("size", [1, 2, 9])
def test_equal_identifiers_that_end_in_zeros_were_rounded(size):
    rounded = [{"post_id": one} for one in ("123456789012345000", 123456789012345000, "7", "7")]
    rows = delivered(*rounded, {"post_id": "1234567890123460"})
    chunks = [("a", rows[start : start + size]) for start in range(0, len(rows), size)]
    reasons = validate_all(chunks, ["2026-07"], NOW).rejected["reason"].tolist()
    assert [reason.partition(",")[0] for reason in reasons] == [
        "its post_id was rounded by a spreadsheet",
        "another row has the same post_id",
    ]


def test_long_identifiers_of_which_some_end_in_zeros_are_not_rounded():
    ids = ["123456789012345000", "123456789012345678", "123456789012345000"]
    rejected = judged(delivered(*({"post_id": one} for one in ids))).rejected
    assert rejected["reason"].tolist() == ["another row has the same post_id"]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("涨  了\r\n\t吗", "涨 了 吗"),
        ("a\u00a0b\u3000c\u2028d\x85e", "a b c d e"),
        ("a\x00b\x1fc\x7fd\x9be", "abcde"),
        ("涨\ud83d了", "涨\ufffd了"),
        ("a\u202eb\u2066c\u2069d\u200fe", "abcde"),
        ("שלום 👨‍👩‍👧 ❤️", "שלום 👨‍👩‍👧 ❤️"),
        ("<script>alert(1)</script> &amp;", "<script>alert(1)</script> &amp;"),
        ("天" * 10_000_000, "天" * MAX_CHARACTERS),
        (" " * 10_000 + "天", "天"),
        ("天" + " " * 10_000 + "地", "天 地"),
        ("天" * (MAX_CHARACTERS - 1) + " 地", "天" * (MAX_CHARACTERS - 1)),
    ],
)
def test_text_is_cleaned_of_what_cannot_be_seen(text, cleaned):
    assert clean(text) == cleaned


@given(st.text(st.characters()))
def test_cleaning_is_final_and_can_be_stored(text):
    once = clean(text)
    assert clean(once) == once
    once.encode()
    assert len(once) <= MAX_CHARACTERS


@pytest.mark.parametrize(
    ("title", "body", "text"),
    [
        ("大盘", None, "大盘"),
        ("大盘", "", "大盘"),
        (None, "明天反弹", "明天反弹"),
        ("大盘", "明天反弹", "大盘 明天反弹"),
        ("明天反", "明天反弹", "明天反弹"),
        ("明天反…", "明天反弹", "明天反弹"),
        ("明天反，", "明天反弹", "明天反弹"),
        ("明天  反", "明天\n反弹", "明天 反弹"),
        (600519, None, "600519"),
        ({"a": 1}, ["b"], ""),
    ],
)
def test_title_and_body_become_one_text(title, body, text):
    assert full_text(title, body) == text


def test_posts_that_lost_characters_are_told():
    assert judged(delivered({"title": "大盘\ufffd\ufffd"}, {})).remarks == [
        "1 posts hold U+FFFD in place of characters that were lost before, and are read as they "
        "are: export them again in UTF-8"
    ]


def test_text_is_full_where_the_post_was_fetched():
    posts = judged(delivered({}, {"content": ""}, {"content": "明天反弹"})).posts
    assert posts["text_is_full"].tolist() == [False, True, True]
