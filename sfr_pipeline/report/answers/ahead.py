"""What is ahead."""

from typing import Any

from sfr_pipeline.markets import Market
from sfr_pipeline.report.parts import Part, Tables


def _shown(market: Market, tables: Tables) -> dict[str, Any] | None:
    return None


AHEAD = Part("ahead", "What is ahead", "answers/ahead.html.j2", _shown)
