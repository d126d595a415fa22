"""The factors' VAR with drifting coefficients.

State equation (2) of the paper, f_t = B_{t,1} f_{t-1} + ... + B_{t,p} f_{t-p} + e_t with
e_t ~ N(0, Q_t), and random-walk coefficients (7). The recursions follow Koop and Korobilis (2014):
coefficients and Q_t are filtered from the principal component. As with the loadings, the smoother's
gain is the forgetting factor.
"""

from typing import NamedTuple

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.loadings import smooth
from sfr_pipeline.econometrics.kernels.matrices import condition, is_stable

STABILITY_BOUND = 0.9999
# What the reference code does where the update is explosive: last period's coefficients, shrunk.
EXPLOSIVE_SHRINKAGE = 0.95
START_WEIGHT = 0.1  # of the first factors in Q, up to the first period that the VAR explains


class VarSettings(NamedTuple):
    """Those parameters of ``TvpFavarSettings`` that the VAR takes, beside its order."""

    coefficient_forgetting: float
    covariance_decay: float
    initial_covariance: float
    minnesota_tightness: float
    minnesota_own_lag: float
    regularization: float


class VarPath(NamedTuple):
    """Drifting VAR of ``n_factors`` factors with ``lags`` lags."""

    coefficients: FloatArray  # smoothed B_t, (n_periods, n_factors, n_factors * lags)
    covariance: FloatArray  # filtered Q_t, (n_periods, n_factors, n_factors)
    pseudo_inverses: int  # in how many periods the innovation covariance could not be inverted


def filter_var(factors: FloatArray, active: BoolArray, lags: int, settings: VarSettings) -> VarPath:
    """Filter and smooth the coefficients and estimate Q_t, given the factors.

    Args:
        factors: ``(n_periods, n_factors)``.
        active: ``(n_periods,)``; in an inactive period nothing is updated.
        lags: order of the VAR.
        settings: parameters of the VAR.
    """
    filtered, gain, covariance, pseudo_inverses = _filter(factors, active, lags, settings)
    # B_{t|T} = B_t + l4 (B_{t+1|T} - B_t), the smoother of the loadings
    return VarPath(smooth(filtered, gain), covariance, pseudo_inverses)


@kernel
def _filter(
    factors: FloatArray, active: BoolArray, lags: int, settings: VarSettings
) -> tuple[FloatArray, FloatArray, FloatArray, int]:
    """Filtered B_t, the smoother's gain, Q_t and the number of pseudo-inverses."""
    n_periods, r = factors.shape
    k = r * lags  # regressors of an equation; a vector of r k holds the coefficients of all
    last = r + r * k
    beta, covariance = np.zeros((n_periods, r, k)), np.zeros((n_periods, r, r))
    # Of this period's factors and, behind them, the coefficients; see `condition`.
    joint = np.zeros((last, last + 1))
    # Last period's update before any shrinkage, as the transition of (f_t, ..., f_{t-p+1}).
    latest = np.zeros((k, k))
    x, shock = np.empty(k), np.empty(r)
    # The prior carries no information from one period to the next: gain 0 until the first update.
    gain = np.empty((n_periods, k))
    for i in range(r * k):  # Minnesota: gamma / lag^2
        joint[r + i, r + i] = settings.minnesota_tightness / (i % k // r + 1) ** 2
    for j in range(k - r):
        latest[r + j, j] = 1.0
    for e in range(r):  # priors stand in the last row, which t = 0 takes for the one before
        beta[-1, e, e] = settings.minnesota_own_lag
        covariance[-1, e, e] = settings.initial_covariance
    pseudo_inverses = 0
    for t in range(n_periods):
        # Q_t = l2 Q_{t-1} + (1 - l2) e_t e_t', e_t by last period's update before any shrinkage
        decay = settings.covariance_decay if active[t] and t > 0 else 1.0
        weight = (1.0 - decay) * (1.0 if t > lags else START_WEIGHT)
        forgotten = settings.coefficient_forgetting if active[t] else 1.0
        for lag in range(lags):
            for v in range(r):
                x[lag * r + v] = factors[t - 1 - lag, v] if t > lag else 0.0
                gain[t, lag * r + v] = forgotten if t > lags else 0.0
        for e in range(r):
            shock[e] = factors[t, e]
            for j in range(k if t > lags else 0):
                shock[e] -= latest[e, j] * x[j]
        for e in range(r):
            for g in range(r):
                covariance[t, e, g] = decay * covariance[t - 1, e, g] + weight * shock[e] * shock[g]
        if t > lags:
            for i in range(r, last):
                for j in range(r, last):
                    joint[i, j] /= forgotten  # R_t = S_{t-1} / l4, (7)
        _predict(joint, beta[t - 1], covariance[t], x, factors[t], settings.regularization)
        if active[t] and t >= lags:
            pseudo_inverses += condition(joint, r) > 0
        for e in range(r):
            for j in range(k):
                latest[e, j] = joint[r + e * k + j, last]
        # The stability rule keeps an explosive period out of the path, not out of the next error.
        stable = is_stable(latest, STABILITY_BOUND)
        for e in range(r):
            for j in range(k):
                shrunk = EXPLOSIVE_SHRINKAGE * beta[t - 1, e, j]
                beta[t, e, j] = latest[e, j] if stable else shrunk
    return beta, gain, covariance, pseudo_inverses


@kernel
def _predict(
    joint: FloatArray,
    beta: FloatArray,
    q: FloatArray,
    x: FloatArray,
    factors: FloatArray,
    regularization: float,
) -> None:
    """Moments of f_t = H beta + e_t beside those of the coefficients; row e of H holds x."""
    r, k = beta.shape
    last = r + r * k
    for e in range(r):
        joint[e, last] = -factors[e]
        for j in range(k):
            joint[e, last] += beta[e, j] * x[j]
            joint[r + e * k + j, last] = beta[e, j]
        for i in range(r, last):  # R H'
            joint[i, e] = 0.0
            for j in range(k):
                joint[i, e] += joint[i, r + e * k + j] * x[j]
            joint[e, i] = joint[i, e]
    trace = 0.0
    for e in range(r):
        for g in range(e + 1):  # Q + H R H'
            joint[e, g] = q[e, g]
            for j in range(k):
                joint[e, g] += x[j] * joint[r + e * k + j, g]
            joint[g, e] = joint[e, g]
        trace += joint[e, e]
    # (10), relative to the mean of the diagonal: the paper's n x n identity does not conform
    for e in range(r):
        joint[e, e] += regularization * trace / r
