"""Daily prices and levels on one calendar, and the daily returns of the sub-markets.

Cleaning happens here and looks at nothing later than the day: a missing close is the last one, for
some days; what is judged wrong is left out (`believed`); false quotes of currencies are no moves;
denominators of futures have a floor. Table ``prices`` stays as delivered, and ``quality`` says
where any of this happened.

What is clean is kept in tables ``daily_quotes`` and ``daily_returns``, from which everybody reads.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics.panel import by_publication
from sfr_pipeline.errors import CatalogueError, SourceError
from sfr_pipeline.inputs.combination import Raw, continued, done_without
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.stress import StressSettings, SubMarket
from sfr_pipeline.stress.believed import Believed, believed, carried

LOG = logging.getLogger(__name__)

Quotes = TypeVar("Quotes", pd.Series, pd.DataFrame)


@dataclass(frozen=True)
class DailyPanel:
    """Everything on the trading days of the calendar, ``(n_days, ...)``.

    Attributes:
        closes: of each symbol, carried over short gaps, NaN where it did not trade or stood still.
        no_move: whether the move of each symbol from the close before to this one is none of the
            market. The next one counts again, unless it is judged so too.
        spans: log of high over low of each symbol, NaN where there is none to be believed.
        volumes: of each symbol, NaN where there is none or zero.
        returns: of the sub-markets, by id, NaN before they begin, after they end and where none of
            their instruments has one; as fractions.
        companions: of the companions, the same.
        levels: of rates and implied volatilities, by id, carried over short gaps; of those that
            come as a series only where the panel was read with the series.
    """

    closes: pd.DataFrame
    no_move: pd.DataFrame
    spans: pd.DataFrame
    volumes: pd.DataFrame
    returns: pd.DataFrame
    companions: pd.DataFrame
    levels: pd.DataFrame

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The trading days."""
        return pd.DatetimeIndex(self.closes.index)

    def log_moves(self, symbols: Sequence[str]) -> pd.DataFrame:
        """Daily log returns of instruments, NaN where there is none or it is none of the market.

        Args:
            symbols: of the panel.
        """
        chosen = list(symbols)
        return log_returns(self.closes[chosen]).mask(self.no_move[chosen])


def daily_settings(market: Market) -> StressSettings:
    """The market's stress leg.

    Raises:
        CatalogueError: it has none.
    """
    if market.stress is None:
        raise CatalogueError(
            f"market {market.name} has no stress leg: give its catalogue a section 'stress'"
        )
    return market.stress


