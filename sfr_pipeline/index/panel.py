"""The panel under both information sets, and how real time read before values were revised.

In real time each month has its row from the view of the archive that holds at its end; what a
revision made of earlier rows stands beside them, from the month on at whose end it held. Nothing is
computed anew that a revision did not touch.

Belongs here: tables ``indicator_panel`` and ``panel_revisions``. Does not belong here: what is made
of one view (`indicators`), how the two tables are read together (`known`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.index.columns import FIELDS
from sfr_pipeline.index.indicators import (
    PanelColumn,
    panel_columns,
    panel_rows,
    scored_rows,
    superseded_indicators,
)
from sfr_pipeline.index.missing import by_indicator
from sfr_pipeline.inputs.frames import month_ends
from sfr_pipeline.inputs.samples import sample_months
from sfr_pipeline.inputs.views import View
from sfr_pipeline.markets import Market


class PanelTables(NamedTuple):
    """The panel and its revisions.

    Attributes:
        panel: rows of table ``indicator_panel``.
        revisions: rows of table ``panel_revisions``; none where nothing was ever revised.
    """

    panel: pd.DataFrame
    revisions: pd.DataFrame


def build_panel(
    market: Market, indicators: pd.DataFrame, views: Sequence[View] = ()
) -> PanelTables:
    """The panel under both information sets, in long form.

    Args:
        market: the catalogue.
        indicators: table ``indicators``.
        views: of the archive, ascending; the last one is what the indicators were made of. May be
            left out where nothing was ever revised.
    """
    months = sample_months(market)
    newest = by_indicator(indicators)
    superseded = superseded_indicators(market, views, newest)
    starts = [months[0], *(one.until for one in superseded)]
    ends = [*starts[1:], months[-1] + 1]
    stood = [*(one.rows for one in superseded), newest]
    frames = [panel_rows(market, indicators, "paper")]
    revisions: list[pd.DataFrame] = []
    before: dict[str, PanelColumn] | None = None
    for rows, start, end in zip(stood, starts, ends, strict=True):
        if start > months[-1]:
            # Revised after the sample: that is for paper mode alone.
            break
        older = rows is not newest
        columns = panel_columns(market, rows, "real_time", before, superseded=older)
        if before is not None:
            revisions += _revised(market, before, columns, start)
        own = months[(months >= start) & (months < end)]
        if len(own):
            frames.append(scored_rows(market, columns, "real_time", own))
        before = columns
    return PanelTables(
        pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True),
        pd.concat(revisions, ignore_index=True)
        if revisions
        else pd.DataFrame(columns=["known_from", "ref_date", "indicator", "dimension", *FIELDS]),
    )


def _revised(
    market: Market,
    before: Mapping[str, PanelColumn],
    after: Mapping[str, PanelColumn],
    start: pd.Period,
) -> Iterator[pd.DataFrame]:
    """Rows of months before ``start`` that read otherwise from there on, in the bits they hold."""
    none = pd.DataFrame(columns=[*FIELDS], index=sample_months(market))
    for name in before.keys() | after.keys():
        ours, theirs = before.get(name), after.get(name)
        if ours is theirs:
            continue
        old = (none if ours is None else ours.frame).loc[lambda rows: rows.index < start]
        new = (none if theirs is None else theirs.frame).loc[lambda rows: rows.index < start]
        same = (old == new) | (old.isna() & new.isna())
        # Where there is no value nothing is winsorised either.
        nowhere = old["transformed"].isna() & new["transformed"].isna()
        rows = new[~(same.all(axis=1) | nowhere)]
        if len(rows):
            there = rows["transformed"].notna()
            yield rows.assign(
                winsorised=rows["winsorised"].where(there, None),
                known_from=month_ends(pd.PeriodIndex([start]))[0],
                ref_date=month_ends(pd.PeriodIndex(rows.index)),
                indicator=name,
                dimension=market.dimension_of()[name],
            )
