"""From delivered rows to posts and rejected rows: nothing lost, nothing invented."""

import json
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfr_pipeline.opinion.crawled import crawled_rows
from sfr_pipeline.opinion.posts import raw_rows, validate_all
from sfr_pipeline.opinion.texts import MAX_CHARACTERS, clean, full_text
from sfr_pipeline.storage.tables.opinion import INTERACTIONS, POSTS, POSTS_REJECTED
from sfr_pipeline.storage.validation import violations

NOW = pd.Timestamp("2026-11-22 08:00:00")
GOOD = {
    "kind": "post",
    "post_id": "1743987733",
    "bar": "600519",
    "title": "大盘",
    "content": None,
    "published": "2026-07-15 14:03:09",
    "reads": 1480,
    "likes": None,
    "comments": 5,
    "shares": 1,
    "post_type": 0,
    "automatic": None,
    "deleted": False,
    "retrieved_at": "2026-11-22T08:00:00",
    "url": "https://forum.example/news,600519,1743987733.html",
}


def delivered(*changes):
    """Good rows, each with its own identifier, but for these changes."""
    rows = [{**GOOD, "post_id": str(1000 + i), **change} for i, change in enumerate(changes)]
    return raw_rows(rows)


def judged(rows, months=("2026-07",)):
    result = validate_all([("https://forum.example", rows)], list(months), NOW)
    assert violations(POSTS, result.posts) == []
    assert violations(POSTS_REJECTED, result.rejected) == []
    assert result.delivered == len(rows)
    return result


def reason(**change):
    """Why a row with this change is refused."""
    result = judged(delivered(change))
    assert len(result.rejected) == 1, "the row was accepted"
    return result.rejected["reason"].item()


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
        ("abc", "no number"),
        ("12,34", "no number"),
        ("1e5", "no number"),
        ("万", "no number"),
        ("１２", "no number"),
        (True, "no number"),
        (float("inf"), "no number"),
        ([1], "no number"),
        ({"n": 1}, "no number"),
        (1.5, "no whole number"),
        ("1.5", "no whole number"),
        ("1.23456万", "no whole number"),
        *(
            (too_many, "larger than 10,000,000,000, more than a post can have")
            for too_many in (10**10 + 1, 9e18, "900000000亿", 2**63, "9" * 5000, 1e300)
        ),
    ],
)
def test_a_count_that_is_none_is_refused(found, why):
    assert reason(likes=found) == f"the count of likes is {why}"


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


def test_text_is_full_where_the_post_was_fetched():
    posts = judged(delivered({}, {"content": ""}, {"content": "明天反弹"})).posts
    assert posts["text_is_full"].tolist() == [False, True, True]


@pytest.mark.parametrize("size", [6, 1])
def test_of_equal_identifiers_the_first_valid_row_is_kept(size):
    same = {"post_id": "7"}
    rows = delivered(
        {**same, "reads": "abc", "content": "refused"},
        {**same, "title": "list"},
        {**same, "content": "page"},
        {"post_id": "8", "title": "first"},
        {**same, "content": "again"},
        {"post_id": "8", "title": "second"},
    )
    chunks = [("a", rows[start : start + size]) for start in range(0, 6, size)]
    result = validate_all(chunks, ["2026-07"], NOW)
    assert result.posts["text"].tolist() == ["list", "first"]
    assert result.rejected["position"].tolist() == [1, 3, 5, 6]
    assert result.rejected["reason"].tolist() == [
        "the count of reads is no number",
        *["another row has the same post_id"] * 3,
    ]


def test_a_post_of_two_origins_counts_once():
    deliveries = [("a", delivered({}, {})), ("b", delivered({}, {}, {}))]
    result = validate_all(deliveries, ["2026-07"], NOW)
    assert list(zip(result.posts["origin"], result.posts["post_id"], strict=True)) == [
        ("a", "1000"),
        ("a", "1001"),
        ("b", "1002"),
    ]
    assert result.rejected["origin"].tolist() == ["b", "b"]
    assert violations(POSTS, result.posts) == violations(POSTS_REJECTED, result.rejected) == []


