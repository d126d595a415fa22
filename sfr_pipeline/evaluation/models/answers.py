"""What a model answers: of the right shape, finite, the same whenever it is asked.

Belongs here: refusing what is not, in words that name the model, where it lies and what it was
doing. A model that fails ends the step that asked it, so that no table is published without it:
what was finished before stays. Does not belong here: how good an answer was.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import ExtensionError
from sfr_pipeline.evaluation.models.code import is_ours
from sfr_pipeline.evaluation.models.own import own_models, place_of
from sfr_pipeline.evaluation.models.record import Model

# Digits in which one answer may differ from the same among others.
SAME = 1e-6


def is_own(model: Model) -> bool:
    """Whether a model is of the user: its record, or its class, is not shipped."""
    return model in own_models() or not is_ours(model.implementation)


@contextmanager
def answering(model: Model, doing: str) -> Iterator[None]:
    """Name a user's model in whatever is raised while it works; ours speak for themselves.

    Args:
        model: its record.
        doing: what it is asked, such as "at the origin 2012-05".

    Raises:
        ExtensionError: it raised something.
    """
    try:
        yield
    except ExtensionError:
        raise
    except Exception as error:
        if not is_own(model):
            raise
        raise _refusal(model, f"failed {doing} ({type(error).__name__}: {error})") from error


def check_answer(
    model: Model, answer: object, shape: tuple[int, ...], axes: str, doing: str, holes: bool = False
) -> FloatArray:
    """An answer as numbers, refused where it is not what was asked for.

    Args:
        model: its record.
        answer: what it returned.
        shape: that is wanted.
        axes: what they are, for messages.
        doing: what it was asked.
        holes: whether values may be missing.

    Raises:
        ExtensionError: another shape, no numbers, or some that are not finite.
    """
    try:
        found = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise _refusal(model, f"answered {type(answer).__name__} {doing}, no numbers") from error
    if found.shape != shape:
        raise _refusal(model, f"answered {found.shape} {doing}, not {shape}, which is ({axes})")
    wrong = np.isinf(found) if holes else ~np.isfinite(found)
    if wrong.any():
        place = tuple(int(at) for at in np.argwhere(wrong)[0])
        raise _refusal(
            model, f"answered {found[place]} {doing}, at {place} of ({axes}): it must be a number"
        )
    return found


def check_same(model: Model, answer: FloatArray, again: FloatArray, doing: str, why: str) -> None:
    """Refuse an answer that changes with what the model may not know.

    Args:
        model: its record.
        answer: as it stands in the tables.
        again: the same, asked in another way.
        doing: what it was asked.
        why: what the difference means.

    Raises:
        ExtensionError: they differ.
    """
    if np.shape(again) == answer.shape and np.allclose(
        answer, again, rtol=SAME, atol=SAME, equal_nan=True
    ):
        return
    raise _refusal(model, f"answers otherwise {doing}: {why}")


def _refusal(model: Model, what: str) -> ExtensionError:
    return ExtensionError(
        f"{place_of(model)}: the model '{model.id}' ({model.implementation}) {what}; mend it, or "
        "take its record out"
    )
