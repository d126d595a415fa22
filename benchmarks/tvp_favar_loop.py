"""The TVP-FAVAR's filters written series by series from the textbook, as a yardstick.

Everything stands in the covariance form of any time-series textbook (R = S / forgetting, gain,
update; smoothers with S R^-1 computed explicitly), one series and one period at a time. It shares
only the settings with ``sfr_pipeline.econometrics`` and is written to be checked by eye, not to be
fast: the tests compare the package's compiled form with it, the benchmarks measure what compiling
gains.
"""

from dataclasses import dataclass

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings


@dataclass(frozen=True)
class LoopResults:
    """Estimates of one panel; fields as in ``tvp_favar.TvpFavarResults``.

    ``explosive`` counts the periods in which the stability rule replaced the coefficients.
    """

    loadings_filtered: FloatArray
    loadings_smoothed: FloatArray
    loading_variance_filtered: FloatArray
    loading_variance_smoothed: FloatArray
    variance: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    factor_filtered: FloatArray
    factor_smoothed: FloatArray
    factor_variance: FloatArray
    explosive: int


def estimate_by_loops(
    scores: FloatArray,
    observed: BoolArray,
    component: FloatArray,
    macro: FloatArray | None = None,
    settings: TvpFavarSettings | None = None,
) -> LoopResults:
    """Estimate everything of the TVP-FAVAR that follows the principal component.

    Args:
        scores: ``(n_periods, n_series)`` z-scores.
        observed: same shape.
        component: the principal component, ``(n_periods,)``.
        macro: observed factors, ``(n_periods, n_macro)``.
        settings: parameters of the estimator, without ``reference_quirks``.
    """
    settings = settings or TvpFavarSettings()
    factors = component[:, None] if macro is None else np.column_stack([macro, component])
    n_periods, n_series = scores.shape
    r = factors.shape[1]

    filtered = np.zeros((n_periods, n_series, r))
    smoothed = np.zeros((n_periods, n_series, r))
    filtered_cov = np.zeros((n_periods, n_series, r, r))
    smoothed_cov = np.zeros((n_periods, n_series, r, r))
    variance = np.zeros((n_periods, n_series))
    for i in range(n_series):
        path = _loading_of_one_series(scores[:, i], observed[:, i], factors, settings)
        filtered[:, i], filtered_cov[:, i] = path.mean, path.cov
        smoothed[:, i], smoothed_cov[:, i] = path.smoothed_mean, path.smoothed_cov
        variance[:, i] = path.variance

    coefficients, covariance, explosive = _var(factors, np.any(observed, axis=1), settings)
    factor_filtered, factor_smoothed, factor_variance = _factor(
        scores, observed, smoothed, variance, coefficients, covariance, macro, settings
    )
    return LoopResults(
        loadings_filtered=filtered[:, :, -1],
        loadings_smoothed=smoothed[:, :, -1],
        loading_variance_filtered=filtered_cov[:, :, -1, -1],
        loading_variance_smoothed=smoothed_cov[:, :, -1, -1],
        variance=variance,
        coefficients=coefficients,
        covariance=covariance,
        factor_filtered=factor_filtered,
        factor_smoothed=factor_smoothed,
        factor_variance=factor_variance,
        explosive=explosive,
    )


@dataclass(frozen=True)
class _Path:
    """Loadings of one series: means ``(n_periods, r)``, covariances ``(n_periods, r, r)``."""

    mean: FloatArray
    cov: FloatArray
    smoothed_mean: FloatArray
    smoothed_cov: FloatArray
    variance: FloatArray


