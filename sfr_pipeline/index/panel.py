"""The panel under both information sets, and how real time read before values were revised.

In real time each month has its row from the view of the archive that holds at its end; what a
revision made of earlier rows stands beside them, from the month on at whose end it held. Nothing is
computed anew that a revision did not touch.

Belongs here: tables ``indicator_panel`` and ``panel_revisions``. Does not belong here: what is made
of one view (`indicators`), how the two tables are read together (`known`).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.index.indicators import (
    PanelColumn,
    Superseded,
    panel_columns,
    panel_rows,
    scored_rows,
)
from sfr_pipeline.inputs.frames import month_ends
from sfr_pipeline.inputs.samples import sample_months
from sfr_pipeline.markets import Market

VALUES = ["transformed", "oriented", "origin", "winsorised"]


class PanelTables(NamedTuple):
    """The panel and its revisions.

    Attributes:
        panel: rows of table ``indicator_panel``.
        revisions: rows of table ``panel_revisions``; none where nothing was ever revised.
    """

    panel: pd.DataFrame
    revisions: pd.DataFrame


def build_panel(
    market: Market, indicators: pd.DataFrame, superseded: Sequence[Superseded] = ()
) -> PanelTables:
    """The panel under both information sets, in long form.

    Args:
        market: the catalogue.
        indicators: table ``indicators``.
        superseded: what stood in its place at the ends of earlier months, ascending; none where
            nothing was ever revised.
    """
    months = sample_months(market)
    frames = [panel_rows(market, indicators, "paper")]
    none = pd.DataFrame(columns=["known_from", "ref_date", "indicator", "dimension", *VALUES])
    revisions = [none]
    starts = [months[0], *(one.until for one in superseded)]
    ends = [*starts[1:], months[-1] + 1]
    stood = [*(one.indicators for one in superseded), indicators]
    before: dict[str, PanelColumn] = {}
    for position, (rows, start, end) in enumerate(zip(stood, starts, ends, strict=True)):
        if start > months[-1]:
            # Revised after the sample: that is for paper mode alone.
            break
        older = position < len(superseded)
        columns = panel_columns(market, rows, "real_time", before, superseded=older)
        if position > 0:
            revisions.append(_revised(market, before, columns, start))
        own = months[(months >= start) & (months < end)]
        frames.append(scored_rows(market, columns, "real_time", own))
        before = columns
    found = [frame for frame in revisions if len(frame)] or [none]
    return PanelTables(
        pd.concat([frame for frame in frames if len(frame)], ignore_index=True),
        pd.concat(found, ignore_index=True),
    )


def _revised(
    market: Market,
    before: Mapping[str, PanelColumn],
    after: Mapping[str, PanelColumn],
    start: pd.Period,
) -> pd.DataFrame:
    """Rows of months before ``start`` that read otherwise from there on, in the bits they hold."""
    frames = []
    empty = pd.DataFrame(columns=VALUES, index=sample_months(market))
    for name in sorted(before.keys() | after.keys()):
        ours, theirs = before.get(name), after.get(name)
        if ours is theirs:
            continue
        old = (empty if ours is None else ours.frame).loc[lambda rows: rows.index < start]
        new = (empty if theirs is None else theirs.frame).loc[lambda rows: rows.index < start]
        same = (old == new) | (old.isna() & new.isna())
        # Where there is no value nothing is winsorised either.
        gone = old["transformed"].isna() & new["transformed"].isna()
        rows = new[~(same.all(axis=1) | gone)]
        rows = rows.assign(winsorised=rows["winsorised"].where(rows["transformed"].notna(), None))
        frames.append(rows.assign(ref_date=month_ends(pd.PeriodIndex(rows.index)), indicator=name))
    if not frames:
        return empty[:0]
    revised = pd.concat(frames, ignore_index=True)
    return revised.assign(
        known_from=month_ends(pd.PeriodIndex([start]))[0],
        dimension=revised["indicator"].map(market.dimension_of()),
    )
