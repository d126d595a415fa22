"""What the report before this one said, from the publications that are never changed.

That report is the newest one that told anything else of the index: one written again from the same
data says the same, and would hide what has changed since.
"""

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace

import pandas as pd

from sfr_pipeline.report.index.grades import Grade, grade_of

Tables = Mapping[str, pd.DataFrame]

QUANTITIES = ("sfri", "percentile", "regime_high", "forecast")


@dataclass(frozen=True)
class Told:
    """What a report says of the index; what it says nothing of is NaN.

    Attributes:
        at: moment of the publication in UTC; None of what is about to be told.
        month: that it speaks of.
        sfri: level, standard deviations.
        percentile: of the level.
        regime_high: probability that the index moves strongly.
        forecast: of the month after.
    """

    at: pd.Timestamp | None
    month: pd.Timestamp
    sfri: float
    percentile: float
    regime_high: float
    forecast: float

    @property
    def grade(self) -> Grade | None:
        """Of the percentile; None where that was not told."""
        return None if math.isnan(self.percentile) else grade_of(self.percentile)


def told_now(readings: pd.DataFrame, model: str | None) -> Told:
    """What is told of the index today.

    Args:
        readings: rows of the index in the form of table ``publications``.
        model: whose forecast is told; None where there is none.
    """
    return _told(readings, model, None)


def told_before(publications: pd.DataFrame, now: Told, model: str | None) -> Told | None:
    """What was told last before this; None where nothing was.

    Args:
        publications: table of that name.
        now: what is told today.
        model: whose forecast is told.
    """
    index = publications[publications["quantity"].isin(QUANTITIES)]
    for at in sorted(index["published_at"].unique(), reverse=True):
        rows = index[index["published_at"] == at]
        if (rows["quantity"] == "sfri").any():
            told = _told(rows, model, pd.Timestamp(at))
            if not _same(told, now):
                return told
    return None


def _told(rows: pd.DataFrame, model: str | None, at: pd.Timestamp | None) -> Told:
    level = rows[rows["quantity"] == "sfri"].iloc[0]
    ahead = rows[(rows["quantity"] == "forecast") & (rows["name"] == model)]
    return Told(
        at=at,
        month=level["ref_date"],
        sfri=level["value"],
        percentile=_value(rows, "percentile"),
        regime_high=_value(rows, "regime_high"),
        forecast=_first(ahead.sort_values("target_date")["value"]),
    )


def _value(rows: pd.DataFrame, quantity: str) -> float:
    return _first(rows.loc[rows["quantity"] == quantity, "value"])


def _first(values: pd.Series) -> float:
    return float(values.iloc[0]) if len(values) else math.nan


def _same(one: Told, other: Told) -> bool:
    pairs = zip(astuple(replace(one, at=None)), astuple(replace(other, at=None)), strict=True)
    return all(left == right or (left != left and right != right) for left, right in pairs)
