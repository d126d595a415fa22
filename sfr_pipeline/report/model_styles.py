"""How a model is drawn: its colour by family, its line by its part in the leg."""

from collections.abc import Mapping
from typing import Any

from sfr_pipeline.evaluation.models import Family, Leg, Model, find, models_of
from sfr_pipeline.report.style import CALM, MUTED, PALETTE, RISK

FAMILY_COLOURS: Mapping[Family, str] = {
    "naive": "#bcccdc",
    "baseline": MUTED,
    "paper": CALM,
    "own": RISK,
}


def line_style(model: Model) -> dict[str, Any]:
    """Keyword arguments of a line; benchmark, lead and contender stand out."""
    if model.benchmark:
        return {"color": MUTED, "ls": ":"}
    if model.contender or model.lead:
        return {"color": FAMILY_COLOURS[model.family], "ls": "-"}
    others = [
        other
        for other in models_of(model.leg)
        if other.featured and not (other.benchmark or other.contender or other.lead)
    ]
    place = others.index(model) + 1 if model in others else 0
    # Beyond the palette lines are dashed too.
    style = "-" if place < len(PALETTE) else "--"
    return {"color": PALETTE[place % len(PALETTE)], "ls": style}


def family_of(leg: Leg, identifier: str) -> Family:
    """Family of a model; one without a record counts as this project's users' own."""
    model = find(leg, identifier)
    return model.family if model else "own"
