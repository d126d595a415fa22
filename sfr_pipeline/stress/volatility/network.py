"""The paper's network on what the pooled linear panel leaves: one network for all markets.

Belongs here: which days it learns from and which it is stopped by, and how much of what it says is
believed. Does not belong here: its inputs and refits (`corrections`), the linear panel (`harx`),
training itself.

The form was frozen before it was confirmed: windows of 32 days, every third day, twelve epochs at
most, and half of the correction that held-out days support. Each seed holds out another fifth of
the past for its validation, so that recent years are learnt from too; the last fifth for all seeds
was worse.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.evaluation.models import Model
from sfr_pipeline.stress.sample import LIMIT
from sfr_pipeline.stress.splits import EMBARGO
from sfr_pipeline.stress.volatility.harx import Refit
from sfr_pipeline.stress.walk_forward import mean_of
from sfr_pipeline.training.scaler import Scaler
from sfr_pipeline.training.spec import Fit, Task, Training
from sfr_pipeline.training.windows import windows_of

WINDOW = 32
DROPOUT = 0.2
EPOCHS = 12
# Neighbouring days share all but one of the days that they are judged by.
STRIDE = 3
PARTS = 5
# Of a fifth: less is next to nothing between two gaps of a month.
FEWEST_DAYS = 50
# Of the correction that held-out days support: chosen once, confirmed on days not seen before.
BELIEVED = 0.5
# Windows that lie in memory at once, beside those of the fits under way.
MOST_BYTES = 500_000_000


def training(epochs: int = EPOCHS) -> Training:
    """AdamW with a cosine, stopped by the seed's held-out fifth."""
    return Training(
        epochs=epochs,
        batch_size=256,
        learning_rate=2e-3,
        weight_decay=1e-2,
        clip=1.0,
        patience=4,
    )


def options_of(network: Model) -> dict[str, Any]:
    """Keyword arguments of a network's constructor."""
    return {"dropout": DROPOUT, **network.options}


@dataclass(frozen=True)
class NetworkRefit:
    """One refit of the networks, ready to be cut into windows.

    Attributes:
        year: of its first forecast.
        horizon: trading days ahead.
        scaler: of the inputs on the rows that were known.
        rows: standardised inputs up to the last test day, ``(n_days, n_markets, n_features)``.
        residual: training target less what the linear panel says of it, ``(n_days, n_markets)``;
            NaN where there is nothing to learn from.
        asked: cells whose correction is wanted, ``(n_days, n_markets)``.
    """

    year: int
    horizon: int
    scaler: Scaler
    rows: NDArray[np.float32]
    residual: FloatArray
    asked: BoolArray


def prepare(
    refit: Refit, horizon: int, inputs: FloatArray, residual: FloatArray
) -> NetworkRefit | None:
    """Standardise the inputs of one refit and mark its cells.

    Args:
        refit: which days may be learnt from, and which are asked about.
        horizon: trading days ahead.
        inputs: of every day, ``(n_days, n_markets, n_features)``; NaN where not known. A window may
            hold days without inputs, which are then as the mean; its last day may not.
        residual: training target less what the linear panel of this refit says, ``(n_days,
            n_markets)``, NaN where there is nothing to learn from.

    Returns:
        The refit; None where no fifth of its days is long enough to be held out.
    """
    stop = int(refit.test[-1]) + 1
    complete = np.asarray(np.isfinite(inputs[:stop]).all(axis=2))
    complete[: WINDOW - 1] = False
    asked = complete.copy()
    asked[: refit.test[0]] = False
    learnable = np.zeros_like(complete)
    learnable[refit.train] = True
    known = complete & learnable & np.isfinite(residual[:stop])
    if known.any(axis=1).sum() < PARTS * FEWEST_DAYS:
        return None
    scaler = Scaler.of(inputs[:stop][known], LIMIT)
    rows = scaler.apply(inputs[:stop]).astype(np.float32)
    return NetworkRefit(
        refit.year, horizon, scaler, rows, np.where(known, residual[:stop], np.nan), asked
    )


