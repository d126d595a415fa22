"""Trains many networks with all of a machine, keeping what is finished.

Belongs here: which fits are made together, in what order, and what is said meanwhile. Does not
belong here: a fit (`fitting`), where fits are made (`engine`), how fits are kept
(`fit_store`).
"""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sfr_pipeline.engine import THIS_MACHINE, Engine
from sfr_pipeline.errors import EstimationError, ExtensionError, SfrError
from sfr_pipeline.evaluation.models.code import code_hash
from sfr_pipeline.networks import architecture
from sfr_pipeline.training.fit_store import FitStore, family, fit_keys
from sfr_pipeline.training.spec import Fit, Task

SECONDS_BETWEEN_WORDS = 5.0
# More seeds in one stack gain nothing further on a CPU.
MOST_STACKED = 5


def fit_all(
    tasks: Sequence[Task],
    device: str,
    store: FitStore | None = None,
    engine: Engine = THIS_MACHINE,
    progress: Callable[[str], None] | None = None,
) -> list[Fit]:
    """Train many networks; each fit is the one that `fit` gives, whatever it is trained beside.

    Networks that differ in their seeds alone are trained as one stack where their kind allows it;
    on a GPU the last digits may then depend on the number of seeds. The engine takes the stacks: on
    a CPU its workers, of one thread each; a GPU trains one after the other.

    Args:
        tasks: what to train.
        device: as torch names it.
        store: where fits are taken from if they are there, and kept as they finish.
        engine: where fits are made.
        progress: is told now and then how far it is.

    Returns:
        Fits in the order of ``tasks``.

    Raises:
        EstimationError: a task failed, named in the message. What had finished is in the store.
    """
    keys = fit_keys(tasks, device)
    codes = {task.network: code_hash(task.network) for task in tasks}
    fits = {place: store.get(key) if store else None for place, key in enumerate(keys)}
    left = [place for place, found in fits.items() if found is None]
    say = progress or (lambda _: None)
    if len(left) < len(tasks):
        say(f"{len(tasks) - len(left)} of {len(tasks)} fits were kept from an earlier run")
    spread = engine.on(device)
    # Whether a cluster can be reached is none of the business of whoever has no work for it.
    # On a GPU, where they may be told from a fit's digits, stacks are as large for however many.
    workers = spread.at_once if left and device == "cpu" else 1
    stacks = _stacks(tasks, keys, left, workers)
    begun = said = time.monotonic()
    done = 0
    for stack, trained in spread.completed(
        partial(_named_fits, device=device, codes=codes),
        [[tasks[place] for place in stack] for stack in stacks],
        _name,
    ):
        for place, found in zip(stacks[stack], trained, strict=True):
            fits[place] = found
            if store:
                store.put(keys[place], found, tasks[place].name)
        done += len(trained)
        now = time.monotonic()
        if now - said >= SECONDS_BETWEEN_WORDS or done == len(left):
            said = now
            say(f"{done} of {len(left)} fits, {now - begun:.1f} s")
    if store:
        store.sweep()
    return [found for found in fits.values() if found is not None]


def _stacks(
    tasks: Sequence[Task], keys: Sequence[str], left: Sequence[int], workers: int
) -> list[list[int]]:
    """Places of the tasks that are trained together, the longest work first."""
    families = defaultdict(list)
    for place in left:
        stackable = architecture(tasks[place].network).stackable
        families[family(keys[place]) if stackable else str(place)].append(place)
    # No worker idles because another has all the seeds.
    size = min(MOST_STACKED, math.ceil(len(left) / workers))
    stacks = [
        places[first : first + size]
        for places in families.values()
        for first in range(0, len(places), size)
    ]
    return sorted(stacks, key=lambda stack: -sum(_size(tasks[place]) for place in stack))


def _size(task: Task) -> int:
    """Values that training goes through."""
    training = task.training
    if training.steps is not None:
        return training.steps * training.batch_size * task.inputs[0].size
    return (training.epochs or 0) * task.inputs.size


def _name(tasks: Sequence[Task]) -> str:
    more = f" and {len(tasks) - 1} other seeds" if len(tasks) > 1 else ""
    return f"'{tasks[0].name}'{more}"


def _named_fits(tasks: Sequence[Task], device: str, codes: Mapping[str, str | None]) -> list[Fit]:
    """Fits of one stack; ``codes`` are the texts of architectures that they will be kept under."""
    # Where fits are made: whoever only hands them out needs no torch.
    from sfr_pipeline.training.fitting import fit_seeds

    network = tasks[0].network
    try:
        if code_hash(network) != codes[network]:
            raise ExtensionError("its text was changed during the run: run again")
        return fit_seeds(tasks, device)
    except Exception as error:
        kind = "" if isinstance(error, SfrError) else f"{type(error).__name__}: "
        of = "" if codes[network] is None else f" of {network}"
        raise EstimationError(f"the fit {_name(tasks)}{of} failed: {kind}{error}") from error
