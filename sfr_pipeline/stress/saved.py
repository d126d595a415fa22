"""Trained models of the daily leg as files: arrays, and what is none as JSON in their metadata.

Belongs here: how such a file is written, read and refused, and how the days that it learnt from are
known again. Does not belong here: what a model is made of (`checkpoint`, `volatility.checkpoint`).
The format is safetensors, which cannot run code.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.storage.filesystem import Filesystem

Restored = TypeVar("Restored")


def name_of(market: str, model: str) -> str:
    """Name of a model's file below a warehouse."""
    return f"checkpoints/{market}/{model}.safetensors"


def write(
    files: Filesystem, name: str, arrays: Mapping[str, Any], about: Mapping[str, Any]
) -> None:
    """Write one file; a reader never sees half of it.

    Args:
        files: of the warehouse.
        name: below it.
        arrays: by name.
        about: what goes into JSON, by name.
    """
    from safetensors.numpy import save_file

    contiguous = {array: np.ascontiguousarray(values) for array, values in arrays.items()}
    with files.replacing(name) as aside:
        save_file(contiguous, aside, {key: json.dumps(value) for key, value in about.items()})


def read(
    files: Filesystem,
    name: str,
    release: Mapping[str, Any],
    restore: Callable[[dict[str, Any], dict[str, Any]], Restored],
) -> Restored:
    """Read what `write` wrote.

    Args:
        files: of the warehouse.
        name: below it.
        release: what of ``about`` must be as it is now.
        restore: from arrays and ``about`` to the model.

    Raises:
        EstimationError: there is no such file, it is damaged, or of another release.
    """
    from safetensors import SafetensorError, safe_open

    path = files.path(name)
    if not files.exists(name):
        raise EstimationError(f"there is no checkpoint {path}: run the market first ('sfr run')")
    try:
        with files.local(name) as here, safe_open(here, "np") as file:
            about = {key: json.loads(text) for key, text in (file.metadata() or {}).items()}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if {key: about.get(key) for key in release} != dict(release):
            raise EstimationError(
                f"{path} is a checkpoint of another release: train again ('sfr run')"
            )
        return restore(arrays, about)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise EstimationError(
            f"{path} is no checkpoint of a daily model ({error}): delete it and train again "
            "('sfr run')"
        ) from error


def hash_of(about: Sequence[Any], arrays: Iterable[NDArray[Any]]) -> str:
    """SHA-256 over what a model was trained on.

    Args:
        about: names, as JSON takes them.
        arrays: values, in an order that stays.
    """
    digest = hashlib.sha256(json.dumps(about).encode())
    for array in arrays:
        digest.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def check_days(
    name: str,
    dates: pd.DatetimeIndex,
    origin: pd.Timestamp,
    data_hash: str,
    hash_now: Callable[[int], str],
) -> None:
    """Refuse a model whose days have changed since it was trained; later ones may have been added.

    Args:
        name: of the model, as the error calls it.
        dates: of the market now.
        origin: last day that was known when it was trained.
        data_hash: of the data up to then.
        hash_now: the same of the data now, up to a row.

    Raises:
        EstimationError: they have.
    """
    row = int(dates.searchsorted(origin))
    there = row < len(dates) and dates[row] == origin
    if not there or hash_now(row) != data_hash:
        raise EstimationError(
            f"{name} was trained on other data up to {origin:%Y-%m-%d} than the market has now: "
            "train again ('sfr run')"
        )


def under(arrays: Mapping[str, Any], head: str) -> dict[str, Any]:
    """Arrays whose names begin with ``head``, by what follows it."""
    return {
        name.removeprefix(head): values for name, values in arrays.items() if name.startswith(head)
    }
