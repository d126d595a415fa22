"""Who may learn from what, and what past scores do to probabilities."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.stress.calibration import Platt, fit_platt
from sfr_pipeline.stress.sample import Label
from sfr_pipeline.stress.splits import EMBARGO, paper_fold, walk_forward_folds

DATES = pd.bdate_range("2000-01-03", "2009-12-31")


def label(horizon, n=2609):
    values = np.zeros(n)
    values[n - horizon :] = np.nan
    return Label(f"F{horizon}", horizon, values)


@pytest.mark.parametrize("horizon", [0, 5, 63])
def test_a_fold_learns_only_from_labels_that_were_known_before_its_test_days(horizon):
    folds = walk_forward_folds(DATES, label(horizon), 2005, refit_years=2)
    assert [fold.number for fold in folds] == [2004, 2006, 2008]
    for fold in folds:
        assert fold.train[-1] + horizon + EMBARGO == fold.origin == fold.test[0] - 1
        assert DATES[fold.test[0]].year == fold.number


def test_test_days_follow_one_another_without_gap_or_overlap():
    folds = walk_forward_folds(DATES, label(21), 2005)
    # The calibration year is there and is not judged.
    assert [(fold.number, fold.scored) for fold in folds[:2]] == [(2004, False), (2005, True)]
    rows = np.concatenate([fold.test for fold in folds])
    assert (rows == np.arange(rows[0], len(DATES))).all()


def test_a_history_that_is_too_short_is_refused():
    with pytest.raises(EstimationError, match="first_test_year later"):
        walk_forward_folds(DATES, label(21), 2001)


def test_the_paper_protocol_divides_65_15_20_in_time_order_with_gaps():
    fold = paper_fold(label(21, 1000), first_row=0, embargo=5)
    assert len(fold.test) == 196  # a fifth of 979
    assert fold.validation[0] - fold.train[-1] == fold.test[0] - fold.validation[-1] == 27


def test_windows_drawn_at_random_have_been_seen_in_training():
    fold = paper_fold(label(0, 1000), first_row=31, random_windows=True, seed=1)
    neighbours = np.isin(fold.test - 1, fold.train) | np.isin(fold.test + 1, fold.train)
    assert neighbours.mean() > 0.8
    together = np.concatenate([fold.train, fold.validation, fold.test])
    assert sorted(together) == list(range(31, 1000))


def test_without_past_scores_probabilities_are_the_models_own():
    assert fit_platt(np.empty(0), np.empty(0), 21) == Platt(0.0, 1.0)


def test_a_calm_year_lowers_probabilities_by_a_bounded_amount():
    calm = fit_platt(np.full(250, -1.0), np.zeros(250), 21)
    before, after = 0.269, calm.probabilities(np.array([-1.0]))[0]
    assert 0.02 < after < before


def test_many_scores_recover_the_true_map():
    rng = np.random.default_rng(0)
    z = rng.normal(size=20_000)
    stressed = rng.random(20_000) < 1 / (1 + np.exp(-(0.5 + 0.4 * z)))
    found = fit_platt(z, stressed.astype(float), 1)
    assert found.intercept == pytest.approx(0.5, abs=0.06)
    assert found.slope == pytest.approx(0.4, abs=0.06)
