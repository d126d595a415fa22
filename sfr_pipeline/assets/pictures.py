"""Pictures in the metadata of a materialization."""

import base64

import dagster as dg

from sfr_pipeline.markets import Market
from sfr_pipeline.report.chart import Chart, to_png


def picture(market: Market, chart: Chart) -> dg.MarkdownMetadataValue:
    """Embed a chart so that the Dagster UI shows it; some tens of KB in the event log."""
    encoded = base64.b64encode(to_png(chart, synthetic=market.synthetic)).decode()
    return dg.MetadataValue.md(f"![{chart.title}](data:image/png;base64,{encoded})")
