"""Scores to probabilities, by monotone maps that move slowly.

Both maps are p = 1 / (1 + exp(-(a + b z))), fitted by maximum a posteriori with independent normal
priors on a and b, and b >= 0.

Of log-odds (`moved`): the map begins as the model's own probability, a = 0 and b = 1. Every year it
moves, with narrow priors around where it stood, on the out-of-sample scores whose label became
known in the year before: over the years it learns from all of them.

Of a rule's one number (`fit_map`): the map is fitted anew every year on all labels known by then,
with a wide prior that knows what the label asks for. Its two parameters are too few to be
overfitted, so nothing is calibrated on top of it.

Either way the priors are there for the sake of ranking: probabilities of all years are ranked
together, and a map that jumps between them ranks years instead of days. Wide priors around (0, 1),
fitted anew on all past scores, were tried first and do just that: a handful of episodes does not
tell such a map.
"""

from dataclasses import dataclass

import numpy as np

from sfr_pipeline.arrays import FloatArray

# Days that say as much as one that has nothing to do with the others: stress lasts weeks.
LEAST_DAYS = 63
# Log-odds beyond it are certainty already.
LIMIT = 12.0


@dataclass(frozen=True)
class Prior:
    """Independent normal priors of intercept and slope.

    Attributes:
        intercept, slope: means.
        intercept_sd, slope_sd: standard deviations.
    """

    intercept: float
    slope: float
    intercept_sd: float
    slope_sd: float


@dataclass(frozen=True)
class Platt:
    """The map of one year."""

    intercept: float = 0.0
    slope: float = 1.0

    def probabilities(self, log_odds: FloatArray) -> FloatArray:
        """Calibrated probabilities."""
        from scipy.special import expit

        return expit(self.intercept + self.slope * np.clip(log_odds, -LIMIT, LIMIT))


def moved(before: Platt, log_odds: FloatArray, labels: FloatArray, horizon: int) -> Platt:
    """The calibration a year later.

    Args:
        before: the year before's.
        log_odds: out-of-sample scores whose label became known since, ``(n,)``; may be empty.
        labels: 0 or 1.
        horizon: of the label, in days.
    """
    around = Prior(before.intercept, before.slope, intercept_sd=0.1, slope_sd=0.05)
    z = np.clip(log_odds, -LIMIT, LIMIT)
    return fit_map(z, labels, around, max(LEAST_DAYS, horizon))


def fit_map(scores: FloatArray, labels: FloatArray, prior: Prior, days: int) -> Platt:
    """The most probable map.

    Args:
        scores: ``(n,)``; may be empty.
        labels: 0 or 1.
        prior: of intercept and slope.
        days: so many neighbouring days say as much as one that has nothing to do with the others.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        intercept, slope = parameters
        x = intercept + slope * scores
        surprise = np.logaddexp(0.0, x) - labels * x
        off = (
            (intercept - prior.intercept) / prior.intercept_sd,
            (slope - prior.slope) / prior.slope_sd,
        )
        value = surprise.sum() / days + 0.5 * (off[0] ** 2 + off[1] ** 2)
        error = (expit(x) - labels) / days
        gradient = [
            error.sum() + off[0] / prior.intercept_sd,
            (error * scores).sum() + off[1] / prior.slope_sd,
        ]
        return float(value), np.array(gradient)

    found = minimize(
        loss,
        np.array([prior.intercept, prior.slope]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), (0.0, None)],
    )
    return Platt(float(found.x[0]), float(found.x[1]))
