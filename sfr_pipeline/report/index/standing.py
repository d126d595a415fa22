"""Where the index stood in a month, as known then, and the sentence that says so.

Belongs here: level, grade, change, regime, the months most like it, and what is said of that month
today. Does not belong here: why it stood there, which is `reasons`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline.report.formats import listed
from sfr_pipeline.report.index.grades import Grade, grade_of
from sfr_pipeline.report.index.neighbours import Neighbour, neighbours
from sfr_pipeline.report.index.reasons import Reasons, contributions_by_dimension

Tables = Mapping[str, pd.DataFrame]

LAST_VINTAGE = "last_vintage"
"""Rows of ``sfri_vintages`` of the newest month: all months as that month's estimate has them."""

# Of the drivers, those that the sentence names; a change that rounds to nothing is none.
N_NAMED, UNCHANGED = 2, 0.005


@dataclass(frozen=True)
class Standing:
    """Of one month, in real time.

    Attributes:
        month: its last day.
        sfri: standard deviations.
        change: against the month before; None where that has no index.
        band_low: lower bound of the weights' band.
        band_high: upper bound.
        percentile: share of the months known to the estimate in which the index was not higher.
        grade: of that percentile.
        n_indicators: that had data.
        probability_high: of the regime in which the index moves strongly; None where that month's
            vintage was not estimated, or no regime could be.
        full_sample: the month's index by the estimate on the full sample, which looks ahead; None
            where there is none.
        last_vintage: the month's index by the newest month's real-time estimate; None likewise.
        last_vintage_of: that newest month.
        neighbours: past months most like it, the nearest first.
    """

    month: pd.Timestamp
    sfri: float
    change: float | None
    band_low: float
    band_high: float
    percentile: float
    grade: Grade
    n_indicators: int
    probability_high: float | None
    full_sample: float | None
    last_vintage: float | None
    last_vintage_of: pd.Timestamp | None
    neighbours: tuple[Neighbour, ...]


def standings(tables: Tables) -> dict[pd.Timestamp, Standing]:
    """Of every real-time month, in order.

    Args:
        tables: frames by name: ``sfri``, ``regimes``, ``dimension_indices`` and, where there is
            one, `LAST_VINTAGE`.
    """
    sfri = tables["sfri"]
    rows = sfri[sfri["mode"] == "real_time"].set_index("ref_date").sort_index()
    before = rows["sfri"].set_axis(rows.index + pd.offsets.MonthEnd(1))
    whole = sfri[sfri["mode"] == "paper"].set_index("ref_date")["sfri"]
    last = tables.get(LAST_VINTAGE, pd.DataFrame(columns=["as_of", "ref_date", "sfri"]))
    newest = None if last.empty else last["as_of"].max()
    today = last.set_index("ref_date")["sfri"].to_dict()
    regimes = tables["regimes"]
    # A forecast for a month, made from an older vintage, is not its estimate.
    estimated = regimes[(regimes["mode"] == "real_time") & (regimes["horizon"] == 0)]
    regime = estimated.set_index("ref_date")["probability_high"]
    contributions = contributions_by_dimension(tables["dimension_indices"]).reindex(rows.index)
    alike = neighbours(contributions.fillna(0.0), rows["sfri"])
    levels, full, states = before.to_dict(), whole.to_dict(), regime.to_dict()
    return {
        row.Index: Standing(
            month=row.Index,
            sfri=row.sfri,
            change=row.sfri - levels[row.Index] if row.Index in levels else None,
            band_low=row.band_low,
            band_high=row.band_high,
            percentile=row.percentile,
            grade=grade_of(row.percentile),
            n_indicators=row.n_indicators,
            probability_high=states.get(row.Index),
            full_sample=full.get(row.Index),
            last_vintage=today.get(row.Index),
            last_vintage_of=newest,
            neighbours=alike[row.Index],
        )
        for row in rows.itertuples()
    }


def sentence(standing: Standing, why: Reasons) -> str:
    """Where risk stands in a month and what drove it, in one sentence from its numbers."""
    month = f"{standing.month:%B %Y}"
    text = (
        f"At the end of {month} the risk index was {standing.grade.name} by its own history: "
        f"{_signed(standing.sfri)} standard deviations, {_place(standing.percentile)}"
    )
    if standing.change is not None:
        text += f", {_moved(standing.change)}"
    pushes = (
        (why.up, "pushed up most by"),
        (why.down, "held down most by"),
    )
    # What goes with the level is told first: a high index is pushed, a low one is held.
    told = pushes if standing.sfri >= 0 else pushes[::-1]
    parts = [
        f"{verb} {listed([f'{one.name} ({_signed(one.contribution)})' for one in named])}"
        for (drivers, verb), count in zip(told, (N_NAMED, 1), strict=True)
        if (named := drivers[:count])
    ]
    if parts:
        text += f"; it was {' and '.join(parts)}"
    return f"{text}."


def _place(percentile: float) -> str:
    if percentile >= 100:
        return "the highest of all months known then"
    return f"at or above {percentile:.0f} % of the months known then"


def _moved(change: float) -> str:
    if abs(change) < UNCHANGED:
        return "unchanged on the month"
    return f"{'up' if change > 0 else 'down'} {abs(change):.2f} on the month"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
