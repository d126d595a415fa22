"""Own posts give the index that the paper's formulas do; what does not count is refused."""

import doctest

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.opinion import npoi, own_posts
from sfr_pipeline.storage.tables.opinion import INTERACTIONS, VARIANTS
from sfr_pipeline_tests.opinion.formulas import post_by_post
from sfr_pipeline_tests.opinion.opinions import random_opinions

POSTS = random_opinions(seed=8, n_posts=300)[["published_at", "score", *INTERACTIONS]]


def test_examples_of_the_docstrings_are_true():
    result = doctest.testmod(own_posts)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("variant", VARIANTS)
def test_posts_of_any_index_and_order_give_the_index_of_the_formulas(variant):
    shuffled = POSTS.sample(frac=1, random_state=0).set_axis(range(900, 1200)).assign(city="Delft")
    found = npoi(shuffled, variant)
    expected = post_by_post(POSTS).loc[variant]
    assert list(found.index) == list(expected.index.to_period("M"))
    assert found["npoi"].to_numpy() == pytest.approx(expected["npoi"].astype(float), abs=1e-12)
    assert list(found["n_posts"]) == list(expected["n_posts"])


def test_counts_that_were_never_taken_are_missing_not_zero():
    without = npoi(POSTS.drop(columns=["reads", "shares"]))
    missing = npoi(
        POSTS.assign(reads=pd.NA, shares=pd.NA).astype({"reads": "Int64", "shares": "Int64"})
    )
    pd.testing.assert_frame_equal(without, missing)
    assert (without["share_missing"] >= 0.5).all()
    as_floats = npoi(POSTS.astype(dict.fromkeys(INTERACTIONS, float)))
    pd.testing.assert_frame_equal(as_floats, npoi(POSTS))


@pytest.mark.parametrize(
    ("perturb", "says"),
    [
        (lambda p: p["score"], "must be a pandas DataFrame, not Series"),
        (lambda p: p.drop(columns="score"), "no column score .it has published_at"),
        (lambda p: p[["published_at", "score"]], r"none of the columns reads.*\.mean\(\)"),
        (lambda p: p[:0], "no row"),
        (lambda p: p.assign(published_at="2024-01-01"), "convert it to the forum's own clock"),
        (
            lambda p: p.assign(published_at=p["published_at"].dt.tz_localize("UTC")),
            r"dt\.tz_localize\(None\)",
        ),
        (lambda p: p.assign(published_at=pd.NaT), "posts have no published_at: drop"),
        (lambda p: p.assign(score=np.nan), "300 posts have no score, as empty texts"),
        (lambda p: p.assign(score=p["score"] * 100), "probability of positive less"),
        (lambda p: p.assign(score="good"), "score holds str, not numbers"),
        (lambda p: p.assign(likes=-1), "likes holds what counts nothing"),
        (lambda p: p.assign(likes=0.5), "likes holds what counts nothing"),
    ],
)
def test_what_can_not_be_counted_is_refused_with_its_remedy(perturb, says):
    with pytest.raises(EstimationError, match=says):
        npoi(perturb(POSTS))


def test_a_variant_that_there_is_none_of_is_refused():
    with pytest.raises(EstimationError, match="choose robust, real_time or paper"):
        npoi(POSTS, "rob")
