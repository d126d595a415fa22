"""Filtered historical simulation against a world whose probabilities are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.garch import GARCH
from sfr_pipeline.econometrics.kernels.paths import paths_beyond
from sfr_pipeline.errors import ConvergenceError
from sfr_pipeline.stress.sample import Label, Outcomes, Sample
from sfr_pipeline.stress.simulation import (
    MIN_DAYS,
    Simulation,
    TrainedSimulation,
    filtered,
    gjr_parameters,
)

HORIZON = 21
# (mu, omega, a+, a-, beta) of two markets with daily volatilities of about 1.1 and 1.6 %.
TRUTH = np.array([[2e-4, 1.5e-6, 0.02, 0.14, 0.905], [0.0, 4.0e-6, 0.04, 0.12, 0.900]])
LABEL = Label("F21", HORIZON, np.zeros(0))


def shocks(rng, shape):
    """Of two markets, standardised t with 8 degrees of freedom that fall together."""
    common = rng.standard_normal((*shape, 1))
    normal = 0.8 * common + 0.6 * rng.standard_normal((*shape, 2))
    return normal / np.sqrt(rng.chisquare(8, (*shape, 1)) / 8) / np.sqrt(8 / 6)


def step(variance, z):
    e = np.sqrt(variance) * z
    response = np.where(e >= 0, TRUTH[:, 2], TRUTH[:, 3])
    return TRUTH[:, 0] + e, TRUTH[:, 1] + response * e**2 + TRUTH[:, 4] * variance


def world(n_days=6000, seed=0):
    """Returns, and the true variance of the day after each, ``(n_days, 2)`` both."""
    z = shocks(np.random.default_rng(seed), (n_days,))
    returns, ahead = np.empty((n_days, 2)), np.empty((n_days, 2))
    variance = np.array([1.2e-4, 2.5e-4])
    for day in range(n_days):
        returns[day], variance = step(variance, z[day])
        ahead[day] = variance
    return returns, ahead


def sample_of(returns, volatility=(0.12, 0.18), loss=(-0.025, -0.035)):
    """Two markets with constant thresholds."""
    n_days, n_markets = returns.shape
    dates = pd.bdate_range("1990-01-01", periods=n_days, name="date")
    there = np.where(np.isnan(returns), np.nan, 1.0)
    outcomes = Outcomes(
        HORIZON, np.full_like(returns, np.nan), there * volatility, there * loss, there != there
    )
    names = tuple("abc"[:n_markets])
    nothing = np.full((n_days, 1), np.nan)
    return Sample(dates, nothing, ("x",), names, {}, {HORIZON: outcomes}, nothing[:, 0], returns, 2)


def true_probability(variance, sample, n_paths=40_000, seed=1):
    """By brute force, from the true variances and shocks."""
    rng = np.random.default_rng(seed)
    variances = np.tile(variance, (n_paths, 1))
    moves = np.empty((HORIZON, n_paths, 2))
    for day in range(HORIZON):
        moves[day], variances = step(variances, shocks(rng, (n_paths,)))
    level = np.concatenate([np.zeros((1, n_paths, 2)), moves.cumsum(axis=0)])
    deepest = (level - np.maximum.accumulate(level, axis=0)).min(axis=0)
    volatility = np.sqrt(252 / HORIZON * (moves**2).sum(axis=0))
    outcomes = sample.outcomes[HORIZON]
    beyond = (volatility > outcomes.threshold[0]) & (deepest < outcomes.loss_threshold[0])
    return beyond.all(axis=1).mean()


def shares(log_odds, paths):
    """Shares of paths from log-odds with one half added to each count."""
    return ((paths + 1) / (1 + np.exp(-log_odds)) - 0.5) / paths


@pytest.fixture(scope="module")
def returns_and_variances():
    return world()


def test_in_a_gjr_world_the_share_of_paths_is_the_true_probability(returns_and_variances):
    returns, ahead = returns_and_variances
    sample, paths = sample_of(returns), 4000
    fitted = Simulation(paths=paths).fit(sample, [LABEL], origin=4999)
    # Days from calm to turbulent, a thousand days at most after the fit.
    order = np.argsort(ahead[5000:].sum(axis=1)) + 5000
    rows = order[[50, 500, 900, 970, 995]]
    told = shares(fitted.log_odds(sample, LABEL, rows)[0], paths)
    truth = np.array([true_probability(ahead[row], sample) for row in rows])
    assert truth.min() < 0.1
    assert truth.max() > 0.5
    # Three errors of 4000 paths are .024; parameters of 5000 days are off by a few per cent.
    assert np.abs(told - truth).max() < 0.06
    assert (np.argsort(told) == np.argsort(truth)).all()


def test_paths_are_those_of_a_plain_loop():
    rng = np.random.default_rng(3)
    residuals, draws = rng.standard_normal((50, 2)), rng.integers(50, size=(40, 7))
    variances, squares = np.array([1e-4, 3e-4]), np.array([6e-4, 1.8e-3])
    losses = np.array([-0.015, -0.03])
    counted = {1: 0, 2: 0}
    for path in draws:
        variance, moves = variances, []
        for day in path:
            move, variance = step(variance, residuals[day])
            moves.append(move)
        level = np.concatenate([np.zeros((1, 2)), np.cumsum(moves, axis=0)])
        deepest = (level - np.maximum.accumulate(level, axis=0)).min(axis=0)
        beyond = ((np.square(moves).sum(axis=0) > squares) & (deepest < losses)).sum()
        for breadth in counted:
            counted[breadth] += beyond >= breadth
    assert 0 < counted[2] < counted[1] < 40
    for breadth, count in counted.items():
        arguments = (residuals, draws, TRUTH, variances, squares, losses, breadth)
        assert paths_beyond(*arguments) == count


def test_filtering_gives_back_the_shocks_of_a_world_whose_parameters_are_known():
    z = shocks(np.random.default_rng(5), (800,))
    variance, returns = np.array([1.2e-4, 2.5e-4]), np.empty((800, 2))
    for day in range(800):
        returns[day], variance = step(variance, z[day])
    residuals, ahead = filtered(returns[:, 0], TRUTH[0])
    # The starting variance is unknown, and fades by .99 a day.
    np.testing.assert_allclose(residuals[600:], z[600:, 0], rtol=0.02)
    assert ahead[-1] == pytest.approx(variance[0], rel=0.02)


@pytest.fixture(scope="module")
def small(returns_and_variances):
    """A sample of 1500 days and what was fitted on 1200 of them."""
    sample = sample_of(returns_and_variances[0][:1500])
    return sample, Simulation(paths=100).fit(sample, [LABEL], origin=1199)


def test_a_day_has_the_bytes_that_it_has_among_others(small):
    sample, fitted = small
    rows = np.arange(1200, 1500)
    together = fitted.log_odds(sample, LABEL, rows)
    assert len(np.unique(together)) > 10
    for place in (0, 100, 299):
        alone = fitted.log_odds(sample, LABEL, rows[place : place + 1])
        assert (alone[0] == together[0, place]).all()


def test_paths_depend_on_the_seed_and_on_nothing_else(small):
    sample, fitted = small
    rows = np.arange(1200, 1500)
    told = fitted.log_odds(sample, LABEL, rows)
    again = Simulation(paths=100).fit(sample, [LABEL], origin=1199)
    assert (again.log_odds(sample, LABEL, rows) == told).all()
    other = replace(fitted, seed=1).log_odds(sample, LABEL, rows)
    assert (other != told).any()


def test_what_comes_after_the_origin_changes_no_fit_and_what_comes_after_a_day_not_the_day(small):
    sample, fitted = small
    poisoned = sample.returns.copy()
    poisoned[1301:] = 30.0 * poisoned[1301:] + 0.05
    later = replace(sample, returns=poisoned)
    again = Simulation(paths=100).fit(later, [LABEL], origin=1199)
    assert (again.parameters == fitted.parameters).all()
    rows = np.arange(1200, 1500)
    before, after = (each.log_odds(of, LABEL, rows)[0] for each, of in (
        (fitted, sample), (again, later),
    ))  # fmt: skip
    assert (after[:101] == before[:101]).all()
    assert (after[101:] != before[101:]).any()


def test_a_market_that_has_not_joined_or_has_ended_is_left_out(small):
    sample, _ = small
    late = np.full(1500, np.nan)
    late[1190:1300] = 0.01 * np.sin(np.arange(110))
    three = sample_of(
        np.column_stack([sample.returns, late]), (0.12, 0.18, 0.2), (-0.025, -0.035, -0.05)
    )
    rows = np.arange(1200, 1500)
    two = Simulation(paths=100).fit(sample, [LABEL], 1199).log_odds(sample, LABEL, rows)
    found = Simulation(paths=100).fit(three, [LABEL], 1199)
    assert np.isnan(found.parameters[2]).all()
    assert (found.log_odds(three, LABEL, rows) == two).all()
    # One that has parameters, but trades no more.
    ended = TrainedSimulation(np.vstack([found.parameters[:2], TRUTH[:1]]), 1199, 100, 0)
    assert (ended.log_odds(three, LABEL, rows[101:]) == two[:, 101:]).all()


def test_with_fewer_markets_than_the_breadth_no_path_is_stressed(small):
    sample, fitted = small
    returns = sample.returns.copy()
    returns[1400:, 1] = np.nan
    alone = replace(sample, returns=returns)
    assert (shares(fitted.log_odds(alone, LABEL, np.arange(1400, 1500)), 100) < 1e-9).all()


def test_a_fit_that_does_not_converge_rests_on_a_year_less(monkeypatch, caplog):
    returns, fit = world(900)[0][:, 0], GARCH.fit

    def fails_on_all(self):
        if len(self.returns) == 900:
            raise ConvergenceError("no top")
        return fit(self)

    shorter = gjr_parameters(returns[:-252], "oil")
    monkeypatch.setattr(GARCH, "fit", fails_on_all)
    assert (gjr_parameters(returns, "oil") == shorter).all()
    assert "simulations of oil rest on a year less: no top" in caplog.text
    assert np.isnan(gjr_parameters(returns[: MIN_DAYS - 1], "oil")).all()
