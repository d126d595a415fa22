"""Time-varying loadings and idiosyncratic variances, given the factors.

The measurement equation of the paper (section 2.1.1) is x_t = Lambda_t f_t + v_t with
v_t ~ N(0, V_t) and random-walk loadings. As in Koop and Korobilis (2014), the drift of the
loadings is set by a forgetting factor and V_t by an exponentially weighted average of squared
errors. Series are independent given the factors, so the filter runs over all of them, and over any
batch of panels, at once.

Two consequences of the forgetting factor l keep this short. With information matrices J = S^-1,
the update is J_t = l J_{t-1} + f f'/V: nothing is subtracted, so J stays symmetric and positive
without help. And the smoother's gain S_t R_{t+1}^-1, with R_{t+1} = S_t / l, is just l.
"""

from dataclasses import dataclass

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray


@dataclass(frozen=True)
class LoadingPath:
    """Loadings of a batch of panels; n_factors counts macro series in front of the factor.

    Attributes:
        filtered: ``(n_periods, ..., n_series, n_factors)``, given the data up to each period.
        information: ``(n_periods, ..., n_series, n_factors, n_factors)``, inverse of the
            filtered covariance.
        variance: ``(n_periods, ..., n_series)``, the diagonal of V_t (filtered).
        gain: ``(n_periods, ..., n_series)``, the smoother's gain into each period: the forgetting
            factor where the series is observed, 1 where nothing is forgotten: while it is missing
            and at its first observation, before which there is only the prior.
    """

    filtered: FloatArray
    information: FloatArray
    variance: FloatArray
    gain: FloatArray

    def covariance(self) -> FloatArray:
        """Filtered covariance of the loadings, the inverse of the information."""
        if self.information.shape[-1] == 1:
            return 1.0 / self.information
        return np.linalg.inv(self.information)

    def smoothed(self) -> FloatArray:
        """Loadings given all the data, same shape as ``filtered``."""
        path = self.filtered.copy()
        for t in range(len(path) - 2, -1, -1):
            path[t] += self.gain[t + 1][..., None] * (path[t + 1] - path[t])
        return path

    def smoothed_covariance(self) -> FloatArray:
        """Covariance of the smoothed loadings, same shape as ``information``."""
        path = self.covariance()
        for t in range(len(path) - 2, -1, -1):
            gain = self.gain[t + 1][..., None, None]
            # S + g (S^T - S/g) g, with S^T the next period's smoothed covariance.
            path[t] += gain * (gain * path[t + 1] - path[t])
        return path


def filter_loadings(
    scores: FloatArray,
    observed: BoolArray,
    factors: FloatArray,
    *,
    forgetting: float,
    decay: float,
    prior_variance: float,
    initial_variance: float,
    variance_floor: float,
) -> LoadingPath:
    """Run the filter of the loadings, with the variances V_t estimated alongside.

    Args:
        scores: ``(..., n_periods, n_series)`` z-scores.
        observed: same shape; where False, a series' loading, its covariance and its variance
            stay as they are.
        factors: ``(..., n_periods, n_factors)``.
        forgetting: of the loadings (l3 of the reference code), in (0, 1].
        decay: of the variances (l1), in (0, 1].
        prior_variance: of each loading before the first observation; the prior mean is 0.
        initial_variance: V at the first period.
        variance_floor: lower bound of V, so that 1/V stays finite.

    Returns:
        The path, time first.
    """
    factors = np.moveaxis(factors, -2, 0)[..., None, :]
    cells = np.moveaxis(observed, -2, 0).astype(float)
    x = np.moveaxis(scores, -2, 0)
    n_factors = factors.shape[-1]

    filtered = np.empty((*x.shape, n_factors))
    information = np.empty((*x.shape, n_factors, n_factors))
    variances = np.empty(x.shape)
    loading = np.zeros(filtered.shape[1:])
    precision = np.broadcast_to(np.eye(n_factors) / prior_variance, information.shape[1:])
    variance = np.full(x.shape[1:], initial_variance)
    begun = np.cumsum(cells, axis=0) > 1
    gain = np.where(begun, 1.0 - (1.0 - forgetting) * cells, 1.0)

    for t, (seen, factor) in enumerate(zip(cells, factors, strict=True)):
        error = x[t] - (loading * factor).sum(axis=-1)
        if t > 0:
            variance = variance + (1.0 - decay) * seen * (error**2 - variance)
            np.maximum(variance, variance_floor, out=variance)
            precision = gain[t][..., None, None] * precision
        signal = (seen / variance)[..., None] * factor
        precision = precision + signal[..., :, None] * factor[..., None, :]
        loading = loading + _solve(precision, signal) * error[..., None]
        filtered[t], information[t], variances[t] = loading, precision, variance
    return LoadingPath(filtered, information, variances, gain)


def _solve(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    """Solve the small systems; with one factor they are divisions."""
    if matrix.shape[-1] == 1:
        return vector / matrix[..., 0]
    return np.linalg.solve(matrix, vector[..., None])[..., 0]
