"""Works in one file of arrays, which another machine reads without any of what made them.

Belongs here: how dataclasses of arrays lie in an ``.npz``. No pickle: the file holds arrays, and a
text in JSON in which each dataclass stands under its name and each array under its digest.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gpu.works import Classified, Corrected, Ready, Refitted, Works
from sfr_pipeline.errors import StorageError
from sfr_pipeline.stress.sample import Label
from sfr_pipeline.stress.splits import Fold
from sfr_pipeline.training.scaler import Scaler
from sfr_pipeline.training.spec import Task, Training

MOST_BYTES = 20_000_000
KINDS = {
    kind.__name__: kind
    for kind in (
        Works, Ready, Classified, Corrected, Refitted, Label, Fold, Scaler, Task, Training,
    )
}  # fmt: skip
TEXT, ARRAY, KIND = "text", "array", "kind"


def save(works: Works, path: Path) -> int:
    """Write works to a file; an array that several share lies there once.

    Returns:
        Its bytes.
    """
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_packed(works, arrays))
    content: dict[str, Any] = {TEXT: np.frombuffer(text.encode(), np.uint8), **arrays}
    with path.open("wb") as file:
        np.savez_compressed(file, **content)
    return path.stat().st_size


def load(path: Path) -> Works:
    """Read works from a file.

    Raises:
        StorageError: there is no such file, or it is none of fits.
    """
    again = (
        "write it where the whole package is installed, with 'python -m benchmarks.gpu --write "
        f"{path}'"
    )
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        found = _unpacked(json.loads(arrays[TEXT].tobytes()), arrays)
    except FileNotFoundError as error:
        raise StorageError(f"there is no file of fits {path}: {again}") from error
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise StorageError(f"{path} is no file of fits ({error}): {again}") from error
    if not isinstance(found, Works):
        raise StorageError(f"{path} is no file of fits: {again}")
    return found


def _packed(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if is_dataclass(value) and type(value).__name__ in KINDS:
        own = {
            field.name: _packed(getattr(value, field.name), arrays)
            for field in fields(value)
            if field.init
        }
        return {KIND: type(value).__name__, **own}
    if isinstance(value, np.ndarray):
        whole = np.ascontiguousarray(value)
        about = f"{whole.dtype.str} {whole.shape}".encode()
        name = hashlib.blake2b(whole.tobytes() + about, digest_size=8).hexdigest()
        arrays[name] = whole
        return {ARRAY: name}
    if isinstance(value, Mapping):
        return {str(name): _packed(each, arrays) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_packed(each, arrays) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def _unpacked(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return tuple(_unpacked(each, arrays) for each in value)
    if not isinstance(value, dict):
        return value
    if ARRAY in value:
        return arrays[value[ARRAY]]
    own = {name: _unpacked(each, arrays) for name, each in value.items() if name != KIND}
    return KINDS[value[KIND]](**own) if KIND in value else own
