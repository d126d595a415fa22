"""Why."""

from typing import Any

from sfr_pipeline.markets import Market
from sfr_pipeline.report.parts import Part, Tables


def _shown(market: Market, tables: Tables) -> dict[str, Any] | None:
    return None


WHY = Part("why", "Why", "answers/why.html.j2", _shown)