def daily_panel(market: Market, prices: pd.DataFrame) -> DailyPanel:
    """Lay prices on the calendar and form the returns of the sub-markets.

    What has no prices has no column, and a sub-market none of whose instruments has any is absent.

    Args:
        market: the catalogue.
        prices: table ``prices``.

    Raises:
        SourceError: the prices lack the calendar's instruments, or too many sub-markets.
    """
    daily = daily_settings(market)
    days = trading_days(daily, prices)
    bars = {str(name): in_time_order(rows) for name, rows in prices.groupby("symbol")}
    seen = {
        symbol: believed(daily, symbol, bars[symbol], days)
        for symbol in daily.symbols()
        if symbol in bars
    }
    _tell_left_out(market, seen)
    returns = _returns(daily.sub_markets, seen, days)
    if len(returns.columns) < daily.labels.breadth:
        missing = [symbol for part in daily.sub_markets for symbol in part.symbols]
        raise SourceError(
            f"stress in {daily.labels.breadth} sub-markets cannot be told from the prices of "
            f"{len(returns.columns)}: deliver some of {', '.join(missing)} for market "
            f"{market.name}, or lower 'breadth' in its catalogue"
        )
    closes, no_move, high, low, volume = (
        pd.DataFrame({name: getattr(own, field) for name, own in seen.items()}, days)
        for field in ("close", "broken", "high", "low", "volume")
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        spans = np.log(high.where(low > 0) / low)
    return DailyPanel(
        closes=closes,
        no_move=no_move,
        spans=spans.where(high >= low),
        volumes=volume,
        returns=returns,
        companions=_returns(daily.companions, seen, days),
        levels=_levels(daily, closes.mask(no_move), {}),
    )


def quote_rows(panel: DailyPanel) -> pd.DataFrame:
    """Rows of table ``daily_quotes``: every instrument on every day."""
    fields = {
        "close": panel.closes,
        "no_move": panel.no_move,
        "log_range": panel.spans,
        "volume": panel.volumes,
    }
    return _rows(fields, "symbol")


def return_rows(panel: DailyPanel) -> pd.DataFrame:
    """Rows of table ``daily_returns``: every sub-market and companion on every day."""
    return _rows({"daily_return": panel.returns.join(panel.companions)}, "sub_market")


def read_panel(
    market: Market,
    quotes: pd.DataFrame,
    returns: pd.DataFrame,
    series: pd.DataFrame | None = None,
    missing_series: pd.DataFrame | None = None,
) -> DailyPanel:
    """The panel from its tables.

    Args:
        market: the catalogue.
        quotes: table ``daily_quotes``.
        returns: table ``daily_returns``.
        series: table ``series``, for levels that come as one.
        missing_series: table ``missing_series``, with it.

    Raises:
        SourceError: the source of a series failed.
    """
    daily = daily_settings(market)
    symbols = list(daily.symbols())
    closes, no_move, spans, volumes = (
        _wide(quotes, "symbol", field, symbols)
        for field in ("close", "no_move", "log_range", "volume")
    )
    companions = [part.id for part in daily.companions]
    raw: Mapping[str, Raw] = {}
    if series is not None and missing_series is not None:
        names = daily.series().keys() - set(done_without(missing_series).index)
        raw = continued(market, sorted(names), series, missing_series)
    return DailyPanel(
        closes=closes,
        no_move=no_move,
        spans=spans,
        volumes=volumes,
        returns=read_returns(market, returns),
        companions=_wide(returns, "sub_market", "daily_return", companions),
        levels=_levels(daily, closes.mask(no_move), raw),
    )


def read_returns(market: Market, returns: pd.DataFrame) -> pd.DataFrame:
    """Daily returns of the sub-markets, ``(n_days, n_markets)``, in the catalogue's order.

    Args:
        market: the catalogue.
        returns: table ``daily_returns``.
    """
    sub_markets = [part.id for part in daily_settings(market).sub_markets]
    return _wide(returns, "sub_market", "daily_return", sub_markets)


def trading_days(daily: StressSettings, prices: pd.DataFrame) -> pd.DatetimeIndex:
    """Days on which any of the calendar's instruments traded, from the start of the panel.

    Raises:
        SourceError: there are none.
    """
    own = prices.loc[prices["symbol"].isin(daily.calendar), "date"]
    own = own[own >= pd.Timestamp(daily.start)].drop_duplicates().sort_values()
    days = pd.DatetimeIndex(own, name="date")
    if days.empty:
        raise SourceError(
            f"there are no prices of {' or '.join(daily.calendar)} from {daily.start} on, whose "
            "trading days are the calendar: deliver them, or name another calendar in the catalogue"
        )
    return days


def _tell_left_out(market: Market, seen: Mapping[str, Believed]) -> None:
    """Name the instruments whose moves are left out on some days."""
    for symbol, own in seen.items():
        out = own.close.index[own.still | own.broken]
        if len(out):
            LOG.warning(
                "%s of market %s is left out on %d days from %s to %s: table prices_quality says "
                "why", symbol, market.name, len(out), f"{out[0]:%Y-%m-%d}", f"{out[-1]:%Y-%m-%d}",
            )  # fmt: skip


def in_time_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of one instrument in table ``prices`` by day, those without a close left out."""
    return rows.dropna(subset="close").set_index("date").sort_index()


def symbol_returns(part: SubMarket, close: pd.Series) -> pd.Series:
    """Daily returns of one instrument as its sub-market forms them, before ticks are left out.

    Args:
        part: how returns are formed.
        close: carried to the calendar.
    """
    if part.returns == "yield":
        assert part.duration is not None
        return -part.duration * close.diff() / 100.0
    if part.returns == "simple":
        assert part.floor is not None
        assert part.clip is not None
        moves = close.diff() / close.shift().clip(lower=part.floor)
        return moves.clip(-part.clip, part.clip)
    return log_returns(close)


def log_returns(close: Quotes) -> Quotes:
    """Daily log returns, NaN where there is no positive close on the day or the day before.

    Args:
        close: of one instrument or several, carried to the calendar.
    """
    return np.log(close.where(close > 0)).diff()


def _levels(daily: StressSettings, closes: pd.DataFrame, raw: Mapping[str, Raw]) -> pd.DataFrame:
    """Rates and implied volatilities as they were known at each close, by id.

    Args:
        daily: which they are.
        closes: of the instruments, for those that come as prices; NaN where one is in another
            unit than the day before.
        raw: values by series, for the others.
    """
    columns = {}
    for level in (*daily.rates, *daily.implied):
        if level.symbol in closes:
            columns[level.id] = closes[level.symbol]
        elif level.series is not None and level.series in raw:
            frame = raw[level.series].frame
            known = by_publication(frame["value"], frame["available_at"])
            days = pd.DatetimeIndex(closes.index)
            columns[level.id] = carried(known, days, daily.features.carry)
    return pd.DataFrame(columns, index=closes.index)


def _returns(
    parts: Sequence[SubMarket], seen: Mapping[str, Believed], days: pd.DatetimeIndex
) -> pd.DataFrame:
    frame = pd.DataFrame(index=days)
    for part in parts:
        members = [
            symbol_returns(part, seen[name].close).mask(seen[name].broken)
            for name in part.symbols
            if name in seen
        ]
        if not members:
            continue
        if part.tick is not None:
            members = [moves.mask(moves.abs() > part.tick, 0.0) for moves in members]
        frame[part.id] = pd.concat(members, axis=1).mean(axis=1)
    return frame


def _rows(fields: Mapping[str, pd.DataFrame], named: str) -> pd.DataFrame:
    """Frames of days by names as rows, days and names of the first."""
    first = next(iter(fields.values()))
    index = pd.MultiIndex.from_product([first.index, first.columns], names=["date", named])
    values = {field: frame.to_numpy().ravel() for field, frame in fields.items()}
    return pd.DataFrame(values, index).reset_index()


def _wide(rows: pd.DataFrame, named: str, field: str, names: Sequence[str]) -> pd.DataFrame:
    """What `_rows` was made from; names without rows are absent."""
    days = pd.DatetimeIndex(rows["date"].unique(), name="date").sort_values()
    by_name = {str(name): own.set_index("date")[field] for name, own in rows.groupby(named)}
    return pd.DataFrame(
        {name: by_name[name].reindex(days) for name in names if name in by_name}, index=days
    )
