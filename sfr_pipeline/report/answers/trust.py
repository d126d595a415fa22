"""How far to trust it."""

from typing import Any

from sfr_pipeline.markets import Market
from sfr_pipeline.report.parts import Part, Tables


def _shown(market: Market, tables: Tables) -> dict[str, Any] | None:
    return None


TRUST = Part("trust", "How far to trust it", "answers/trust.html.j2", _shown)
