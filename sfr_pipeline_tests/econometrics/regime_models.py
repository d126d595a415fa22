"""Markov-switching models of known parameters, and series simulated from them."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics import MarkovSwitching
from sfr_pipeline.econometrics.regime_results import MarkovSwitchingResults
from sfr_pipeline.econometrics.switching import RegimeParameters

# Table 5 of the paper; its intercepts are not reported
PAPER = RegimeParameters(
    location=np.array([0.0, 0.05]),
    ar=np.array([0.9601]),
    variances=np.array([0.0011, 0.0102]),
    transition=np.array([[0.9231, 0.0769], [0.1213, 0.8787]]),
)
INTERCEPT_AR2 = replace(PAPER, location=np.array([0.1, -0.4]), ar=np.array([0.5, 0.2]))
MEAN_AR2 = RegimeParameters(
    location=np.array([1.0, -0.5]),
    ar=np.array([0.4, -0.2]),
    variances=np.array([0.2, 0.6]),
    transition=np.array([[0.9, 0.1], [0.25, 0.75]]),
    form="mean",
)
THREE_REGIMES = RegimeParameters(
    location=np.array([0.0, 1.0, -2.0]),
    ar=np.array([0.5]),
    variances=np.array([0.1, 0.4, 1.5]),
    transition=np.array([[0.9, 0.07, 0.03], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]]),
    form="mean",
)
MODELS = {"intercept": INTERCEPT_AR2, "mean": MEAN_AR2, "three": THREE_REGIMES}
each_model = pytest.mark.parametrize("params", MODELS.values(), ids=MODELS.keys())


def fit(values, *, starts=50, seed=0, **model):
    return MarkovSwitching(pd.Series(values), **model).fit(starts=starts, seed=seed)


def filter_probabilities(values, params):
    return MarkovSwitching(pd.Series(values)).filter(params).to_numpy()


def forecast(params, values, horizon, **options):
    return MarkovSwitching(pd.Series(values)).forecast(params, horizon, **options)


def draw_regimes(params, n_periods, rng):
    regimes = np.zeros(n_periods, dtype=int)
    for t in range(1, n_periods):
        regimes[t] = rng.choice(params.k_regimes, p=params.transition[regimes[t - 1]])
    return regimes


def simulate(params, n_periods, seed=0, burn=50):
    """The two equations of the docstring of ``MarkovSwitching``, one period at a time."""
    rng = np.random.default_rng(seed)
    regimes = draw_regimes(params, n_periods + burn, rng)
    shocks = rng.normal(size=n_periods + burn) * np.sqrt(params.variances[regimes])
    y = np.zeros(n_periods + burn)
    for t in range(params.order, n_periods + burn):
        past = slice(t - params.order, t)
        lags, lagged_means = y[past][::-1], params.location[regimes[past][::-1]]
        if params.form == "intercept":
            lagged_means = 0.0 * lagged_means
        y[t] = params.location[regimes[t]] + params.ar @ (lags - lagged_means) + shocks[t]
    return y[burn:], regimes[burn:]


@cache
def fitted_to_simulation() -> MarkovSwitchingResults:
    return fit(simulate(PAPER, 180, seed=3)[0])


def every_array(results):
    params, errors = results.estimates, results.errors
    return [
        *(getattr(p, f) for p in (params, errors) for f in ("location", "ar", "variances")),
        params.transition,
        errors.transition,
        results.filtered_marginal_probabilities.to_numpy(),
        results.smoothed_marginal_probabilities.to_numpy(),
    ]
