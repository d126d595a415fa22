"""Forecasts of regimes and series from a Markov-switching autoregression at given parameters.

Parameters are taken as known: their uncertainty is not in the intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.labelled import check_series, periods_ahead
from sfr_pipeline.econometrics.switching import (
    RegimeParameters,
    filter_and_smooth,
    regime_probabilities,
)
from sfr_pipeline.errors import EstimationError


@dataclass(frozen=True, repr=False)
class RegimeForecast:
    """Forecasts for 1 .. horizon periods ahead.

    Attributes:
        regime_probabilities: P(s_{T+h} | y_1 .. y_T), periods by regimes, (horizon, k_regimes).
        mean: E[y_{T+h} | y_1 .. y_T], exact, shape (horizon,).
        quantiles: Quantiles of y_{T+h}, periods by levels, (horizon, len(quantile_levels)); exact
            at h = 1, from simulated paths beyond.
    """

    regime_probabilities: pd.DataFrame
    mean: pd.Series
    quantiles: pd.DataFrame

    def __repr__(self) -> str:
        quantiles = self.quantiles.add_prefix("q")
        regimes = self.regime_probabilities.add_prefix("P(regime ").add_suffix(")")
        return repr(pd.concat([self.mean.rename("mean"), quantiles, regimes], axis=1).round(4))


def forecast(
    params: RegimeParameters,
    endog: pd.Series,
    horizon: int,
    *,
    quantile_levels: Sequence[float] = (0.05, 0.5, 0.95),
    n_paths: int = 20_000,
    seed: int = 0,
) -> RegimeForecast:
    """Forecast regimes and series from the end of ``endog``.

    Regime probabilities and the mean are exact at all horizons: the AR coefficients are common to
    the regimes, so with x_t = y_t (intercept form) or y_t - mu_{s_t} (mean form)

        E[x_{T+h}] = sum_k phi_k E[x_{T+h-k}] + a' P(s_{T+h})      (a = 0 in the mean form)
        E[y_{T+h}] = E[x_{T+h}]               + mu' P(s_{T+h})     (mu = 0 in the intercept form)

    Quantiles are those of the exact normal mixture at h = 1 and of ``n_paths`` seeded paths beyond.

    Args:
        params: Parameters, estimated or by hand.
        endog: The series up to the forecast origin, by periods, days or numbers. Forecasts bear the
            periods that follow; days without a frequency of their own give numbers 1 .. horizon.
        horizon: Number of periods ahead, at least 1.
        quantile_levels: Levels in (0, 1).
        n_paths: Number of simulated paths.
        seed: Seed of the simulated paths.

    Raises:
        EstimationError: The series is not finite or has no period after the first ``order``, the
            parameters do not fit together, or an argument is outside its range.
    """
    levels = tuple(quantile_levels)
    if horizon < 1 or n_paths < 1 or not all(0 < level < 1 for level in levels):
        raise EstimationError(
            f"horizon and n_paths must be at least 1 and quantile_levels inside (0, 1), got "
            f"{horizon}, {n_paths} and {levels}."
        )
    values = check_series(endog, "endog")
    now = filter_and_smooth(values, params)[1][-1]
    x = _past(values, params)
    probabilities, mean = _expected(params, now, x, horizon)
    quantiles = np.empty((horizon, len(levels)))
    quantiles[0] = _one_step_quantiles(params, now, x, levels)
    if horizon > 1:
        paths = _simulated_paths(params, now, x, horizon, n_paths, np.random.default_rng(seed))
        quantiles[1:] = np.quantile(paths[1:], levels, axis=1).T
    periods = periods_ahead(endog.index, horizon)
    return RegimeForecast(
        pd.DataFrame(probabilities, periods),
        pd.Series(mean, periods, name=endog.name),
        pd.DataFrame(quantiles, periods, pd.Index(levels, dtype=float)),
    )


def _expected(
    params: RegimeParameters, now: FloatArray, x: FloatArray, horizon: int
) -> tuple[FloatArray, FloatArray]:
    """Regime probabilities (horizon, k_regimes) and means (horizon,), by the equations above."""
    a, mu = _intercepts_and_means(params)
    probabilities, mean = np.empty((horizon, params.k_regimes)), np.empty(horizon)
    regime, x_mean = regime_probabilities(now[None], params.k_regimes)[0], now @ x
    for h in range(horizon):
        regime = probabilities[h] = regime @ params.transition
        x_mean = np.append(params.ar @ x_mean + a @ regime, x_mean)[: params.order]
        mean[h] = x_mean[0] + mu @ regime
    return probabilities, mean


def _past(values: FloatArray, params: RegimeParameters) -> FloatArray:
    """x_T .. x_{T-order+1} in each state, shape (n_states, order)."""
    newest_first = values[: -params.order - 1 : -1]
    if params.form == "intercept":
        return np.tile(newest_first, (params.k_regimes, 1))
    return newest_first - params.location[params.paths[:, :-1]]


def _intercepts_and_means(params: RegimeParameters) -> tuple[FloatArray, FloatArray]:
    zeros = np.zeros_like(params.location)
    return (params.location, zeros) if params.form == "intercept" else (zeros, params.location)


def _one_step_quantiles(
    params: RegimeParameters, now: FloatArray, x: FloatArray, levels: tuple[float, ...]
) -> list[float]:
    """Quantiles of the mixture over today's state and tomorrow's regime."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    weights = now[:, None] * params.transition[params.paths[:, 0]]
    means = (x @ params.ar)[:, None] + params.location
    deviations = np.sqrt(params.variances)

    def excess(value: float, level: float) -> float:
        return float((weights * ndtr((value - means) / deviations)).sum() - level)

    reach = 40 * deviations.max()
    return [
        brentq(excess, means.min() - reach, means.max() + reach, args=(level,)) for level in levels
    ]


def _simulated_paths(
    params: RegimeParameters,
    now: FloatArray,
    x: FloatArray,
    horizon: int,
    n_paths: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Paths of y_{T+1} .. y_{T+horizon}, (horizon, n_paths)."""
    state = rng.choice(len(now), size=n_paths, p=now)
    regime, x = params.paths[state, 0], x[state]
    thresholds = params.transition.cumsum(axis=1)[:, :-1]
    a, mu = _intercepts_and_means(params)
    paths = np.empty((horizon, n_paths))
    for h in range(horizon):
        regime = (rng.random((n_paths, 1)) > thresholds[regime]).sum(axis=1)
        shock = rng.normal(0.0, np.sqrt(params.variances[regime]))
        newest = x @ params.ar + a[regime] + shock
        x = np.column_stack([newest, x])[:, : params.order]
        paths[h] = newest + mu[regime]
    return paths