def test_no_delivery_gives_empty_tables():
    result = validate_all([], ["2026-07"], NOW)
    assert (len(result.posts), len(result.rejected), result.outside) == (0, 0, 0)
    assert violations(POSTS, result.posts) == violations(POSTS_REJECTED, result.rejected) == []


def test_a_row_without_time_is_found_in_its_neighbours_month():
    rows = delivered(
        {"published": None},
        {"published": "2026-06-30 23:59:59"},
        {"published": "nonsense"},
        {"published": "2026-07-01 00:00:00"},
        {"published": "2099-01-01"},
        {"reads": -1},
    )
    rejected = judged(rows, ["2026-06", "2026-07"]).rejected
    assert rejected["position"].tolist() == [1, 3, 5, 6]
    assert rejected["found_month"].dt.strftime("%Y-%m-%d").tolist() == [
        *["2026-06-30"] * 2,
        *["2026-07-31"] * 2,
    ]


def test_a_future_row_keeps_its_month_if_it_was_asked_for():
    rows = delivered(
        {"published": "2026-06-15"},
        {"published": "2026-07-25", "retrieved_at": "2026-07-01T00:00:00"},
    )
    rejected = judged(rows, ["2026-06", "2026-07"]).rejected
    assert rejected["found_month"].item() == pd.Timestamp("2026-07-31")
    assert judged(rows, ["2026-06"]).rejected["found_month"].item() == pd.Timestamp("2026-06-30")


def test_rows_without_any_time_are_found_in_the_first_month():
    rejected = judged(delivered({"published": None}), ["2026-02", "2026-03"]).rejected
    assert rejected["found_month"].item() == pd.Timestamp("2026-02-28")


def test_rows_of_other_months_are_counted_and_left_out():
    rows = delivered({}, {"published": "2026-08-01"}, {"published": "2026-06-30", "reads": "abc"})
    result = judged(rows)
    assert (len(result.posts), len(result.rejected), result.outside) == (1, 0, 2)
    assert judged(rows, []).outside == 3


def test_the_raw_row_is_kept_so_that_it_can_do_no_harm():
    title = "<script>\x00\x7f\x9b\u202e\ud800涨"
    rejected = judged(delivered({"title": title, "reads": -1, "likes": float("nan")})).rejected
    raw = rejected["raw"].item()
    assert raw.isascii()
    assert raw.isprintable()
    assert json.loads(raw)["title"] == title
    assert json.loads(raw)["likes"] is None
    long = judged(delivered({"content": "天" * 10_000_000, "reads": -1})).rejected["raw"].item()
    assert len(long) == 2_000


def test_hostile_rows_stop_nothing():
    rows = delivered(
        {"title": "<script>alert(1)</script>\x00"},
        {"title": "\ud800 half"},
        {"content": "天" * 10_000_000},
        {"title": "👍🏽 שלום"},
        {"published": "2099-01-01 00:00:00"},
        {"comments": "-3"},
        {"reads": "1.2万"},
        {"title": {"no": "text"}, "content": ["none"]},
        {"post_id": "\ud800"},
        {"bar": "\x00"},
        {"retrieved_at": "soon", "automatic": "perhaps", "post_type": "post"},
    )
    result = judged(rows)
    assert result.rejected["position"].tolist() == [5, 6, 8, 10]
    assert result.posts["reads"].tolist() == [1480] * 4 + [12_000] + [1480] * 2
    assert result.posts["text"].str.len().max() == MAX_CHARACTERS


ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=8),
    st.lists(st.integers(), max_size=2),
)
TIMES = st.one_of(
    ANY,
    st.datetimes(pd.Timestamp("2026-05-01"), pd.Timestamp("2026-09-01")).map(str),
    st.just("2099-01-01"),
)
COUNTS = st.one_of(ANY, st.integers(0, 10**6), st.sampled_from(["1.2万", "3,456", "-5"]))
ROWS = st.lists(
    st.fixed_dictionaries(
        {"post_id": st.one_of(ANY, st.integers(1, 5).map(str)), "published": TIMES},
        optional={
            "bar": st.one_of(ANY, st.just("600519")),
            "title": st.text(st.characters(), max_size=8),
            "content": ANY,
            "post_type": ANY,
            "automatic": ANY,
            "retrieved_at": TIMES,
            **dict.fromkeys(INTERACTIONS, COUNTS),
        },
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_every_row_is_a_post_or_rejected_or_outside(records):
    rows = raw_rows(records)
    result = judged(rows, ["2026-06", "2026-07"])
    assert set(result.posts["published_at"].dt.strftime("%Y-%m")) <= {"2026-06", "2026-07"}
    assert result.rejected["position"].between(1, len(rows)).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=2), st.integers(1, 4), st.sampled_from([2, 1, 0]))
