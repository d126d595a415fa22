"""Which indicators a market does without, why, and what would bring them back.

Belongs here: whole indicators, and those that begin late. Does not belong here: how an indicator
is placed on the rows of the panel (`columns`).
"""

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.econometrics.padding import padding
from sfr_pipeline.econometrics.panel import (
    Mode,
    by_publication,
    changes_for_garch,
    minimum_for_garch,
)
from sfr_pipeline.econometrics.volatility import (
    begins_in_real_time,
    flat_beginning,
    garch_volatility,
    garch_volatility_real_time,
)
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.index.columns import panel_column
from sfr_pipeline.inputs.combination import done_without
from sfr_pipeline.inputs.samples import sample_end, sample_months
from sfr_pipeline.markets import Indicator, Market


class Absence(NamedTuple):
    """Why an indicator is not in the index, or not from its first value on, and what to do."""

    reason: str
    remedy: str


def missing_indicators(
    market: Market, indicators: pd.DataFrame, missing: pd.DataFrame
) -> pd.DataFrame:
    """Rows of table ``missing_indicators``.

    Args:
        market: the catalogue.
        indicators: table ``indicators``.
        missing: table ``missing_series``.
    """
    delivered, without = by_indicator(indicators), done_without(missing)
    sources = indicators.groupby("indicator")["source"].first()
    rows = []
    for indicator in market.indicators:
        absence = (
            _unusable(market, indicator, delivered[indicator.id])
            or _unknown_in_paper_mode(market, indicator, delivered[indicator.id])
            or _not_scaled(market, indicator, delivered[indicator.id], sources[indicator.id])
            or _unknown_in_real_time(market, indicator, delivered[indicator.id])
            or _flat_at_first(market, indicator, delivered[indicator.id], sources[indicator.id])
            if indicator.id in delivered
            else _not_delivered(market, indicator, without)
        )
        if absence is not None:
            about = {
                "indicator": indicator.id,
                "name": indicator.name,
                "dimension": indicator.dimension,
            }
            rows.append(about | absence._asdict())
    return pd.DataFrame(rows, columns=["indicator", "name", "dimension", *Absence._fields])


def usable(market: Market, indicator: Indicator, rows: pd.DataFrame, mode: Mode) -> bool:
    """Whether an indicator can enter the panel under one information set.

    In real time that is asked of nothing that a later value could change: one whose estimation
    fails on the whole sample has the values of the years before.

    Args:
        market: the catalogue.
        indicator: one of its indicators.
        rows: of the indicator, see ``by_indicator``.
        mode: the information set.
    """
    refusals = [_unusable, _unknown_in_paper_mode] if mode == "paper" else [_unusable]
    return not any(refuse(market, indicator, rows) for refuse in refusals)


def without_scale(oriented: pd.Series, values: pd.Series) -> str | None:
    """Why the values of an indicator over the whole sample have no scale; None where they have.

    Args:
        oriented: by month, NaN where missing.
        values: of which they were made, as delivered: a change may be zero in most months.
    """
    from sfr_pipeline.econometrics.kernels.component import CONSTANT

    known = oriented.dropna()
    if len(known) > 1 and known.std(ddof=0) <= CONSTANT * max(abs(known.mean()), 1e-300):
        return (
            f"it is {known.iloc[0]:g} in all {len(known)} months from {known.index[0]} to "
            f"{known.index[-1]}"
        )
    if why := padding(values.to_numpy(dtype=float), values.index):
        return f"zeros stand for missing values, as {why}"
    return None