def held_out(residual: FloatArray, horizon: int, part: int) -> tuple[BoolArray, BoolArray]:
    """Cells that a seed learns from, and those that it is stopped by.

    The days with a known residual are cut into fifths. One is held out; the days whose outcomes
    reach into it, those that its outcomes reach, and an embargo beyond are left out on both sides.

    Args:
        residual: ``(n_days, n_markets)``, NaN where there is nothing to learn from.
        horizon: trading days ahead.
        part: which fifth, 0 to 4.

    Returns:
        Two masks, ``(n_days, n_markets)``, of every third day each.
    """
    known = np.isfinite(residual)
    day = np.arange(len(residual))
    block = np.array_split(day[known.any(axis=1)], PARTS)[part]
    gap = horizon + EMBARGO
    away = (day < block[0] - gap) | (day > block[-1] + gap)
    inside = (day >= block[0]) & (day <= block[-1])
    third = day % STRIDE == 0
    return known & (away & third)[:, None], known & (inside & third)[:, None]


def windows_at(rows: NDArray[np.float32], cells: BoolArray, length: int) -> NDArray[np.float32]:
    """Windows that end on some cells, one market after the other, its days in order.

    Args:
        rows: ``(n_days, n_markets, n_features)``.
        cells: ``(n_days, n_markets)``.
        length: days a window.

    Returns:
        ``(n_cells, length, n_features)``.
    """
    return np.concatenate(
        [
            windows_of(rows[:, market], length, np.flatnonzero(cells[:, market]))
            for market in range(rows.shape[1])
        ]
    ).astype(np.float32, order="C", copy=False)


def at(values: FloatArray, cells: BoolArray) -> FloatArray:
    """Values of some cells in the order of `windows_at`, ``(n_cells,)``."""
    chosen: FloatArray = values.T[cells.T]
    return chosen


@dataclass(frozen=True)
class Correction:
    """What the seeds of one network add to the linear panel, ready for new days.

    Attributes:
        network: id of the model.
        window: days that it reads.
        options: of its constructor, number of outputs included.
        scaler: of its inputs.
        share: what their mean is multiplied by: half of the projection of held-out residuals on
            what the networks said of them.
        weights: of each seed.
    """

    network: str
    window: int
    options: Mapping[str, Any]
    scaler: Scaler
    share: float
    weights: tuple[Mapping[str, FloatArray], ...]

    def of(self, inputs: FloatArray, architecture: str) -> FloatArray:
        """Corrections of the last day, ``(n_markets,)``; NaN where it lacks inputs.

        Args:
            inputs: of the newest days, ``(n_days, n_markets, n_features)``, n_days >= window.
            architecture: ``module:Class`` of the network.
        """
        from sfr_pipeline.training.fitting import predict, restore

        rows = self.scaler.apply(inputs).astype(np.float32)
        last = np.zeros(inputs.shape[:2], dtype=bool)
        last[-1] = np.isfinite(inputs[-1]).all(axis=1)
        windows = windows_at(rows, last, self.window)
        n_features = inputs.shape[2]
        seeds = [
            predict(restore(architecture, n_features, self.window, self.options, weights), windows)[
                :, 0
            ]
            for weights in self.weights
        ]
        found = np.full(inputs.shape[1], np.nan)
        found[last[-1]] = self.share * mean_of(seeds)
        return found


@dataclass(frozen=True)
class Corrected:
    """What one network adds on the days asked.

    Attributes:
        network: id of the model.
        added: to the logarithm of volatility, ``(n_days, n_markets)``; 0 where not asked.
        of_seeds: the same of each single seed, whose mean that is.
        shares: by year of the refit, what the networks' mean was multiplied by.
        newest: of the last refit; None where the past was too short for any.
    """

    network: str
    added: FloatArray
    of_seeds: tuple[FloatArray, ...]
    shares: Mapping[int, float]
    newest: Correction | None


def tasks_of(
    refit: NetworkRefit, networks: Sequence[Model], seeds: Iterable[int], how: Training
) -> list[Task]:
    """Fits of one refit: for each seed those of all networks, which share its windows."""
    tasks = []
    for seed in seeds:
        learnt, watched = held_out(refit.residual, refit.horizon, seed % PARTS)
        windows = [
            windows_at(refit.rows, cells, WINDOW) for cells in (learnt, watched, refit.asked)
        ]
        train, validation, asked = windows
        predicted = np.concatenate([validation, asked])
        targets, watched_targets = (
            at(refit.residual, cells)[:, None].astype(np.float32) for cells in (learnt, watched)
        )
        tasks += [
            Task(
                name=f"{network.id} {refit.year} seed {seed}",
                network=network.implementation,
                training=how,
                seed=seed,
                inputs=train[:, -window_of(network) :],
                targets=targets,
                predict=predicted[:, -window_of(network) :],
                validation_inputs=validation[:, -window_of(network) :],
                validation_targets=watched_targets,
                options=options_of(network),
            )
            for network in networks
        ]
    return tasks


