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
from sfr_pipeline.econometrics.kernels.matrices import copy, invert, is_stable, symmetrize

STABILITY_BOUND = 0.9999
# What the reference code does with an explosive draw of the coefficients: last period's, shrunk.
EXPLOSIVE_SHRINKAGE = 0.95
# Weight of the first factors in Q while the VAR has no full set of lags yet.
START_WEIGHT = 0.1


class VarSettings(NamedTuple):
    """Parameters of the VAR; the prior is Minnesota's as the reference code has it.

    Attributes:
        lags: order of the VAR.
        forgetting: of the coefficients, l4, in (0, 1].
        decay: of Q, l2, in (0, 1].
        initial_covariance: Q at the first period is this times the identity.
        tightness: gamma; the prior variance of a coefficient is gamma / lag^2.
        own_lag_mean: prior mean of the own first lag; that of all others is 0.
        regularization: epsilon of (10), relative to the mean of the diagonal of the r x r
            innovation covariance (the paper's n x n identity does not conform).
    """

    lags: int
    forgetting: float
    decay: float
    initial_covariance: float
    tightness: float
    own_lag_mean: float
    regularization: float


class VarPath(NamedTuple):
    """Drifting VAR of ``n_factors`` factors with ``lags`` lags.

    Attributes:
        coefficients: smoothed B_t, ``(n_periods, n_factors, n_factors * lags)``.
        covariance: filtered Q_t, ``(n_periods, n_factors, n_factors)``.
        pseudo_inverses: in how many periods the innovation covariance could not be inverted.
    """

    coefficients: FloatArray
    covariance: FloatArray
    pseudo_inverses: int