def by_indicator(indicators: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """``value`` and ``available_at`` of each indicator, by ``ref_date``, ascending."""
    return {
        str(name): rows.set_index("ref_date")[["value", "available_at"]].sort_index()
        for name, rows in indicators.groupby("indicator")
    }


def _not_delivered(market: Market, indicator: Indicator, without: pd.DataFrame) -> Absence:
    names = [series.id for series in market.series_of(indicator) if series.id in without.index]
    if not names:
        return Absence(
            "it was not delivered when the table indicators was last refreshed", "refresh it"
        )
    rows = without.loc[names]
    return Absence(
        "; ".join(f"{row.name} ({row.Index}) has {row.reason}" for row in rows.itertuples()),
        "; ".join(rows["remedy"]),
    )


def _unusable(market: Market, indicator: Indicator, rows: pd.DataFrame) -> Absence | None:
    """Why a delivered indicator can enter the panel under neither information set."""
    dates = rows.index
    start = sample_months(market)[0].to_timestamp()
    if not ((dates >= start) & (dates <= sample_end(market))).any():
        return Absence(
            f"its values, {dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}, lie outside the sample",
            "deliver values of the sample",
        )
    if not _is_volatility(indicator):
        return None
    frequency = market.frequency_of(indicator)
    needed = minimum_for_garch(frequency)
    changes = _changes(indicator, rows["value"], frequency)
    flat = flat_beginning(changes, needed)
    count = len(changes) - flat
    if count < needed:
        step = "day" if frequency == "daily" else "month"
        after = f" after {flat - 1} without a move" if flat else ""
        return Absence(
            f"{count} changes from one {step} to the next{after} are too few for garch_volatility, "
            f"which needs {needed}",
            "deliver a longer series, or choose another transform in the catalogue",
        )
    return None


def _unknown_in_paper_mode(
    market: Market, indicator: Indicator, rows: pd.DataFrame
) -> Absence | None:
    """Why an indicator has no values on the whole sample."""
    if not _is_volatility(indicator):
        return None
    frequency = market.frequency_of(indicator)
    changes = _changes(indicator, rows["value"], frequency)
    return _not_estimated(
        changes, minimum_for_garch(frequency), garch_volatility, "none in paper mode: "
    )


def _not_scaled(
    market: Market, indicator: Indicator, rows: pd.DataFrame, source: str
) -> Absence | None:
    """Why an indicator that has values on the whole sample has no scores of them."""
    try:
        column = panel_column(market, indicator, rows, "paper")
    except EstimationError:
        # Which stops the panel, with this indicator's name.
        return None
    why = without_scale(column["oriented"], rows["value"])
    if why is None:
        return None
    days = f"{rows.index[0]:%Y-%m-%d} to {rows.index[-1]:%Y-%m-%d}"
    return Absence(
        f"none in paper mode: {why} ({indicator.input}, delivered for {days} by {source})",
        "see whether the files or sources hold the right columns, and whether two of them hold the "
        "same; or choose another input in the catalogue",
    )


def _unknown_in_real_time(
    market: Market, indicator: Indicator, rows: pd.DataFrame
) -> Absence | None:
    """Why an indicator has no values in real time yet."""
    values = rows["value"]
    if rows["available_at"].min() > sample_end(market):
        return Absence(
            "none in real time yet: its first value was published after the sample "
            f"({rows['available_at'].min():%Y-%m-%d})",
            "see whether available_at holds the days of publication, or wait; paper mode has it",
        )
    if not _is_volatility(indicator):
        return None
    frequency = market.frequency_of(indicator)
    if frequency == "daily":
        values = by_publication(values, rows["available_at"])
        values = values[values.index <= sample_end(market)]
    changes = _changes(indicator, values, frequency)
    needed = minimum_for_garch(frequency)
    changes = changes.iloc[flat_beginning(changes, needed) :]
    if not begins_in_real_time(pd.DatetimeIndex(changes.index), needed):
        return Absence(
            f"none in real time yet: garch_volatility is estimated at the end of each year, and "
            f"none ends with {needed} changes known before the last value",
            "deliver a longer series, or wait; paper mode has it",
        )
    return _not_estimated(changes, needed, garch_volatility_real_time, "none in real time: ")


def _flat_at_first(
    market: Market, indicator: Indicator, rows: pd.DataFrame, source: str
) -> Absence | None:
    """Why a volatility is in the index, but not from its first value on."""
    if not _is_volatility(indicator):
        return None
    frequency = market.frequency_of(indicator)
    changes, needed = _changes(indicator, rows["value"], frequency), minimum_for_garch(frequency)
    flat = flat_beginning(changes, needed)
    if not flat:
        return None
    until = changes.index[flat - 2]
    return Absence(
        f"none up to {until:%Y-%m-%d}: {indicator.input} does not move from "
        f"{rows.index[0]:%Y-%m-%d} to then ({source}); paper mode has the months after that, real "
        f"time begins with the year before which {needed} changes after that are known",
        "see what was quoted on those days, and deliver it or leave them out",
    )


def _not_estimated(
    changes: pd.Series, needed: int, estimate: Callable[..., pd.Series], where: str
) -> Absence | None:
    """Why a volatility has no value, as far as that takes an estimation to see."""
    remedy = "look for spells without moves, or choose another transform in the catalogue"
    try:
        sigma = estimate(changes, min_observations=needed)
    except EstimationError as error:
        return Absence(f"{where}{error}", remedy)
    if sigma.notna().any():
        return None
    return Absence(f"{where}no year's estimation of garch_volatility converged", remedy)


def _is_volatility(indicator: Indicator) -> bool:
    return indicator.transform[0].name == "garch_volatility"


def _changes(indicator: Indicator, values: pd.Series, frequency: str) -> pd.Series:
    changes = changes_for_garch(values, str(indicator.transform[0].parameter), frequency)
    return changes.rename(indicator.id)
