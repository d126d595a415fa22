"""The index against published indices of financial stress.

A comparison, not a validation by itself: published indices measure other things in other ways, and
some are estimated anew every week on their whole history.
"""

from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics.panel import MODES
from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.inputs.frames import month_ends, months_of
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.reference import Reference

MAX_LEAD = 6
HIGH_STRESS = 0.1
# Fewer common months say nothing of the tails, or of leads.
MIN_MONTHS = 24


@dataclass(frozen=True)
class Comparison:
    """How two monthly series agree: the numeric columns of table ``reference_comparison``."""

    n_months: int
    first_month: pd.Timestamp
    last_month: pd.Timestamp
    correlation: float
    best_lead: int
    best_correlation: float
    n_high: int
    high_in_common: float
    high_jaccard: float
    high_odds_ratio: float


class Delivered(NamedTuple):
    """A reference as it came.

    Attributes:
        monthly: means by month; empty where it did not come.
        source: where from.
        reason: why it did not come, else None.
    """

    monthly: pd.Series
    source: str
    reason: str | None = None


def compare(
    index: pd.Series,
    reference: pd.Series,
    max_lead: int = MAX_LEAD,
    high_stress: float = HIGH_STRESS,
) -> Comparison:
    """Compare two monthly series on the months that both have.

    At lead k the value of month t is correlated with the reference of month t + k; of equal
    correlations the shortest lead counts. High stress are the highest n = ``high_stress`` of the
    common months, in each series by its own ranks (of equal values the earlier month). With a of
    them in common, their share is a / n, the Jaccard index a / (2 n - a), and the odds ratio
    (a + 1/2)(d + 1/2) / (b + 1/2)^2, where b = n - a months are high in one only and d in neither.

    Args:
        index: indexed by month (``PeriodIndex``), NaN where missing.
        reference: same kind of index.
        max_lead: months to either side.
        high_stress: share of months.

    Raises:
        TooShortError: fewer than ``MIN_MONTHS`` months in common.
        EstimationError: a series that is constant there.
    """
    both = pd.concat([index, reference], axis=1, join="inner", keys=["index", "reference"]).dropna()
    if len(both) < MIN_MONTHS:
        raise TooShortError(f"{len(both)} months in common are too few: {MIN_MONTHS} are needed")
    if still := [name for name in both if both[name].nunique() == 1]:
        raise EstimationError(
            f"the {' and the '.join(still)} does not move from {both.index[0]} to "
            f"{both.index[-1]}, the months that both have: give longer data"
        )
    leads = sorted(range(-max_lead, max_lead + 1), key=abs)
    correlations = {lead: _at_lead(index, reference, lead) for lead in leads}
    best = max(leads, key=lambda lead: np.nan_to_num(correlations[lead], nan=-np.inf))
    n_high = max(1, round(high_stress * len(both)))
    high = [set(both[name].nlargest(n_high).index) for name in both]
    common = len(high[0] & high[1])
    alone, neither = n_high - common, len(both) - 2 * n_high + common
    ends = month_ends(pd.PeriodIndex(both.index))
    return Comparison(
        n_months=len(both),
        first_month=ends[0],
        last_month=ends[-1],
        correlation=correlations[0],
        best_lead=best,
        best_correlation=correlations[best],
        n_high=n_high,
        high_in_common=common / n_high,
        high_jaccard=common / (2 * n_high - common),
        high_odds_ratio=(common + 0.5) * (neither + 0.5) / (alone + 0.5) ** 2,
    )


def _at_lead(index: pd.Series, reference: pd.Series, lead: int) -> float:
    moved = reference.set_axis(reference.index - lead)
    both = pd.concat([index, moved], axis=1, join="inner").dropna()
    if len(both) < MIN_MONTHS or (both.nunique() == 1).any():
        return float("nan")
    return float(both.iloc[:, 0].corr(both.iloc[:, 1]))


def comparison_rows(
    market: Market, sfri: pd.DataFrame, series: pd.DataFrame, missing: pd.DataFrame
) -> pd.DataFrame:
    """Rows of table ``reference_comparison``; a reference that did not come says why.

    Args:
        market: the catalogue, with its ``references``.
        sfri: table ``sfri``.
        series: table ``series``.
        missing: table ``missing_series``.
    """
    delivered = {
        reference.id: _delivered(reference, series, missing) for reference in market.references
    }
    rows = []
    for mode in MODES:
        own = sfri[sfri["mode"] == mode].set_index("ref_date")["sfri"]
        monthly = own.set_axis(months_of(own.index))
        for reference in market.references:
            came = delivered[reference.id]
            reason, numbers = came.reason, {"n_months": 0}
            if reason is None:
                try:
                    numbers = asdict(compare(monthly, came.monthly))
                except EstimationError as error:
                    reason = str(error)
            rows.append(
                {
                    "mode": mode,
                    "reference": reference.id,
                    "name": reference.name,
                    "source": came.source,
                    "reason": reason,
                    **numbers,
                }
            )
    return _typed(pd.DataFrame(rows))


def _delivered(reference: Reference, series: pd.DataFrame, missing: pd.DataFrame) -> Delivered:
    """A reference from the tables, or why it is not there: the index does not depend on it."""
    rows = series[series["series"] == reference.id].sort_values("ref_date")
    if len(rows):
        monthly = rows["value"].groupby(months_of(rows["ref_date"])).mean()
        return Delivered(monthly, rows["source"].iloc[0])
    source = "none" if reference.source is None else f"{reference.source}: {reference.code}"
    return Delivered(pd.Series(dtype=float), source, _why_absent(reference, missing))


def _why_absent(reference: Reference, missing: pd.DataFrame) -> str:
    told = missing[missing["series"] == reference.id]
    if told.empty:
        return "it was not delivered when the table series was last refreshed: refresh it"
    cause, reason, remedy = told.iloc[0][["cause", "reason", "remedy"]]
    return reason if cause == "failed" else f"there is {reason}: {remedy}"


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    """All columns, with missing values of the right kind, even where no reference came."""
    columns = list(Comparison.__dataclass_fields__)
    rows = rows.reindex(columns=["mode", "reference", "name", "source", *columns, "reason"])
    kinds = {
        "first_month": "datetime64[ns]",
        "last_month": "datetime64[ns]",
        "n_months": "int64",
        "best_lead": "Int64",
        "n_high": "Int64",
    }
    return rows.astype({name: kinds.get(name, "float64") for name in columns})
