"""Where risk stands."""

from typing import Any

from sfr_pipeline.markets import Market
from sfr_pipeline.report.parts import Part, Tables


def _shown(market: Market, tables: Tables) -> dict[str, Any] | None:
    return None


WHERE = Part("where", "Where risk stands", "answers/where.html.j2", _shown)
