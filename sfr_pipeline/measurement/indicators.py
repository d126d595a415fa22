"""From a market's sources to its panel of indicators."""

import numpy as np
import pandas as pd

from sfr_pipeline import sources
from sfr_pipeline.econometrics import measures
from sfr_pipeline.econometrics.panel import MODES, Mode, Step, align, transform
from sfr_pipeline.econometrics.principal_component import standardize
from sfr_pipeline.econometrics.vintages import vintage_masks
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.markets import Indicator, Market
from sfr_pipeline.markets.market import PriceInput
from sfr_pipeline.measurement.frames import long, month_ends, months_of


def fetch_prices(market: Market) -> pd.DataFrame:
    """Daily prices of the market's instruments up to the end of its sample."""
    frames = []
    for name in dict.fromkeys(instrument.source for instrument in market.prices):
        symbol_of = {i.code: i.symbol for i in market.prices if i.source == name}
        frame = sources.source(name).fetch_prices(list(symbol_of))
        frames.append(frame.assign(symbol=frame["code"].map(symbol_of)).drop(columns="code"))
    prices = pd.concat(frames, ignore_index=True)
    return prices[prices["date"] <= sample_end(market)]


def known_truth(market: Market) -> pd.DataFrame:
    """What a synthetic market was made from: rows of table ``truth``."""
    truth = sources.synthetic_source(str(market.truth)).fetch_truth()
    return truth[truth["ref_date"] <= sample_end(market)]


def deliver_indicators(market: Market, prices: pd.DataFrame) -> pd.DataFrame:
    """Values of all indicators as delivered, with the dates from which they could be known."""
    wide = measures.Prices.from_long(prices)
    frames = []
    for indicator in market.indicators:
        values = _delivered(indicator, wide)
        values = values[values.index <= sample_end(market)]
        frames.append(
            pd.DataFrame(
                {
                    "ref_date": values.index,
                    "indicator": indicator.id,
                    "value": values.to_numpy(),
                    "available_at": values.index + pd.Timedelta(days=indicator.release_lag),
                    "source": str(indicator.input),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _delivered(indicator: Indicator, prices: measures.Prices) -> pd.Series:
    request = indicator.input
    if isinstance(request, PriceInput):
        return measures.compute(
            request.measure, prices, request.symbols, request.market, request.window
        )
    codes = [request.code, request.minus] if request.minus else [request.code]
    series = (
        sources.source(request.source)
        .fetch_series(codes)
        .pivot(index="date", columns="code", values="value")
    )
    values = series[request.code]
    return (values - series[request.minus] if request.minus else values).dropna()


def build_panel(market: Market, indicators: pd.DataFrame) -> pd.DataFrame:
    """The panel on both clocks, in long form."""
    return pd.concat([panel_rows(market, indicators, mode) for mode in MODES], ignore_index=True)


def panel_rows(market: Market, indicators: pd.DataFrame, mode: Mode) -> pd.DataFrame:
    """The panel on one clock: rows of table ``indicator_panel``.

    Args:
        market: the catalogue.
        indicators: table ``indicators``.
        mode: the clock.
    """
    months = sample_months(market)
    columns = {}
    for indicator in market.indicators:
        delivered = indicators[indicators["indicator"] == indicator.id].set_index("ref_date")
        steps = [Step(step.name, step.parameter) for step in indicator.transform]
        try:
            monthly = transform(delivered["value"], steps, indicator.frequency, mode)
        except EstimationError as error:
            raise EstimationError(f"indicator {indicator.id}: {error}") from error
        # A month is complete with its last value, and known when that was published.
        available = delivered["available_at"].groupby(months_of(delivered.index)).max()
        columns[indicator.id] = align(monthly, available.dt.to_period("M"), months, mode)
    transformed = pd.DataFrame(columns)
    oriented = transformed * [indicator.direction for indicator in market.indicators]
    score = _scores(oriented, mode, market)
    frame = long({"transformed": transformed, "oriented": oriented, "score": score}, "indicator")
    frame = frame.dropna(subset="transformed")
    return frame.assign(mode=mode, dimension=frame["indicator"].map(market.dimension_of()))


def _scores(oriented: pd.DataFrame, mode: Mode, market: Market) -> pd.DataFrame:
    values = oriented.to_numpy()
    observed = ~np.isnan(values)
    if mode == "paper":
        score = standardize(values, observed)[0]
    else:
        rows = np.arange(len(values))
        observed = vintage_masks(observed, rows, market.index.min_observations)
        score = standardize(np.broadcast_to(values, observed.shape), observed)[0][rows, rows]
        observed = observed[rows, rows]
    return pd.DataFrame(
        np.where(observed, score, np.nan), index=oriented.index, columns=oriented.columns
    )


def describe_indicators(market: Market, panel: pd.DataFrame) -> pd.DataFrame:
    """Definitions of the indicators and statistics of their scores in paper mode."""
    paper = panel[panel["mode"] == "paper"].groupby("indicator")
    statistics = paper.agg(
        first_month=("ref_date", "min"),
        last_month=("ref_date", "max"),
        n_months=("score", "count"),
        transformed_mean=("transformed", "mean"),
        transformed_sd=("transformed", "std"),
        mean=("score", "mean"),
        minimum=("score", "min"),
        maximum=("score", "max"),
        skewness=("score", "skew"),
        kurtosis=("score", pd.Series.kurt),
    )
    definitions = pd.DataFrame(
        [
            {
                "indicator": indicator.id,
                "name": indicator.name,
                "dimension": indicator.dimension,
                "direction": indicator.direction,
                "unit": indicator.unit,
                "frequency": indicator.frequency,
                "transform": ", ".join(str(step) for step in indicator.transform),
                "release_lag": indicator.release_lag,
                "source": str(indicator.input),
                "why": indicator.why,
            }
            for indicator in market.indicators
        ]
    )
    return definitions.merge(statistics, left_on="indicator", right_index=True)


def sample_months(market: Market) -> pd.PeriodIndex:
    """Months of the market's sample."""
    return pd.period_range(market.sample.start, market.sample.end, freq="M")


def sample_end(market: Market) -> pd.Timestamp:
    """Last day of the market's sample."""
    return month_ends(sample_months(market)[-1:])[0]
