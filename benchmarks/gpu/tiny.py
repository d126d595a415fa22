"""Made-up works whose fits take moments: they show that everything runs, nothing about speed."""

import numpy as np

from benchmarks.gpu.works import Classified, Corrected, Ready, Refitted, Work, Works
from sfr_pipeline.evaluation.models import contender, lead
from sfr_pipeline.networks import architecture
from sfr_pipeline.stress.networks import WINDOW, networks, training
from sfr_pipeline.stress.sample import LIMIT, Label
from sfr_pipeline.stress.splits import Fold
from sfr_pipeline.stress.volatility.network import training as on_residuals
from sfr_pipeline.training.profile import DEFAULT, FULL
from sfr_pipeline.training.scaler import Scaler
from sfr_pipeline.training.spec import Task, Training

N_DAYS, N_MARKETS, N_FEATURES = 150, 2, 3
SEEDS = 2


def tiny_works() -> Works:
    """Every kind of work in its smallest form."""
    rng = np.random.default_rng(0)
    few = (lead("stress").id,)
    everyone = tuple(network.id for network in networks())
    months, volatility = _months(rng), _volatility(rng)
    features = rng.standard_normal((N_DAYS, N_FEATURES))
    label = Label("F21", 21, (rng.random(N_DAYS) < 0.5).astype(float))
    days = np.arange(WINDOW, N_DAYS)
    fold = Fold(2000, 119, days[:60], days[:0], days[-30:])

    def classified(which: tuple[str, ...]) -> Work:
        return Classified("daily stress", features, label, (fold,), which, SEEDS, training(1))

    return Works(
        "made up",
        {
            DEFAULT.name: (months, classified(few), volatility),
            FULL.name: (months, classified(everyone), volatility),
        },
    )


def _months(rng: np.random.Generator) -> Work:
    [stacked, *_] = (
        network.implementation
        for network in networks()
        if architecture(network.implementation).stackable
    )
    inputs, targets = rng.standard_normal((20, 6, 3)), rng.standard_normal((20, 1))
    name = f"{lead('forecasting').id} 2020-01 seed"
    how = Training(epochs=1)
    tasks = (
        Task(f"{name} {seed}", stacked, how, seed, inputs, targets, inputs[:2])
        for seed in range(SEEDS)
    )
    return Ready("early warning", tuple(tasks))


def _volatility(rng: np.random.Generator) -> Work:
    shape = (N_DAYS, N_MARKETS)
    inputs = rng.standard_normal((*shape, N_FEATURES))
    residual = rng.standard_normal(shape).astype(np.float32)
    residual[:WINDOW] = residual[120:] = np.nan
    asked = np.zeros(shape, dtype=bool)
    asked[120:] = True
    refit = Refitted(2000, Scaler.of(inputs.reshape(-1, N_FEATURES), LIMIT), residual, asked)
    network = contender("volatility").id
    return Corrected("volatility", inputs, 1, (refit,), (network,), 1, on_residuals(1))
