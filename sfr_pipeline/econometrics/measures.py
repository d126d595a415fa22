"""Measures of market stress from daily prices, in their own units.

Every measure of a day uses that day and earlier ones only, and nothing is estimated: whoever knows
the prices up to a day knows the measure of that day. Windows count trading days. Each function
takes ``Prices``, whose frames are ``(n_days, n_instruments)``, and returns one value a day.

Ranges and moves that are judged wrong (`quotes`) are in no measure; a close is as delivered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics import quotes

TRADING_DAYS = 252


@dataclass(frozen=True)
class Prices:
    """Daily prices of several instruments, one frame a field, one column an instrument.

    Attributes:
        close: as delivered.
        high: NaN where the day has no range to be believed.
        low: likewise.
        volume: NaN where there is none, or the day repeats the one before.
        breaks: moves up to the day that no market made, splits or another unit, counted.
    """

    close: pd.DataFrame
    high: pd.DataFrame
    low: pd.DataFrame
    volume: pd.DataFrame
    breaks: pd.DataFrame

    @classmethod
    def from_long(cls, frame: pd.DataFrame) -> "Prices":
        """Build from rows of date, symbol, open, high, low, close, volume."""
        wide = frame.pivot(index="date", columns="symbol")
        close = wide["close"]
        no_range, no_volume, moves = (
            pd.DataFrame(False, close.index, close.columns) for _ in range(3)
        )
        for symbol, rows in frame[frame["close"] > 0].groupby("symbol"):
            judged = quotes.judge(rows.set_index("date").sort_index())
            days = judged.index
            no_range.loc[days, symbol] = judged[list(quotes.NO_RANGE)].any(axis=1)
            no_volume.loc[days, symbol] = judged[quotes.REPEATED]
            moves.loc[days, symbol] = judged[list(quotes.NO_MOVE)].any(axis=1)
        return cls(
            close=close,
            high=wide["high"].mask(no_range | (wide["low"] <= 0)),
            low=wide["low"].mask(no_range | (wide["low"] <= 0)),
            volume=wide["volume"].mask(no_volume),
            breaks=moves.cumsum(),
        )

    def returns(self, symbols: Sequence[str]) -> pd.DataFrame:
        """Daily log returns in per cent, on the days when all of the instruments traded.

        Days over a move that no market made are left out.
        """
        close = self.close[list(symbols)]
        close = close.where(close > 0).dropna()
        unbroken = self.breaks.loc[close.index, list(symbols)].diff().eq(0).all(axis=1)
        return (100.0 * np.log(close).diff())[unbroken]

    def portfolio_returns(self, symbols: Sequence[str]) -> pd.Series:
        """Daily log returns in per cent of the equal-weighted portfolio, rebalanced every day."""
        return _equal_weighted(self.returns(symbols))


def compute(
    measure: str, prices: Prices, symbols: Sequence[str], market: str | None, window: int | None
) -> pd.Series:
    """Compute a measure by its name in the catalogue, NaN-free, indexed by date."""
    return MEASURES[measure](prices, list(symbols), market, window or TRADING_DAYS).dropna()


def _close(prices: Prices, symbols: list[str], market: str | None, window: int) -> pd.Series:
    """Closing price."""
    return prices.close[symbols[0]]


def _portfolio(prices: Prices, symbols: list[str], market: str | None, window: int) -> pd.Series:
    """Equal-weighted portfolio, rebalanced daily, 100 on the day before its first return."""
    return 100.0 * np.exp(prices.portfolio_returns(symbols).cumsum() / 100.0)


def _drawdown(prices: Prices, symbols: list[str], market: str | None, window: int) -> pd.Series:
    """Loss against the highest close of the window, in per cent (CMAX, turned round)."""
    level = _portfolio(prices, symbols, market, window)
    return 100.0 * (
        1.0 - level / level.rolling(window, min_periods=min(window, TRADING_DAYS)).max()
    )


def _range(prices: Prices, symbols: list[str], market: str | None, window: int) -> pd.Series:
    """Parkinson's volatility of the day from high and low, annualised, in per cent."""
    ratio = np.log(prices.high[symbols[0]] / prices.low[symbols[0]])
    return 100.0 * np.sqrt(TRADING_DAYS / (4.0 * np.log(2.0))) * ratio


def _realized_volatility(
    prices: Prices, symbols: list[str], market: str | None, window: int
) -> pd.Series:
    """Standard deviation of the window's returns about zero, annualised, in per cent."""
    squares = prices.portfolio_returns(symbols) ** 2
    return np.sqrt(TRADING_DAYS * squares.rolling(window).mean())


def _relative_volume(
    prices: Prices, symbols: list[str], market: str | None, window: int
) -> pd.Series:
    """Volume against the mean of the window, in per cent."""
    volume = prices.volume[symbols[0]].dropna()
    volume = volume[volume > 0]
    return 100.0 * (volume / volume.rolling(window).mean() - 1.0)


def _relative_return(
    prices: Prices, symbols: list[str], market: str | None, window: int
) -> pd.Series:
    """Return of the portfolio over the window less that of the market, in per cent."""
    own, benchmark = _beside_market(prices, symbols, market)
    return (own - benchmark).rolling(window).sum()


def _beta(prices: Prices, symbols: list[str], market: str | None, window: int) -> pd.Series:
    """Slope of the portfolio's returns on the market's over the window."""
    own, benchmark = _beside_market(prices, symbols, market)
    return own.rolling(window).cov(benchmark) / benchmark.rolling(window).var()


def _dispersion(prices: Prices, symbols: list[str], market: str | None, window: int) -> pd.Series:
    """Standard deviation of the day's returns across instruments, in per cent."""
    return prices.returns(symbols).std(axis=1)


def _correlation(prices: Prices, symbols: list[str], market: str | None, window: int) -> pd.Series:
    """Average pairwise correlation over the window, weighted by volatilities.

    The variance of the sum of all returns says how much of the variances is common.
    """
    returns = prices.returns(symbols)
    variances = returns.rolling(window).var()
    own = variances.sum(axis=1)
    common = returns.sum(axis=1).rolling(window).var() - own
    largest = np.sqrt(variances).sum(axis=1) ** 2 - own
    return common / largest


def _beside_market(
    prices: Prices, symbols: list[str], market: str | None
) -> tuple[pd.Series, pd.Series]:
    """Daily returns of the portfolio and of the market on common days."""
    assert market is not None, "the catalogue demands a market for relative measures"
    returns = prices.returns([*symbols, market])
    return _equal_weighted(returns[symbols]), returns[market]


def _equal_weighted(returns: pd.DataFrame) -> pd.Series:
    """Log returns of the portfolio from those of its members; simple returns are what averages."""
    return 100.0 * np.log1p(np.expm1(returns / 100.0).mean(axis=1))


Measure = Callable[[Prices, list[str], str | None, int], pd.Series]

MEASURES: dict[str, Measure] = {
    "close": _close,
    "portfolio": _portfolio,
    "drawdown": _drawdown,
    "range": _range,
    "realized_volatility": _realized_volatility,
    "relative_volume": _relative_volume,
    "relative_return": _relative_return,
    "beta": _beta,
    "dispersion": _dispersion,
    "correlation": _correlation,
}
