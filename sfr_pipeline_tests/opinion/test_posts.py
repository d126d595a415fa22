"""From delivered rows to posts and rejected rows of the months: none lost, none invented."""

import json

import pandas as pd
import pytest

from sfr_pipeline.opinion.posts import validate_all
from sfr_pipeline.opinion.raw import raw_without_texts
from sfr_pipeline.opinion.texts import MAX_CHARACTERS
from sfr_pipeline.storage.tables.opinion import POSTS, POSTS_REJECTED
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.opinion.delivered_rows import NOW, delivered, judged


@pytest.mark.parametrize("size", [6, 1])
def test_of_equal_identifiers_the_first_valid_row_is_kept(size):
    same = {"post_id": "7"}
    rows = delivered(
        {**same, "reads": -1, "content": "refused"},
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
        "the count of reads is negative",
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


def test_of_a_rejected_row_without_texts_numbers_times_and_codes_are_left():
    row = {
        "post_id": "12", "bar": "zssh000001", "title": "短", "content": "x" * 3_000,
        "published": "我是标题", "reads": -1, "likes": "1.2 thousand",
        "url": "https://x/" + "y" * 90, "automatic": True, "shares": None,
    }  # fmt: skip
    left = {
        **row, "title": "(1 characters)", "content": "(3,000 characters)",
        "published": "(4 characters)",
    }  # fmt: skip
    assert json.loads(raw_without_texts(json.dumps(row))) == left
    assert raw_without_texts(json.dumps(left)) == json.dumps(left)
    assert json.loads(raw_without_texts(json.dumps(row)[:500])) == {"characters": 500}
    assert json.loads(raw_without_texts('{"line": "short line"}')) == {"line": "(10 characters)"}
    assert json.loads(raw_without_texts('{"line": 7}')) == {"line": 7}
