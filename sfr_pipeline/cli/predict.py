"""Command ``predict``: ask the trained daily models of the days after the latest one."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.errors import CatalogueError
from sfr_pipeline.markets import Market, load_market

if TYPE_CHECKING:
    import pandas as pd

SCORES = "stress_scores"


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
    """Print how large volatility will be, then the probability of stress, best rule first.

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
    beside = {volatility.FORECASTS, SCORES}
    wanted = {*volatility.TABLES, *latest.TABLES, *beside}
    frames = warehouse.read_all(market.name, wanted, optional=beside)
    ahead = volatility.latest_volatility(market, frames, warehouse.files)
    print("\n".join(volatility_lines(market, ahead)))
    found = latest.latest_probabilities(market, frames, warehouse.files)
    print("\n".join(probability_lines(market, found, frames.get(SCORES))))


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
        yield f"  {part.name}{_when(own, day)}"
        for row in own.sort_values("horizon", kind="stable").itertuples(index=False):
            half = f"50 %: {_bounds(row.low_50, row.high_50)}"
            most = f"90 %: {_bounds(row.low_90, row.high_90)}"
            name = name_of("volatility", str(row.model))
            yield f"    {row.horizon:2d} days  {100 * row.forecast:5.1f}  ({half}; {most})  {name}"


def probability_lines(
    market: Market, found: "pd.DataFrame", scores: "pd.DataFrame | None"
) -> Iterator[str]:
    """Probability of stress, a line for each model that warns, the best by its scores first.

    Args:
        market: the catalogue.
        found: of `latest_probabilities`.
        scores: table ``stress_scores``; None while nothing is judged.
    """
    from sfr_pipeline.evaluation.models import benchmark, find, name_of
    from sfr_pipeline.report.formats import probability_text
    from sfr_pipeline.report.stress.verdict import group_of, headline_warner

    day, label = found["date"].iloc[0], found["label"].iloc[0]
    base = found.loc[found["model"] == benchmark("stress").id, "probability"]
    beside = f", base rate {probability_text(base.iloc[0])}" if len(base) else ""
    yield f"{market.title}: probability of stress ({label}) as of {day:%Y-%m-%d}{beside}"
    warns = [(record := find("stress", model)) is None or record.warns for model in found["model"]]
    asked = found[warns]
    judged = {} if scores is None else group_of(scores).set_index("model")["auroc"].to_dict()
    first = None if scores is None else headline_warner(scores, asked["model"])
    # Those that are not judged keep their order behind the others.
    asked = asked.assign(auroc=asked["model"].map(judged).astype(float))
    asked = asked.sort_values("auroc", ascending=False, kind="stable", na_position="last")
    if first is not None:
        asked = asked.sort_values("model", key=lambda ids: ids != first, kind="stable")
    for row in asked.itertuples(index=False):
        told = [f"AUROC {row.auroc:.3f}" if row.auroc == row.auroc else "not judged"]
        told += ["the best by its score"] if row.model == first else []
        told += [f"trained to {row.origin:%Y-%m-%d}"]
        if row.lowest_seed != row.highest_seed:
            told += [f"single seeds {row.lowest_seed:.3f} to {row.highest_seed:.3f}"]
        name = name_of("stress", str(row.model))
        yield f"  {row.probability:.3f}  {name} ({'; '.join(told)})"


def _when(own: "pd.DataFrame", day: "pd.Timestamp") -> str:
    """What is said beside the name of a sub-market that has no price on the latest day."""
    if own.empty:
        return f": no price on {day:%Y-%m-%d}"
    last = own["date"].max()
    if last == day:
        return ""
    return f": no price on {day:%Y-%m-%d}; its last forecast, made on {last:%Y-%m-%d}"


def _bounds(low: float, high: float) -> str:
    """Per cent; a market with too few past errors has none."""
    if low != low or high != high:
        return "not known yet"
    return f"{100 * low:.1f} to {100 * high:.1f}"
