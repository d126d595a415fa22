"""What moves the index and what does not, and what it is refused for."""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sfr_pipeline.errors import NotMaterializedError, TooShortError
from sfr_pipeline.opinion.npoi import npoi_tables
from sfr_pipeline.storage.tables.opinion import (
    INTERACTIONS,
    POSTS,
    SENTIMENT,
    VARIANTS,
)
from sfr_pipeline_tests.opinion.formulas import assert_follows_the_formulas
from sfr_pipeline_tests.opinion.opinions import computed, index_of, random_opinions, stored


@pytest.mark.parametrize("variant", ["real_time", "robust"])
def test_later_months_leave_earlier_ones_bit_identical(tmp_path, variant):
    frame = random_opinions(seed=3)
    cut = pd.Timestamp("2020-05-01")
    poisoned = frame.copy()
    late = poisoned["published_at"] >= cut
    poisoned.loc[late, "score"] *= -1
    for name in INTERACTIONS:
        poisoned[name] = poisoned[name].where(~late, poisoned[name] * 1_000_000)
    poisoned = poisoned.drop(poisoned.index[late.to_numpy()][::3])
    for name in ("npoi", "npoi_scaling"):
        clean, changed = (
            rows[(rows["variant"] == variant) & (rows["ref_date"] < cut)].reset_index(drop=True)
            for rows in (
                computed(tmp_path / "a", frame)[name],
                computed(tmp_path / "b", poisoned)[name],
            )
        )
        assert len(clean) > 0
        pd.testing.assert_frame_equal(clean, changed, check_exact=True)


def test_one_viral_post_moves_the_paper_s_index_and_not_the_robust_one(tmp_path):
    frame = random_opinions(seed=4, n_posts=6000, missing=0)
    viral = frame.copy()
    for name in INTERACTIONS:
        viral.loc[3000, name] *= 1_000_000
    others = frame.loc[3000, "published_at"].to_period("M").end_time.normalize()
    before, after = (
        computed(tmp_path / name, rows) for name, rows in (("before", frame), ("after", viral))
    )
    ratio = {
        variant: (
            index_of(after, variant)["npoi"].drop(others)
            / index_of(before, variant)["npoi"].drop(others)
        )
        for variant in VARIANTS
    }
    assert (ratio["robust"] - 1).abs().max() < 1e-3
    assert ratio["paper"].abs().max() < 1e-3


class Backwards:
    """An engine that does pieces from the last to the first, each in what a worker would get."""

    at_once = 3

    def __init__(self):
        self.pieces = 0

    def completed(self, function, pieces, name=str):
        self.pieces += len(pieces)
        for place, piece in reversed(list(enumerate(pieces))):
            yield place, pickle.loads(pickle.dumps(function(pickle.loads(pickle.dumps(piece)))))


@pytest.mark.parametrize(
    "options",
    [{"memory_limit": "100MB"}, {"posts_at_once": 3000}, "backwards"],
)
def test_order_of_rows_and_files_and_who_shares_the_work_change_no_bit(tmp_path, options):
    frame = random_opinions(seed=5, n_posts=9000)
    expected = computed(tmp_path / "a", frame)
    posts, sentiment = stored(tmp_path / "b", frame, order=np.random.default_rng(0))
    engine = Backwards()
    options = {"engine": engine} if options == "backwards" else options
    found = npoi_tables(posts[::-1], sentiment[3:] + sentiment[:3], **options)
    for name in expected:
        pd.testing.assert_frame_equal(found[name], expected[name], check_exact=True)
    assert "engine" not in options or engine.pieces >= 2 * engine.at_once


def test_files_that_name_no_month_are_read_together(tmp_path):
    frame = random_opinions(seed=5, n_posts=900)
    by_month = computed(tmp_path, frame)
    whole = []
    for table in (POSTS, SENTIMENT):
        whole.append(tmp_path / f"{table.name}.parquet")
        parts = [pq.read_table(file) for file in sorted((tmp_path / table.name).rglob("*.parquet"))]
        pq.write_table(pa.concat_tables(parts[::-1]), whole[-1])
    at_once = npoi_tables(whole[:1], whole[1:])
    for name in by_month:
        pd.testing.assert_frame_equal(at_once[name], by_month[name], check_exact=True)


