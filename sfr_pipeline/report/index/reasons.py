"""Why the index stood where it stood in a month: who drove it, and what moved it, as known then.

Belongs here: the parts of a month's index, from the tables of its real-time estimate. Does not
belong here: where the index stood, which is `standing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline.markets import Market

Tables = Mapping[str, pd.DataFrame]

HEADLINE_NEWS = "headline_news"
"""Rows of ``index_news`` of each vintage's own month: how the headline moved."""

# Of the drivers, those that stand with their names on either side; and of what moved the index.
N_DRIVERS, N_MOVES = 5, 3
PARTS = ("new_data", "revised_data", "scaling", "weights")


@dataclass(frozen=True)
class Driver:
    """What one indicator adds to the index, or takes from it.

    Attributes:
        score: oriented z-score.
        contribution: weight times score.
        indicator_effect: part of the month's change of the index due to the indicator's move.
        weight_effect: part of that change due to its weight.
    """

    indicator: str
    name: str
    dimension: str
    score: float
    weight: float
    contribution: float
    indicator_effect: float
    weight_effect: float

    @property
    def change(self) -> float:
        """On the month; NaN in the first."""
        return self.indicator_effect + self.weight_effect


@dataclass(frozen=True)
class Move:
    """By how much one indicator moved the index on the month."""

    indicator: str
    name: str
    change: float


@dataclass(frozen=True)
class News:
    """The month's change of the index, split exactly by what changed in the data.

    Attributes:
        new_data: by values that the month before did not know.
        revised_data: by values that it knew otherwise.
        scaling: by re-estimated means and standard deviations.
        weights: by re-estimated weights.
        moves: the indicators that moved the index most, the largest first.
    """

    new_data: float
    revised_data: float
    scaling: float
    weights: float
    moves: tuple[Move, ...]

    @property
    def change(self) -> float:
        """What the four parts sum to."""
        return self.new_data + self.revised_data + self.scaling + self.weights


@dataclass(frozen=True)
class Dimension:
    """What one dimension adds to the index; ``change`` is NaN in the first month."""

    name: str
    contribution: float
    change: float


@dataclass(frozen=True)
class Reasons:
    """Of one month.

    Attributes:
        drivers: indicators that had data, the largest contribution first.
        missing: names of those that had none.
        dimensions: those that had data, the largest contribution first.
        news: None where the tables hold none, as of the first month.
    """

    drivers: tuple[Driver, ...]
    missing: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    news: News | None

    @property
    def up(self) -> tuple[Driver, ...]:
        """The drivers that push the index up most, the strongest first."""
        return tuple(one for one in self.drivers[:N_DRIVERS] if one.contribution > 0)

    @property
    def down(self) -> tuple[Driver, ...]:
        """Those that hold it down most, the strongest first."""
        last = reversed(self.drivers[-N_DRIVERS:])
        return tuple(one for one in last if one.contribution < 0)

    @property
    def others(self) -> tuple[Driver, ...]:
        """Drivers that are in neither."""
        told = {one.indicator for one in (*self.up, *self.down)}
        return tuple(one for one in self.drivers if one.indicator not in told)


def reasons(market: Market, tables: Tables) -> dict[pd.Timestamp, Reasons]:
    """Of every real-time month, in order.

    Args:
        market: the catalogue, with an index that has begun.
        tables: frames by name: ``sfri_weights``, ``sfri_contributions``, ``dimension_indices``,
            ``indicator_statistics`` and, where there is one, `HEADLINE_NEWS`.
    """
    names = names_of(tables["indicator_statistics"])
    drivers = _drivers(market, tables, names)
    dimensions = _dimensions(market, tables["dimension_indices"])
    news = _news(tables[HEADLINE_NEWS], names) if HEADLINE_NEWS in tables else {}
    return {
        month: Reasons(
            drivers=found,
            missing=tuple(
                name
                for indicator, name in names.items()
                if indicator not in {driver.indicator for driver in found}
            ),
            dimensions=dimensions.get(month, ()),
            news=news.get(month),
        )
        for month, found in drivers.items()
    }


def names_of(statistics: pd.DataFrame) -> dict[str, str]:
    """Names of the indicators by identifier, from table ``indicator_statistics``."""
    return dict(zip(statistics["indicator"], statistics["name"], strict=True))


def _drivers(
    market: Market, tables: Tables, names: Mapping[str, str]
) -> dict[pd.Timestamp, tuple[Driver, ...]]:
    key = ["mode", "ref_date", "indicator", "dimension"]
    rows = tables["sfri_contributions"].merge(tables["sfri_weights"], on=key)
    rows = rows[rows["mode"] == "real_time"]
    rows = rows.sort_values(["ref_date", "contribution"], ascending=[True, False])
    found: dict[pd.Timestamp, list[Driver]] = {}
    for row in rows.itertuples(index=False):
        driver = Driver(
            indicator=row.indicator,
            name=names[row.indicator],
            dimension=market.dimensions[row.dimension],
            score=row.contribution / row.weight,
            weight=row.weight,
            contribution=row.contribution,
            indicator_effect=row.indicator_effect,
            weight_effect=row.weight_effect,
        )
        found.setdefault(row.ref_date, []).append(driver)
    return {month: tuple(drivers) for month, drivers in found.items()}


def _dimensions(market: Market, indices: pd.DataFrame) -> dict[pd.Timestamp, tuple[Dimension, ...]]:
    wide = contributions_by_dimension(indices)
    before = wide.set_axis(wide.index + pd.offsets.MonthEnd(1)).reindex(wide.index)
    there = indices[(indices["mode"] == "real_time") & (indices["n_indicators"] > 0)]
    found: dict[pd.Timestamp, list[Dimension]] = {}
    there = there.sort_values(["ref_date", "contribution"], ascending=[True, False])
    for row in there.itertuples(index=False):
        change = row.contribution - before.at[row.ref_date, row.dimension]
        told = Dimension(market.dimensions[row.dimension], row.contribution, change)
        found.setdefault(row.ref_date, []).append(told)
    return {month: tuple(dimensions) for month, dimensions in found.items()}


def contributions_by_dimension(indices: pd.DataFrame) -> pd.DataFrame:
    """Real-time contributions from table ``dimension_indices``: months by dimensions."""
    rows = indices[indices["mode"] == "real_time"]
    return rows.pivot(index="ref_date", columns="dimension", values="contribution").sort_index()


def _news(news: pd.DataFrame, names: Mapping[str, str]) -> dict[pd.Timestamp, News]:
    sums = news.groupby("as_of")[list(PARTS)].sum()
    largest = news.loc[news["change"].abs().sort_values(ascending=False).index]
    moves: dict[pd.Timestamp, list[Move]] = {}
    for row in largest.groupby("as_of").head(N_MOVES).itertuples(index=False):
        # An indicator that has left the catalogue keeps its identifier.
        move = Move(row.indicator, names.get(row.indicator, row.indicator), row.change)
        moves.setdefault(row.as_of, []).append(move)
    return {
        row.Index: News(
            row.new_data, row.revised_data, row.scaling, row.weights, tuple(moves[row.Index])
        )
        for row in sums.itertuples()
    }
