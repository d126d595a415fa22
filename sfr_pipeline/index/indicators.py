"""From a market's prices and series to its indicators, and on to the rows of the panel.

Belongs here: what is made of one view of prices and series. Does not belong here: how the panel
reads over several (`panel`).
"""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics import measures
from sfr_pipeline.econometrics.panel import Mode
from sfr_pipeline.econometrics.principal_component import standardize
from sfr_pipeline.econometrics.vintages import vintage_mask
from sfr_pipeline.errors import EstimationError, SourceError
from sfr_pipeline.index.columns import FIELDS, panel_column
from sfr_pipeline.index.missing import by_indicator, usable, without_scale
from sfr_pipeline.index.naming import TOLD, naming
from sfr_pipeline.index.views import NONE_MISSING, changes, items_of
from sfr_pipeline.inputs.combination import Raw, combine, continued, done_without
from sfr_pipeline.inputs.frames import long
from sfr_pipeline.inputs.samples import sample_end, sample_months
from sfr_pipeline.inputs.views import View
from sfr_pipeline.markets import Indicator, Market
from sfr_pipeline.markets.indicator import PriceInput
from sfr_pipeline.markets.market import END

LOG = logging.getLogger(__name__)

# Months by which the newest value may be older than the sample's end. The figures of a quarter that
# come out two months after it are all that a market may have shortly before the next ones.
FEW_MONTHS = 5


class Superseded(NamedTuple):
    """Indicators as they stood at the ends of some months, before values were revised.

    Attributes:
        until: first month at whose end they stood no more.
        rows: of each indicator, see ``missing.by_indicator``. What does not differ from the next
            one's is the same object.
    """

    until: pd.Period
    rows: Mapping[str, pd.DataFrame]


class PanelColumn(NamedTuple):
    """One indicator on the rows of the panel, before it is scored.

    Attributes:
        rows: that it is made of, see ``missing.by_indicator``.
        frame: ``transformed``, ``oriented``, ``origin`` and ``winsorised`` by month.
    """

    rows: pd.DataFrame
    frame: pd.DataFrame


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
    frames = [_indicator_rows(market, indicator, wide, raw) for indicator in delivered]
    if not frames:
        raise SourceError(
            f"no indicator of market {market.name} has a file or an open source: put files into "
            "its folder ('sfr import-template' writes empty ones)"
        )
    indicators = pd.concat(frames, ignore_index=True)
    _check_reach(market, indicators)
    return indicators


def superseded_indicators(
    market: Market,
    views: Sequence[View],
    newest: Mapping[str, pd.DataFrame],
) -> list[Superseded]:
    """Values of the indicators as they stood at the ends of months before the newest view.

    Real time has to go on whatever stood there once: an indicator that could not be made of the
    values of an earlier view is not in it, and the log says so.

    Args:
        market: the catalogue.
        views: of the archive, ascending; the last one is what the tables hold.
        newest: rows of each indicator in the last view, see ``missing.by_indicator``.

    Returns:
        One a view but for the last, ascending.
    """
    superseded: list[Superseded] = []
    rows = newest
    for position, different in reversed(list(enumerate(changes(views)))):
        touched = [one for one in market.indicators if items_of(market, one.input) & different]
        kept = {name: own for name, own in rows.items() if name not in {one.id for one in touched}}
        rows = kept | _as_stood(market, touched, views[position])
        superseded.insert(0, Superseded(views[position + 1].first_month, rows))
    return superseded


def _as_stood(
    market: Market, indicators: Sequence[Indicator], view: View
) -> dict[str, pd.DataFrame]:
    """Rows of those indicators that can be made of an earlier view."""
    priced = any(isinstance(indicator.input, PriceInput) for indicator in indicators)
    wide = measures.Prices.from_long(view.prices) if priced else None
    rows: dict[str, pd.DataFrame] = {}
    for indicator in indicators:
        names = [series.id for series in market.series_of(indicator)]
        try:
            raw = continued(market, names, view.series, NONE_MISSING)
            rows |= by_indicator(_indicator_rows(market, indicator, wide, raw))
        except SourceError as error:
            LOG.warning("%s is not in the panel from %s: %s", indicator.id, view.first_month, error)
    return rows


def _indicator_rows(
    market: Market, indicator: Indicator, prices: measures.Prices | None, raw: dict[str, Raw]
) -> pd.DataFrame:
    """Rows of table ``indicators`` of one indicator."""
    frame, source = _delivered(market, indicator, prices, raw)
    frame = frame[frame.index <= sample_end(market)]
    return pd.DataFrame(
        {
            "ref_date": frame.index,
            "indicator": indicator.id,
            "value": frame["value"].to_numpy(),
            "available_at": frame["available_at"].to_numpy(),
            "source": source,
        }
    )


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


