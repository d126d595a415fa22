"""Vector autoregressions: their order by information criteria, and what they leave unexplained.

    y_t = c + A_1 y_{t-1} + ... + A_p y_{t-p} + u_t

by least squares, as the paper filters its warning indicators for linear dependence (section 4.3).
Does not belong here: tests of the residuals (``bds``), forecasts.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.labelled import panel_of
from sfr_pipeline.errors import EstimationError

# Nothing is left of a combination of series whose residuals vary less than this, relative to them.
DETERMINED = 1e-6
# Share of a series in such a combination (of unit length) from which it has a part in it.
INVOLVED = 1e-3


@dataclass(frozen=True)
class LagOrders:
    """Information criteria of the orders 0, 1, .. max_lags, all on the same periods.

    Attributes:
        aic: Akaike's criterion, per period, ``(max_lags + 1,)``: log determinant of the residual
            covariance plus twice the coefficients over the periods.
        bic: Schwarz's, same form and shape.
        nobs: periods behind each of them: those that have ``max_lags`` periods before them.
    """

    aic: FloatArray
    bic: FloatArray
    nobs: int

    @property
    def by_aic(self) -> int:
        """Order with the lowest AIC."""
        return int(self.aic.argmin())

    @property
    def by_bic(self) -> int:
        """Order with the lowest BIC."""
        return int(self.bic.argmin())


def lag_orders(endog: ArrayLike | pd.DataFrame, max_lags: int) -> LagOrders:
    """Compare vector autoregressions up to an order.

    Args:
        endog: ``(n_periods, n_series)``, two series or more, no NaN; a frame is judged by
            `labelled.check_panel`.
        max_lags: largest order.

    Raises:
        EstimationError: fewer than two series, too few periods for the largest order, a series
            that is constant or missing in places, or one that the others and their past determine.
    """
    from statsmodels.tsa.api import VAR

    read = panel_of(endog, "endog")
    with read.naming():
        residuals(read.values, max_lags)  # which refuses what has no information criterion
    criteria = VAR(read.values).select_order(max_lags).ics
    aic, bic = np.array(criteria["aic"], float), np.array(criteria["bic"], float)
    return LagOrders(aic, bic, len(read.values) - max_lags)


def residuals(endog: ArrayLike | pd.DataFrame, lags: int) -> FloatArray:
    """Least-squares residuals of a vector autoregression with intercept.

    Args:
        endog: as in `lag_orders`.
        lags: its order; 0 leaves the deviations from the means.

    Returns:
        ``(n_periods - lags, n_series)``.

    Raises:
        EstimationError: as in `lag_orders`.
    """
    read = panel_of(endog, "endog")
    with read.naming():
        return _unexplained(read.values, lags)


def _unexplained(endog: FloatArray, lags: int) -> FloatArray:
    from statsmodels.tsa.api import VAR

    _check(endog, lags)
    unexplained = np.asarray(VAR(endog).fit(lags).resid)
    _, variation, mixtures = np.linalg.svd(unexplained / endog.std(axis=0), full_matrices=False)
    if variation[-1] < DETERMINED * np.sqrt(len(unexplained)):
        involved = np.flatnonzero(np.abs(mixtures[-1]) > INVOLVED)
        raise EstimationError(
            "with its past, series {series} of a vector autoregression determines the others or "
            "is determined by them: leave one out",
            series=involved.tolist(),
        )
    return unexplained


def _check(endog: FloatArray, lags: int) -> None:
    if endog.ndim != 2 or endog.shape[1] < 2:
        raise EstimationError(
            "a vector autoregression needs periods by two series or more: "
            f"give it another array than one of shape {endog.shape}"
        )
    n_periods, n_series = endog.shape
    coefficients = 1 + lags * n_series
    # The residual covariance needs as many degrees of freedom as there are series.
    needed = lags + coefficients + n_series
    if lags < 0 or n_periods < needed:
        raise EstimationError(
            f"a vector autoregression of {n_series} series with {lags} lags needs {needed} "
            f"periods and has {n_periods}: ask for fewer lags, drop series or give more periods"
        )
    for position, series in enumerate(endog.T):
        if not np.isfinite(series).all() or np.ptp(series) == 0:
            raise EstimationError(
                f"series {{series}} of a vector autoregression is constant or has gaps over its "
                f"{n_periods} periods: leave it out",
                series=[position],
            )
