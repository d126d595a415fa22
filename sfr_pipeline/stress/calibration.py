"""Log-odds to probabilities, learned from past out-of-sample scores alone.

Platt's map p = 1 / (1 + exp(-(a + b z))) of log-odds z, fitted by maximum a posteriori with
independent normal priors a ~ N(0, 1) and b ~ N(1, .5^2), on all scores of days whose label was
known at the origin of the fold: those of the calibration year before the first test year and of all
later test years. Not on the last year alone: a calm year has no stress in it, and its likelihood
then only says "lower, without end". With priors such a year lowers the probability by a measured
amount, and no year at all leaves the model's own. Labels of neighbouring days share all but a day
of their horizon, so each day counts 1 / max(1, h).
"""

from dataclasses import dataclass

import numpy as np

from sfr_pipeline.arrays import FloatArray

INTERCEPT_SD = 1.0
SLOPE_SD = 0.5
# Log-odds beyond it are certainty already.
LIMIT = 12.0


@dataclass(frozen=True)
class Platt:
    """The map of one fold."""

    intercept: float = 0.0
    slope: float = 1.0

    def probabilities(self, log_odds: FloatArray) -> FloatArray:
        """Calibrated probabilities."""
        from scipy.special import expit

        return expit(self.intercept + self.slope * np.clip(log_odds, -LIMIT, LIMIT))


def fit_platt(log_odds: FloatArray, labels: FloatArray, horizon: int) -> Platt:
    """Fit the map on past out-of-sample scores.

    Args:
        log_odds: ``(n,)``; may be empty.
        labels: 0 or 1.
        horizon: of the label, in days.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    z = np.clip(log_odds, -LIMIT, LIMIT)
    weight = 1.0 / max(1, horizon)

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        intercept, slope = parameters
        x = intercept + slope * z
        surprise = np.logaddexp(0.0, x) - labels * x
        value = weight * surprise.sum()
        value += 0.5 * (intercept / INTERCEPT_SD) ** 2 + 0.5 * ((slope - 1) / SLOPE_SD) ** 2
        error = weight * (expit(x) - labels)
        gradient = [
            error.sum() + intercept / INTERCEPT_SD**2,
            (error * z).sum() + (slope - 1) / SLOPE_SD**2,
        ]
        return float(value), np.array(gradient)

    found = minimize(
        loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, None)]
    )
    return Platt(float(found.x[0]), float(found.x[1]))
