"""Inputs of early warning by month: index, public opinion, macro state, and the daily markets.

``paper`` holds a month's values whenever they were published; ``real_time`` what was known at the
month's end. Of an optional series that nobody delivers the panel does without, and says so.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics.measures import TRADING_DAYS
from sfr_pipeline.econometrics.panel import MODES, Mode
from sfr_pipeline.errors import CatalogueError, EstimationError
from sfr_pipeline.forecasting.daily_values import DailyValues
from sfr_pipeline.inputs.combination import continued, done_without
from sfr_pipeline.inputs.frames import month_ends, months_of
from sfr_pipeline.inputs.samples import sample_months
from sfr_pipeline.markets import Market, Measured
from sfr_pipeline.markets.forecasting import ForecastingSettings, Gap
from sfr_pipeline.markets.indicator import PriceInput

# Trading days of a week, a month and a quarter, as in the HAR model of realised volatility.
WEEK, MONTH, QUARTER = 5, 22, 66

INDEX, OPINION = "sfri", "npoi"
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


@dataclass(frozen=True)
class _Variable:
    """One column of the panel: values by month, NaN where there is none."""

    id: str
    name: str
    role: str
    values: pd.Series


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
    prices: pd.DataFrame,
    series: pd.DataFrame,
    missing: pd.DataFrame,
    sfri: pd.DataFrame,
    npoi: pd.DataFrame | None = None,
) -> WarningPanel:
    """Gather the inputs of early warning: the paper's Table 6, and daily markets; in both modes.

    Beside the paper's inputs stand at each month's end ``gap_week_<id>`` = ln m5 - ln m22 and
    ``gap_quarter_<id>`` = ln m66 - ln m22 of the trailing daily means of each gap's measure;
    ``implied_realised``, the logarithm of implied over the month's realised volatility, and
    ``implied_mean``, that over the month's mean; and ``rate_gap``, the rate less its month's mean.

    Args:
        market: the catalogue.
        prices: table ``prices``.
        series: table ``series``.
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
    raw = continued(
        market, [name for _, names in parts.values() for name in names], series, missing
    )
    daily = DailyValues(market, prices, raw)
    months = sample_months(market)
    frames = []
    for mode in MODES:
        variables = [_index(sfri, mode)]
        if npoi is not None:
            variables.append(_opinion(npoi, mode))
        variables += [
            _Variable(measured.id, measured.name, "input", daily.monthly(measured, mode))
            for measured in settings.inputs
            if measured.id in parts
        ]
        for gap in settings.gaps:
            if _key(gap) in parts:
                variables += _gaps(gap, daily, mode)
        if "implied_volatility" in parts:
            variables += _implied(settings, daily, mode)
        if "rate" in parts:
            variables.append(_rate(settings, daily, mode))
        for variable in variables:
            values = variable.values.reindex(months).dropna()
            if values.empty and mode == "paper":
                absent.append(f"{variable.name}: it has no value in the sample")
            frames.append(_rows(variable, values, mode))
    return WarningPanel(pd.concat(frames, ignore_index=True)[COLUMNS], tuple(absent))


def _rows(variable: _Variable, values: pd.Series, mode: Mode) -> pd.DataFrame:
    about = {"mode": mode, "variable": variable.id, "name": variable.name, "role": variable.role}
    dates = month_ends(pd.PeriodIndex(values.index, freq="M"))
    return pd.DataFrame({"ref_date": dates, "value": values.to_numpy(dtype=float), **about})


def _deliverable(
    market: Market, settings: ForecastingSettings, missing: pd.DataFrame
) -> tuple[dict[str, tuple[str, list[str]]], list[str]]:
    """Parts for which all series can be had, with their names and series; and what is absent."""
    known = {series.id for series in market.series}
    parts: dict[str, tuple[str, list[str]]] = {}
    for measured in settings.inputs:
        parts[measured.id] = measured.name, _series_ids(measured)
    for gap in settings.gaps:
        parts[_key(gap)] = f"gaps of {gap.name}", _series_ids(gap)
    if (implied := settings.implied_volatility) is not None:
        of = [implied.of] if implied.of in known else []
        parts["implied_volatility"] = "implied volatility", [implied.series, *of]
    if settings.rate is not None:
        parts["rate"] = "rate gap", [settings.rate]
    told, absent = done_without(missing), []
    for key, (name, ids) in list(parts.items()):
        without = told.loc[[one for one in ids if one in told.index]]
        if len(without):
            del parts[key]
            absent.append(f"{name}: {_remedy(without)}")
    return parts, absent


