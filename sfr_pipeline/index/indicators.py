"""From a market's prices and series to its panel of indicators."""

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics import measures
from sfr_pipeline.econometrics.panel import (
    MODES,
    Aligned,
    Mode,
    Step,
    align,
    by_publication,
    looks_back,
    transform,
    winsorise,
)
from sfr_pipeline.econometrics.principal_component import standardize
from sfr_pipeline.econometrics.vintages import vintage_mask
from sfr_pipeline.errors import EstimationError, SourceError
from sfr_pipeline.index.missing import usable
from sfr_pipeline.inputs.combination import Raw, combine, continued, done_without
from sfr_pipeline.inputs.frames import long, months_of
from sfr_pipeline.inputs.samples import sample_end, sample_months
from sfr_pipeline.markets import Indicator, Market, Measured
from sfr_pipeline.markets.indicator import PriceInput
from sfr_pipeline.markets.market import END

# Months by which the newest value may be older than the sample's end. The figures of a quarter that
# come out two months after it are all that a market may have shortly before the next ones.
FEW_MONTHS = 5
# Scores with which an indicator's mean, spread, skewness and kurtosis exist.
MIN_DESCRIBED = 4


def deliver_indicators(
    market: Market, prices: pd.DataFrame, series: pd.DataFrame, missing: pd.DataFrame
) -> pd.DataFrame:
    """Values of the indicators as delivered, with the dates from which they could be known.

    An indicator for which a series has neither file nor open source is left out; the table
    ``missing_indicators`` names it.

    Args:
        market: the catalogue.
        prices: table ``prices``.
        series: table ``series``.
        missing: table ``missing_series``.

    Raises:
        SourceError: nothing is left, or it ends long before the sample; a division by zero.
    """
    without = set(done_without(missing).index)
    delivered = [
        indicator
        for indicator in market.indicators
        if without.isdisjoint(one.id for one in market.series_of(indicator))
    ]
    names = [one.id for indicator in delivered for one in market.series_of(indicator)]
    raw = continued(market, names, series, missing)
    wide = measures.Prices.from_long(prices) if market.prices else None
    frames = []
    for indicator in delivered:
        frame, source = _delivered(market, indicator, wide, raw)
        frame = frame[frame.index <= sample_end(market)]
        frames.append(
            pd.DataFrame(
                {
                    "ref_date": frame.index,
                    "indicator": indicator.id,
                    "value": frame["value"].to_numpy(),
                    "available_at": frame["available_at"].to_numpy(),
                    "source": source,
                }
            )
        )
    if not frames:
        raise SourceError(
            f"no indicator of market {market.name} has a file or an open source: put files into "
            "its folder (make import-template writes empty ones)"
        )
    indicators = pd.concat(frames, ignore_index=True)
    _check_reach(market, indicators)
    return indicators


def _check_reach(market: Market, indicators: pd.DataFrame) -> None:
    """Refuse values that all end long before the sample does: its last months would be empty."""
    if indicators.empty:
        return
    newest = indicators["ref_date"].max()
    if newest + pd.DateOffset(months=FEW_MONTHS) < sample_end(market):
        raise SourceError(
            f"the newest value of market {market.name} is of {newest:%Y-%m-%d}, but its sample "
            f"goes on to {market.sample.end}: set the environment variable {END}={newest:%Y-%m} "
            "(or sample.end, where the catalogue does not say 'latest'), or deliver newer files"
        )


def _delivered(
    market: Market, indicator: Indicator, prices: measures.Prices | None, raw: dict[str, Raw]
) -> Raw:
    request = indicator.input
    if not isinstance(request, PriceInput):
        return combine(request, market.series_of(indicator), raw)
    assert prices is not None
    values = measures.compute(
        request.measure, prices, request.symbols, request.market, request.window
    )
    # A price is known on its day.
    return Raw(pd.DataFrame({"value": values, "available_at": values.index}), str(request))


def build_panel(market: Market, indicators: pd.DataFrame) -> pd.DataFrame:
    """The panel under both information sets, in long form."""
    return pd.concat([panel_rows(market, indicators, mode) for mode in MODES], ignore_index=True)


