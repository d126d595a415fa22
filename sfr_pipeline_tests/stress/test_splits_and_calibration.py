"""Who may learn from what, and what past scores do to probabilities."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.auroc import auroc
from sfr_pipeline.stress.calibration import Platt, Prior, fit_map, moved
from sfr_pipeline.stress.sample import Label
from sfr_pipeline.stress.splits import EMBARGO, paper_fold, walk_forward_folds
from sfr_pipeline.stress.walk_forward import Run, probabilities

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


def test_a_map_that_has_seen_nothing_is_the_models_own_and_stays():
    nothing = np.empty(0)
    assert moved(Platt(), nothing, nothing, 21) == Platt(0.0, 1.0)
    assert moved(Platt(-0.3, 0.8), nothing, nothing, 21) == Platt(-0.3, 0.8)


def test_a_map_moves_as_its_posterior_says():
    # At the top the slope of the posterior is nil: sum of errors / days = -step / sd^2.
    rng = np.random.default_rng(0)
    z, stressed = rng.normal(size=250), (rng.random(250) < 0.3).astype(float)
    before = Platt(0.2, 1.1)
    after = moved(before, z, stressed, 21)
    error = (after.probabilities(z) - stressed) / 63
    assert error.sum() == pytest.approx((before.intercept - after.intercept) / 0.1**2, abs=1e-3)
    assert (error * z).sum() == pytest.approx((before.slope - after.slope) / 0.05**2, abs=1e-3)


def test_a_calm_year_lowers_probabilities_a_little():
    calm = moved(Platt(), np.full(250, -1.0), np.zeros(250), 21)
    before, after = 0.269, calm.probabilities(np.array([-1.0]))[0]
    assert 0.25 < after < before


def test_many_years_recover_the_true_map():
    rng = np.random.default_rng(0)
    platt = Platt()
    for _ in range(60):
        z = rng.normal(size=20_000)
        stressed = rng.random(20_000) < 1 / (1 + np.exp(-(0.5 + 0.4 * z)))
        platt = moved(platt, z, stressed.astype(float), 1)
    assert platt.intercept == pytest.approx(0.5, abs=0.06)
    assert platt.slope == pytest.approx(0.4, abs=0.06)


def test_a_map_of_one_number_keeps_its_prior_until_days_say_otherwise():
    prior = Prior(intercept=-2.0, slope=1.0, intercept_sd=1.0, slope_sd=0.5)
    nothing = np.empty(0)
    assert fit_map(nothing, nothing, prior, 21) == Platt(-2.0, 1.0)
    rng = np.random.default_rng(1)
    z = rng.normal(size=50_000)
    stressed = (rng.random(50_000) < 1 / (1 + np.exp(-(-1 + 2 * z)))).astype(float)
    few, many = fit_map(z[:50], stressed[:50], prior, 21), fit_map(z, stressed, prior, 1)
    assert abs(few.intercept + 2) < 0.5 < abs(many.intercept + 2)
    assert (many.intercept, many.slope) == pytest.approx((-1, 2), abs=0.06)


def test_published_probabilities_of_many_years_rank_days_as_scores_do():
    """Rare episodes, honest scores: a map that learns too fast ranks years instead of days."""
    rng = np.random.default_rng(4)
    n_years, days = 25, 250
    severe = np.repeat(rng.random(n_years * days // 50) < 0.06, 50)
    z = -3.0 + 1.5 * severe + rng.normal(size=n_years * days)
    stressed = (severe & (rng.random(len(severe)) < 0.9)).astype(float)
    label = Label("F21", 21, stressed)
    rows, years = np.arange(len(z)), np.repeat(np.arange(n_years), days)
    told = auroc(stressed, probabilities(Run("m", "F21", -1, rows, years, z, z), label, years))
    assert told > auroc(stressed, z) - 0.01
    hasty, wide = np.empty(len(z)), Prior(0.0, 1.0, intercept_sd=1.0, slope_sd=0.5)
    for year in range(n_years):
        now, past = years == year, rows < year * days - 26
        hasty[now] = fit_map(z[past], stressed[past], wide, 21).probabilities(z[now])
    assert auroc(stressed, hasty) < auroc(stressed, z) - 0.02
