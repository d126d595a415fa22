"""Fits of networks that are to be made, as small as they can be told to another machine.

Belongs here: what the product plans its fits from, and the stacks of fits that come of it. Does not
belong here: where it comes from (`gather`), how it lies in a file (`fit_file`), the training.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.evaluation.models import Leg, Model, find
from sfr_pipeline.networks import architecture
from sfr_pipeline.stress.networks import plan_classification
from sfr_pipeline.stress.sample import Label, Sample
from sfr_pipeline.stress.splits import Fold
from sfr_pipeline.stress.volatility.network import NetworkRefit, tasks_of
from sfr_pipeline.training.fit_store import family, fit_keys
from sfr_pipeline.training.many_fits import MOST_STACKED
from sfr_pipeline.training.scaler import Scaler
from sfr_pipeline.training.spec import Task, Training

Item = TypeVar("Item")


@dataclass(frozen=True)
class Stack:
    """Fits that are made together.

    Attributes:
        kind: of work, for readers: fits of a kind take about as long.
        network: architecture, ``module:Class``.
        n_fits: that are made.
        make: lays out their training sets; can be sent to another process.
    """

    kind: str
    network: str
    n_fits: int
    make: Callable[[], list[Task]]


@dataclass(frozen=True)
class Ready:
    """Tasks as they are, for training sets of a few hundred months.

    Attributes:
        leg: for readers.
        tasks: whose names begin with their models' ids.
    """

    leg: str
    tasks: tuple[Task, ...]

    def stacks(self) -> list[Stack]:
        """What is trained together."""
        families: dict[str, list[Task]] = {}
        for task, key in zip(self.tasks, fit_keys(self.tasks, "cpu"), strict=True):
            families.setdefault(family(key), []).append(task)
        return [
            Stack(
                f"{self.leg}, {tasks[0].name.split()[0]}",
                tasks[0].network,
                len(some),
                partial(list, some),
            )
            for tasks in families.values()
            for some in _cut(tasks, tasks[0].network)
        ]


@dataclass(frozen=True)
class Classified:
    """Networks that tell stress from calm, walked over the folds of one label.

    Attributes:
        leg: for readers.
        features: of every day, before they are standardised, ``(n_days, n_features)``.
        label: what is told.
        folds: which days are told from which.
        networks: ids of their records.
        seeds: of each.
        how: training.
    """

    leg: str
    features: FloatArray
    label: Label
    folds: tuple[Fold, ...]
    networks: tuple[str, ...]
    seeds: int
    how: Training

    def stacks(self) -> list[Stack]:
        """What is trained together."""
        return _stacks(self, "stress", range(len(self.folds)))

    def tasks(self, fold: int, network: str, seeds: Sequence[int]) -> list[Task]:
        """Some seeds of one network on one fold, as the product plans them."""
        names = tuple(map(str, range(self.features.shape[1])))
        n_days = len(self.features)
        sample = Sample(
            dates=pd.date_range("2000-01-03", periods=n_days),
            features=self.features,
            names=names,
            markets=(),
            labels={},
            outcomes={},
            garch=np.empty(n_days),
            returns=np.empty((n_days, 0)),
            breadth=0,
        )
        planned = plan_classification(
            sample,
            self.label,
            [self.folds[fold]],
            self.seeds,
            self.how,
            [_record("stress", network)],
        )
        return [planned.tasks[seed] for seed in seeds]


@dataclass(frozen=True)
class Refitted:
    """One refit of the networks on volatility, before its inputs are standardised.

    Attributes:
        year: of its first forecast.
        scaler: of the inputs.
        residual: what is learnt, ``(n_days, n_markets)``, NaN where there is nothing to learn from.
        asked: cells whose correction is wanted, same shape.
    """

    year: int
    scaler: Scaler
    residual: NDArray[np.float32]
    asked: BoolArray


@dataclass(frozen=True)
class Corrected:
    """Networks on what the linear panel of volatility leaves.

    Attributes:
        leg: for readers.
        inputs: of every day and market, ``(n_days, n_markets, n_features)``, NaN where not known.
        horizon: trading days ahead.
        refits: in time order.
        networks: ids of their records.
        seeds: of each.
        how: training.
    """

    leg: str
    inputs: FloatArray
    horizon: int
    refits: tuple[Refitted, ...]
    networks: tuple[str, ...]
    seeds: int
    how: Training

    def stacks(self) -> list[Stack]:
        """What is trained together."""
        return _stacks(self, "volatility", range(len(self.refits)))

    def tasks(self, refit: int, network: str, seeds: Sequence[int]) -> list[Task]:
        """Some seeds of one network on one refit, as the product plans them."""
        record = _record("volatility", network)
        return tasks_of(self.laid(refit), [record], seeds, self.how)

    def laid(self, refit: int) -> NetworkRefit:
        """A refit with its standardised inputs."""
        found = self.refits[refit]
        rows = found.scaler.apply(self.inputs[: len(found.residual)]).astype(np.float32)
        residual = found.residual.astype(float)
        return NetworkRefit(found.year, self.horizon, found.scaler, rows, residual, found.asked)


Work = Ready | Classified | Corrected


@dataclass(frozen=True)
class Works:
    """All fits of one market.

    Attributes:
        market: its name.
        profiles: fits of each profile of training, by its name.
        left_out: what a file was too small for, a sentence each.
    """

    market: str
    profiles: Mapping[str, tuple[Work, ...]]
    left_out: tuple[str, ...] = ()

    def stacks(self, profile: str) -> list[Stack]:
        """What is trained together, of all works of a profile."""
        return [stack for work in self.profiles[profile] for stack in work.stacks()]


def in_turns(stacks: Sequence[Stack], seed: int = 0) -> list[Stack]:
    """One stack of each kind, then another of each: in every part all kinds that are left.

    Which of its kind comes first is drawn, so that the first ones stand for all.

    Args:
        stacks: in any order.
        seed: of the draw.
    """
    drawn = np.random.default_rng(seed).permutation(len(stacks))
    kinds: dict[str, list[Stack]] = {}
    for place in drawn:
        kinds.setdefault(stacks[place].kind, []).append(stacks[place])
    turns = zip_longest(*kinds.values())
    return [stack for turn in turns for stack in turn if stack is not None]


def _stacks(work: "Classified | Corrected", leg: Leg, pieces: Sequence[int]) -> list[Stack]:
    """What is trained together of each piece of a work, by its networks and seeds."""
    return [
        Stack(
            f"{work.leg}, {network.id}",
            network.implementation,
            len(seeds),
            partial(work.tasks, piece, network.id, seeds),
        )
        for piece in pieces
        for network in (_record(leg, name) for name in work.networks)
        for seeds in _cut(range(work.seeds), network.implementation)
    ]


def _cut(items: Sequence[Item], network: str) -> list[Sequence[Item]]:
    """Seeds as they are stacked: some together where the network allows it, else one by one."""
    size = MOST_STACKED if architecture(network).stackable else 1
    return [items[first : first + size] for first in range(0, len(items), size)]


def _record(leg: Leg, name: str) -> Model:
    found = find(leg, name)
    if found is None:
        raise ValueError(f"leg {leg} has no network {name}: write the file of fits again")
    return found
