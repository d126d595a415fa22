"""The one forecast of the index: of the model that the scores put first, beside no change.

Belongs here: its months and a sentence on the nearest. Does not belong here: which model that is
(`forecasting.verdict`), nor any other model's forecast.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from sfr_pipeline.evaluation.models import benchmark, name_of
from sfr_pipeline.report.forecasting.verdict import (
    LEG,
    LEVEL,
    headline_forecaster,
    headline_scores,
    in_sentence,
    p_text,
)
from sfr_pipeline.report.formats import as_float, number
from sfr_pipeline.report.parts import Tables


@dataclass(frozen=True)
class Month:
    """One month of the forecast, the index in standard deviations.

    Attributes:
        month: its last day.
        forecast: of the headline model.
        low_50: lower end of what holds half of the outcomes.
        high_50: upper end of it.
        low_90: lower end of what holds nine of ten.
        high_90: upper end of it.
        idle: where no change puts the index; NaN where it was not run.
        n_errors: past errors behind the ends.
    """

    month: pd.Timestamp
    forecast: float
    low_50: float
    high_50: float
    low_90: float
    high_90: float
    idle: float
    n_errors: int


@dataclass(frozen=True)
class IndexAhead:
    """The forecast of the coming months.

    Attributes:
        model: id of the headline model.
        name: for readers.
        origin: last day of the month from whose end it was made.
        months: the nearest first.
        sentence: the nearest month, and what such forecasts were worth.
    """

    model: str
    name: str
    origin: pd.Timestamp
    months: tuple[Month, ...]
    sentence: str


def index_ahead(tables: Tables) -> IndexAhead | None:
    """The one forecast of the index; None where too few errors are known to draw intervals from.

    Args:
        tables: frames by name: ``forecast_fan`` and ``forecast_scores``.
    """
    fan, scores = tables["forecast_fan"], tables["forecast_scores"]
    model = headline_forecaster(scores, fan)
    if model is None:
        return None
    idle = fan[fan["model"] == benchmark(LEG).id].set_index("horizon")["forecast"]
    own = fan[fan["model"] == model].sort_values("horizon")
    months = tuple(_month(row, idle) for row in own.to_dict("records"))
    name = name_of(LEG, model)
    origin = pd.Timestamp(own["origin"].iloc[0])
    said = f"{_expected(name, model, origin, months[0])} {_worth(scores, model)}".strip()
    return IndexAhead(model, name, origin, months, said)


def _month(row: Any, idle: "pd.Series[float]") -> Month:
    ends = {name: float(row[name]) for name in ("low_50", "high_50", "low_90", "high_90")}
    return Month(
        month=row["ref_date"],
        forecast=float(row["forecast"]),
        idle=as_float(idle.get(row["horizon"])),
        n_errors=int(row["n_errors"]),
        **ends,
    )


def _expected(name: str, model: str, origin: pd.Timestamp, first: Month) -> str:
    from_to = f"{number(first.low_90)} to {number(first.high_90)}"
    told = (
        f"From the end of {origin:%B %Y} the index of {first.month:%B %Y} is expected at "
        f"{number(first.forecast)}, and nine of ten outcomes within {from_to}"
    )
    if model == benchmark(LEG).id:
        return f"{told}: that is no change, for no model with intervals has smaller errors."
    if first.idle != first.idle:
        return f"{told} ({in_sentence(name)})."
    return f"{told} ({in_sentence(name)}); if nothing changed it would be {number(first.idle)}."


def _worth(scores: pd.DataFrame, model: str) -> str:
    """What past forecasts say of this one, held against no change; nothing of no change itself."""
    rows = headline_scores(scores)
    own = rows[rows["model"] == model]
    if model == benchmark(LEG).id or own.empty:
        return ""
    row = own.iloc[0]
    ratio, p_value = float(row["rmse_ratio"]), as_float(row["p_no_change"])
    idle = in_sentence(benchmark(LEG).name)
    size = f"{100 * abs(1 - ratio):.1f} % {'smaller' if ratio < 1 else 'larger'}"
    told = f"Over {row['n_forecasts']} such forecasts its RMSE was {size} than that of {idle}"
    if row["beats_no_change"] == "yes":
        return f"{told} (p {p_text(p_value)}): it beats {idle}."
    if row["beats_no_change"] == "no":
        return f"{told} (p {p_text(p_value)}): it is worse than {idle}."
    why = f"p {p_text(p_value)}"
    if ratio < 1 and p_value < LEVEL:
        why += f" by its own test, p {p_text(float(row['p_spa']))} with account for all tried"
    return f"{told} ({why}): it does not beat {idle}."
