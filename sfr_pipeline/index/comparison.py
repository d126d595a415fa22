"""The index against published indices of financial stress.

A comparison, not a validation by itself: published indices measure other things in other ways, and
some are estimated anew every week on their whole history.
"""

from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline import sources
from sfr_pipeline.econometrics.panel import MODES
from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.frames import month_ends, months_of
from sfr_pipeline.inputs.series import imports_of
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.reference import Reference
from sfr_pipeline.sources.files.folder import Imports, files_only

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
        ValueError: fewer than ``MIN_MONTHS`` months in common, or a series that is constant there.
    """
    both = pd.concat([index, reference], axis=1, join="inner", keys=["index", "reference"]).dropna()
    if len(both) < MIN_MONTHS:
        raise ValueError(f"{len(both)} months in common are too few: {MIN_MONTHS} are needed")
    if (both.nunique() == 1).any():
        raise ValueError("one of the two does not move in the months that both have")
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


def comparison_rows(market: Market, sfri: pd.DataFrame) -> pd.DataFrame:
    """Rows of table ``reference_comparison``; a reference that fails keeps its row and says why.

    Args:
        market: the catalogue, with its ``references``.
        sfri: table ``sfri``.

    Raises:
        SourceError: a file that is there is not what the catalogue says.
    """
    imports = imports_of(market)
    delivered = {
        reference.id: deliver_reference(market, reference, imports)
        for reference in market.references
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
                except ValueError as error:
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


def deliver_reference(market: Market, reference: Reference, imports: Imports | None) -> Delivered:
    """Fetch a published index from a file where there is one, else from its open source.

    Raises:
        SourceError: the file is not what the catalogue says. That an open source fails is told in
            the result: the index itself does not depend on it.
    """
    if imports is not None and reference.id in imports:
        return Delivered(_monthly(imports.read(reference.id)), imports.provenance(reference.id))
    hint = f" ({reference.vendor})" if reference.vendor else ""
    remedy = f"put {reference.id}.csv into {market.files}{hint}" if market.files else "try later"
    if reference.source is None or reference.code is None:
        return _absent("none", f"there is no file, and no open source is named: {remedy}")
    source = f"{reference.source}: {reference.code}"
    if files_only():
        return _absent(source, f"there is no file, and SFR_FILES_ONLY forbids to ask: {remedy}")
    try:
        frame = sources.source(reference.source).fetch_series([reference.code])
    except SourceError as error:
        return _absent(source, str(error))
    return Delivered(_monthly(frame), source)


def _absent(source: str, reason: str) -> Delivered:
    return Delivered(pd.Series(dtype=float), source, reason)


def _monthly(frame: pd.DataFrame) -> pd.Series:
    known = frame.dropna(subset="value")
    return known["value"].groupby(months_of(known["date"])).mean()


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
