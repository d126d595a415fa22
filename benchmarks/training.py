"""Many small networks: `fit_all` against a plain loop over the same networks.

The plain loop is what one writes first: a DataLoader, torch's Adam as it comes, one network after
the other. It trains the same modules for as many steps, so the ratio is the engine's alone.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.settings import Settings
from benchmarks.timing import Findings, progress, shown
from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.engine import Local
from sfr_pipeline.evaluation.models import lead
from sfr_pipeline.forecasting.forecasters.networks import TRANSFORMER
from sfr_pipeline.networks import build
from sfr_pipeline.threads import processors
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline.training.spec import Task, Training

COSTLIEST = 5


def training(settings: Settings) -> Findings:
    """Time both on both sizes, on the CPU and on the GPU where there is one."""
    import torch

    # The loop trains one after the other, so fewer tell its rate.
    n_fits, n_loop = settings.pick(full=(50, 10), quick=(10, 2), tiny=(3, 1))
    workers = settings.pick(full=processors(), quick=processors(), tiny=1)
    devices = ["cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]
    rows = []
    notes = []
    for size, tasks in {
        "monthly": monthly(n_fits, settings),
        "daily": daily(n_fits, settings),
    }.items():
        for device in devices:
            # Workers start once a run; what they take to start is not a matter of how they train.
            fit_all([_short(task) for task in tasks[:4]], device, engine=Local(workers))
            engine = _seconds(partial(fit_all, tasks, device, engine=Local(workers)))
            loop = _seconds(partial(plain_loop, tasks[:n_loop], device, size))
            rows.append(
                (
                    f"{size}: {_kind(tasks)}",
                    device,
                    shown(engine / n_fits),
                    f"{n_fits / engine:.2f}",
                    f"{n_loop / loop:.2f}",
                    f"{loop / n_loop / (engine / n_fits):.2f}",
                )
            )
        steps = settings.pick(full=50, quick=50, tiny=2)
        notes.append(f"{_kind(tasks)}: {what_dominates(tasks[0], steps)}.")
    return Findings(
        f"{n_fits} fits on one training set, {workers} worker processes on the CPU",
        ("size", "device", "a fit", "fits/s", "fits/s, plain loop", "times faster"),
        tuple(rows),
        "One run. Shares of processor time in a step on the CPU, " + " ".join(notes),
    )


def _kind(tasks: list[Task]) -> str:
    """Class of the network that some tasks train."""
    return tasks[0].network.rpartition(":")[2]


def monthly(n_fits: int, settings: Settings) -> list[Task]:
    """Table 7 of the monthly paper: windows of 6 months, 7 variables, 200 epochs."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((160, 6, 7))
    targets = inputs[:, -1, :1] * inputs[:, -2, 1:2]
    plan = Training(epochs=settings.pick(full=200, quick=20, tiny=1))
    predict = rng.standard_normal((24, 6, 7))
    return _tasks(n_fits, TRANSFORMER, plan, inputs, targets, predict)


def daily(n_fits: int, settings: Settings) -> list[Task]:
    """The stress leg: windows of 32 days, 25 variables, 75 steps."""
    rng = np.random.default_rng(1)
    inputs = rng.standard_normal((3000, 32, 25))
    targets = (inputs[:, -5:, 0].mean(1, keepdims=True) > 0.6).astype(float)
    plan = Training(
        steps=settings.pick(full=75, quick=75, tiny=2),
        batch_size=128,
        learning_rate=4e-3,
        weight_decay=1e-2,
        warm_up_steps=20,
        clip=1.0,
        loss="bce",
    )
    predict = rng.standard_normal((250, 32, 25))
    return _tasks(n_fits, lead("stress").implementation, plan, inputs, targets, predict)


def plain_loop(tasks: list[Task], device: str, size: str) -> None:
    """Train one network after the other as a first script would."""
    import torch

    with torch.random.fork_rng():
        for done, task in enumerate(tasks, 1):
            plain_fit(task, device)
            progress(done, len(tasks), f"{size} networks trained by the plain loop")


def plain_fit(task: Task, device: str) -> FloatArray:
    """One network by a DataLoader; returns its outputs."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss
    from torch.utils.data import DataLoader, TensorDataset

    from sfr_pipeline.training.fitting import learning_rate

    plan = task.training
    torch.manual_seed(task.seed)
    _, window, n_features = task.inputs.shape
    network = build(task.network, n_features, window, **task.options).to(device)
    data = TensorDataset(
        torch.tensor(task.inputs, dtype=torch.float32),
        torch.tensor(task.targets, dtype=torch.float32),
    )
    loader = DataLoader(data, batch_size=plan.batch_size, shuffle=True)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay
    )
    total = plan.steps or (plan.epochs or 0) * len(loader)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: learning_rate(plan, step, total) / plan.learning_rate
    )
    loss_of = mse_loss if plan.loss == "mse" else binary_cross_entropy_with_logits
    network.train()
    step = 0
    while step < total:
        for inputs, targets in loader:
            optimiser.zero_grad()
            loss = loss_of(network(inputs.to(device)), targets.to(device))
            loss.backward()
            if plan.clip is not None:
                torch.nn.utils.clip_grad_norm_(network.parameters(), plan.clip)
            optimiser.step()
            schedule.step()
            step += 1
            if step == total:
                break
    network.eval()
    with torch.no_grad():
        outputs = network(torch.tensor(task.predict, dtype=torch.float32, device=device))
    return outputs.cpu().numpy()


def what_dominates(task: Task, steps: int) -> str:
    """The operations that take most of a fit's processor time, with their shares."""
    from torch.profiler import ProfilerActivity, profile

    from sfr_pipeline.training.fitting import fit

    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        fit(_short(task, steps))
    operations = profiled.key_averages()
    total = sum(operation.self_cpu_time_total for operation in operations)
    costliest = sorted(operations, key=lambda operation: -operation.self_cpu_time_total)
    return ", ".join(
        f"{operation.key.removeprefix('aten::')} {operation.self_cpu_time_total / total:.0%}"
        for operation in costliest[:COSTLIEST]
    )


def _tasks(
    n_fits: int,
    network: str,
    plan: Training,
    inputs: FloatArray,
    targets: FloatArray,
    predict: FloatArray,
) -> list[Task]:
    return [
        Task(f"{network} seed {seed}", network, plan, seed, inputs, targets, predict)
        for seed in range(n_fits)
    ]


def _short(task: Task, steps: int = 1) -> Task:
    return replace(task, training=replace(task.training, epochs=None, steps=steps))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
