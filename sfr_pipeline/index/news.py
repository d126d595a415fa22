"""What changed the index from one vintage to the next, split exactly and indicator by indicator.

The index of a month is the sum of w z over the indicators, z = (x - mean) / sd. From the vintage
before, with w, mean and sd, to the next one, with w', mean' and sd', the contribution of each goes
in four steps, every one computed from what it is made of and none as what the others leave:

- revised data: w (z(x~) - z(x)), from the value x that the vintage before had to x~, the same one
  as the next vintage has it;
- new data: w (z(x') - z(x~)), from there to the value x' of the newest month;
- scaling: w (z'(x') - z(x')), by the re-estimated mean and standard deviation;
- weights: (w' - w) z'(x').

Of a month that both vintages have, x' and x~ are one and the same: nothing is new. The newest month
is held against the month before, as the vintage before had it: that is how the headline moves. An
indicator that has no value to come from, or has only just joined, is new data with all of w' z';
one that has none to go to leaves -w z, as new data where its value still stands and the newest
month brings none, as revised data where the value itself is gone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.principal_component import standardize
from sfr_pipeline.index.known import KnownPanel, known_panel
from sfr_pipeline.index.sfri import vintages_as_of
from sfr_pipeline.inputs.frames import month_ends
from sfr_pipeline.markets import Market


@dataclass(frozen=True)
class ScaledVintage:
    """One vintage as far as its contributions go.

    Attributes:
        values: oriented indicators, ``(n_months, n_indicators)``, 0 where not observed.
        observed: values that are in the vintage, same shape.
        mean: ``(n_indicators,)``.
        sd: standard deviations, same shape.
        weights: of the index, ``(n_months, n_indicators)``, 0 where not observed.
    """

    values: FloatArray
    observed: BoolArray
    mean: FloatArray
    sd: FloatArray
    weights: FloatArray

    def scores(self, values: FloatArray) -> FloatArray:
        """Z-scores of values by the scaling of this vintage."""
        return (values - self.mean) / self.sd


@dataclass(frozen=True)
class Split:
    """The change of each contribution and its four parts, ``(n_months, n_indicators)`` each.

    Attributes:
        present: indicators that are in either vintage; elsewhere all parts are 0.
        new_data: by values that are new.
        revised_data: by values that were revised.
        scaling: by re-estimated means and standard deviations.
        weights: by re-estimated weights.
        change: of the contribution, from the contributions themselves.
    """

    present: BoolArray
    new_data: FloatArray
    revised_data: FloatArray
    scaling: FloatArray
    weights: FloatArray
    change: FloatArray


def news_rows(
    market: Market,
    panel: pd.DataFrame,
    months: pd.PeriodIndex,
    revisions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Split what each vintage changed against that of the month before: rows of ``index_news``.

    Args:
        market: the catalogue.
        panel: table ``indicator_panel``.
        months: the vintages; of the market's first, and before it, there is no news.
        revisions: table ``panel_revisions``; None where nothing was ever revised.

    Raises:
        EstimationError: a month, or the one before it, without any data.
    """
    known = known_panel(market, panel, revisions)
    begun = known.months[known.joined(market.index.min_observations)]
    before = months - 1
    months = months[before.isin(begun) & (before >= pd.Period(market.sample.first_vintage, "M"))]
    names = pd.Categorical(known.indicators, categories=known.indicators)
    dimensions = pd.Categorical(known.indicators.map(market.dimension_of()))
    dates = month_ends(known.months)
    frames = [_no_rows()]
    for row, split in _splits(market, known, months):
        when, which = np.nonzero(split.present)
        frames.append(
            pd.DataFrame(
                {
                    "as_of": dates[row],
                    "ref_date": dates[when],
                    "indicator": names[which],
                    "dimension": dimensions[which],
                    **{
                        name: getattr(split, name)[when, which]
                        for name in ("new_data", "revised_data", "scaling", "weights", "change")
                    },
                }
            )
        )
    return pd.concat(frames[1:] or frames, ignore_index=True)


def split_news(old: ScaledVintage, new: ScaledVintage) -> Split:
    """Split the change from one vintage to that of the next month; see the module's docstring.

    Args:
        old: the vintage before, of ``n_months - 1`` months.
        new: the later one, of ``n_months``; its last row is held against the last of ``old``.
    """
    n_old = len(old.values)
    # Of each row of the new vintage the one that it comes from.
    origin = np.append(np.arange(n_old), n_old - 1)
    weight, held = old.weights[origin], old.observed[origin]
    before = old.scores(old.values[origin])
    # The row that it comes from, as the new vintage has it.
    stands = new.observed[origin]
    reread, now = old.scores(new.values[origin]), old.scores(new.values)
    rescaled = new.scores(new.values)
    there = new.observed
    stays, goes_on = held & stands, held & stands & there
    comes = there & ~stays
    contribution = new.weights * rescaled
    return Split(
        present=held | there,
        new_data=np.where(stays, weight * (np.where(there, now, 0.0) - reread), 0.0)
        + np.where(comes, contribution, 0.0),
        revised_data=np.where(held, weight * (np.where(stands, reread, 0.0) - before), 0.0),
        scaling=np.where(goes_on, weight * (rescaled - now), 0.0),
        weights=np.where(goes_on, (new.weights - weight) * rescaled, 0.0),
        change=np.where(there, contribution, 0.0) - np.where(held, weight * before, 0.0),
    )


def _splits(
    market: Market, known: KnownPanel, months: pd.PeriodIndex
) -> Iterator[tuple[int, Split]]:
    """The split of each month's vintage, with its row in the panel."""
    if months.empty:
        return
    needed = months.union(months - 1)
    vintages = vintages_as_of(market, known, needed)
    scaled: dict[int, ScaledVintage] = {}
    for row, estimates, weights in zip(
        vintages.as_of, vintages.estimates, vintages.weights, strict=True
    ):
        _, mean, sd = standardize(known.at(row), estimates.observed)
        values = np.where(estimates.observed, known.at(row), 0.0)
        scaled[int(row)] = ScaledVintage(values, estimates.observed, mean, sd, weights)
    for row in known.months.get_indexer(months):
        yield int(row), split_news(scaled[row - 1], scaled[row])


def _no_rows() -> pd.DataFrame:
    columns = ["new_data", "revised_data", "scaling", "weights", "change"]
    return pd.DataFrame(columns=["as_of", "ref_date", "indicator", "dimension", *columns])
