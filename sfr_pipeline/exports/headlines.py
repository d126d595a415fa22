"""The headline series that are exported: their ids, and where in the tables their values stand.

Belongs here: one record a series, or a kind of them. Unit and meaning of the values are those of
the table's contract. Does not belong here: raw inputs, which have the ids of the catalogue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from sfr_pipeline.evaluation.models import benchmark, headline
from sfr_pipeline.exports.market_tables import MarketTables
from sfr_pipeline.report.forecasting.verdict import headline_forecaster
from sfr_pipeline.report.stress.verdict import headline_warner
from sfr_pipeline.report.stress.volatility_verdict import AHEAD as DAYS_AHEAD
from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.tables import (
    DIMENSION_INDICES,
    FORECAST_FAN,
    FORECAST_SCORES,
    NPOI,
    REGIMES,
    SFRI,
    STRESS_PREDICTIONS,
    STRESS_SCORES,
    VOLATILITY_FORECASTS,
)
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.volatility import PANELS
from sfr_pipeline.stress.beginning import HEADLINE as LABEL

Frequency = Literal["monthly", "daily"]
FREQUENCIES: tuple[Frequency, ...] = ("monthly", "daily")


@dataclass(frozen=True)
class Headline:
    """A series, or one for each value of a column.

    Attributes:
        id: behind the market's name; of several the value of ``by`` follows.
        title: for readers; of several the name of the value of ``by`` follows.
        frequency: of its values.
        table: where they stand.
        column: in which column.
        where: values of other columns in its rows.
        by: column whose values are a series each.
        model: says, from the tables and the rows so far, the id of the model whose rows count;
            None where none does. Without it all rows count.
    """

    id: str
    title: str
    frequency: Frequency
    table: Table
    column: str
    where: Mapping[str, object] = field(default_factory=dict)
    by: str | None = None
    model: Callable[[MarketTables, pd.DataFrame], str | None] | None = None

    @property
    def contract(self) -> Column:
        """The column's own."""
        return next(column for column in self.table.columns if column.name == self.column)

    @property
    def day(self) -> str:
        """The column of its dates."""
        return "date" if self.frequency == "daily" else "ref_date"


def _forecaster(tables: MarketTables, rows: pd.DataFrame) -> str | None:
    return headline_forecaster(tables.read(FORECAST_SCORES), tables.read(FORECAST_FAN))


def _warner(tables: MarketTables, rows: pd.DataFrame) -> str | None:
    newest = rows.loc[rows["date"] == rows["date"].max(), "model"]
    return headline_warner(tables.read(STRESS_SCORES), newest)


def _base_rate(tables: MarketTables, rows: pd.DataFrame) -> str | None:
    return benchmark("stress").id


def _volatility(tables: MarketTables, rows: pd.DataFrame) -> str | None:
    return headline("volatility").id


_REAL_TIME = {"mode": "real_time"}
_FULL = {"mode": "paper"}
_KNOWN = {**_REAL_TIME, "horizon": 0}
_POSTS = {"variant": "real_time"}
_WALKED = {"protocol": "walk_forward", "label": LABEL, "seed": MEAN_OF_SEEDS}
_AHEAD = {"panel": PANELS[0], "horizon": DAYS_AHEAD, "seed": MEAN_OF_SEEDS}

HEADLINES: tuple[Headline, ...] = (
    Headline("SFRI", "Systemic financial risk index, as known at the end of each month",
             "monthly", SFRI, "sfri", _REAL_TIME),
    Headline("SFRI_BAND_LOW", "Lower bound of the index", "monthly", SFRI, "band_low", _REAL_TIME),
    Headline("SFRI_BAND_HIGH", "Upper bound of the index", "monthly", SFRI, "band_high",
             _REAL_TIME),
    Headline("SFRI_PERCENTILE", "Percentile of the index in what was known then",
             "monthly", SFRI, "percentile", _REAL_TIME),
    Headline("SFRI_EQUAL_WEIGHT", "Index with equal weights", "monthly", SFRI, "equal_weight",
             _REAL_TIME),
    Headline("SFRI_FULL_SAMPLE", "The index of the full sample, which looks ahead",
             "monthly", SFRI, "sfri", _FULL),
    Headline("DIM", "Risk index of one dimension", "monthly", DIMENSION_INDICES,
             "dimension_index", _REAL_TIME, by="dimension"),
    Headline("CONTRIB", "Contribution of one dimension to the index", "monthly",
             DIMENSION_INDICES, "contribution", _REAL_TIME, by="dimension"),
    Headline("REGIME_HIGH", "Probability of the regime of high variance, as known then",
             "monthly", REGIMES, "probability_high", _KNOWN),
    Headline("SFRI_FORECAST", "The index of the coming months, by the forecaster that real-time "
             "scores put first", "monthly", FORECAST_FAN, "forecast", model=_forecaster),
    Headline("SFRI_FORECAST_LOW_50", "Lower bound of its 50 % interval", "monthly", FORECAST_FAN,
             "low_50", model=_forecaster),
    Headline("SFRI_FORECAST_HIGH_50", "Upper bound of its 50 % interval", "monthly", FORECAST_FAN,
             "high_50", model=_forecaster),
    Headline("SFRI_FORECAST_LOW_90", "Lower bound of its 90 % interval", "monthly", FORECAST_FAN,
             "low_90", model=_forecaster),
    Headline("SFRI_FORECAST_HIGH_90", "Upper bound of its 90 % interval", "monthly", FORECAST_FAN,
             "high_90", model=_forecaster),
    Headline("NPOI", "Network public opinion index, as known then", "monthly", NPOI, "npoi",
             _POSTS),
    Headline("NPOI_POSTS", "Posts behind it", "monthly", NPOI, "n_posts", _POSTS),
    Headline("NPOI_SENTIMENT", "Mean sentiment of the posts", "monthly", NPOI, "mean_score",
             _POSTS),
    Headline("STRESS_PROBABILITY", f"Probability of stress within {DAYS_AHEAD} trading days, by "
             "the model that scores put first", "daily", STRESS_PREDICTIONS, "probability",
             _WALKED, model=_warner),
    Headline("STRESS_BASE_RATE", "Share of days before stress that was known on the day", "daily",
             STRESS_PREDICTIONS, "probability", _WALKED, model=_base_rate),
    Headline("VOLATILITY", f"Volatility expected of the next {DAYS_AHEAD} trading days", "daily",
             VOLATILITY_FORECASTS, "forecast", _AHEAD, by="market", model=_volatility),
)  # fmt: skip