def _loading_of_one_series(
    x: FloatArray, seen: BoolArray, factors: FloatArray, settings: TvpFavarSettings
) -> _Path:
    n_periods, r = factors.shape
    mean = np.zeros((n_periods, r))
    cov = np.zeros((n_periods, r, r))
    predicted = np.zeros((n_periods, r))
    predicted_cov = np.zeros((n_periods, r, r))
    variance = np.zeros(n_periods)
    for t in range(n_periods):
        f = factors[t]
        if t == 0:
            predicted[t] = np.zeros(r)
            predicted_cov[t] = settings.loading_prior_variance * np.eye(r)
            variance[t] = settings.initial_variance
        else:
            predicted[t] = mean[t - 1]
            predicted_cov[t] = cov[t - 1]
            variance[t] = variance[t - 1]
            if seen[t]:
                if seen[:t].any():
                    predicted_cov[t] = cov[t - 1] / settings.loading_forgetting
                decay = settings.variance_decay
                error = x[t] - predicted[t] @ f
                variance[t] = decay * variance[t - 1] + (1 - decay) * error**2
                variance[t] = max(variance[t], settings.variance_floor)
        if seen[t]:
            gain = predicted_cov[t] @ f / (variance[t] + f @ predicted_cov[t] @ f)
            mean[t] = predicted[t] + gain * (x[t] - predicted[t] @ f)
            cov[t] = predicted_cov[t] - np.outer(gain, f @ predicted_cov[t])
        else:
            mean[t] = predicted[t]
            cov[t] = predicted_cov[t]

    smoothed_mean = mean.copy()
    smoothed_cov = cov.copy()
    for t in range(n_periods - 2, -1, -1):
        back = cov[t] @ np.linalg.inv(predicted_cov[t + 1])
        smoothed_mean[t] = mean[t] + back @ (smoothed_mean[t + 1] - predicted[t + 1])
        smoothed_cov[t] = cov[t] + back @ (smoothed_cov[t + 1] - predicted_cov[t + 1]) @ back.T
    return _Path(mean, cov, smoothed_mean, smoothed_cov, variance)


def _var(
    factors: FloatArray, active: BoolArray, settings: TvpFavarSettings
) -> tuple[FloatArray, FloatArray, int]:
    """Smoothed B_t ``(n_periods, r, r p)``, filtered Q_t, and how often the rule was applied."""
    n_periods, r = factors.shape
    p = settings.lags
    m = p * r * r
    prior_mean = np.zeros(m)
    prior_cov = np.zeros((m, m))
    for lag in range(1, p + 1):
        for equation in range(r):
            for variable in range(r):
                j = _position(lag, equation, variable, r)
                prior_cov[j, j] = settings.minnesota_tightness / lag**2
                if lag == 1 and equation == variable:
                    prior_mean[j] = settings.minnesota_own_lag

    q = np.zeros((n_periods, r, r))
    mean = np.zeros((n_periods, m))
    cov = np.zeros((n_periods, m, m))
    predicted_cov = np.zeros((n_periods, m, m))
    unshrunk = prior_mean
    explosive = 0
    decay = settings.covariance_decay
    for t in range(n_periods):
        if t == 0:
            q[t] = settings.initial_covariance * np.eye(r)
        elif not active[t]:
            q[t] = q[t - 1]
        elif t <= p:
            q[t] = decay * q[t - 1] + (1 - decay) * 0.1 * np.outer(factors[t], factors[t])
        else:
            error = factors[t] - _regressors(factors, t, p) @ unshrunk
            q[t] = decay * q[t - 1] + (1 - decay) * np.outer(error, error)

        predicted = prior_mean if t <= p else mean[t - 1]
        if t <= p:
            predicted_cov[t] = prior_cov
        else:
            forgetting = settings.coefficient_forgetting if active[t] else 1.0
            predicted_cov[t] = cov[t - 1] / forgetting
        unshrunk = predicted.copy()
        cov[t] = predicted_cov[t]
        if t >= p and active[t]:
            h = _regressors(factors, t, p)
            innovation = q[t] + h @ predicted_cov[t] @ h.T
            innovation += settings.regularization * np.trace(innovation) / r * np.eye(r)
            gain = predicted_cov[t] @ h.T @ np.linalg.inv(innovation)
            unshrunk = predicted + gain @ (factors[t] - h @ predicted)
            reduced = predicted_cov[t] - gain @ h @ predicted_cov[t]
            cov[t] = (reduced + reduced.T) / 2
        if np.abs(np.linalg.eigvals(_companion(_matrix(unshrunk, p, r)))).max() < 0.9999:
            mean[t] = unshrunk
        else:
            mean[t] = 0.95 * mean[t - 1]
            explosive += 1

    smoothed = mean.copy()
    # Up to period p the coefficients are the prior's: there is nothing to carry back to them.
    for t in range(n_periods - 2, p - 1, -1):
        back = cov[t] @ np.linalg.inv(predicted_cov[t + 1])
        smoothed[t] = mean[t] + back @ (smoothed[t + 1] - mean[t])
    coefficients = np.array([_matrix(beta, p, r) for beta in smoothed])
    return coefficients, q, explosive


