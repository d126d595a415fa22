"""The factors' VAR with drifting coefficients, and the factors themselves given all parameters.

State equation of the paper (section 2.1.1): f_t = B_{t,1} f_{t-1} + ... + B_{t,p} f_{t-p} + e_t,
e_t ~ N(0, Q_t), with random-walk coefficients. The recursions follow Koop and Korobilis (2014):
coefficients and Q_t are filtered from the principal component, then the factors are filtered and
smoothed given loadings, coefficients and variances. Arrays carry time first and any batch
dimensions next.
"""

from dataclasses import dataclass

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray

STABILITY_BOUND = 0.9999
# What the reference code does with an explosive draw of the coefficients: last period's, shrunk.
EXPLOSIVE_SHRINKAGE = 0.95
# Weight of the first factors in Q while the VAR has no full set of lags yet.
START_WEIGHT = 0.1


@dataclass(frozen=True)
class VarPath:
    """Drifting VAR of ``n_factors`` factors with ``lags`` lags.

    Attributes:
        coefficients: smoothed B_t, ``(n_periods, ..., n_factors, n_factors * lags)``.
        covariance: filtered Q_t, ``(n_periods, ..., n_factors, n_factors)``.
        pseudo_inverses: how often an innovation covariance could not be inverted.
    """

    coefficients: FloatArray
    covariance: FloatArray
    pseudo_inverses: int


@dataclass(frozen=True)
class FactorPath:
    """Factors given all parameters, each ``(n_periods, ..., n_factors)``.

    ``variance`` is that of the last factor given all the data, ``(n_periods, ...)``.
    """

    filtered: FloatArray
    smoothed: FloatArray
    variance: FloatArray


def filter_var(
    factors: FloatArray,
    active: BoolArray,
    *,
    lags: int,
    forgetting: float,
    decay: float,
    initial_covariance: float,
    tightness: float,
    own_lag_mean: float,
    regularization: float,
) -> VarPath:
    """Filter and smooth the coefficients and estimate Q_t, given the factors.

    The prior is Minnesota's as the reference code has it: own first lag at ``own_lag_mean``,
    everything else at 0, variance ``tightness / lag^2``. As with the loadings, the smoother's
    gain is the forgetting factor. Coefficients are stacked [lag][equation][variable].

    Args:
        factors: ``(..., n_periods, n_factors)``.
        active: ``(..., n_periods)``; in an inactive period nothing is updated.
        lags: order of the VAR.
        forgetting: of the coefficients (l4 of the reference code).
        decay: of Q (l2).
        initial_covariance: Q at the first period is this times the identity.
        tightness: gamma of the Minnesota prior.
        own_lag_mean: prior mean of the own first lag.
        regularization: epsilon of the paper's P + epsilon I, relative to the mean of the diagonal
            of the r x r innovation covariance (the paper's n x n identity does not conform).
    """
    f = np.moveaxis(factors, -2, 0)
    on = np.moveaxis(active, -1, 0)
    n_periods, batch, r = len(f), f.shape[1:-1], f.shape[-1]
    m = lags * r * r
    prior = np.concatenate([own_lag_mean * np.eye(r).ravel(), np.zeros(m - r * r)])
    spread = np.repeat([tightness / lag**2 for lag in range(1, lags + 1)], r * r)

    beta = latest = np.broadcast_to(prior, (*batch, m))
    cov = np.broadcast_to(np.diag(spread), (*batch, m, m))
    q = np.broadcast_to(initial_covariance * np.eye(r), (*batch, r, r))
    update = np.empty((n_periods, *batch, m))
    covariance = np.empty((n_periods, *batch, r, r))
    # The prior carries no information from one period to the next: gain 0 until the first update.
    gain = np.zeros((n_periods, *batch))
    fallbacks = 0

    for t in range(n_periods):
        alive = on[t][..., None, None]
        if t > lags:
            # The error uses the coefficients as updated last period, before any shrinkage.
            error = f[t] - (_equations(latest, lags, r) @ _lagged(f, t, lags)[..., None])[..., 0]
            outer = error[..., :, None] * error[..., None, :]
            q = np.where(alive, decay * q + (1.0 - decay) * outer, q)
        elif t > 0:
            outer = START_WEIGHT * f[t][..., :, None] * f[t][..., None, :]
            q = np.where(alive, decay * q + (1.0 - decay) * outer, q)
        covariance[t] = q
        latest = beta
        if t >= lags:
            if t > lags:
                gain[t] = np.where(on[t], forgetting, 1.0)
                cov = cov / gain[t][..., None, None]
            design = _design(_lagged(f, t, lags), r)
            projected = cov @ np.swapaxes(design, -1, -2)
            innovation = q + design @ projected
            ridge = regularization * np.trace(innovation, axis1=-2, axis2=-1) / r
            innovation = innovation + ridge[..., None, None] * np.eye(r)
            inverse, failed = _inverse(innovation)
            fallbacks += failed
            weight = projected @ inverse
            error = f[t] - (design @ beta[..., None])[..., 0]
            latest = np.where(on[t][..., None], beta + (weight @ error[..., None])[..., 0], beta)
            reduced = cov - weight @ np.swapaxes(projected, -1, -2)
            cov = np.where(alive, 0.5 * (reduced + np.swapaxes(reduced, -1, -2)), cov)
        # The stability rule keeps an explosive period out of the path, not out of the next error.
        explosive = _spectral_radius(latest, lags, r) >= STABILITY_BOUND
        beta = np.where(explosive[..., None], EXPLOSIVE_SHRINKAGE * beta, latest)
        update[t] = beta

    smoothed = update.copy()
    for t in range(n_periods - 2, -1, -1):
        smoothed[t] += gain[t + 1][..., None] * (smoothed[t + 1] - update[t])
    return VarPath(_equations(smoothed, lags, r), covariance, fallbacks)


