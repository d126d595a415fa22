"""The synthetic economy's monthly series: what its statistical offices and banks would publish.

Each series follows the hidden factor through a loading that moves slowly, beside noise of its own:

    x_t = lambda_t F_t + sqrt(1 - lambda^2) e_t,   e_t an AR(1)

and is published in some form (a level, a level that grows by x a year, ...) from which the
catalogue's transforms recover x. Series start late, end early and have gaps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from sfr_pipeline.sandbox.economy import MONTHS, SAMPLE, autoregression, economy
from sfr_pipeline.sandbox.streams import stream

Form = Literal["level", "log", "growth", "change"]


@dataclass(frozen=True)
class Series:
    """One series and how it hangs on the factor.

    Attributes:
        code: of the source, and id of the indicator that is made from it.
        description: for the list of what the source has.
        direction: +1 where the series rises with risk, -1 where it falls.
        loadings: at the start and at the end of the time.
        swing: amplitude by which the loading moves up and down on the way.
        base: mean of x in the series' unit.
        scale: standard deviation of x in the series' unit.
        form: how x is published: as it is; as a logarithm's exponential; as a level whose growth
            over twelve months is x per cent; as a level whose change over twelve months is x.
        persistence: of the noise.
        first: first month published.
        last: last month published.
        gaps: months left out.
    """

    code: str
    description: str
    direction: Literal[-1, 1]
    loadings: tuple[float, float]
    swing: float
    base: float
    scale: float
    form: Form = "level"
    persistence: float = 0.2
    first: str = "2008-01"
    last: str = "2024-12"
    gaps: tuple[str, ...] = ()


JANUARIES = tuple(f"{year}-01" for year in range(2010, 2025))

SERIES = (
    Series("capital_ratio", "banks' capital ratio, %", -1, (0.9, 0.55), 0.05, 12.5, 0.8),
    Series("overdue_loans", "overdue loans, %", 1, (0.25, 0.92), 0.0, 0.4, 0.35, "log"),
    Series("margin_debt", "margin debt, million", -1, (0.95, 0.3), 0.05, 9.0, 14.0, "growth"),
    Series(
        "new_accounts", "stock accounts, thousand", -1, (0.5, 0.8), 0.1, 6.0, 9.0, "growth",
        first="2012-06", gaps=("2016-09", "2019-02"),
    ),
    Series("credit_spread", "corporate less government yield, %", 1, (0.9, 0.85), 0.04, 2.2, 0.6),
    Series("term_spread", "ten-year less one-year yield, %", -1, (0.3, 0.75), 0.05, 1.1, 0.4),
    Series("bond_issuance", "bonds outstanding", -1, (0.92, 0.25), 0.0, 8.0, 7.0, "growth"),
    Series("interbank_spread", "interbank less policy rate, %", 1, (0.92, 0.7), 0.05, 0.8, 0.35),
    Series("overnight_premium", "overnight less policy rate, %", 1, (0.3, 0.9), 0.1, 0.3, 0.2),
    Series(
        "excess_reserves", "banks' excess reserves, %", 1, (0.75, 0.8), 0.05, 0.0, 0.5, "change",
    ),
    Series(
        "fx_reserves", "reserves of foreign currency, million", -1, (0.85, 0.3), 0.05, 4.0, 5.0,
        "growth", gaps=("2014-05",),
    ),
    Series(
        "forward_premium", "one-year forward premium, %", 1, (0.45, 0.92), 0.05, 1.5, 0.9,
        last="2022-06",
    ),
    Series(
        "capital_outflow", "net outflow of capital, million", 1, (0.3, 0.85), 0.1, 20.0, 60.0,
        gaps=("2013-03", "2013-04", "2017-10"),
    ),
    Series("house_sales", "houses sold a year", -1, (0.92, 0.5), 0.05, 3.0, 10.0, "growth"),
    Series(
        "land_prices", "price of building land, index", -1, (0.4, 0.9), 0.05, 5.0, 6.0, "growth",
        last="2023-12",
    ),
    Series(
        "developer_spread", "developers' less government yield, %", 1, (0.55, 0.92), 0.0, 4.0, 1.5,
        first="2012-01",
    ),
    Series("production", "industrial production, index", -1, (0.8, 0.75), 0.1, 5.0, 3.0, "growth"),
    Series(
        "tax_revenue", "tax revenue, million", -1, (0.8, 0.3), 0.05, 6.0, 6.0, "growth",
        gaps=JANUARIES,
    ),
    Series("unemployment", "unemployment rate, %", 1, (0.55, 0.88), 0.05, 0.0, 0.6, "change"),
)  # fmt: skip

# The credit spread is published as the two yields it is the difference of.
CORPORATE_YIELD, GOVERNMENT_YIELD = "corporate_yield", "government_yield"

# Levels that grow or change start from here, far enough above zero to stay there.
GROWTH_START, CHANGE_START = 100.0, 5.0


@cache
def loading_paths() -> Mapping[str, pd.Series]:
    """True loadings, by code, indexed by month; see ``truth.truth_rows`` for their unit."""
    return {item.code: _oriented(item)[1] for item in SERIES}


@cache
def published() -> Mapping[str, pd.Series]:
    """Series as published, by code of the source, indexed by month, gaps left out."""
    out = {}
    for item in SERIES:
        values = _in_form(item, item.base + item.direction * item.scale * _oriented(item)[0])
        out[item.code] = values[item.first : item.last].drop(pd.PeriodIndex(item.gaps, freq="M"))
    wander = autoregression(stream("series", GOVERNMENT_YIELD), len(MONTHS), 0.97)
    out[GOVERNMENT_YIELD] = pd.Series(3.0 + 0.5 * wander, index=MONTHS)
    out[CORPORATE_YIELD] = out[GOVERNMENT_YIELD] + out.pop("credit_spread")
    return out


def codes() -> dict[str, str]:
    """What can be had, without generating anything: description by code."""
    available = {item.code: item.description for item in SERIES}
    del available["credit_spread"]
    return available | {
        GOVERNMENT_YIELD: "one-year government yield, %",
        CORPORATE_YIELD: "one-year corporate yield, %",
    }


def _oriented(item: Series) -> tuple[pd.Series, pd.Series]:
    """The series in standard deviations, high where risk is high, and its loading."""
    rng = stream("series", item.code)
    time = np.linspace(0.0, 1.0, len(MONTHS))
    start, end = item.loadings
    wave = np.sin(2 * np.pi * (rng.uniform(0.8, 1.6) * time + rng.random()))
    loading = np.clip(start + (end - start) * time + item.swing * wave, 0.2, 0.95)
    noise = autoregression(rng, len(MONTHS), item.persistence)
    values = loading * economy().factor.to_numpy() + np.sqrt(1 - loading**2) * noise
    x = pd.Series(values, index=MONTHS)
    mean, deviation = x[SAMPLE].mean(), x[SAMPLE].std()
    return (x - mean) / deviation, pd.Series(loading / deviation, index=MONTHS)


def _in_form(item: Series, x: pd.Series) -> pd.Series:
    if item.form == "level":
        return x
    if item.form == "log":
        return np.exp(x)
    values = x.to_numpy()
    if item.form == "growth":
        level = GROWTH_START * (1 + item.base / 100) ** (np.arange(len(values)) / 12)
        for month in range(12, len(values)):
            level[month] = level[month - 12] * (1 + values[month] / 100)
    else:
        level = np.full(len(values), CHANGE_START)
        for month in range(12, len(values)):
            level[month] = level[month - 12] + values[month]
    return pd.Series(level, index=x.index)
