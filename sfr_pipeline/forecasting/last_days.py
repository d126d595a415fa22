"""What the last days of a month say beside the month: variables of the warning panel.

Belongs here: gaps, implied volatility and a rate for the ridge on changes, and the indicators
revalued for the naive forecast. Does not belong here: which of them a market can have, and which
view of the archive each month is made of (`panel`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics.measures import TRADING_DAYS
from sfr_pipeline.econometrics.panel import Mode, Step, winsorise
from sfr_pipeline.econometrics.revaluation import MEANS, revalued
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import Need
from sfr_pipeline.forecasting.daily_values import DailyValues
from sfr_pipeline.inputs.frames import months_of
from sfr_pipeline.markets import Indicator, Market
from sfr_pipeline.markets.forecasting import ForecastingSettings, Gap
from sfr_pipeline.markets.indicator import PriceInput

# Trading days of a week, a month and a quarter, as in the HAR model of realised volatility.
WEEK, MONTH, QUARTER = 5, 22, 66

# Role, and beginning of the names, of indicators revalued at their month's last days.
END = "end"
# Measures whose single days are mostly noise. Days before the last one count there too, by
# RiskMetrics' weights (J.P. Morgan 1996, section 5.3).
OF_ONE_DAY = ("range", "dispersion", "relative_volume")
DECAY = 0.94


@dataclass(frozen=True)
class Variable:
    """One column of the panel: values by month, NaN where there is none."""

    id: str
    name: str
    role: str
    values: pd.Series


def is_mean_of_days(market: Market, indicator: Indicator) -> bool:
    """Whether an indicator's month is a mean over days, which the last of them may have left."""
    return market.frequency_of(indicator) == "daily" and indicator.transform[0].name in MEANS


def month_end_variable(indicator: Indicator, daily: DailyValues) -> Variable:
    """An indicator revalued at the month's last days, less its value of the month.

    Oriented, in the indicator's own units, as known in real time at the end of each month; drawn in
    as far as the panel draws its values in.

    Args:
        indicator: one for which `is_mean_of_days`.
        daily: values of its market.
    """
    request, settings = indicator.input, daily.market.index
    values = daily.known(request, "real_time")
    noisy = isinstance(request, PriceInput) and request.measure in OF_ONE_DAY
    steps = [Step(step.name, step.parameter) for step in indicator.transform]
    means, ends = revalued(values, steps, DECAY if noisy else 0.0)
    if "real_time" in settings.winsorise:
        at, least = settings.winsorise_at, settings.min_observations
        ends = winsorise(means, at, "real_time", least, judged=ends)
        means = winsorise(means, at, "real_time", least)
    return Variable(
        end_of(indicator.id),
        f"{indicator.name}: last days less the month",
        END,
        indicator.direction * (ends - means),
    )


def lacking(panel: pd.DataFrame) -> tuple[Need, ...]:
    """What a market does not have of what a model may need.

    Args:
        panel: table ``warning_panel``.
    """
    return () if (panel["role"] == END).any() else ("month_ends",)


def end_of(indicator: str) -> str:
    """Name of the variable that revalues an indicator."""
    return f"{END}_{indicator}"


def gap_variables(gap: Gap, daily: DailyValues, mode: Mode) -> list[Variable]:
    """The last week, and the last quarter, of a daily measure against its last month."""
    size = daily.known(gap.input, mode)
    if gap.squared:
        size = _squared_returns(size, gap.name)
    week, month, quarter = (_log(size.rolling(days).mean()) for days in (WEEK, MONTH, QUARTER))
    return [
        Variable(
            f"gap_week_{gap.id}",
            f"{gap.name}: last week against last month",
            "gap",
            _month_end(week - month),
        ),
        Variable(
            f"gap_quarter_{gap.id}",
            f"{gap.name}: last quarter against last month",
            "gap",
            _month_end(quarter - month),
        ),
    ]


def implied_variables(
    settings: ForecastingSettings, daily: DailyValues, mode: Mode
) -> list[Variable]:
    """Implied volatility at the month's end against the month, realised and implied."""
    assert settings.implied_volatility is not None
    series, of = settings.implied_volatility.series, settings.implied_volatility.of
    implied = daily.named(series, mode)
    end = _log(_month_end(implied))
    squares = _squared_returns(daily.named(of, mode), of)
    # In per cent a year, like the implied one.
    realised = _log(TRADING_DAYS * _month_mean(squares)) / 2
    return [
        Variable(
            "implied_realised",
            f"Implied volatility of {of} against that of the month",
            "implied",
            end - realised,
        ),
        Variable(
            "implied_mean",
            f"Implied volatility of {of} against its month's mean",
            "implied",
            end - _log(_month_mean(implied)),
        ),
    ]


def rate_variable(settings: ForecastingSettings, daily: DailyValues, mode: Mode) -> Variable:
    """A daily rate at the month's end less its month's mean."""
    rate = daily.named(str(settings.rate), mode)
    name = f"{daily.name_of(str(settings.rate))}: month end less month's mean"
    return Variable("rate_gap", name, "rate", _month_end(rate) - _month_mean(rate))


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
