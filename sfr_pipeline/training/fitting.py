"""Trains networks: one task one fit.

Belongs here: the training loop and prediction. Does not belong here: how many fits share a machine
(`many_fits`), what is asked for and what comes back (`spec`), the networks.

A change after which the same task gives other numbers raises ``LOOP_VERSION`` in `fit_store`.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.networks import architecture, build
from sfr_pipeline.networks.stacking import stacked
from sfr_pipeline.training.spec import Fit, Task, Training, check

PREDICT_ROWS = 128


@dataclass(frozen=True)
class Rows:
    """Windows with their targets on the device; a missing target is 0 with weight 0."""

    inputs: Tensor
    targets: Tensor
    weights: Tensor

    def __getitem__(self, rows: Tensor) -> "Rows":
        return Rows(self.inputs[rows], self.targets[rows], self.weights[rows])


def fit(task: Task, device: str = "cpu") -> Fit:
    """Train one network; on one device the same task gives the same bytes.

    Args:
        task: what to train.
        device: as torch names it. On a CPU one thread is used.

    Raises:
        EstimationError: the rows can't be learnt from, or training diverged.
    """
    return fit_seeds([task], device)[0]


def fit_seeds(tasks: Sequence[Task], device: str = "cpu") -> list[Fit]:
    """Train networks that differ in their seeds alone, stacked into one.

    On a CPU each fit has the bytes that it has by itself.

    Args:
        tasks: equal but for names and seeds; several only of a network that is stackable.
        device: as torch names it. On a CPU one thread is used.

    Raises:
        EstimationError: the rows can't be learnt from, or training diverged.
    """
    task = tasks[0]
    check(task)
    with (
        one_thread(),
        torch.random.fork_rng(_gpus(device)),
        torch.backends.cudnn.flags(deterministic=True, benchmark=False),
    ):
        # A product of one pair of matrices may add in another order than one of several pairs: a
        # lone network gets a companion, so that it has the same bytes as in any stack.
        lone = len(tasks) == 1 and architecture(task.network).stackable
        together = [task, task] if lone else tasks
        network = _Seeds(together, device)
        histories = _train(network, task, [each.seed for each in together], device)
        fits = []
        for place, (training_loss, validation_loss) in enumerate(histories[: len(tasks)]):
            state = network.state(place)
            _, window, n_features = task.inputs.shape
            alone = restore(task.network, n_features, window, _options(task), state)
            outputs = predict(alone.to(device), task.predict, device)
            if not np.isfinite(outputs).all():
                raise EstimationError("the trained network answers values that are not finite")
            fits.append(Fit(outputs, np.array(training_loss), np.array(validation_loss), state))
    return fits


def restore(
    network: str,
    n_features: int,
    window: int,
    options: Mapping[str, Any],
    weights: Mapping[str, FloatArray],
) -> nn.Module:
    """A trained network from the weights of its fit, on the CPU, in evaluation mode.

    Raises:
        RuntimeError: the weights are of another architecture.
    """
    with torch.random.fork_rng([]):
        module = build(network, n_features, window, **options)
    module.load_state_dict({name: torch.from_numpy(np.array(v)) for name, v in weights.items()})
    return module.eval()


def predict(network: nn.Module, inputs: FloatArray, device: str = "cpu") -> FloatArray:
    """Raw outputs of a trained network, which do not depend on what else is predicted.

    Kernels add in another order when a batch has another size, which changes last digits. So
    batches have one size, filled up with zeros, and are computed in double precision and rounded
    to single: what order changes is far below what rounding removes.

    Args:
        network: is left in evaluation mode and single precision.
        inputs: ``(n_rows, window, n_features)``.
        device: where the network is.

    Returns:
        ``(n_rows, n_outputs)``, values of single precision.
    """
    network.eval().double()
    blocks = []
    with one_thread(), torch.inference_mode():
        for start in range(0, max(len(inputs), 1), PREDICT_ROWS):
            rows = inputs[start : start + PREDICT_ROWS]
            block = np.zeros((PREDICT_ROWS, *inputs.shape[1:]))
            # Through single precision, in which training saw its inputs.
            block[: len(rows)] = rows.astype(np.float32)
            outputs = network(torch.from_numpy(block).to(device)).float().cpu().numpy()
            blocks.append(outputs[: len(rows)])
    network.float()
    return np.concatenate(blocks).astype(np.float64)


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread: sums come out the same, and small networks gain nothing by more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _options(task: Task) -> dict[str, Any]:
    return {"n_outputs": task.targets.shape[1], **task.options}


class _Seeds(nn.Module):
    """Networks of one architecture with fresh weights, one a seed.

    Args:
        tasks: whose networks.
        device: to put them on.
    """

    def __init__(self, tasks: Sequence[Task], device: str) -> None:
        super().__init__()
        self.stackable = architecture(tasks[0].network).stackable
        if len(tasks) > 1 and not self.stackable:
            raise ValueError(f"networks of kind {tasks[0].network} can't be stacked")
        _, window, n_features = tasks[0].inputs.shape
        networks, generators = [], []
        for task in tasks:
            # On the CPU first: the same initial weights whatever the device.
            torch.manual_seed(task.seed)
            networks.append(build(task.network, n_features, window, **_options(task)))
            generators.append(torch.Generator(device).manual_seed(task.seed))
        self.network = stacked(networks, generators) if self.stackable else networks[0]
        self.to(device)

    def forward(self, inputs: Tensor) -> Tensor:
        """``(seeds, batch, window, n_features)`` to ``(seeds, batch, n_outputs)``."""
        outputs: Tensor = self.network(inputs) if self.stackable else self.network(inputs[0])[None]
        return outputs

    def state(self, place: int) -> dict[str, FloatArray]:
        """The weights of one seed's network, under the names that they have by themselves."""
        return {
            name: (value[place] if self.stackable else value).detach().cpu().numpy().copy()
            for name, value in self.network.state_dict().items()
        }

    def put(self, place: int, state: Mapping[str, FloatArray]) -> None:
        """Give one seed's network other weights."""
        for name, value in self.network.state_dict().items():
            (value[place] if self.stackable else value).copy_(torch.from_numpy(state[name]))

    def clip(self, largest: float) -> None:
        """Shorten each network's gradient to a largest norm."""
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        seeds = len(gradients[0]) if self.stackable else 1
        squares = [gradient.reshape(seeds, -1).square().sum(1) for gradient in gradients]
        norms = torch.stack(squares, dim=1).sum(1).sqrt()
        factors = (largest / (norms + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(factors.view(-1, *(1 for _ in gradient.shape[1:])))


def _train(
    network: _Seeds, task: Task, seeds: Sequence[int], device: str
) -> list[tuple[list[float], list[float]]]:
    """Train networks in place; returns training and validation loss of each epoch, for each."""
    training = task.training
    rows = _rows(task.inputs, task.targets, device)
    validation = (
        None
        if task.validation_inputs is None or task.validation_targets is None
        else _rows(task.validation_inputs, task.validation_targets, device)
    )
    kind = torch.optim.AdamW if training.weight_decay else torch.optim.Adam
    optimiser = kind(
        network.parameters(), training.learning_rate, weight_decay=training.weight_decay, fused=True
    )
    n_rows = len(rows.inputs)
    total = training.steps or (training.epochs or 0) * math.ceil(n_rows / training.batch_size)
    # Batches have generators of their own: their order is the same for every architecture.
    shuffles = [torch.Generator().manual_seed(seed) for seed in seeds]
    histories = [_History(training.patience) for _ in seeds]
    step = 0
    while step < total and not all(history.over for history in histories):
        network.train()
        losses = []
        order = torch.stack([torch.randperm(n_rows, generator=shuffle) for shuffle in shuffles])
        for batch in order.split(training.batch_size, dim=1):
            if step == total:
                break
            optimiser.param_groups[0]["lr"] = learning_rate(training, step, total)
            loss = _loss(network, rows[batch.to(device)], training)
            optimiser.zero_grad()
            loss.sum().backward()
            if training.clip is not None:
                network.clip(training.clip)
            optimiser.step()
            losses.append(loss.detach())
            step += 1
        means = torch.stack(losses).mean(0).tolist()
        if not all(map(math.isfinite, means)):
            raise EstimationError("training diverged: lower the learning rate or clip the gradient")
        validated = _evaluate(network, validation, training, len(seeds))
        for place, history in enumerate(histories):
            history.see(means[place], validated[place], partial(network.state, place))
    for place, history in enumerate(histories):
        if history.state:
            network.put(place, history.state)
    return [(history.training, history.validation) for history in histories]


class _History:
    """What one seed's losses were, its best weights, and whether its patience is exhausted.

    Args:
        patience: epochs without a better validation loss; None for no end and no best.
    """

    def __init__(self, patience: int | None) -> None:
        self.patience = patience
        self.training: list[float] = []
        self.validation: list[float] = []
        self.lowest = math.inf
        self.waited = 0
        self.state: Mapping[str, FloatArray] = {}

    @property
    def over(self) -> bool:
        return self.patience is not None and self.waited >= self.patience

    def see(
        self, training: float, validation: float, state: Callable[[], Mapping[str, FloatArray]]
    ) -> None:
        """Note the end of an epoch; after the end of patience others may still be trained."""
        if self.over:
            return
        self.training.append(training)
        self.validation.append(validation)
        if self.patience is None:
            return
        if validation < self.lowest:
            self.lowest, self.waited, self.state = validation, 0, state()
        else:
            self.waited += 1


def learning_rate(training: Training, step: int, total: int) -> float:
    """Of a step counted from 0: up to its highest in a line, then down to 0 in half a cosine."""
    warm_up = training.warm_up_steps
    if step < warm_up:
        return training.learning_rate * (step + 1) / warm_up
    done = (step - warm_up) / max(total - warm_up, 1)
    return training.learning_rate * (1 + math.cos(math.pi * done)) / 2


def _loss(network: _Seeds, rows: Rows, training: Training) -> Tensor:
    """Mean loss of each seed's network over the targets that are known."""
    outputs = network(rows.inputs)
    if outputs.shape != rows.targets.shape:
        # Beside the axis of seeds; without this torch would spread one over the other.
        raise EstimationError(
            f"the network answers {tuple(outputs.shape[1:])} to windows "
            f"{tuple(rows.inputs.shape[1:])}, not {tuple(rows.targets.shape[1:])}, which is "
            "(batch, outputs)"
        )
    if training.loss == "mse":
        each = (outputs - rows.targets).square()
    else:
        positive = torch.tensor(training.positive_weight, device=outputs.device)
        each = binary_cross_entropy_with_logits(
            outputs, rows.targets, reduction="none", pos_weight=positive
        )
    return (each * rows.weights).sum((1, 2)) / rows.weights.sum((1, 2)).clamp(min=1.0)


def _evaluate(network: _Seeds, rows: Rows | None, training: Training, n_seeds: int) -> list[float]:
    if rows is None:
        return [math.nan] * n_seeds
    network.eval()
    everything = torch.arange(len(rows.inputs)).expand(n_seeds, -1)
    with torch.no_grad():
        losses: list[float] = _loss(network, rows[everything], training).tolist()
    return losses


def _rows(inputs: FloatArray, targets: FloatArray, device: str) -> Rows:
    known = ~np.isnan(targets)
    arrays = (inputs, np.where(known, targets, 0.0), known)
    return Rows(*(torch.from_numpy(a.astype(np.float32)).to(device) for a in arrays))


def _gpus(device: str) -> list[torch.device]:
    """Devices beside the CPU whose random numbers a fit draws from."""
    return [torch.device(device)] if torch.device(device).type == "cuda" else []
