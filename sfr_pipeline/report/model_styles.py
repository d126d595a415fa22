"""How a model is drawn: its colour by family, its line by its part in the leg."""

from collections.abc import Mapping

from sfr_pipeline.evaluation.models import Family, Leg, Model, find, models_of
from sfr_pipeline.report.grammar import Line
from sfr_pipeline.report.style import CALM, INK, MUTED, PALETTE, RISK

FAMILY_COLOURS: Mapping[Family, str] = {
    "naive": "#bcccdc",
    "baseline": MUTED,
    "paper": CALM,
    "own": RISK,
}
DASHES = ((8, 2), (5, 2, 1, 2), (4, 2), (1, 1), (8, 2, 2, 2, 2, 2))


def line_style(model: Model, width: float = 1.2) -> Line:
    """How a model's line is drawn: benchmark, bar, lead and contender stand out.

    Args:
        model: its record.
        width: in pixels.
    """
    if model.benchmark:
        return Line(model.name, MUTED, (2, 2), width)
    if model.bar:
        return Line(model.name, INK, (6, 2), width)
    if model.contender or model.lead:
        return Line(model.name, FAMILY_COLOURS[model.family], width=1.4 * width)
    others = [
        other
        for other in models_of(model.leg)
        if other.featured and not (other.benchmark or other.bar or other.contender or other.lead)
    ]
    place = others.index(model) if model in others else 0
    # Dashes tell apart in grey what colours tell apart, and what is beyond the palette.
    dash = DASHES[(place + place // len(PALETTE)) % len(DASHES)]
    return Line(model.name, PALETTE[place % len(PALETTE)], dash, width)


def family_of(leg: Leg, identifier: str) -> Family:
    """Family of a model; one without a record counts as this project's users' own."""
    model = find(leg, identifier)
    return model.family if model else "own"
