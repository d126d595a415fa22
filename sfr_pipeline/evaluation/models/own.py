"""Records of models that this package does not ship, held to the same rules as ours.

Belongs here: what such a record may not say, and where it was found. Does not belong here: how it
is found (`extensions`), what its class answers (`answers`).
"""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from itertools import chain

from sfr_pipeline.errors import ExtensionError
from sfr_pipeline.evaluation.models import forecasting, stress, volatility
from sfr_pipeline.evaluation.models.code import code_hash
from sfr_pipeline.evaluation.models.record import FAMILIES, Model, load
from sfr_pipeline.extensions import found_models

# In reading order.
SHIPPED: tuple[Model, ...] = (*forecasting.MODELS, *volatility.MODELS, *stress.MODELS)
FAMILY = "own"
# What a verdict is held against, or published first, is for this package alone to say.
ROLES = (
    "benchmark", "reference", "bar", "lead", "contender", "headline", "persistence", "ablation_of",
)  # fmt: skip
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
# From what a class is derived, and what it then has.
_BASES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "forecasting": ("sfr_pipeline.forecasting.forecasters.Forecaster", ("fit", "predict")),
    "forecasting network": (
        "sfr_pipeline.forecasting.forecasters.NetworkForecaster",
        ("task", "changes"),
    ),
    "stress": ("sfr_pipeline.stress.bases.Classifier", ("inputs", "fit", "predict", "rank")),
    "stress forward": ("sfr_pipeline.stress.bases.ForwardModel", ("fit",)),
    "stress network": ("sfr_pipeline.networks.Network", ("forward", "stackable")),
    "volatility": ("sfr_pipeline.stress.bases.VolatilityModel", ("inputs", "fit", "predict")),
    "volatility network": ("sfr_pipeline.networks.Network", ("forward", "stackable")),
}


def own_models() -> tuple[Model, ...]:
    """The records of the workspace and of other packages.

    Raises:
        ExtensionError: one can't be imported, or says what it may not.
    """
    return tuple(record for record, _ in _found())


def place_of(model: Model) -> str:
    """Where the record of a model lies, for messages."""
    own = next((where for record, where in _found() if record is model), None)
    return own or model.implementation.partition(":")[0]


@cache
def _found() -> tuple[tuple[Model, str], ...]:
    records = list(SHIPPED)
    places = []
    for extension in found_models():
        for record in extension.value:
            refuse_unless_sound(record, extension.where, records)
            records.append(record)
            places.append(extension.where)
    return tuple(zip(records[len(SHIPPED) :], places, strict=True))


def refuse_unless_sound(record: object, where: str, others: Sequence[Model]) -> None:
    """Refuse a record that is none, or takes a place that is not its own.

    Args:
        record: what was found.
        where: it was found, for messages.
        others: records with which it may not share leg and id.

    Raises:
        ExtensionError: the message says what to write instead.
    """
    if not isinstance(record, Model):
        raise ExtensionError(
            f"{where}: MODELS holds {record!r:.80}, which is no record: write a "
            "sfr_pipeline.evaluation.models.Model(...)"
        )
    told = f"{where}: the record '{record.id}'"
    # One at a time: what is wrong first may leave no sense in what comes after it.
    for fault in chain(_faults(record, others), _faults_of_class(record)):
        raise ExtensionError(f"{told} {fault}")
    module = record.implementation.partition(":")[0]
    if record.network and module in sys.modules:
        # Read now, right after its import: what is kept is found by the text that was imported.
        code_hash(record.implementation)


def _faults(record: Model, others: Sequence[Model]) -> Iterator[str]:
    legs = {other.leg for other in SHIPPED}
    if record.leg not in legs:
        yield f"has no leg {record.leg!r}: choose from {_listed(legs)}"
        return
    if not _IDENTIFIER.fullmatch(record.id):
        yield "needs an id of small letters, digits and underscores"
    if record.family != FAMILY:
        kind = FAMILIES.get(record.family, repr(record.family))
        yield f"calls itself {kind}: its family is {FAMILY!r}"
    defaults = {field.name: field.default for field in fields(Model)}
    if claimed := [role for role in ROLES if getattr(record, role) != defaults[role]]:
        yield (
            f"claims to be {', '.join(claimed)}: these are roles of this package's models, "
            "leave them out"
        )
    if not (record.required or record.optional):
        yield "runs nowhere: name in 'required' the protocols that it may not be missing from"
    shipped = [other for other in SHIPPED if other.leg == record.leg]
    known = {name for other in shipped for name in (*other.required, *other.optional)}
    if unknown := {*record.required, *record.optional} - known:
        yield f"names {_listed(unknown)}, which leg {record.leg} has not: it has {_listed(known)}"
    if any((other.leg, other.id) == (record.leg, record.id) for other in others):
        yield f"has the id of another model of leg {record.leg}: rename it"
    if any((other.leg, other.name) == (record.leg, record.name) for other in others):
        yield f"has the name of another model of leg {record.leg}, {record.name!r}: rename it"
    yield from _faults_of_kind(record)


def _faults_of_kind(record: Model) -> Iterator[str]:
    """What a network, or a model without one, can't be."""
    if record.forward and (record.leg != "stress" or record.network):
        yield "has forward=True, which is for models of leg stress that are no networks"
    if record.network and not record.random:
        yield "is a network and takes seeds: write random=True"
    if record.random and not record.network and record.leg != "forecasting":
        yield f"has random=True: a model of leg {record.leg} has one answer, fix the seed in it"
    if record.network and record.leg == "forecasting" and record.months_ahead != 1:
        yield "is a network and forecasts the next month alone: write months_ahead=1"
    if record.leg == "volatility" and record.network:
        days = {other.days_ahead for other in SHIPPED if other.leg == record.leg and other.network}
        if record.days_ahead not in days:
            yield f"is a network on volatility: write days_ahead={_listed(days)}"
    elif record.window is not None:
        yield "has a window, which is for networks of leg volatility: leave it out"


def _faults_of_class(record: Model) -> Iterator[str]:
    """What is wrong with the class where its module is imported; elsewhere it is told in use."""
    module = record.implementation.partition(":")[0]
    if module not in sys.modules:
        return
    try:
        kind = load(record.implementation)
    except (AttributeError, ImportError) as error:
        yield f"names {record.implementation}, which is not there ({error})"
        return
    sort = " network" if record.network else " forward" if record.forward else ""
    base, wanted = _BASES[record.leg + sort]
    derive = f"derive it from {base}"
    if not isinstance(kind, type):
        yield f"names {record.implementation}, which is no class: {derive}"
    elif lacking := [name for name in wanted if not hasattr(kind, name)]:
        yield f"names {record.implementation}, which has no {', '.join(lacking)}: {derive}"
    elif inspect.isabstract(kind):
        open_ = _listed(vars(kind)["__abstractmethods__"])
        yield f"names {record.implementation}, which leaves {open_} of {base} to be written"


def _listed(names: object) -> str:
    assert isinstance(names, set | frozenset)
    return ", ".join(sorted(map(str, names)))