def test_chunks_make_no_difference(origins, size, n_months):
    months = ["2026-06", "2026-07"][:n_months]
    whole = [(f"origin {i}", raw_rows(records)) for i, records in enumerate(origins)]
    cut = [
        (origin, rows.iloc[start : start + size])
        for origin, rows in whole
        for start in range(0, len(rows), size)
    ]
    expected, found = (validate_all(deliveries, months, NOW) for deliveries in (whole, cut))
    pd.testing.assert_frame_equal(found.posts, expected.posts)
    pd.testing.assert_frame_equal(found.rejected, expected.rejected)
    assert found.outside == expected.outside


def test_a_row_without_time_takes_its_month_from_another_chunk():
    chunks = [
        delivered({"published": None}, {"published": "2099-01-01"}),
        delivered({"published": "nonsense"}),
        delivered({"post_id": "7"}, {"published": "2026-06-30"}),
        delivered({"published": None}),
    ]
    deliveries = [("a", chunk) for chunk in chunks]
    june = validate_all(deliveries, ["2026-06"], NOW)
    july = validate_all(deliveries, ["2026-07"], NOW)
    assert july.rejected["position"].tolist() == [1, 2, 3]
    assert june.rejected["position"].tolist() == [6]
    assert (july.outside, june.outside) == (2, 4)


def test_a_journal_is_read_in_chunks(tmp_path):
    lines = [{**GOOD, "post_id": str(i)} for i in range(5)]
    lines.insert(2, {"kind": "page"})
    path = tmp_path / "crawl.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    chunks = list(crawled_rows(path, "site", chunk=2))
    assert [(origin, rows["post_id"].tolist()) for origin, rows in chunks] == [
        ("site", ["0", "1"]),
        ("site", ["2", "3"]),
        ("site", ["4"]),
    ]


def test_raw_values_of_one_chunk_at_a_time_are_held():
    def chunks():
        for chunk in range(20):
            ids = [{"post_id": f"{chunk}-{i}", "url": str(i) + "x" * 100_000} for i in range(10)]
            yield "a", delivered(*ids)

    tracemalloc.start()
    try:
        result = validate_all(chunks(), ["2026-07"], NOW)
        highest = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(result.posts) == 200
    assert highest < 6 * 10 * 100_000  # all chunks together take 20


@settings(max_examples=20, deadline=None)
@given(ROWS)
def test_months_one_by_one_give_the_posts_and_rejections_of_all_at_once(records):
    rows = raw_rows([{**row, "post_id": str(i)} for i, row in enumerate(records)])
    months = ["2026-06", "2026-07"]
    together = judged(rows, months)
    apart = [judged(rows, [month]) for month in months]
    if not together.posts["published_at"].empty:  # else no row tells its month
        assert len(together.posts) == sum(len(part.posts) for part in apart)
        assert len(together.rejected) == sum(len(part.rejected) for part in apart)