def test_brackets_in_a_path_are_part_of_its_name(tmp_path):
    frame = random_opinions(seed=6, n_posts=50)
    stored(tmp_path / "run1 x", random_opinions(seed=7, n_posts=50))  # what a pattern would find
    assert_follows_the_formulas(computed(tmp_path / "run[1] *", frame), frame)


def test_posts_without_sentiment_are_an_error_that_names_their_months(tmp_path):
    frame = random_opinions(seed=7, n_posts=100)
    posts, sentiment = stored(tmp_path, frame)
    said = r"2020-02 \((\d+) of \1\): materialize sentim"
    for at_once in (1, 1_000):
        with pytest.raises(NotMaterializedError, match=said):
            npoi_tables(posts, sentiment[:1] + sentiment[2:], posts_at_once=at_once)
    with pytest.raises(NotMaterializedError, match="materialize sentiment first"):
        npoi_tables(posts, [])
    with pytest.raises(NotMaterializedError, match="materialize posts first"):
        npoi_tables([], [])


def test_a_post_whose_time_changed_must_be_read_again(tmp_path):
    frame = random_opinions(seed=8, n_posts=100)
    _, sentiment = stored(tmp_path / "old", frame)
    frame.loc[0, "published_at"] += pd.Timedelta(seconds=1)
    posts, _ = stored(tmp_path / "new", frame)
    with pytest.raises(NotMaterializedError, match=r"2020-01 \(1 of"):
        npoi_tables(posts, sentiment)


def test_sentiment_of_posts_that_are_gone_is_passed_over(tmp_path):
    frame = random_opinions(seed=9, n_posts=100)
    _, sentiment = stored(tmp_path / "all", frame)
    posts, _ = stored(tmp_path / "some", frame[::2])
    assert_follows_the_formulas(npoi_tables(posts, sentiment), frame[::2])


def test_the_index_names_what_read_the_posts(tmp_path):
    frame = random_opinions(seed=11, n_posts=300, n_months=3)
    second = frame["published_at"].dt.month == 2
    frame["scorer"] = "team/model@1/bf16"
    frame.loc[second & (frame.index % 2 == 0), "scorer"] = "team/model@1/fp32"
    result = computed(tmp_path, frame)
    for variant in VARIANTS:
        assert index_of(result, variant)["scorer"].tolist() == [
            "team/model@1/bf16",
            "team/model@1/bf16,fp32",
            "team/model@1/bf16",
        ]


def test_posts_read_by_different_models_are_refused(tmp_path):
    frame = random_opinions(seed=12, n_posts=600, n_months=6)
    month = frame["published_at"].dt.month
    frame["scorer"] = "team/model@1/fp32"
    frame.loc[month.isin([1, 2, 5]), "scorer"] = "team/model@2/fp32"
    posts, sentiment = stored(tmp_path, frame)
    said = (
        r"team/model@2 in 2020-01 to 2020-02, 2020-05; "
        r"team/model@1 in 2020-03 to 2020-04, 2020-06: materialize sentiment again"
    )
    with pytest.raises(NotMaterializedError, match=said):
        npoi_tables(posts, sentiment)
    # What another model said of posts that are gone does not count.
    posts, _ = stored(tmp_path / "some", frame[~month.isin([1, 2, 5])])
    assert set(npoi_tables(posts, sentiment)["npoi"]["scorer"]) == {"team/model@1/fp32"}


def test_months_without_posts_have_no_row(tmp_path):
    frame = random_opinions(seed=10)
    frame = frame[frame["published_at"].dt.month != 3]
    posts, sentiment = stored(tmp_path, frame)
    empty = []
    for table in (POSTS, SENTIMENT):
        empty.append(tmp_path / f"{table.name}.parquet")
        pq.write_table(table.arrow_schema().empty_table(), empty[-1])
    result = npoi_tables([*posts, empty[0]], [*sentiment, empty[1]])
    assert_follows_the_formulas(result, frame)
    with pytest.raises(TooShortError, match="no month that was fetched has any"):
        npoi_tables(empty[:1], empty[1:])
