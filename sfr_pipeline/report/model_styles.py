"""How a model is drawn: its colour by family, its line and its dot by its part in the leg."""

from collections.abc import Mapping

from sfr_pipeline.evaluation.models import Family, Leg, Model, find, models_of
from sfr_pipeline.report.grammar import Line
from sfr_pipeline.report.style import CALM, MUTED, PALETTE, RISK

# A shape beside each colour, so that grey print tells families apart.
FAMILY_COLOURS: Mapping[Family, str] = {
    "naive": "#7b8794",
    "baseline": MUTED,
    "paper": CALM,
    "own": RISK,
}
FAMILY_SHAPES: Mapping[Family, str] = {
    "naive": "triangle-up",
    "baseline": "square",
    "paper": "diamond",
    "own": "circle",
}
# Lines that stand for the same part look alike only where colour and dash both return.
DASHES: tuple[tuple[int, ...], ...] = ((), (7, 2), (3, 2), (8, 2, 2, 2), (2, 3))
BENCHMARK_DASH = (2, 2)
WIDTH = 1.8


def line_style(model: Model) -> Line:
    """The line of a model; benchmark, lead and contender stand out."""
    if model.benchmark:
        return Line(model.name, MUTED, BENCHMARK_DASH)
    if model.contender or model.lead:
        return Line(model.name, FAMILY_COLOURS[model.family], width=WIDTH)
    others = [
        other
        for other in models_of(model.leg)
        if other.featured and not (other.benchmark or other.contender or other.lead)
    ]
    return numbered_line(model.name, others.index(model) + 1 if model in others else 0)


def numbered_line(label: str, place: int) -> Line:
    """One of several lines of which none stands out: its colour and dash by its place."""
    return Line(label, PALETTE[place % len(PALETTE)], DASHES[place % len(DASHES)])


def family_of(leg: Leg, identifier: str) -> Family:
    """Family of a model; one without a record counts as this project's users' own."""
    model = find(leg, identifier)
    return model.family if model else "own"
