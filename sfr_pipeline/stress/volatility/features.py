"""What the volatility models read of a panel, all known at the close of the day.

Belongs here: the inputs of the panel HARX and the averages that they are made of. Does not belong
here: what is fitted on them (`harx`, `rivals`).

A year's volatility V_c is sqrt(252 times the mean of squared returns whose weights fall with centre
of mass c), after Bollerslev, Hood, Huss and Pedersen (2018, Review of Financial Studies 31).
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.stress.bounds import log_volatility
from sfr_pipeline.stress.labels import TRADING_DAYS
from sfr_pipeline.stress.volatility.panel import PooledPanel

# Centres of mass, in days, of the volatilities, and of the averages of falls.
SPEEDS = (1, 5, 25, 125)
FALL_SPEEDS = (5, 25)
SHORT, MIDDLE, LONG = 5, 25, 125
HIGH_DAYS = 252
PARKINSON = 4.0 * np.log(2.0)


class Measures:
    """What is measured of a panel, whatever the horizon; ``(n_days, n_markets)`` each.

    Args:
        panel: markets by day.
    """

    def __init__(self, panel: PooledPanel) -> None:
        self.panel = panel

    @cached_property
    def log_volatilities(self) -> dict[int, FloatArray]:
        """ln V_c by centre of mass, never below that of `bounds.LEAST_VOLATILITY`."""
        squares = squares_of(self.panel)
        return {speed: _log_root(self._weighted(squares, speed)) for speed in SPEEDS}

    @cached_property
    def shocks(self) -> FloatArray:
        """z: the day's return over V_25 of the day before, by day."""
        before = np.full_like(self.panel.returns, np.nan)
        before[1:] = self._last_known(self.log_volatilities[MIDDLE])[:-1]
        return self.panel.returns * np.sqrt(TRADING_DAYS) / np.exp(before)

    @cached_property
    def falls(self) -> dict[int, FloatArray]:
        """Leverage: averages of min(z, 0) by centre of mass."""
        return {speed: self._weighted(np.minimum(self.shocks, 0), speed) for speed in FALL_SPEEDS}

    @cached_property
    def rise(self) -> FloatArray:
        """ln V_5 - ln V_125, of which all markets read the mean."""
        return self.log_volatilities[SHORT] - self.log_volatilities[LONG]

    @cached_property
    def drawdown(self) -> FloatArray:
        """Cumulated log return less its high of 252 days, own days counted."""
        level = pd.DataFrame(self.panel.returns).cumsum()
        return _own_days(level, lambda own: own - own.rolling(HIGH_DAYS, min_periods=1).max())

    @cached_property
    def range_over_moves(self) -> FloatArray:
        """ln Parkinson's volatility less ln V_5; 0 on days without high and low."""
        variance = TRADING_DAYS * np.square(self.panel.log_range) / PARKINSON
        gap = _log_root(self._weighted(variance, SHORT)) - self.log_volatilities[SHORT]
        return np.where(np.isnan(self.panel.log_range), 0.0, gap)

    @cached_property
    def implied_over_moves(self) -> FloatArray:
        """ln implied volatility less ln V_25 of its market, ``(n_days,)``; 0 where none is."""
        if self.panel.equity is None:
            return np.zeros(len(self.panel.dates))
        own = self.log_volatilities[MIDDLE][:, self.panel.equity]
        return np.nan_to_num(self.panel.implied - own, nan=0.0)

    def gaps(self, horizon: int) -> dict[int, FloatArray]:
        """ln V_c - ln q by centre of mass."""
        thresholds = self.panel.log_thresholds(horizon)
        return {speed: own - thresholds for speed, own in self.log_volatilities.items()}

    def _weighted(self, values: FloatArray, speed: int) -> FloatArray:
        """Mean with exponential weights over the days that have a value, from ``speed`` of them on.

        NaN on days without a return.
        """
        return _faded(self.panel, values, speed, com=speed)

    @staticmethod
    def _last_known(values: FloatArray) -> FloatArray:
        return pd.DataFrame(values).ffill().to_numpy()


def harx_inputs(
    panel: PooledPanel, horizon: int, *, means: bool = False
) -> tuple[FloatArray, tuple[str, ...]]:
    """Inputs of the panel HARX.

    Of each market: ``gap<c>`` ln V_c - ln q, ``falls<c>``, ``drawdown``, ``range``. The same for
    all: ``rise``, the mean over markets of ln V_5 - ln V_125, and ``implied``. With ``means`` also
    the means over markets of gaps and falls, ``mean_``.

    Args:
        panel: markets by day.
        horizon: trading days ahead.
        means: whether means over markets stand beside each market's own.

    Returns:
        ``(n_days, n_markets, n_inputs)``, NaN where not known, and their names.
    """
    measured = Measures(panel)
    own = {f"gap{speed}": values for speed, values in measured.gaps(horizon).items()}
    own |= {f"falls{speed}": values for speed, values in measured.falls.items()}
    columns = {
        **own,
        "rise": across(measured.rise),
        "drawdown": measured.drawdown,
        "implied": np.broadcast_to(measured.implied_over_moves[:, None], panel.returns.shape),
        "range": measured.range_over_moves,
    }
    if means:
        columns |= {f"mean_{name}": across(values) for name, values in own.items()}
    return np.stack(list(columns.values()), axis=-1), tuple(columns)


def across(values: FloatArray) -> FloatArray:
    """Mean over the markets that have a value, for each of them, ``(n_days, n_markets)``."""
    known = ~np.isnan(values)
    total = np.zeros(len(values))
    # One market after the other: the same bits however many days there are.
    for column, there in zip(values.T, known.T, strict=True):
        total = total + np.where(there, column, 0.0)
    count = known.sum(axis=1)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return np.repeat(mean[:, None], values.shape[1], axis=1)


def trailing(panel: PooledPanel, days: int) -> FloatArray:
    """Log of a year's realised volatility of the last own days, ``(n_days, n_markets)``."""
    squares = pd.DataFrame(squares_of(panel))
    return _log_root(_own_days(squares, lambda own: own.rolling(days).mean()))


def weighted(panel: PooledPanel, decay: float) -> FloatArray:
    """Log of a year's volatility with weights that fall by ``decay`` a day (RiskMetrics)."""
    return _log_root(_faded(panel, squares_of(panel), SHORT, alpha=1.0 - decay))


def squares_of(panel: PooledPanel) -> FloatArray:
    """Squared returns, a year, ``(n_days, n_markets)``."""
    return TRADING_DAYS * np.square(panel.returns)


def _faded(panel: PooledPanel, values: FloatArray, least: int, **weights: float) -> FloatArray:
    """Exponentially weighted mean over the days that have a value; NaN on days without a return."""
    frame = pd.DataFrame(values)
    mean = frame.ewm(min_periods=least, ignore_na=True, **weights).mean().to_numpy()
    return np.where(np.isnan(panel.returns), np.nan, mean)


def _own_days(frame: pd.DataFrame, measure: Callable[[pd.Series], pd.Series]) -> FloatArray:
    """A measure of each column over the days that it has, laid on all days again."""
    columns = [measure(own.dropna()).reindex(frame.index) for _, own in frame.items()]
    return np.stack([column.to_numpy(dtype=float) for column in columns], axis=1)


def _log_root(variance: FloatArray) -> FloatArray:
    return log_volatility(np.sqrt(np.maximum(variance, 0.0)))