@kernel
def filter_var(factors: FloatArray, active: BoolArray, settings: VarSettings) -> VarPath:
    """Filter and smooth the coefficients and estimate Q_t, given the factors.

    Args:
        factors: ``(n_periods, n_factors)``.
        active: ``(n_periods,)``; in an inactive period nothing is updated.
        settings: parameters of the VAR.
    """
    n_periods, r = factors.shape
    lags, decay = settings.lags, settings.decay
    m = lags * r * r
    # Coefficients are beta[lag, equation, variable], and stacked in that order where they are one
    # vector of m.
    latest, shock = np.zeros((lags, r, r)), np.empty(r)
    cov, q = np.zeros((m, m)), np.zeros((r, r))
    for j in range(m):
        cov[j, j] = settings.tightness / (j // (r * r) + 1) ** 2
    for e in range(r):
        latest[0, e, e] = settings.own_lag_mean
        q[e, e] = settings.initial_covariance
    beta = latest.copy()
    path, covariance = np.empty((n_periods, lags, r, r)), np.empty((n_periods, r, r))
    # The prior carries no information from one period to the next: gain 0 until the first update.
    gain = np.zeros(n_periods)
    pseudo_inverses = 0
    for t in range(n_periods):
        if active[t] and t > lags:
            # Q_t = l2 Q_{t-1} + (1 - l2) e_t e_t', e_t by last period's update before any shrinkage
            _errors(factors, t, latest, shock)
            _average(q, shock, decay, 1.0)
        elif active[t] and t > 0:
            _average(q, factors[t], decay, START_WEIGHT)
        copy(q, covariance[t])
        if t > lags:
            gain[t] = settings.forgetting if active[t] else 1.0
            for i in range(m):
                for j in range(m):
                    cov[i, j] /= gain[t]  # R_t = S_{t-1} / l4, (7)
        for lag in range(lags):
            copy(beta[lag], latest[lag])
        if active[t] and t >= lags:
            _errors(factors, t, beta, shock)
            pseudo_inverses += _update(factors, t, q, settings, shock, latest, cov)
        # The stability rule keeps an explosive period out of the path, not out of the next error.
        stable = _is_stable(latest)
        for lag in range(lags):
            for e in range(r):
                for v in range(r):
                    kept = EXPLOSIVE_SHRINKAGE * beta[lag, e, v]
                    beta[lag, e, v] = latest[lag, e, v] if stable else kept
            copy(beta[lag], path[t, lag])
    return VarPath(_smooth(path, gain), covariance, pseudo_inverses)


@kernel
def _is_stable(beta: FloatArray) -> bool:
    """Whether the companion matrix of the coefficients has its eigenvalues inside the bound."""
    lags, r = beta.shape[:2]
    companion = np.zeros((r * lags, r * lags))
    for j in range(r, r * lags):
        companion[j, j - r] = 1.0
    for lag in range(lags):
        for e in range(r):
            for v in range(r):
                companion[e, lag * r + v] = beta[lag, e, v]
    return is_stable(companion, STABILITY_BOUND)


@kernel
def _errors(factors: FloatArray, t: int, beta: FloatArray, error: FloatArray) -> None:
    """e_t = f_t - B_1 f_{t-1} - ... - B_p f_{t-p}."""
    lags, r = beta.shape[:2]
    for e in range(r):
        error[e] = factors[t, e]
        for lag in range(lags):
            for v in range(r):
                error[e] -= beta[lag, e, v] * factors[t - 1 - lag, v]


@kernel
def _average(q: FloatArray, shock: FloatArray, decay: float, weight: float) -> None:
    """Q = l2 Q + (1 - l2) weight shock shock'."""
    for e in range(len(shock)):
        for g in range(len(shock)):
            q[e, g] = decay * q[e, g] + (1.0 - decay) * weight * shock[e] * shock[g]


@kernel
def _update(
    factors: FloatArray,
    t: int,
    q: FloatArray,
    settings: VarSettings,
    error: FloatArray,
    beta: FloatArray,
    cov: FloatArray,
) -> int:
    """Kalman update of the stacked coefficients with the regressors H of period t."""
    lags, r = beta.shape[:2]
    m = lags * r * r
    projected, weight, innovation = np.zeros((m, r)), np.zeros((m, r)), np.empty((r, r))
    copy(q, innovation)
    for j in range(m):  # R H'
        for e in range(r):
            for lag in range(lags):
                for v in range(r):
                    column = (lag * r + e) * r + v
                    projected[j, e] += cov[j, column] * factors[t - 1 - lag, v]
    for e in range(r):  # Q + H R H'
        for g in range(r):
            for lag in range(lags):
                for v in range(r):
                    row = (lag * r + e) * r + v
                    innovation[e, g] += factors[t - 1 - lag, v] * projected[row, g]
    trace = 0.0
    for e in range(r):
        trace += innovation[e, e]
    for e in range(r):  # (10)
        innovation[e, e] += settings.regularization * trace / r
    deficient = invert(innovation) > 0
    for lag in range(lags):  # K = R H' (Q + H R H')^-1, B += K e
        for equation in range(r):
            for v in range(r):
                row = (lag * r + equation) * r + v
                for e in range(r):
                    for g in range(r):
                        weight[row, e] += projected[row, g] * innovation[g, e]
                    beta[lag, equation, v] += weight[row, e] * error[e]
    for i in range(m):  # S = R - K H R
        for j in range(m):
            for e in range(r):
                cov[i, j] -= weight[i, e] * projected[j, e]
    # Round-off off the diagonal would grow by 1 / l4 a period, until no inverse exists.
    symmetrize(cov)
    return int(deficient)


@kernel
def _smooth(path: FloatArray, gain: FloatArray) -> FloatArray:
    """B_{t|T} = B_t + l4 (B_{t+1|T} - B_t), lags side by side as in `VarPath`."""
    n_periods, lags, r, _ = path.shape
    smoothed = np.empty((n_periods, r, r * lags))
    for t in range(n_periods - 1, -1, -1):
        for lag in range(lags):
            for e in range(r):
                for v in range(r):
                    at = lag * r + v
                    smoothed[t, e, at] = path[t, lag, e, v]
                    if t < n_periods - 1:
                        ahead = smoothed[t + 1, e, at] - smoothed[t, e, at]
                        smoothed[t, e, at] += gain[t + 1] * ahead
    return smoothed
