"""Inputs of early warning by month: index, public opinion, macro state, and the daily markets.

``paper`` holds a month's values whenever they were published; ``real_time`` what was known at the
month's end, from the view of the archive that holds there. Of an optional series that nobody
delivers the panel does without, and says so.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.econometrics.panel import Mode
from sfr_pipeline.errors import CatalogueError, EstimationError, SourceError
from sfr_pipeline.forecasting.daily_values import DailyValues
from sfr_pipeline.forecasting.last_days import (
    Variable,
    end_of,
    gap_variables,
    implied_variables,
    is_mean_of_days,
    month_end_variable,
    rate_variable,
)
from sfr_pipeline.index.views import NONE_MISSING, Item, changes, items_of
from sfr_pipeline.inputs.combination import continued, done_without
from sfr_pipeline.inputs.frames import month_ends, months_of
from sfr_pipeline.inputs.samples import sample_months
from sfr_pipeline.inputs.views import View
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.forecasting import ForecastingSettings, Gap
from sfr_pipeline.markets.indicator import PriceInput
from sfr_pipeline.markets.series import SeriesInput

LOG = logging.getLogger(__name__)

INDEX, OPINION = "sfri", "npoi"
IMPLIED, RATE = "implied_volatility", "rate"
COLUMNS = ["mode", "ref_date", "variable", "name", "role", "value"]


@dataclass(frozen=True)
class WarningPanel:
    """The panel, and what it does without.

    Attributes:
        frame: rows of table ``warning_panel``.
        absent: for each variable that is missing a phrase with its name, the reason and the remedy.
    """

    frame: pd.DataFrame
    absent: tuple[str, ...]


class _Part(NamedTuple):
    """What a few variables are made of: all of them can be had, or none.

    Attributes:
        key: which part of the catalogue's section.
        name: what a reader is shown.
        inputs: instruments and series that are needed.
    """

    key: str
    name: str
    inputs: tuple[PriceInput | SeriesInput, ...]

    @property
    def series(self) -> list[str]:
        """The series among them."""
        return [name for one in self.inputs if not isinstance(one, PriceInput) for name in one.ids]

    def items(self, market: Market) -> frozenset[Item]:
        """All that it rests on."""
        return frozenset(item for one in self.inputs for item in items_of(market, one))


def settings_of(market: Market) -> ForecastingSettings:
    """The catalogue's section on early warning.

    Raises:
        CatalogueError: there is none.
    """
    if market.forecasting is None:
        raise CatalogueError(
            f"market {market.name} has no early warning: give its catalogue a section 'forecasting'"
        )
    return market.forecasting


def warning_panel(
    market: Market,
    views: Sequence[View],
    missing: pd.DataFrame,
    sfri: pd.DataFrame,
    npoi: pd.DataFrame | None = None,
) -> WarningPanel:
    """Gather the inputs of early warning: the paper's Table 6, and daily markets; in both modes.

    In real time stand ``end_<indicator>`` for the naive forecast, see `month_end_variable`. Beside
    the paper's inputs stand at each month's end ``gap_week_<id>`` = ln m5 - ln m22 and
    ``gap_quarter_<id>`` = ln m66 - ln m22 of the trailing daily means of each gap's measure;
    ``implied_realised``, the logarithm of implied over the month's realised volatility, and
    ``implied_mean``, that over the month's mean; and ``rate_gap``, the rate less its month's mean.

    Args:
        market: the catalogue.
        views: of the archive, ascending; the last one is what tables ``series`` and ``prices``
            hold. Variables that cannot be made of the values of an earlier view are not in its
            months, and the log says so.
        missing: table ``missing_series``.
        sfri: table ``sfri``.
        npoi: table ``npoi``, where the market has a forum.

    Raises:
        CatalogueError: the market has no early warning.
        SourceError: a source that should deliver a series failed.
        EstimationError: a logarithm of values that are not positive.
    """
    settings = settings_of(market)
    parts, absent = _deliverable(market, settings, missing)
    months = sample_months(market)
    frames = []
    newest = _made(market, settings, parts, views[-1], missing, "paper")
    for variable in chain(_stored("paper", sfri, npoi), *newest.values()):
        values = variable.values.reindex(months).dropna()
        if values.empty:
            absent.append(f"{variable.name}: it has no value in the sample")
        frames.append(_rows(variable, values, "paper"))
    stored = _stored("real_time", sfri, npoi)
    frames += [_rows(one, one.values.reindex(months).dropna(), "real_time") for one in stored]
    for own, variables in _by_view(market, settings, parts, views, missing):
        frames += [_rows(one, one.values.reindex(own).dropna(), "real_time") for one in variables]
    return WarningPanel(pd.concat(frames, ignore_index=True)[COLUMNS], tuple(absent))


def _stored(mode: Mode, sfri: pd.DataFrame, npoi: pd.DataFrame | None) -> list[Variable]:
    """Variables that stand in tables already."""
    return [_index(sfri, mode)] + ([] if npoi is None else [_opinion(npoi, mode)])


def _by_view(
    market: Market,
    settings: ForecastingSettings,
    parts: Sequence[_Part],
    views: Sequence[View],
    missing: pd.DataFrame,
) -> Iterator[tuple[pd.PeriodIndex, list[Variable]]]:
    """In real time: the months at whose ends each view held, with the variables made of it."""
    months = sample_months(market)
    starts = [months[0], *(view.first_month for view in views[1:])]
    ends = [*starts[1:], months[-1] + 1]
    made: dict[str, list[Variable]] = {}
    everything = [frozenset[Item]().union(*(part.items(market) for part in parts))]
    different = everything + changes(views)
    for view, items, start, end in zip(views, different, starts, ends, strict=True):
        if start > months[-1]:
            # Revised after the sample: that is for paper mode alone.
            return
        touched = [part for part in parts if part.items(market) & items]
        if view is views[-1]:
            made |= _made(market, settings, touched, view, missing, "real_time")
        else:
            made |= _made_if_possible(market, settings, touched, view)
        own = months[(months >= start) & (months < end)]
        yield own, [variable for part in parts for variable in made[part.key]]


def _made(
    market: Market,
    settings: ForecastingSettings,
    parts: Sequence[_Part],
    view: View,
    missing: pd.DataFrame,
    mode: Mode,
) -> dict[str, list[Variable]]:
    """Variables made of one view, by part."""
    names = [name for part in parts for name in part.series]
    raw = continued(market, names, view.series, missing)
    daily = DailyValues(market, view.prices, raw)
    return {part.key: _variables(settings, part, daily, mode) for part in parts}


def _made_if_possible(
    market: Market,
    settings: ForecastingSettings,
    parts: Sequence[_Part],
    view: View,
) -> dict[str, list[Variable]]:
    """Variables of an earlier view in real time, by part: none where they cannot be made of it."""
    made: dict[str, list[Variable]] = {}
    for part in parts:
        try:
            made |= _made(market, settings, [part], view, NONE_MISSING, "real_time")
        except (EstimationError, SourceError) as error:
            LOG.warning("%s: not in the panel from %s: %s", part.name, view.first_month, error)
            made[part.key] = []
    return made


def _variables(
    settings: ForecastingSettings, part: _Part, daily: DailyValues, mode: Mode
) -> list[Variable]:
    """The variables that a part is for."""
    if part.key == IMPLIED:
        return implied_variables(settings, daily, mode)
    if part.key == RATE:
        return [rate_variable(settings, daily, mode)]
    for gap in settings.gaps:
        if part.key == _key(gap):
            return gap_variables(gap, daily, mode)
    for indicator in daily.market.indicators:
        if part.key == end_of(indicator.id):
            return [month_end_variable(indicator, daily)] if mode == "real_time" else []
    return [
        Variable(measured.id, measured.name, "input", daily.monthly(measured, mode))
        for measured in settings.inputs
        if measured.id == part.key
    ]


def _rows(variable: Variable, values: pd.Series, mode: Mode) -> pd.DataFrame:
    about = {"mode": mode, "variable": variable.id, "name": variable.name, "role": variable.role}
    dates = month_ends(pd.PeriodIndex(values.index, freq="M"))
    return pd.DataFrame({"ref_date": dates, "value": values.to_numpy(dtype=float), **about})


def _deliverable(
    market: Market, settings: ForecastingSettings, missing: pd.DataFrame
) -> tuple[list[_Part], list[str]]:
    """Parts for which all series can be had; and what is absent."""
    told = done_without(missing)
    parts, absent = [], []
    for part in _parts(market, settings):
        without = told.loc[[one for one in part.series if one in told.index]]
        if len(without):
            absent.append(f"{part.name}: {_remedy(without)}")
        else:
            parts.append(part)
    # What the index does without, the index says.
    ends = (part for part in _ends(market) if not any(one in told.index for one in part.series))
    return [*parts, *ends], absent


def _parts(market: Market, settings: ForecastingSettings) -> Iterator[_Part]:
    known = {series.id for series in market.series}
    for measured in settings.inputs:
        yield _Part(measured.id, measured.name, (measured.input,))
    for gap in settings.gaps:
        yield _Part(_key(gap), f"gaps of {gap.name}", (gap.input,))
    if (implied := settings.implied_volatility) is not None:
        of: PriceInput | SeriesInput = (
            SeriesInput(series=implied.of)
            if implied.of in known
            else PriceInput(measure="close", symbols=[implied.of])
        )
        yield _Part(IMPLIED, "implied volatility", (SeriesInput(series=implied.series), of))
    if settings.rate is not None:
        yield _Part(RATE, "rate gap", (SeriesInput(series=settings.rate),))


def _ends(market: Market) -> Iterator[_Part]:
    for indicator in market.indicators:
        if is_mean_of_days(market, indicator):
            yield _Part(end_of(indicator.id), indicator.name, (indicator.input,))


def _remedy(without: pd.DataFrame) -> str:
    return "; ".join(
        f"{row.name} has no file and no open source that may be asked, {row.remedy}"
        for row in without.itertuples(index=False)
    )


def _key(gap: Gap) -> str:
    return f"gap of {gap.id}"


def _index(sfri: pd.DataFrame, mode: Mode) -> Variable:
    rows = sfri[sfri["mode"] == mode]
    values = pd.Series(rows["sfri"].to_numpy(), months_of(rows["ref_date"])).sort_index()
    return Variable(INDEX, "Systemic financial risk index", "index", values)


def _opinion(npoi: pd.DataFrame, mode: Mode) -> Variable:
    # Its variants are named after the information sets.
    rows = npoi[npoi["variant"] == mode]
    values = pd.Series(rows["npoi"].to_numpy(), months_of(rows["ref_date"])).sort_index()
    return Variable(OPINION, "Network public opinion index", "opinion", values)
