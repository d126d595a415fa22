"""Keeps finished fits, so that a killed run resumes and nothing is trained twice.

Belongs here: what makes two fits the same, and how one lies on disk. Does not belong here:
training.

A fit is found by a hash of everything that it depends on: arrays, architecture, training, seed,
the release of torch, the kind of device, and the versions of the architecture and of the training
loop. The text of our code is no part of it: whoever renames a variable trains nothing again. Of an
architecture that this package does not ship it is one, so that nobody has to think of a version.
Files are in the safetensors format, which holds numbers and text and can't run code. Deleting the
folder is safe: it only saves time. So neither a damaged file nor a full disk stops a run: what
can't be read is trained again, what can't be kept is used all the same.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from sfr_pipeline.errors import StorageError
from sfr_pipeline.evaluation.models.code import code_hash
from sfr_pipeline.files import in_place_of, unused
from sfr_pipeline.networks import architecture
from sfr_pipeline.training.spec import Fit, Task

FITS = "fits"  # below the folder of caches
DAYS_KEPT = 90
# Of the numbers that `fitting` makes. Raise it with every change of the loop, of prediction or of
# stacking after which the same task gives other outputs (optimiser, schedule, loss, order of
# batches, seeds): fits that were kept before are then made again. Architectures have versions of
# their own.
LOOP_VERSION = 1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FitStore:
    """Fits by content.

    Attributes:
        folder: where they lie; made when the first is put there.
    """

    folder: Path

    def get(self, key: str) -> Fit | None:
        """The fit of a key, None where it was never put here or its file is damaged."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self._path(key)
        if not path.exists():
            return None
        try:
            fit = Fit.of(load_file(path))
        except (SafetensorError, KeyError, OSError) as error:
            log.warning(f"{path} is no finished fit ({error}): it is trained again")
            return None
        # Its age is that of its last use; of a folder that can only be read nothing is swept.
        with suppress(OSError):
            path.touch()
        return fit

    def put(self, key: str, fit: Fit, name: str) -> None:
        """Keep a fit; whoever is killed meanwhile leaves no half of it.

        Args:
            key: one of `fit_keys`.
            fit: what to keep.
            name: of its task, written into the file for whoever wonders what it is.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import save_file

        contiguous = {name: np.ascontiguousarray(values) for name, values in fit.arrays().items()}
        try:
            with in_place_of(self._path(key)) as aside:
                save_file(contiguous, aside, metadata={"task": name})
        except (StorageError, SafetensorError) as error:
            log.warning(f"the fit of {name} is not kept: {error}")

    def sweep(self) -> None:
        """Delete what no run has used for months; inputs and code change, and fits with them."""
        for path in self.unused():
            # Another run may sweep at the same time; where nothing can be deleted, nothing is.
            with suppress(OSError):
                path.unlink()

    def unused(self) -> list[Path]:
        """What no run has used for months."""
        return unused(self.folder.glob("*"), DAYS_KEPT)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.safetensors"


def fit_keys(tasks: Sequence[Task], device: str) -> list[str]:
    """What the fits of some tasks are found by: a hash, an underscore and the seed.

    Args:
        tasks: what is to be trained; an array that several share is read once.
        device: as torch names it; GPUs of one machine are taken for equal.
    """
    digests: dict[int, str] = {}
    return [f"{_hash(task, device, digests)}_{task.seed}" for task in tasks]


def family(key: str) -> str:
    """What is equal for fits that differ in their seeds alone."""
    return key.rpartition("_")[0]


def _hash(task: Task, device: str, digests: dict[int, str]) -> str:
    """Hash of everything but the seed that a fit depends on.

    Args:
        task: whose fit.
        device: as torch names it.
        digests: of arrays by id, for as long as the tasks are alive; added to.
    """
    arrays = {}
    for name in ("inputs", "targets", "predict", "validation_inputs", "validation_targets"):
        values = getattr(task, name)
        if values is None:
            continue
        if id(values) not in digests:
            # Training sees single precision, so nothing beyond it makes a difference.
            single = np.ascontiguousarray(values, dtype=np.float32)
            digests[id(values)] = f"{single.shape} {hashlib.sha256(single.data).hexdigest()}"
        arrays[name] = digests[id(values)]
    what: dict[str, object] = {
        "network": [task.network, architecture(task.network).version],
        "options": dict(task.options),
        "training": asdict(task.training),
        "arrays": arrays,
        "torch": version("torch"),
        "device": device.partition(":")[0],
        "loop": LOOP_VERSION,
    }
    if (code := code_hash(task.network)) is not None:
        what["code"] = code
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:40]
