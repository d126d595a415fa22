"""Which indicators a market does without, why, and what would bring them back."""

from typing import NamedTuple

import pandas as pd

from sfr_pipeline.econometrics.panel import minimum_for_garch
from sfr_pipeline.markets import Indicator, Market, Series
from sfr_pipeline.measurement.raw_series import imports_of, lacking
from sfr_pipeline.measurement.samples import sample_end, sample_months
from sfr_pipeline.sources.files import files_only


class Absence(NamedTuple):
    """Why an indicator is not in the index, and what to do about it."""

    reason: str
    remedy: str


def missing_indicators(market: Market, indicators: pd.DataFrame) -> pd.DataFrame:
    """Rows of table ``missing_indicators``.

    Args:
        market: the catalogue.
        indicators: table ``indicators``.
    """
    absent = unusable(market, indicators)
    rows = [
        {
            "indicator": indicator.id,
            "name": indicator.name,
            "dimension": indicator.dimension,
            **absent[indicator.id]._asdict(),
        }
        for indicator in market.indicators
        if indicator.id in absent
    ]
    return pd.DataFrame(rows, columns=["indicator", "name", "dimension", *Absence._fields])


def unusable(market: Market, indicators: pd.DataFrame) -> dict[str, Absence]:
    """Indicators that cannot enter the panel, by their ids.

    Args:
        market: the catalogue.
        indicators: table ``indicators``.
    """
    dates = {name: rows["ref_date"] for name, rows in indicators.groupby("indicator")}
    none = [indicator for indicator in market.indicators if indicator.id not in dates]
    absent = {indicator.id: _not_delivered(market, indicator) for indicator in none}
    for indicator in market.indicators:
        if indicator.id in dates:
            absence = _too_short(market, indicator, dates[indicator.id])
            if absence is not None:
                absent[indicator.id] = absence
    return absent


def _not_delivered(market: Market, indicator: Indicator) -> Absence:
    without = lacking(market, indicator, imports_of(market))
    if not without:
        return Absence(
            "it was not delivered when the table indicators was last refreshed", "refresh it"
        )
    return Absence(
        "; ".join(_why(series) for series in without),
        "; ".join(_file_for(market, series) for series in without),
    )


def _why(series: Series) -> str:
    if series.source is not None and files_only():
        return f"{series.name} ({series.id}) has no file, and SFR_FILES_ONLY forbids to ask sources"
    return f"{series.name} ({series.id}) has no file, and no open source is known"


def _file_for(market: Market, series: Series) -> str:
    hint = f" ({series.vendor})" if series.vendor else ""
    return f"put {series.id}.csv into {market.files}{hint}"


def _too_short(market: Market, indicator: Indicator, dates: pd.Series) -> Absence | None:
    start = sample_months(market)[0].to_timestamp()
    if not dates.between(start, sample_end(market)).any():
        return Absence(
            f"its values, {dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}, lie outside the sample",
            "deliver values of the sample",
        )
    needed = minimum_for_garch(market.frequency_of(indicator)) + 1
    if indicator.transform[0].name == "garch_volatility" and len(dates) < needed:
        return Absence(
            f"{len(dates)} values are too few for garch_volatility, which needs {needed}",
            "deliver a longer series, or choose another transform in the catalogue",
        )
    return None
