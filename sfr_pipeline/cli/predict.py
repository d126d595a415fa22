"""Command ``predict``: ask the trained daily models of the days after the latest one."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.errors import CatalogueError
from sfr_pipeline.markets import Market, load_market

if TYPE_CHECKING:
    import pandas as pd


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "predict",
        "score the latest day with the trained daily models; nothing is trained",
        run,
    )
    add_market(parser)


def run(options: argparse.Namespace) -> None:
    """Print how large volatility will be, then each model's probability of stress.

    Raises:
        CatalogueError: the market has no stress leg.
    """
    from sfr_pipeline.cli.pasteable import program
    from sfr_pipeline.resources.warehouse import Warehouse
    from sfr_pipeline.stress import latest
    from sfr_pipeline.stress.volatility import latest as volatility

    market, warehouse = load_market(options.market), Warehouse()
    if market.stress is None:
        raise CatalogueError(
            f"market {market.name} measures nothing by day, and there is nothing to predict: what "
            f"it has is told by '{program('sfr')} summary {market.name}'"
        )
    warehouse.open()
    frames = warehouse.read_all(market.name, {*volatility.TABLES, *latest.TABLES})
    ahead = volatility.latest_volatility(market, frames, warehouse.files)
    print("\n".join(volatility_lines(market, ahead)))
    found = latest.latest_probabilities(market, frames, warehouse.files)
    print("\n".join(probability_lines(market, found)))


def volatility_lines(market: Market, ahead: "pd.DataFrame") -> Iterator[str]:
    """How large volatility will be, a line for each sub-market, horizon and model.

    Args:
        market: the catalogue, with a stress leg.
        ahead: of `latest_volatility`.
    """
    from sfr_pipeline.evaluation.models import name_of

    day, origin = ahead["date"].iloc[0], ahead["origin"].iloc[0]
    yield (
        f"{market.title}: volatility of the trading days after {day:%Y-%m-%d}, per cent a year "
        f"(trained to {origin:%Y-%m-%d})"
    )
    assert market.stress is not None
    for part in market.stress.sub_markets:
        own = ahead[ahead["market"] == part.id]
        yield f"  {part.name}" if len(own) else f"  {part.name}: no price on {day:%Y-%m-%d}"
        for row in own.sort_values("horizon", kind="stable").itertuples(index=False):
            half = f"50 %: {_bounds(row.low_50, row.high_50)}"
            most = f"90 %: {_bounds(row.low_90, row.high_90)}"
            name = name_of("volatility", str(row.model))
            yield f"    {row.horizon:2d} days  {100 * row.forecast:5.1f}  ({half}; {most})  {name}"


def probability_lines(market: Market, found: "pd.DataFrame") -> Iterator[str]:
    """Probability of stress, a line for each model, highest and lowest of its seeds beside it.

    Args:
        market: the catalogue.
        found: of `latest_probabilities`.
    """
    from sfr_pipeline.evaluation.models import name_of

    day, label = found["date"].iloc[0], found["label"].iloc[0]
    yield f"{market.title}: probability of stress ({label}) as of {day:%Y-%m-%d}"
    for row in found.itertuples(index=False):
        seeds = f"single seeds {row.lowest_seed:.3f} to {row.highest_seed:.3f}"
        told = f"trained to {row.origin:%Y-%m-%d}; {seeds}"
        yield f"  {row.probability:.3f}  {name_of('stress', str(row.model))} ({told})"


def _bounds(low: float, high: float) -> str:
    """Per cent; a market with too few past errors has none."""
    if low != low or high != high:
        return "not known yet"
    return f"{100 * low:.1f} to {100 * high:.1f}"
