"""What prices and series of a market said on each day, under either information set."""

from collections.abc import Mapping

import pandas as pd

from sfr_pipeline.econometrics import measures
from sfr_pipeline.econometrics.panel import Mode, by_publication
from sfr_pipeline.index.columns import align_measured
from sfr_pipeline.inputs.combination import Raw, combine
from sfr_pipeline.inputs.samples import sample_end
from sfr_pipeline.markets import Market, Measured
from sfr_pipeline.markets.indicator import PriceInput
from sfr_pipeline.markets.series import SeriesInput


class DailyValues:
    """Values of a market's prices and series up to the end of its sample.

    Args:
        market: the catalogue.
        prices: table ``prices``.
        raw: series by their ids, see ``inputs.combination.continued``.
    """

    def __init__(self, market: Market, prices: pd.DataFrame, raw: Mapping[str, Raw]) -> None:
        self.market = market
        self.raw = raw
        prices = prices[prices["date"] <= sample_end(market)]
        self.prices = measures.Prices.from_long(prices) if market.prices else None

    def delivered(self, request: PriceInput | SeriesInput) -> pd.DataFrame:
        """``value`` and ``available_at`` by the day or period spoken of, up to the sample's end."""
        if isinstance(request, PriceInput):
            assert self.prices is not None
            values = measures.compute(
                request.measure, self.prices, request.symbols, request.market, request.window
            )
            # A price is known on its day.
            return pd.DataFrame({"value": values, "available_at": values.index})
        by_id = {series.id: series for series in self.market.series}
        frame = combine(request, [by_id[name] for name in request.ids], self.raw).frame
        return frame[frame.index <= sample_end(self.market)]

    def known(self, request: PriceInput | SeriesInput, mode: Mode) -> pd.Series:
        """Daily values: in real time by the day on which each became known."""
        frame = self.delivered(request)
        if mode == "paper":
            return frame["value"]
        values = by_publication(frame["value"], frame["available_at"])
        return values[values.index <= sample_end(self.market)]

    def named(self, name: str, mode: Mode) -> pd.Series:
        """Daily values of a series, or closes of an instrument."""
        if name in self.raw:
            return self.known(SeriesInput(series=name), mode)
        return self.known(PriceInput(measure="close", symbols=[name]), mode)

    def name_of(self, series: str) -> str:
        """Name of a series for readers."""
        return next(one.name for one in self.market.series if one.id == series)

    def monthly(self, measured: Measured, mode: Mode) -> pd.Series:
        """An input by month, aligned as the indicators of the index are."""
        market, frame = self.market, self.delivered(measured.input)
        if frame.empty:
            return pd.Series(dtype=float, index=pd.PeriodIndex([], freq="M"))
        return align_measured(market, measured, frame, mode).values
