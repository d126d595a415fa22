"""However rows are cut into chunks and months, the same posts and rejected rows come out."""

import json
import tracemalloc

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfr_pipeline.opinion.crawled import crawled_rows
from sfr_pipeline.opinion.posts import raw_rows, validate_all
from sfr_pipeline.storage.tables.opinion import INTERACTIONS
from sfr_pipeline_tests.opinion.delivered_rows import GOOD, NOW, delivered, judged

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


@pytest.mark.faults
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
