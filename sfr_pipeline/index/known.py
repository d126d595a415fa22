"""The panel as it stood at the end of each month, which everything in real time is estimated from.

Row t of the panel as of t stands in table ``indicator_panel``. A row of an earlier month may read
otherwise from some month on, because values of it were revised: ``panel_revisions`` says so. From
one revision to the next the ends of all months see one panel, cut off at each of them; where
nothing was ever revised, all do.

Belongs here: those panels, and the vintages estimated from them. Does not belong here: how a panel
is made (`indicators`), what is read off the vintages (`sfri`, `news`, ``forecasting``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.panel import Mode
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings
from sfr_pipeline.econometrics.vintages import Vintages, estimate_vintages
from sfr_pipeline.index.naming import naming
from sfr_pipeline.inputs.frames import months_of, wide
from sfr_pipeline.inputs.samples import sample_months
from sfr_pipeline.markets import Market
from sfr_pipeline.threads import Spread, in_threads

# Of the size that is worth asking another machine for.
VINTAGES_A_PIECE = 12


@dataclass(frozen=True)
class KnownPanel:
    """Oriented indicators as they stood at the end of each month, NaN where missing.

    Attributes:
        months: rows of every panel, from the first one with a value at its own end.
        indicators: its columns, those of the catalogue without any value among them.
        market: its name, for messages.
        first: for each panel the row at whose month's end it first stood, ascending from 0; it
            stood until the next one's.
        panels: each ``(n_months, n_indicators)``: the rows before its first as they read from then
            on, later ones as their own months' ends said them.
    """

    months: pd.PeriodIndex
    indicators: pd.Index
    market: str
    first: NDArray[np.intp]
    panels: tuple[FloatArray, ...]

    def at(self, row: int) -> FloatArray:
        """The panel as it stood at the end of a row's month, ``(row + 1, n_indicators)``."""
        return self.panels[self._panel_of(row)][: row + 1]

    @property
    def published(self) -> FloatArray:
        """Each month's row as it stood at its own end, ``(n_months, n_indicators)``."""
        return self.panels[0]

    @property
    def some(self) -> BoolArray:
        """Whether a month had any value at its own end, ``(n_months,)``."""
        return np.any(~np.isnan(self.published), axis=1)

    def joined(self, least: int) -> BoolArray:
        """Months by whose end some indicator has ``least`` values and has moved, ``(n_months,)``.

        Before there is no estimate.
        """
        joined = [_joined(panel, least) for panel in self.panels]
        rows = range(len(self.months))
        return np.array([joined[self._panel_of(row)][row] for row in rows], dtype=bool)

    def estimable(self, least: int) -> BoolArray:
        """Months as of which the index can be estimated, ``(n_months,)``."""
        return self.some & self.joined(least)

    def estimate(
        self,
        as_of: NDArray[np.intp],
        *,
        min_observations: int,
        settings: TvpFavarSettings,
        spread: Spread = in_threads,
    ) -> Vintages:
        """Re-estimate the index as of each of the given rows, from what stood there.

        Args:
            as_of: rows, one a vintage; at least one.
            min_observations: an indicator joins a vintage once it has that many values.
            settings: of the TVP-FAVAR.
            spread: what calls the pieces; the vintages are the same whatever does.

        Raises:
            EstimationError: as ``estimate_vintages``, with market, month and indicators.
        """
        some = partial(self._estimate_some, min_observations, settings)
        firsts = range(0, len(as_of), VINTAGES_A_PIECE)
        return Vintages.joined(
            spread(some, [as_of[first : first + VINTAGES_A_PIECE] for first in firsts])
        )

    def _estimate_some(
        self, min_observations: int, settings: TvpFavarSettings, as_of: NDArray[np.intp]
    ) -> Vintages:
        parts = []
        for row in as_of:
            with naming(self.market, "real_time", self.indicators, self.months, self.months[row]):
                parts.append(
                    estimate_vintages(
                        self.panels[self._panel_of(row)],
                        np.array([row]),
                        min_observations=min_observations,
                        settings=settings,
                    )
                )
        return Vintages.joined(parts)

    def _panel_of(self, row: int) -> int:
        return int(np.searchsorted(self.first, row, side="right")) - 1


def _joined(panel: FloatArray, least: int) -> BoolArray:
    enough = (~np.isnan(panel)).cumsum(axis=0) >= least
    high, low = np.fmax.accumulate(panel, axis=0), np.fmin.accumulate(panel, axis=0)
    return np.any(enough & (high > low), axis=1)


def known_panel(
    market: Market, panel: pd.DataFrame, revisions: pd.DataFrame | None = None
) -> KnownPanel:
    """The panels that stood at the ends of months.

    Args:
        market: the catalogue.
        panel: table ``indicator_panel``.
        revisions: table ``panel_revisions``; None where nothing was ever revised.
    """
    published = oriented(market, panel, "real_time")
    # Those that have no value yet as well: rounding and the draws of bands go by the columns, and
    # an indicator that begins one day must not move the months before.
    columns = published.columns.union([indicator.id for indicator in market.indicators])
    if revisions is not None:
        columns = columns.union(revisions["indicator"].unique())
    published = published.reindex(columns=columns)
    overlaid = [(0, published)]
    if revisions is not None:
        overlaid += _overlaid(published, revisions)
    first, panels = zip(*overlaid, strict=True)
    # Where nothing had been published yet there is nothing to estimate.
    some = np.flatnonzero(published.notna().any(axis=1))
    begun = int(some[0]) if len(some) else 0
    return KnownPanel(
        months=pd.PeriodIndex(published.index[begun:]),
        indicators=columns,
        market=market.name,
        first=np.maximum(np.array(first, dtype=np.intp) - begun, 0),
        panels=tuple(one.to_numpy()[begun:] for one in panels),
    )


def _overlaid(
    published: pd.DataFrame, revisions: pd.DataFrame
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Each later panel with the row at which it first stood: revised rows over what was there."""
    stood = published
    for month, rows in revisions.groupby(months_of(revisions["known_from"])):
        if month > published.index[-1]:
            break
        values = stood.to_numpy(copy=True)
        where = published.index.get_indexer(months_of(rows["ref_date"]))
        inside = where >= 0
        which = stood.columns.get_indexer(rows["indicator"])
        values[where[inside], which[inside]] = rows["oriented"].to_numpy(dtype=float)[inside]
        stood = pd.DataFrame(values, stood.index, stood.columns)
        yield int(published.index.get_loc(month)), stood


def oriented(market: Market, panel: pd.DataFrame, mode: Mode) -> pd.DataFrame:
    """Oriented indicators of one information set, months by indicators, NaN where missing.

    All months of the sample have a row, data or not: sums over time are split up by the number of
    rows, and the last bit of a past estimate must not depend on how far the data reach.
    """
    frame = wide(panel[panel["mode"] == mode], "indicator", "oriented")
    return frame.reindex(sample_months(market))
