"""The data."""

from typing import Any

from sfr_pipeline.markets import Market
from sfr_pipeline.report.parts import Part, Tables


def _shown(market: Market, tables: Tables) -> dict[str, Any] | None:
    return None


DATA = Part("data", "The data", "answers/data.html.j2", _shown)
