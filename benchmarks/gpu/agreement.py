"""Whether the device gives what the processor gives, within tolerances that are stated here."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.gpu.bench import Bench
from benchmarks.random_bert import posts
from benchmarks.timing import Findings
from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.networks import architecture
from sfr_pipeline.opinion.precision import MAXIMUM_DRIFT, candidates
from sfr_pipeline.opinion.scorer import in_precision
from sfr_pipeline.training.many_fits import MOST_STACKED
from sfr_pipeline.training.profile import FULL
from sfr_pipeline.training.spec import Fit, Task

N_POSTS, STEPS, ROWS = 64, 20, 256
# Of a probability: rounding in another order. In bf16 what the product itself allows.
SINGLE_PRECISION = 1e-4
# Of an output. Prediction is in double precision, rounded to single.
PREDICTED = 1e-5
# Of an output after some steps without dropout, which each device draws by a generator of its own:
# a GPU convolves in TF32, and Adam makes steps of the same size of whatever gradient is left.
TRAINED = 0.05
# Of an output: how many seeds share a stack.
STACKED = 1e-5


@dataclass(frozen=True)
class Comparison:
    """One figure of the device beside the processor's.

    Attributes:
        what: was compared.
        difference: the largest.
        tolerance: up to which the two agree.
    """

    what: str
    difference: float
    tolerance: float

    @property
    def agrees(self) -> bool:
        """Whether it is within its tolerance; what is no number is not."""
        return self.difference <= self.tolerance

    @property
    def row(self) -> tuple[str, ...]:
        """Of a table for readers."""
        within = "yes" if self.agrees else "NO"
        return self.what, f"{self.difference:.2g}", f"{self.tolerance:.2g}", within


def agreement(bench: Bench, seconds: float) -> Findings:
    """Compare readings and fits of the device with those of the processor.

    Args:
        bench: the run.
        seconds: not looked at: all comparisons are made, which are short.
    """
    found = [*_readings(bench), *_fits(bench)]
    return Findings(
        f"{bench.device} beside the processor: largest differences",
        ("what", "difference", "tolerance", "within"),
        tuple(each.row for each in found),
        f"Readings: probabilities of {N_POSTS} posts. Networks: outputs after {_steps(bench)} "
        "steps without dropout, from the same initial weights; of the same trained weights; of a "
        "seed alone and in a stack. Same task twice: weights.",
        failed=not all(each.agrees for each in found),
    )


def _readings(bench: Bench) -> Iterator[Comparison]:
    made = posts(N_POSTS)
    bench.say(f"{N_POSTS} posts read by processor and {bench.device}")
    truth = in_precision(bench.loaded, "fp32", "cpu").probabilities(made)
    for precision in candidates(bench.loaded.network, bench.device):
        read = in_precision(bench.loaded, precision, bench.device).probabilities(made)
        tolerance = SINGLE_PRECISION if precision == "fp32" else MAXIMUM_DRIFT
        yield Comparison(f"sentiment in {precision}", _largest(read, truth), tolerance)


def _fits(bench: Bench) -> Iterator[Comparison]:
    from sfr_pipeline.training.fitting import fit, fit_seeds, predict, restore

    for task in _one_of_each_network(bench):
        name = task.network.rpartition(":")[2]
        bench.say(f"{name} trained by processor and {bench.device}")
        ours, theirs, again = fit(task), fit(task, bench.device), fit(task, bench.device)
        yield Comparison(f"{name}, trained", _largest(theirs.outputs, ours.outputs), TRAINED)
        _, window, n_features = task.inputs.shape
        options = {"n_outputs": task.targets.shape[1], **task.options}
        moved = restore(task.network, n_features, window, options, ours.weights).to(bench.device)
        said = predict(moved, task.predict, bench.device)
        yield Comparison(f"{name}, same weights", _largest(said, ours.outputs), PREDICTED)
        yield Comparison(f"{name}, same task twice", _of_weights(theirs, again), 0.0)
        if architecture(task.network).stackable:
            seeds = [replace(task, seed=task.seed + more) for more in range(MOST_STACKED)]
            first = fit_seeds(seeds, bench.device)[0]
            apart = _largest(first.outputs, theirs.outputs)
            yield Comparison(f"{name}, alone and in a stack", apart, STACKED)


def _one_of_each_network(bench: Bench) -> Iterator[Task]:
    """Short trainings without dropout, one of each network that the full profile trains."""
    seen = set()
    for stack in bench.works.stacks(FULL.name):
        if stack.network in seen:
            continue
        seen.add(stack.network)
        task = stack.make()[0]
        how = replace(
            task.training, epochs=None, steps=_steps(bench), warm_up_steps=0,
            patience=None,
        )  # fmt: skip
        yield replace(
            task, training=how, options={**task.options, "dropout": 0.0},
            predict=task.predict[:ROWS], validation_inputs=None, validation_targets=None,
        )  # fmt: skip


def _steps(bench: Bench) -> int:
    return 2 if bench.tiny else STEPS


def _of_weights(one: Fit, other: Fit) -> float:
    return max(_largest(one.weights[name], other.weights[name]) for name in one.weights)


def _largest(one: FloatArray, other: FloatArray) -> float:
    return float(np.abs(one - other).max())