def filter_factors(
    scores: FloatArray,
    observed: BoolArray,
    loadings: FloatArray,
    variance: FloatArray,
    var: VarPath,
    *,
    macro: FloatArray | None,
    lags: int,
    prior_variance: float,
    reference_variance: bool,
) -> FactorPath:
    """Filter and smooth the factors given loadings, variances, coefficients and Q.

    The update is in information form, so its cost is that of an r x r system whatever the number
    of series; the whole companion state is updated; the backward pass is de Jong's (1989), which
    equals Rauch-Tung-Striebel without inverting a predicted covariance (singular as soon as macro
    series, observed without error, are part of the state).

    Args:
        scores: ``(..., n_periods, n_series)``.
        observed: same shape.
        loadings: smoothed, ``(n_periods, ..., n_series, n_factors)``.
        variance: V_t, ``(n_periods, ..., n_series)``.
        var: coefficients and Q.
        macro: observed factors, the first ones of the state, ``(..., n_periods, n_macro)``.
        lags: how many lags of ``var`` enter the state.
        prior_variance: of the state before the first period; its prior mean is 0.
        reference_variance: compute the smoothed variance as the reference code does, with the
            filtered covariance of the next period where the smoothed one belongs.
    """
    x = np.moveaxis(scores, -2, 0)
    cells = np.moveaxis(observed, -2, 0)
    r = loadings.shape[-1]
    k = r * lags
    batch, n_periods = x.shape[1:-1], len(x)
    scaled = np.where(cells, 1.0 / variance, 0.0)[..., None] * loadings
    precision = np.swapaxes(scaled, -1, -2) @ loadings
    known = None if macro is None else np.moveaxis(macro, -2, 0)

    companion = np.zeros((n_periods, *batch, k, k))
    companion[..., :r, :] = var.coefficients[..., :k]
    companion[..., range(r, k), range(k - r)] = 1.0

    mean = np.zeros((*batch, k))
    cov = np.broadcast_to(prior_variance * np.eye(k), (*batch, k, k))
    predicted = np.empty((n_periods, *batch, k))
    spread = np.empty((n_periods, *batch, k, k))
    score = np.zeros((n_periods, *batch, k))
    curvature = np.zeros((n_periods, *batch, k, k))
    filtered = np.empty((n_periods, *batch, k))

    for t in range(n_periods):
        if t > 0:
            transition = companion[t - 1]
            mean = (transition @ mean[..., None])[..., 0]
            cov = transition @ cov @ np.swapaxes(transition, -1, -2)
            cov[..., :r, :r] += var.covariance[t]
        predicted[t], spread[t] = mean, cov
        left = np.broadcast_to(np.eye(k), cov.shape)
        if known is not None:
            n_macro = known.shape[-1]
            exact = np.zeros((*batch, k, k))
            exact[..., :n_macro, :n_macro], _ = _inverse(cov[..., :n_macro, :n_macro])
            surprise = np.zeros((*batch, k))
            surprise[..., :n_macro] = known[t] - mean[..., :n_macro]
            score[t] = (exact @ surprise[..., None])[..., 0]
            curvature[t] = exact
            left = left - cov @ exact
        # What the macro series leave open is updated with the panel.
        remaining = left @ cov
        centre = mean + (cov @ score[t][..., None])[..., 0]
        error = x[t] - (loadings[t] @ centre[..., :r, None])[..., 0]
        system = np.eye(r) + precision[t] @ remaining[..., :r, :r]
        gradient = np.swapaxes(scaled[t], -1, -2) @ np.where(cells[t], error, 0.0)[..., None]
        panel_score = np.zeros((*batch, k, 1))
        panel_score[..., :r, :] = np.linalg.solve(system, gradient)
        panel_curvature = np.zeros((*batch, k, k))
        panel_curvature[..., :r, :r] = np.linalg.solve(system, precision[t])
        score[t] += (np.swapaxes(left, -1, -2) @ panel_score)[..., 0]
        curvature[t] += np.swapaxes(left, -1, -2) @ panel_curvature @ left
        mean = mean + (cov @ score[t][..., None])[..., 0]
        cov = cov - cov @ curvature[t] @ cov
        cov = 0.5 * (cov + np.swapaxes(cov, -1, -2))
        filtered[t] = mean

    smoothed = np.empty_like(filtered)
    uncertainty = np.empty((n_periods, *batch))
    costate = np.zeros((*batch, k))
    weight = np.zeros((*batch, k, k))
    for t in range(n_periods - 1, -1, -1):
        carry = companion[t] @ (np.eye(k) - spread[t] @ curvature[t])
        back = np.swapaxes(carry, -1, -2)
        costate = score[t] + (back @ costate[..., None])[..., 0]
        weight = curvature[t] + back @ weight @ carry
        smoothed[t] = predicted[t] + (spread[t] @ costate[..., None])[..., 0]
        last = spread[t][..., r - 1, :]
        reduction = (last[..., None, :] @ weight @ last[..., None])[..., 0, 0]
        uncertainty[t] = spread[t][..., r - 1, r - 1] - reduction
    if reference_variance:
        uncertainty = _reference_variance(spread, curvature, companion)
    return FactorPath(filtered[..., :r], smoothed[..., :r], uncertainty)


