"""Command ``predict``: score the latest day with the trained daily models."""

import argparse

from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.markets import load_market


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
    """Print each model's probability of stress, highest and lowest of its seeds beside it."""
    from sfr_pipeline.evaluation.models import name_of
    from sfr_pipeline.resources.warehouse import Warehouse
    from sfr_pipeline.stress import latest

    market, warehouse = load_market(options.market), Warehouse()
    warehouse.open()
    frames = warehouse.read_all(market.name, latest.TABLES)
    found = latest.latest_probabilities(market, frames, warehouse.files)
    day, label = found["date"].iloc[0], found["label"].iloc[0]
    print(f"{market.title}: probability of stress ({label}) as of {day:%Y-%m-%d}")
    for row in found.itertuples(index=False):
        seeds = f"single seeds {row.lowest_seed:.3f} to {row.highest_seed:.3f}"
        told = f"trained to {row.origin:%Y-%m-%d}; {seeds}"
        print(f"  {row.probability:.3f}  {name_of('stress', str(row.model))} ({told})")
