import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from sfr_pipeline.evaluation.auroc import auroc, auroc_of_counts
from sfr_pipeline.evaluation.bootstrap import block_counts, block_indices


@st.composite
def ranked(draw):
    """A label with both classes and a score with ties."""
    n = draw(st.integers(2, 40))
    label = draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(lambda v: 0 < sum(v) < n))
    score = draw(st.lists(st.integers(-5, 5), min_size=n, max_size=n))
    return np.array(label), np.array(score, dtype=float)


@settings(deadline=None)  # the first example compiles
@given(ranked())
def test_it_is_scikit_learn_s_ties_included(data):
    assert auroc(*data) == pytest.approx(roc_auc_score(*data), abs=1e-12)


@settings(deadline=None)  # the first example compiles
@given(ranked())
def test_only_the_order_counts(data):
    label, score = data
    assert auroc(label, np.exp(score) - 7) == auroc(label, score)
    assert auroc(label, -score) == pytest.approx(1 - auroc(label, score))


@settings(deadline=None)  # the first example compiles
@given(ranked(), st.integers(0, 2**32 - 1))
def test_within_years_a_shift_of_a_whole_year_does_not_matter(data, seed):
    label, score = data
    rng = np.random.default_rng(seed)
    year = rng.integers(0, 3, len(label))
    moved = score + np.array([0, 100, -50])[year]
    assert auroc(label, moved, year) == pytest.approx(auroc(label, score, year), nan_ok=True)


def test_within_years_is_the_mean_of_years_by_pairs():
    rng = np.random.default_rng(0)
    year = np.repeat([2001, 2002, 2003], [50, 80, 30])
    label, score = rng.random(160) < 0.3, rng.normal(size=160)
    label[year == 2003] = False  # no pairs in this year
    right = pairs = 0.0
    for one in (2001, 2002):
        of_year = year == one
        here = label[of_year].sum() * (~label[of_year]).sum()
        right += here * roc_auc_score(label[of_year], score[of_year])
        pairs += here
    assert auroc(label, score, year) == pytest.approx(right / pairs)


def test_knowing_the_bad_years_is_skill_pooled_but_not_within_years():
    rng = np.random.default_rng(1)
    year = np.repeat(np.arange(10), 200)
    risk = np.where(year % 2, 0.4, 0.02)
    label = rng.random(2000) < risk
    assert auroc(label, risk) > 0.7
    assert auroc(label, risk, year) == 0.5


@settings(max_examples=25, deadline=None)
@given(ranked(), st.booleans())
def test_a_resample_is_scored_as_if_its_points_stood_in_a_row(data, by_year):
    label, score = data
    n = len(label)
    year = np.arange(n) * 3 // n if by_year else None
    block = max(1, n // 5)
    counts = block_counts(n, block, 70, np.random.default_rng(n))
    drawn = auroc_of_counts(label, np.column_stack([score, -score]), counts, year)
    indices = block_indices(n, block, 70, np.random.default_rng(n))
    rows = [auroc(label[at], score[at], None if year is None else year[at]) for at in indices]
    assert drawn[:, 0] == pytest.approx(np.array(rows), nan_ok=True)
    assert drawn[:, 1] == pytest.approx(1 - np.array(rows), nan_ok=True)


def test_without_a_pair_there_is_no_value():
    assert np.isnan(auroc([True, True], [0.1, 0.2]))
    assert np.isnan(auroc([True, False], [0.1, 0.2], group=[1, 2]))
    counts = np.array([[2, 1], [0, 1]])
    values = auroc_of_counts([True, False], [[1.0], [0.0]], counts)
    assert np.isnan(values[0, 0])
    assert values[1, 0] == 1


def test_a_missing_score_is_refused():
    with pytest.raises(ValueError, match="a score is missing"):
        auroc([True, False], [0.1, np.nan])


def test_paired_intervals_are_narrower_than_the_scores_suggest():
    """Two scores share most of their noise: their difference is known better than either."""
    rng = np.random.default_rng(2)
    label = rng.random(1500) < 0.2
    shared = label + rng.normal(size=1500)
    scores = shared[:, None] + 0.3 * rng.normal(size=(1500, 2))
    counts = block_counts(1500, 20, 300, np.random.default_rng(0))
    first, second = auroc_of_counts(label, scores, counts).T
    assert (first - second).std() < 0.6 * first.std()
    # Independent points: the spread of one is DeLong, DeLong and Clarke-Pearson's (1988).
    positive, negative = scores[label, 0], scores[~label, 0]
    above = positive[:, None] > negative
    variance = above.mean(axis=1).var(ddof=1) / len(positive)
    variance += above.mean(axis=0).var(ddof=1) / len(negative)
    assert first.std() == pytest.approx(np.sqrt(variance), rel=0.2)


def test_counts_may_be_of_any_integer_type():
    rng = np.random.default_rng(3)
    label, score = rng.random(50) < 0.4, rng.normal(size=(50, 1))
    counts = block_counts(50, 5, 8, rng)
    expected = auroc_of_counts(label, score, counts)
    assert (auroc_of_counts(label, score, counts.astype(np.uint8)) == expected).all()
