"""Pictures in the metadata of a materialization."""

import base64
from typing import TYPE_CHECKING

import dagster as dg

from sfr_pipeline.markets import Market
from sfr_pipeline.report.style import mark_synthetic, to_png

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def picture(market: Market, figure: "Figure") -> dg.MarkdownMetadataValue:
    """Embed a figure so that the Dagster UI shows it; some tens of KB in the event log."""
    if market.synthetic:
        mark_synthetic(figure)
    encoded = base64.b64encode(to_png(figure)).decode()
    return dg.MetadataValue.md(f"![chart](data:image/png;base64,{encoded})")