def panel_rows(market: Market, indicators: pd.DataFrame, mode: Mode) -> pd.DataFrame:
    """The panel of one view under one information set: rows of table ``indicator_panel``.

    Args:
        market: the catalogue.
        indicators: table ``indicators``.
        mode: the information set.
    """
    columns = panel_columns(market, by_indicator(indicators), mode)
    return scored_rows(market, columns, mode, sample_months(market))


def panel_columns(
    market: Market,
    delivered: Mapping[str, pd.DataFrame],
    mode: Mode,
    before: Mapping[str, PanelColumn] | None = None,
    superseded: bool = False,
) -> dict[str, PanelColumn]:
    """The indicators of one view on the rows of the panel, by their ids.

    Args:
        market: the catalogue.
        delivered: rows of each indicator, see ``missing.by_indicator``.
        mode: the information set.
        before: columns under the same information set; one that is made of the same object stands.
        superseded: whether there is a newer view. Then an indicator whose transforms cannot be made
            of its values is left out, and the log says so.

    Raises:
        EstimationError: the transforms of an indicator cannot be made of its newest values.
    """
    columns: dict[str, PanelColumn] = {}
    for indicator in market.indicators:
        rows, earlier = delivered.get(indicator.id), (before or {}).get(indicator.id)
        if rows is None:
            continue
        if earlier is not None and earlier.rows is rows:
            columns[indicator.id] = earlier
            continue
        if not usable(market, indicator, rows, mode):
            continue
        try:
            frame = panel_column(market, indicator, rows, mode)
        except EstimationError as error:
            if not superseded:
                raise
            LOG.warning("left out where it was superseded: %s", error)
            continue
        # In real time an indicator that has not moved yet waits, see `vintage_mask`.
        if mode == "paper" and (why := without_scale(frame["oriented"], rows["value"])):
            LOG.warning("%s is not in the panel in %s: %s", indicator.id, TOLD[mode], why)
            continue
        columns[indicator.id] = PanelColumn(rows, frame)
    if mode == "paper":
        _name_twins(columns)
    return columns


def _name_twins(columns: Mapping[str, PanelColumn]) -> None:
    """Say which indicators are one and the same: two columns of a file, or a file under two names.

    They stay in: nothing says which is the wrong one.
    """
    seen: dict[bytes, str] = {}
    for name, column in columns.items():
        twin = seen.setdefault(column.frame["transformed"].to_numpy(dtype=float).tobytes(), name)
        if twin != name:
            LOG.warning("%s and %s hold the same values in every month: both count", twin, name)


def scored_rows(
    market: Market, columns: Mapping[str, PanelColumn], mode: Mode, months: pd.PeriodIndex
) -> pd.DataFrame:
    """Some months of a panel with their scores: rows of table ``indicator_panel``.

    Args:
        market: the catalogue.
        columns: of the panel, all months of the sample.
        mode: the information set.
        months: those that are wanted, one after another.
    """
    if not columns:
        return pd.DataFrame(
            columns=["mode", "ref_date", "indicator", "dimension", *FIELDS, "score"]
        )
    every = sample_months(market)
    rows = slice(*every.slice_locs(months[0], months[-1]))
    names = pd.Index(columns)

    def wide(field: str) -> pd.DataFrame:
        own = [column.frame[field].to_numpy()[rows] for column in columns.values()]
        return pd.DataFrame(np.column_stack(own), every[rows], names, own[0].dtype)

    fields = {field: wide(field) for field in FIELDS}
    oriented = np.column_stack([one.frame["oriented"].to_numpy() for one in columns.values()])
    with naming(market.name, mode, names, every):
        scores = _scores(oriented, mode, market.index.min_observations, rows)
    fields["score"] = pd.DataFrame(scores, every[rows], names)
    frame = long(fields, "indicator")
    frame = frame.dropna(subset="transformed")
    frame = frame.astype({"winsorised": bool})
    return frame.assign(mode=mode, dimension=frame["indicator"].map(market.dimension_of()))


def _scores(oriented: FloatArray, mode: Mode, min_observations: int, rows: slice) -> FloatArray:
    """Z-scores of some rows; in real time each by the rows up to it."""
    observed = ~np.isnan(oriented)
    if mode == "paper":
        # A single value has no scale; its indicator waits for a second month.
        scaled = observed & (observed.sum(axis=0) > 1)
        return np.where(scaled, standardize(oriented, scaled).scores, np.nan)[rows]
    scores = np.full(oriented.shape, np.nan)
    for row in range(*rows.indices(len(oriented))):
        mask = vintage_mask(oriented, row, min_observations)
        latest = standardize(oriented[: row + 1], mask).scores[-1]
        scores[row] = np.where(mask[-1], latest, np.nan)
    return scores[rows]