def panel_rows(market: Market, indicators: pd.DataFrame, mode: Mode) -> pd.DataFrame:
    """The panel under one information set: rows of table ``indicator_panel``.

    Args:
        market: the catalogue.
        indicators: table ``indicators``.
        mode: the information set.
    """
    used = usable(market, indicators, mode)
    aligned = {
        indicator.id: align_measured(
            market,
            indicator,
            indicators[indicators["indicator"] == indicator.id].set_index("ref_date").sort_index(),
            mode,
        )
        for indicator in used
    }
    transformed = pd.DataFrame({name: column.values for name, column in aligned.items()})
    origin = pd.DataFrame({name: column.origin for name, column in aligned.items()})
    drawn = transformed
    if mode in market.index.winsorise:
        drawn = transformed.apply(
            winsorise,
            at=market.index.winsorise_at,
            mode=mode,
            min_observations=market.index.min_observations,
        )
    oriented = drawn * [indicator.direction for indicator in used]
    frame = long(
        {
            "transformed": transformed,
            "oriented": oriented,
            "score": _scores(oriented, mode, market),
            "origin": origin,
            "winsorised": drawn.ne(transformed) & transformed.notna(),
        },
        "indicator",
    )
    frame = frame.dropna(subset="transformed")
    frame = frame.astype({"winsorised": bool})
    return frame.assign(mode=mode, dimension=frame["indicator"].map(market.dimension_of()))


def align_measured(market: Market, measured: Measured, rows: pd.DataFrame, mode: Mode) -> Aligned:
    """Something measured on the months of the sample.

    Args:
        market: the catalogue.
        measured: an indicator, or an input of early warning.
        rows: its ``value`` and ``available_at``, by last day of the period, ascending.
        mode: the information set.

    Raises:
        EstimationError: its transforms cannot be made of these values.
    """
    values, available_at = rows["value"].rename(measured.id), rows["available_at"]
    frequency = market.frequency_of(measured)
    if mode == "real_time" and frequency == "daily":
        values = by_publication(values, available_at)
        available_at = pd.Series(values.index, values.index)
    steps = [Step(step.name, step.parameter) for step in measured.transform]
    try:
        monthly = transform(values, steps, frequency, mode)
    except EstimationError as error:
        raise EstimationError(f"{measured.id}: {error}") from error
    # A month is complete with its last value, and known when that was published.
    published = available_at.groupby(months_of(available_at.index)).max().dt.to_period("M")
    months, carry = sample_months(market), market.carry_of(measured)
    return align(monthly, published, months, mode, carry, waits=looks_back(steps))


def _scores(oriented: pd.DataFrame, mode: Mode, market: Market) -> pd.DataFrame:
    values = oriented.to_numpy()
    observed = ~np.isnan(values)
    if mode == "paper":
        # A single value has no scale; its indicator waits for a second month.
        scaled = observed & (observed.sum(axis=0) > 1)
        scores = np.where(scaled, standardize(values, scaled).scores, np.nan)
    else:
        scores = np.full(values.shape, np.nan)
        for row in range(len(values)):
            mask = vintage_mask(observed, row, market.index.min_observations)
            latest = standardize(values[: row + 1], mask).scores[-1]
            scores[row] = np.where(mask[-1], latest, np.nan)
    return pd.DataFrame(scores, index=oriented.index, columns=oriented.columns)


def describe_indicators(market: Market, panel: pd.DataFrame) -> pd.DataFrame:
    """Definitions of the indicators and statistics of their scores in paper mode.

    An indicator with fewer than ``MIN_DESCRIBED`` scores has no row.
    """
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
        n_interpolated=("origin", lambda origin: (origin == "interpolated").sum()),
        n_winsorised_paper=("winsorised", "sum"),
    )
    real_time = panel[panel["mode"] == "real_time"].groupby("indicator")
    statistics = statistics.join(
        real_time.agg(
            n_carried=("origin", lambda origin: (origin == "carried").sum()),
            n_winsorised_real_time=("winsorised", "sum"),
        )
    ).fillna({"n_carried": 0, "n_winsorised_real_time": 0})
    statistics = statistics[statistics["n_months"] >= MIN_DESCRIBED]
    statistics = statistics.astype({"n_carried": int, "n_winsorised_real_time": int})
    definitions = pd.DataFrame(
        [
            {
                "indicator": indicator.id,
                "name": indicator.name,
                "dimension": indicator.dimension,
                "direction": indicator.direction,
                "unit": indicator.unit,
                "frequency": market.frequency_of(indicator),
                "transform": _transform_text(market, indicator),
                "release_lag": market.release_lag_of(indicator),
                "source": str(indicator.input),
                "why": indicator.why,
            }
            for indicator in market.indicators
        ]
    )
    return definitions.merge(statistics, left_on="indicator", right_index=True)


def _transform_text(market: Market, indicator: Indicator) -> str:
    """The steps, and how gaps are filled."""
    steps = ", ".join(str(step) for step in indicator.transform)
    carry = market.carry_of(indicator)
    if carry == 0:
        return steps
    return f"{steps}; gaps up to {carry} months: line (paper), last published (real time)"