def _reference_variance(
    predicted: FloatArray, curvature: FloatArray, companion: FloatArray
) -> FloatArray:
    """Variance of the last factor as the reference code computes it (one lag in the state)."""
    filtered = predicted - predicted @ curvature @ predicted
    variance = filtered.copy()
    gain = filtered[:-1] @ np.swapaxes(companion[:-1], -1, -2) @ np.linalg.inv(predicted[1:])
    variance[:-1] += gain @ (filtered[1:] - predicted[1:]) @ np.swapaxes(gain, -1, -2)
    return variance[..., -1, -1]


def _lagged(factors: FloatArray, t: int, lags: int) -> FloatArray:
    """Stack f_{t-1}, ..., f_{t-lags}: ``(..., n_factors * lags)``."""
    return np.concatenate([factors[t - lag] for lag in range(1, lags + 1)], axis=-1)


def _design(lagged: FloatArray, r: int) -> FloatArray:
    """Regressors of the stacked coefficients, ``(..., r, lags * r * r)``."""
    blocks = lagged.reshape(*lagged.shape[:-1], -1, 1, r)
    design = np.eye(r)[:, None, :, None] * blocks[..., None, :, :, :]
    return design.reshape(*lagged.shape[:-1], r, -1)


def _equations(beta: FloatArray, lags: int, r: int) -> FloatArray:
    """Unstack [lag][equation][variable] into ``(..., r, r * lags)``."""
    stacked = beta.reshape(*beta.shape[:-1], lags, r, r)
    return np.swapaxes(stacked, -3, -2).reshape(*beta.shape[:-1], r, r * lags)


def _spectral_radius(beta: FloatArray, lags: int, r: int) -> FloatArray:
    k = r * lags
    if k == 1:
        return np.abs(beta[..., 0])
    companion = np.zeros((*beta.shape[:-1], k, k))
    companion[..., :r, :] = _equations(beta, lags, r)
    companion[..., range(r, k), range(k - r)] = 1.0
    return np.abs(np.linalg.eigvals(companion)).max(axis=-1)


def _inverse(matrix: FloatArray) -> tuple[FloatArray, int]:
    """Invert symmetric matrices; the pseudo-inverse stands in where that fails, and is counted."""
    try:
        return np.linalg.inv(matrix), 0
    except np.linalg.LinAlgError:
        deficient = np.linalg.matrix_rank(matrix, hermitian=True) < matrix.shape[-1]
        return np.linalg.pinv(matrix, hermitian=True), int(deficient.sum())
