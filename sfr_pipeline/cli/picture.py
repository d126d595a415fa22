"""Command ``picture``: draw a market's index for the README."""

import argparse
from pathlib import Path

from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.markets import load_market

# Pixels a unit, so that a page shows it sharp on a dense screen.
SCALE = 1.6


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "picture",
        "draw a market's index, or without one its probability of stress, for the README",
        run,
    )
    add_market(parser)
    parser.add_argument("target", type=Path, help="PNG file to write")


def run(options: argparse.Namespace) -> None:
    """Draw the stored tables and write the file."""
    from sfr_pipeline.files import in_place_of
    from sfr_pipeline.report.chart import to_png
    from sfr_pipeline.report.index.charts import index_chart
    from sfr_pipeline.report.opinion.charts import npoi_chart
    from sfr_pipeline.report.stress.charts import probability_chart
    from sfr_pipeline.resources.warehouse import Warehouse

    market, warehouse = load_market(options.market), Warehouse()
    if market.monthly:
        chart = index_chart(
            warehouse.read(market.name, "sfri"),
            "real_time",
            events=warehouse.read(market.name, "events"),
            regimes=warehouse.read(market.name, "regimes"),
        )
    elif market.posts_alone:
        chart = npoi_chart(warehouse.read(market.name, "npoi"))
    else:
        predictions = warehouse.read(market.name, "stress_predictions")
        chart = probability_chart(predictions, market.events)
    with in_place_of(options.target) as aside:
        aside.write_bytes(to_png(chart, synthetic=market.synthetic, scale=SCALE))