def _factor(
    scores: FloatArray,
    observed: BoolArray,
    loadings: FloatArray,
    variance: FloatArray,
    coefficients: FloatArray,
    covariance: FloatArray,
    macro: FloatArray | None,
    settings: TvpFavarSettings,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Filtered and smoothed last factor and its smoothed variance, each ``(n_periods,)``."""
    n_periods, _, r = loadings.shape
    k = r * settings.lags
    n_macro = 0 if macro is None else macro.shape[1]
    mean = np.zeros((n_periods, k))
    cov = np.zeros((n_periods, k, k))
    predicted = np.zeros((n_periods, k))
    predicted_cov = np.zeros((n_periods, k, k))
    for t in range(n_periods):
        if t == 0:
            predicted_cov[t] = settings.factor_prior_variance * np.eye(k)
        else:
            transition = _companion(coefficients[t - 1])
            predicted[t] = transition @ mean[t - 1]
            predicted_cov[t] = transition @ cov[t - 1] @ transition.T
            predicted_cov[t, :r, :r] += covariance[t]
        seen = np.flatnonzero(observed[t])
        # One measurement vector: macro series without error on top, then the observed series.
        design = np.zeros((n_macro + len(seen), k))
        design[:n_macro, :n_macro] = np.eye(n_macro)
        design[n_macro:, :r] = loadings[t, seen]
        noise = np.diag(np.concatenate([np.zeros(n_macro), variance[t, seen]]))
        measured = scores[t, seen] if macro is None else np.append(macro[t], scores[t, seen])
        if len(measured):
            innovation = design @ predicted_cov[t] @ design.T + noise
            gain = np.linalg.solve(innovation, design @ predicted_cov[t]).T
            mean[t] = predicted[t] + gain @ (measured - design @ predicted[t])
            reduced = predicted_cov[t] - gain @ design @ predicted_cov[t]
            cov[t] = (reduced + reduced.T) / 2
        else:
            mean[t], cov[t] = predicted[t], predicted_cov[t]

    smoothed = mean.copy()
    smoothed_cov = cov.copy()
    for t in range(n_periods - 2, -1, -1):
        transition = _companion(coefficients[t])
        # The pseudo-inverse: with lags, the macro series of period t are known exactly in t + 1.
        inverse = np.linalg.pinv(predicted_cov[t + 1], rcond=1e-11, hermitian=True)
        back = cov[t] @ transition.T @ inverse
        smoothed[t] = mean[t] + back @ (smoothed[t + 1] - predicted[t + 1])
        smoothed_cov[t] = cov[t] + back @ (smoothed_cov[t + 1] - predicted_cov[t + 1]) @ back.T
    return mean[:, r - 1], smoothed[:, r - 1], smoothed_cov[:, r - 1, r - 1]


def _position(lag: int, equation: int, variable: int, r: int) -> int:
    """Place of a coefficient in the stacked vector [lag][equation][variable]."""
    return (lag - 1) * r * r + equation * r + variable


def _regressors(factors: FloatArray, t: int, p: int) -> FloatArray:
    """H of f_t = H beta + e_t, ``(r, p r^2)``."""
    r = factors.shape[1]
    h = np.zeros((r, p * r * r))
    for lag in range(1, p + 1):
        for equation in range(r):
            for variable in range(r):
                h[equation, _position(lag, equation, variable, r)] = factors[t - lag, variable]
    return h


def _matrix(beta: FloatArray, p: int, r: int) -> FloatArray:
    """Coefficients as ``(r, r p)``, the blocks of the lags side by side."""
    matrix = np.zeros((r, r * p))
    for lag in range(1, p + 1):
        for equation in range(r):
            for variable in range(r):
                column = (lag - 1) * r + variable
                matrix[equation, column] = beta[_position(lag, equation, variable, r)]
    return matrix


def _companion(coefficients: FloatArray) -> FloatArray:
    r, k = coefficients.shape
    companion = np.zeros((k, k))
    companion[:r] = coefficients
    companion[r:, : k - r] = np.eye(k - r)
    return companion