def _remedy(without: pd.DataFrame) -> str:
    return "; ".join(
        f"{row.name} has no file and no open source that may be asked, {row.remedy}"
        for row in without.itertuples(index=False)
    )


def _series_ids(measured: Measured | Gap) -> list[str]:
    return [] if isinstance(measured.input, PriceInput) else measured.input.ids


def _key(gap: Gap) -> str:
    return f"gap of {gap.id}"


def _index(sfri: pd.DataFrame, mode: Mode) -> _Variable:
    rows = sfri[sfri["mode"] == mode]
    values = pd.Series(rows["sfri"].to_numpy(), months_of(rows["ref_date"])).sort_index()
    return _Variable(INDEX, "Systemic financial risk index", "index", values)


def _opinion(npoi: pd.DataFrame, mode: Mode) -> _Variable:
    # Its variants are named after the information sets.
    rows = npoi[npoi["variant"] == mode]
    values = pd.Series(rows["npoi"].to_numpy(), months_of(rows["ref_date"])).sort_index()
    return _Variable(OPINION, "Network public opinion index", "opinion", values)


def _gaps(gap: Gap, daily: DailyValues, mode: Mode) -> list[_Variable]:
    size = daily.known(gap.input, mode)
    if gap.squared:
        size = _squared_returns(size, gap.name)
    week, month, quarter = (_log(size.rolling(days).mean()) for days in (WEEK, MONTH, QUARTER))
    return [
        _Variable(
            f"gap_week_{gap.id}",
            f"{gap.name}: last week against last month",
            "gap",
            _month_end(week - month),
        ),
        _Variable(
            f"gap_quarter_{gap.id}",
            f"{gap.name}: last quarter against last month",
            "gap",
            _month_end(quarter - month),
        ),
    ]


def _implied(settings: ForecastingSettings, daily: DailyValues, mode: Mode) -> list[_Variable]:
    assert settings.implied_volatility is not None
    series, of = settings.implied_volatility.series, settings.implied_volatility.of
    implied = daily.named(series, mode)
    end = _log(_month_end(implied))
    squares = _squared_returns(daily.named(of, mode), of)
    # In per cent a year, like the implied one.
    realised = _log(TRADING_DAYS * _month_mean(squares)) / 2
    return [
        _Variable(
            "implied_realised",
            f"Implied volatility of {of} against that of the month",
            "implied",
            end - realised,
        ),
        _Variable(
            "implied_mean",
            f"Implied volatility of {of} against its month's mean",
            "implied",
            end - _log(_month_mean(implied)),
        ),
    ]


def _rate(settings: ForecastingSettings, daily: DailyValues, mode: Mode) -> _Variable:
    rate = daily.named(str(settings.rate), mode)
    name = f"{daily.name_of(str(settings.rate))}: month end less month's mean"
    return _Variable("rate_gap", name, "rate", _month_end(rate) - _month_mean(rate))


def _squared_returns(values: pd.Series, name: str) -> pd.Series:
    """Squares of daily log returns in per cent."""
    if (values <= 0).any():
        raise EstimationError(
            f"returns of {name} need positive values: take it out of the catalogue's "
            "'forecasting', or another one in its place"
        )
    return (100.0 * np.log(values).diff().iloc[1:]) ** 2


def _log(values: pd.Series) -> pd.Series:
    """Logarithm; missing where a measure stood at zero."""
    return np.log(values.where(values > 0))


def _month_end(values: pd.Series) -> pd.Series:
    """Value of each month's last day that has one in the index, missing or not."""
    months = months_of(values.index)
    last = ~months.duplicated(keep="last")
    return values[last].set_axis(months[last])


def _month_mean(values: pd.Series) -> pd.Series:
    return values.groupby(months_of(values.index)).mean()
