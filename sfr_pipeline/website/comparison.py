"""The first page of the site: all markets side by side, and the way to each.

Belongs here: what can be compared between markets, which is where each stands in its own history.
Does not belong here: a level of one beside that of another: their units are their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.grammar import Line, lines, over_time, pointer, zero
from sfr_pipeline.report.style import PALETTE

DASHES = ((), (5, 2), (2, 2), (8, 3, 2, 3))


@dataclass(frozen=True)
class Standing:
    """A market on the page.

    Attributes:
        market: the catalogue.
        sentence: what its report says first.
        told_on: days of which a report is kept, newest first.
        evidence: whether a page of evidence stands beside the report.
    """

    market: Market
    sentence: str
    told_on: Sequence[str]
    evidence: bool


def percentile_chart(
    indices: Mapping[str, pd.DataFrame], titles: Mapping[str, str]
) -> Chart | None:
    """Where every market's index stands in its own history, month by month, in real time.

    Args:
        indices: tables ``sfri`` by market.
        titles: of the markets.

    Returns:
        The chart; None where no market has an index.
    """
    told = {
        name: frame[frame["mode"] == "real_time"].set_index("ref_date")["percentile"]
        for name, frame in indices.items()
    }
    told = {name: values for name, values in told.items() if len(values)}
    if not told:
        return None
    table = pd.DataFrame(told).sort_index().rename_axis("ref_date").reset_index()
    styles = {
        name: Line(titles[name], PALETTE[place % len(PALETTE)], DASHES[place % len(DASHES)])
        for place, name in enumerate(told)
    }
    drawn = lines(styles, title="percentile of its own past")
    told_there = pointer({name: titles[name] for name in told}, digits=0)
    return Chart(
        "Where each market stands in its own history",
        "Percentile of each month's real-time index among the months known then: 50 is the middle "
        "of a market's own past, 100 its highest. Levels of two markets have units of their own "
        "and are not compared.",
        table,
        over_time(zero(50), drawn, told_there, height=300),
    )
