"""The index against the paper's formulas, by hand and post by post."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfr_pipeline.storage.tables.opinion import (
    INTERACTIONS,
    LARGEST_COUNT,
    VARIANTS,
)
from sfr_pipeline_tests.opinion.formulas import assert_follows_the_formulas, in_whole_numbers
from sfr_pipeline_tests.opinion.opinions import computed, index_of, opinions, random_opinions


def test_a_small_sample_by_hand(tmp_path):
    frame = opinions(
        [
            ("2020-01-05", 1.0, 100, 10, 4, 0),
            ("2020-01-31 23:59:59", -0.5, 0, None, 2, 0),
            ("2020-02-01", 0.5, 200, 0, 0, 0),
        ]
    )
    result = computed(tmp_path, frame)
    paper, real_time, robust = (index_of(result, variant) for variant in VARIANTS)
    # Reads run from 0 to 200, likes from 0 to 10, comments from 0 to 4; shares are all 0.
    first, second, third = 0.1 * 0.5 + 0.3 + 0.3, (0.3 * 0.5) / 0.7, 0.1
    expected = [(first - 0.5 * second) / 2, 0.5 * third]
    assert paper["npoi"].to_list() == pytest.approx(expected, rel=1e-15)
    assert paper["mean_weight"].to_list() == pytest.approx([(first + second) / 2, third])
    assert paper["top_weight_share"].to_list() == pytest.approx([first / (first + second), 1])
    assert paper["mean_score"].to_list() == [0.25, 0.5]
    assert paper["n_posts"].to_list() == [2, 1]
    assert paper["share_missing"].to_list() == [1 / 8, 0]
    # In January the largest read count was 100, likes were all 10, comments ran from 2 to 4.
    expected = [(1.0 * (0.1 + 0.3) - 0.5 * 0) / 2, 0.5 * third]
    assert real_time["npoi"].to_list() == pytest.approx(expected, rel=1e-15)
    # The 99 % quantile of two counts is the larger; February's high is a median of two months.
    second = 0.3 * math.log(3) / math.log(5) / 0.7
    expected = [(0.1 + 0.3 + 0.3 - 0.5 * second) / 2, 0.5 * 0.1]
    assert robust["npoi"].to_list() == pytest.approx(expected, rel=1e-15)
    scaling = result["npoi_scaling"].set_index(["variant", "ref_date", "interaction"])
    january, february = pd.Timestamp("2020-01-31"), pd.Timestamp("2020-02-29")
    assert scaling.loc[("paper", january, "reads")].to_list() == [0, 200, 0]
    assert scaling.loc[("real_time", january, "comments")].to_list() == [2, 4, 0]
    assert scaling.loc[("real_time", february, "comments")].to_list() == [0, 4, 0]
    assert scaling.loc[("robust", february, "likes")].to_list() == [0, 5, 0]
    assert scaling.loc[("paper", january, "likes")].to_list() == [0, 10, 0.5]


COUNT = st.one_of(st.none(), st.integers(0, 5), st.integers(0, 10_000))
SAMPLES = st.lists(
    st.tuples(
        st.datetimes(pd.Timestamp("2020-01-01"), pd.Timestamp("2020-05-01")),
        st.floats(-1, 1),
        COUNT,
        COUNT,
        COUNT,
        COUNT,
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=12, deadline=None)
@given(rows=SAMPLES, absent=st.sets(st.sampled_from(INTERACTIONS)))
def test_any_sample_follows_the_formulas(tmp_path_factory, rows, absent):
    frame = opinions(rows)
    for name in absent:
        frame[name] = pd.array([pd.NA] * len(frame), dtype="Int64")
    result = computed(tmp_path_factory.mktemp("sample"), frame)
    assert_follows_the_formulas(result, frame)
    # The digits of whole numbers added up; the logarithm of the third variant is the machine's.
    for variant in ("paper", "real_time"):
        found, expected = index_of(result, variant), in_whole_numbers(frame, variant)
        assert found["mean_weight"].to_list() == [weight for _, weight in expected]
        # DuckDB rounds a large negative number to either of the two nearest doubles.
        assert found["npoi"].to_list() == pytest.approx(
            [npoi for npoi, _ in expected], rel=2**-52, abs=0
        )


def test_the_largest_counts_break_nothing(tmp_path):
    largest = LARGEST_COUNT
    frame = opinions(
        [
            ("2020-01-05", 1.0, largest, largest, largest, largest),
            ("2020-01-06", 1.0, 0, 1, None, largest),
            ("2020-02-06", 1.0, 100, 1, 1, 1),
        ]
    )
    assert_follows_the_formulas(computed(tmp_path, frame), frame, rtol=1e-9)


def test_a_large_sample_follows_the_formulas(tmp_path):
    frame = random_opinions(seed=1)
    assert_follows_the_formulas(computed(tmp_path, frame), frame)


@pytest.mark.parametrize("n", [1, 2, 99, 100, 101, 199, 200, 201, 1000, 1001])
def test_the_top_percent_is_rounded_up_and_the_quantile_is_a_count(tmp_path, n):
    counts = range(1, n + 1)
    frame = opinions([("2020-01-05", 0.1, count, None, None, None) for count in counts])
    result = computed(tmp_path, frame)
    high = result["npoi_scaling"].set_index(["variant", "interaction"]).loc[("robust", "reads")]
    assert high["high"] == math.ceil(99 * n / 100)
    if n > 1:
        heaviest = sum(sorted(counts)[-math.ceil(n / 100) :]) - math.ceil(n / 100)
        share = index_of(result, "paper")["top_weight_share"].item()
        assert share == pytest.approx(heaviest / (sum(counts) - n), rel=1e-12)


def test_without_likes_and_shares_the_others_carry_the_weight(tmp_path):
    frame = random_opinions(seed=2, missing=0)
    for name in ("likes", "shares"):
        frame[name] = pd.array([pd.NA] * len(frame), dtype="Int64")
    result = computed(tmp_path, frame)
    assert_follows_the_formulas(result, frame)
    assert set(result["npoi"]["share_missing"]) == {0.5}
    scaling = result["npoi_scaling"]
    absent = scaling["interaction"].isin(["likes", "shares"])
    assert scaling[absent][["low", "high"]].isna().all(axis=None)
    assert scaling[~absent][["low", "high"]].notna().all(axis=None)


def test_where_no_post_has_a_count_the_index_is_the_mean_sentiment(tmp_path):
    scores = [1.0, -0.5, 0.25]
    frame = opinions([("2020-01-05", score, None, None, None, None) for score in scores])
    rows = computed(tmp_path, frame)["npoi"]
    assert rows["npoi"].to_list() == pytest.approx([0.25] * 3, rel=1e-15)
    assert (rows["mean_weight"] == 1).all()
    assert (rows["share_missing"] == 1).all()


def test_posts_without_any_count_weigh_nothing_once_another_has_one(tmp_path):
    frame = opinions(
        [
            ("2020-01-05", 1.0, None, None, None, None),
            ("2020-02-05", 0.5, None, None, None, None),
            ("2020-02-06", -1.0, 7, None, None, None),
            ("2020-02-07", 1.0, 9, None, None, None),
            ("2020-03-05", 0.5, None, None, None, None),
        ]
    )
    result = computed(tmp_path, frame)
    # The paper's formula looks at the whole sample, and so finds counts in January too.
    assert index_of(result, "paper")["npoi"].to_list() == pytest.approx([0, 1 / 3, 0])
    assert index_of(result, "real_time")["npoi"].to_list() == pytest.approx([1, 1 / 3, 0])
    assert index_of(result, "robust")["npoi"].iloc[[0, 2]].to_list() == [1, 0]
