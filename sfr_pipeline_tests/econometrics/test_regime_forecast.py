"""Claims about filtered probabilities in real time, and forecasts."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.special import ndtr

from sfr_pipeline_tests.econometrics.regime_models import (
    MEAN_AR2,
    PAPER,
    each_model,
    filter_probabilities,
    fitted_to_simulation,
    forecast,
    simulate,
)


@each_model
def test_filtered_probabilities_are_bit_identical_whatever_comes_after(params):
    series, _ = simulate(params, 70)
    whole = filter_probabilities(series, params)
    for end in range(params.order + 1, len(series)):
        part = filter_probabilities(series[:end], params)
        assert part.tobytes() == whole[: len(part)].tobytes()


def test_the_filter_at_the_estimates_repeats_the_results():
    series, _ = simulate(PAPER, 180, seed=3)
    results = fitted_to_simulation()
    again = filter_probabilities(series, results.estimates)
    np.testing.assert_allclose(again, results.filtered_marginal_probabilities, atol=1e-13)


def test_the_filter_survives_an_outlier_and_a_regime_that_excludes_it():
    absorbed = replace(PAPER, transition=np.array([[1.0, 0.0], [0.5, 0.5]]))
    series, _ = simulate(PAPER, 60)
    series[40] += 1e3
    for params in (PAPER, absorbed):
        probabilities = filter_probabilities(series, params)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)
        assert (probabilities >= 0).all()


def enumerate_paths(params, series, horizon):
    """Every path of regimes through a short series: its weight given the data, and its forecast.

    Returns weights (n_paths,), regimes (n_paths, periods), and mean and variance of y_{T+h} given
    the path, each (n_paths, horizon).
    """
    k, order, n_periods = params.k_regimes, params.order, len(series)
    in_mean_form = params.form == "mean"
    first = 0 if in_mean_form else order
    ergodic = np.linalg.matrix_power(params.transition, 2000)[0]
    responses = [1.0]
    for _ in range(horizon - 1):
        responses.append(float(params.ar[: len(responses)] @ responses[::-1][:order]))
    weights, all_regimes, means, variances = [], [], [], []
    for path in product(range(k), repeat=n_periods + horizon - first):
        regimes = np.array([0] * first + list(path))
        weight = ergodic[path[0]] * params.transition[path[:-1], path[1:]].prod()
        y = [*series, *[np.nan] * horizon]
        level = params.location[regimes]
        for t in range(order, len(y)):
            past = range(t - 1, t - 1 - order, -1)
            lags = [y[u] - (level[u] if in_mean_form else 0) for u in past]
            mean, variance = level[t] + params.ar @ lags, params.variances[regimes[t]]
            if t < n_periods:
                weight *= np.exp(-0.5 * (y[t] - mean) ** 2 / variance) / np.sqrt(variance)
            else:
                y[t] = mean
        weights.append(weight)
        all_regimes.append(regimes)
        means.append(y[n_periods:])
        shocks = params.variances[regimes[n_periods:]]
        variances.append([np.square(responses[: h + 1]) @ shocks[h::-1] for h in range(horizon)])
    weights = np.array(weights) / np.sum(weights)
    return weights, np.array(all_regimes), np.array(means), np.array(variances)


def share_of_regimes(weights, regimes, k_regimes):
    return np.array([weights @ (regimes == regime) for regime in range(k_regimes)]).T


@each_model
def test_forecast_and_filter_equal_the_sum_over_every_path_of_regimes(params):
    n_periods, horizon = 5, 3
    series, _ = simulate(params, n_periods, seed=8)
    weights, regimes, means, variances = enumerate_paths(params, series, horizon)
    result = forecast(params, series, horizon)

    now = share_of_regimes(weights, regimes[:, n_periods - 1], params.k_regimes)
    np.testing.assert_allclose(filter_probabilities(series, params)[-1], now, atol=1e-12)
    ahead = share_of_regimes(weights, regimes[:, n_periods:], params.k_regimes)
    np.testing.assert_allclose(result.regime_probabilities, ahead, atol=1e-12)
    np.testing.assert_allclose(result.mean, weights @ means, atol=1e-12)

    for h, tolerance in enumerate([1e-9, 0.012, 0.012]):
        scaled = (result.quantiles.to_numpy()[h][:, None] - means[:, h]) / np.sqrt(variances[:, h])
        np.testing.assert_allclose(ndtr(scaled) @ weights, result.quantiles.columns, atol=tolerance)


def test_forecast_a_year_ahead_agrees_with_brute_force_simulation():
    params = replace(PAPER, location=np.array([0.0, 0.3]))
    series, _ = simulate(params, 100, seed=9)
    horizon, n_paths = 12, 40_000
    result = forecast(params, series, horizon, quantile_levels=(0.1, 0.9), n_paths=n_paths)

    rng = np.random.default_rng(99)
    in_stress = rng.random(n_paths) < filter_probabilities(series, params)[-1, 1]
    y = np.full(n_paths, series[-1])
    for h in range(horizon):
        in_stress = rng.random(n_paths) < params.transition[in_stress.astype(int), 1]
        regime = in_stress.astype(int)
        shock = rng.normal(size=n_paths) * np.sqrt(params.variances[regime])
        y = params.location[regime] + params.ar[0] * y + shock
        assert result.regime_probabilities.to_numpy()[h, 1] == pytest.approx(
            in_stress.mean(), abs=0.01
        )
        assert result.mean.to_numpy()[h] == pytest.approx(
            y.mean(), abs=5 * y.std() / np.sqrt(n_paths)
        )
        shares_below = (y[:, None] < result.quantiles.to_numpy()[h]).mean(axis=0)
        np.testing.assert_allclose(shares_below, [0.1, 0.9], atol=0.01)


def test_one_step_forecast_has_the_closed_form_of_the_normal_mixture():
    series, _ = simulate(PAPER, 80, seed=10)
    ahead = filter_probabilities(series, PAPER)[-1] @ PAPER.transition
    result = forecast(PAPER, series, 1, quantile_levels=(0.05, 0.95))
    means = PAPER.location + PAPER.ar[0] * series[-1]
    assert result.mean.to_numpy()[0] == pytest.approx(ahead @ means, abs=1e-14)
    scaled = (result.quantiles.to_numpy()[0][:, None] - means) / np.sqrt(PAPER.variances)
    np.testing.assert_allclose(ndtr(scaled) @ ahead, [0.05, 0.95], atol=1e-10)


@each_model
def test_forecast_probabilities_converge_to_the_ergodic_shares(params):
    series, _ = simulate(params, 40)
    last = forecast(params, series, 300, n_paths=10).regime_probabilities.to_numpy()[-1]
    np.testing.assert_allclose(last @ params.transition, last, atol=1e-12)
    assert last.sum() == pytest.approx(1)


def test_forecast_with_one_seed_gives_the_same_bytes():
    series, _ = simulate(MEAN_AR2, 40)
    first, second = (forecast(MEAN_AR2, series, 6, n_paths=500, seed=3) for _ in range(2))
    assert first.quantiles.to_numpy().tobytes() == second.quantiles.to_numpy().tobytes()