def window_of(network: Model) -> int:
    """Days that a network reads."""
    return network.window or WINDOW


def correct(
    refits: Sequence[NetworkRefit],
    networks: Sequence[Model],
    seeds: int,
    how: Training,
    shape: tuple[int, int],
    fit: Callable[[list[Task]], list[Fit]],
) -> list[Corrected]:
    """Train the networks on every refit and say what they add.

    Args:
        refits: in time order.
        networks: records with an architecture.
        seeds: of each.
        how: training.
        shape: days and markets of the panel.
        fit: trains tasks, such as `many_fits.fit_all`.

    Returns:
        One for each network, of days and markets of the panel.
    """
    added = {network.id: np.zeros((seeds + 1, *shape)) for network in networks}
    shares: dict[str, dict[int, float]] = {network.id: {} for network in networks}
    newest: dict[str, Correction] = {}
    for some, tasks in _in_turns(refits, networks, seeds, how):
        fits = fit(tasks)
        each = seeds * len(networks)
        for number, refit in enumerate(some):
            of_refit = slice(number * each, (number + 1) * each)
            for place, network in enumerate(networks):
                own = fits[of_refit][place :: len(networks)]
                asked_of = tasks[of_refit][place :: len(networks)]
                share, asked = _combine(asked_of, own)
                shares[network.id][refit.year] = share
                for layer, outputs in zip(added[network.id], [mean_of(asked), *asked], strict=True):
                    layer[: len(refit.asked)].T[refit.asked.T] = share * outputs
                newest[network.id] = newest_of(
                    network, refit.scaler, share, tuple(fit.weights for fit in own)
                )
    return [
        Corrected(
            network.id,
            added[network.id][0],
            tuple(added[network.id][1:]),
            shares[network.id],
            newest.get(network.id),
        )
        for network in networks
    ]


def newest_of(
    network: Model, scaler: Scaler, share: float, weights: tuple[Mapping[str, FloatArray], ...]
) -> Correction:
    """What the last refit of a network left.

    Args:
        network: its record.
        scaler: of its inputs.
        share: that is believed.
        weights: of each seed.
    """
    options = {**options_of(network), "n_outputs": 1}
    return Correction(network.id, window_of(network), options, scaler, share, weights)


def _combine(tasks: Sequence[Task], fits: Sequence[Fit]) -> tuple[float, list[FloatArray]]:
    """Share that is believed, and what each seed says of the cells asked.

    lambda = <net, residual> / <net, net> over the cells that each seed held out: the projection of
    residuals on what networks say that have not seen them.
    """
    said, true, asked = [], [], []
    for task, fit in zip(tasks, fits, strict=True):
        assert task.validation_targets is not None
        n_held = len(task.validation_targets)
        said.append(fit.outputs[:n_held, 0])
        true.append(task.validation_targets[:, 0].astype(np.float64))
        asked.append(fit.outputs[n_held:, 0])
    out, residual = np.concatenate(said), np.concatenate(true)
    size = float((out * out).sum())
    share = BELIEVED * float((out * residual).sum()) / size if size > 0 else 0.0
    return share, asked


def _in_turns(
    refits: Sequence[NetworkRefit], networks: Sequence[Model], seeds: int, how: Training
) -> Iterator[tuple[list[NetworkRefit], list[Task]]]:
    """Refits that are trained together: as many as memory may hold the windows of."""
    some: list[NetworkRefit] = []
    tasks: list[Task] = []
    size = 0
    for refit in refits:
        new = tasks_of(refit, networks, range(seeds), how)
        # Those of one seed share theirs.
        size_of_new = sum(task.inputs.nbytes + task.predict.nbytes for task in new)
        if some and size + size_of_new > MOST_BYTES:
            yield some, tasks
            some, tasks, size = [], [], 0
        some.append(refit)
        tasks += new
        size += size_of_new
    if some:
        yield some, tasks
