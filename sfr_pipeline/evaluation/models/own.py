"""Records of models that this package does not ship, held to the same rules as ours.

Belongs here: what such a record may not say. Does not belong here: where it is found
(`extensions`).
"""

import re
from collections.abc import Sequence
from dataclasses import fields
from functools import cache

from sfr_pipeline.errors import ExtensionError
from sfr_pipeline.evaluation.models import forecasting, stress, volatility
from sfr_pipeline.evaluation.models.record import FAMILIES, Model
from sfr_pipeline.extensions import found_models

# In reading order.
SHIPPED: tuple[Model, ...] = (*forecasting.MODELS, *volatility.MODELS, *stress.MODELS)
FAMILY = "own"
# What a verdict is held against, or published first, is for this package alone to say.
ROLES = (
    "benchmark", "reference", "bar", "lead", "contender", "headline", "persistence", "ablation_of",
)  # fmt: skip
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


@cache
def own_models() -> tuple[Model, ...]:
    """The records of the workspace and of other packages.

    Raises:
        ExtensionError: one can't be imported, or says what it may not.
    """
    records = list(SHIPPED)
    for extension in found_models():
        value = extension.value
        for record in (value,) if isinstance(value, Model) else tuple(value):
            refuse_unless_sound(record, extension.where, records)
            records.append(record)
    return tuple(records[len(SHIPPED) :])


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
    if not _IDENTIFIER.fullmatch(record.id):
        raise ExtensionError(f"{told} needs an id of small letters, digits and underscores")
    if record.family != FAMILY:
        raise ExtensionError(
            f"{told} calls itself {FAMILIES[record.family]}: its family is {FAMILY!r}"
        )
    defaults = {field.name: field.default for field in fields(Model)}
    if claimed := [role for role in ROLES if getattr(record, role) != defaults[role]]:
        raise ExtensionError(
            f"{told} claims to be {', '.join(claimed)}: these are roles of this package's models, "
            "leave them out"
        )
    if not (record.required or record.optional):
        raise ExtensionError(
            f"{told} runs nowhere: name in 'required' the protocols that it may not be missing from"
        )
    if any((other.leg, other.id) == (record.leg, record.id) for other in others):
        raise ExtensionError(f"{told} has the id of another model of leg {record.leg}: rename it")
