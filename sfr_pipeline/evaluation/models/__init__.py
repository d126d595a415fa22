"""The record of every model: what it is, what readers call it, and where it may not be missing.

Belongs here: facts about a model that more than one room needs. Order, names, colours, required
rows, verdict words and counts of variants all derive from `MODELS`, and so does table ``models``.
Does not belong here: how a model is fitted; ``implementation`` says where that stands.

Adding a model is one record, in the file of its question, and one class. Those of the workspace and
of other packages (`own`) come behind ours.
"""

from collections.abc import Collection, Iterable

import pandas as pd

from sfr_pipeline.evaluation.models.own import SHIPPED, own_models
from sfr_pipeline.evaluation.models.record import (
    FAMILIES,
    Family,
    Forecaster,
    Leg,
    Model,
    Need,
    load,
)

__all__ = [
    "FAMILIES",
    "MODELS",
    "Family",
    "Forecaster",
    "Leg",
    "Model",
    "Need",
    "ablation",
    "bar",
    "benchmark",
    "contender",
    "find",
    "headline",
    "in_reading_order",
    "lead",
    "load",
    "missing_models",
    "model_rows",
    "models_of",
    "name_of",
    "own_models",
    "persistence",
    "references",
    "simple_kind",
    "simple_models",
    "variants_looked_at",
]

# Those of this package, in reading order.
MODELS = SHIPPED


def models_of(leg: Leg) -> tuple[Model, ...]:
    """The models of a leg, in reading order.

    Raises:
        ExtensionError: a record of the workspace or of another package is refused.
    """
    return tuple(model for model in (*MODELS, *own_models()) if model.leg == leg)


def model_rows(legs: Iterable[Leg]) -> pd.DataFrame:
    """Rows of table ``models``.

    Args:
        legs: those that a market has.
    """
    rows = [
        {
            "leg": model.leg,
            "model": model.id,
            "place": place,
            "name": model.name,
            "family": model.family,
            "network": model.network,
            "random": model.random,
            "benchmark": model.benchmark,
            "reference": model.reference,
            "headline": model.headline,
            "required": ", ".join(model.required),
            "settings": model.settings,
            "choice": model.choice,
            "variants": model.variants,
        }
        for leg in legs
        for place, model in enumerate(models_of(leg), start=1)
    ]
    return pd.DataFrame(rows)


def simple_models(leg: Leg) -> tuple[Model, ...]:
    """Naive models and baselines of a leg: those that the others have to beat."""
    return tuple(model for model in models_of(leg) if model.simple)


def find(leg: Leg, identifier: str) -> Model | None:
    """A model by its id; None for one that has no record, as an older table may name."""
    return next((model for model in models_of(leg) if model.id == identifier), None)


def name_of(leg: Leg, identifier: str) -> str:
    """Name for readers; a model without a record keeps its id."""
    model = find(leg, identifier)
    return model.name if model else identifier


def simple_kind(leg: Leg, identifier: str) -> str:
    """What readers are told of a model that the others have to beat; nothing of any other."""
    model = find(leg, identifier)
    return FAMILIES[model.family] if model is not None and model.simple else ""


def in_reading_order(leg: Leg, identifiers: Iterable[str]) -> list[str]:
    """Distinct ids in the order of the records; ids without a record behind, by the alphabet."""
    place = {model.id: number for number, model in enumerate(models_of(leg))}
    return sorted(set(identifiers), key=lambda name: (place.get(name, len(place)), name))


def benchmark(leg: Leg) -> Model:
    """The model that every other of a leg is measured by."""
    return _only(leg, "benchmark")


def bar(leg: Leg, present: Collection[str]) -> Model:
    """The naive model that verdicts are held against: the better one known in advance.

    Args:
        leg: of the models.
        present: ids that are there; without the better one it is the benchmark.
    """
    found = [model for model in _ours(leg) if model.bar and model.id in present]
    return found[0] if found else benchmark(leg)


def lead(leg: Leg) -> Model:
    """The network that the paper of a leg proposes."""
    return _only(leg, "lead")


def contender(leg: Leg) -> Model:
    """This project's own candidate of a leg."""
    return _only(leg, "contender")


def headline(leg: Leg) -> Model:
    """The model of a leg whose answers are published first."""
    return _only(leg, "headline")


def persistence(leg: Leg) -> Model:
    """The model of a leg that repeats the last known outcome."""
    return _only(leg, "persistence")


def ablation(model: Model) -> Model | None:
    """The same model without its network, where there is such a row."""
    found = [other for other in _ours(model.leg) if other.ablation_of == model.id]
    return found[0] if found else None


def references(leg: Leg) -> tuple[Model, ...]:
    """Those that every other model of a leg is held against in a paired test."""
    return _ours(leg, "reference")


def variants_looked_at(leg: Leg) -> int:
    """Variants of all models of a leg that were looked at before their forms were fixed."""
    return sum(model.variants for model in models_of(leg))


def missing_models(
    leg: Leg,
    protocol: str,
    present: Iterable[str],
    horizon: int | None = None,
    lacking: Collection[Need] = (),
) -> list[str]:
    """Ids that scores under a protocol may not be published without, and that are not there.

    Args:
        leg: whose scores.
        protocol: under which they were made.
        present: ids that are there.
        horizon: months ahead, where forecasts have one.
        lacking: what the market does not have.
    """
    there = set(present)
    return [
        model.id
        for model in models_of(leg)
        if protocol in model.required
        and model.id not in there
        and model.needs not in lacking
        and (horizon is None or model.months_ahead is None or horizon <= model.months_ahead)
    ]


def _ours(leg: Leg, role: str | None = None) -> tuple[Model, ...]:
    """Models of this package, which alone have roles.

    Tables are built from roles when they are imported: nobody's extension may be imported by that,
    for it may import what is just being imported.
    """
    return tuple(
        model for model in MODELS if model.leg == leg and (role is None or getattr(model, role))
    )


def _only(leg: Leg, role: str) -> Model:
    found = _ours(leg, role)
    if len(found) != 1:
        raise ValueError(f"leg {leg} has {len(found)} models with '{role}': it needs exactly one")
    return found[0]
