"""The networks walked forward: what they read, when they are refitted, what they add.

Belongs here: which networks a panel has, their inputs and refits. Does not belong here: a refit
(`network`), the linear panel that is corrected (`harx`).

A network learns what the linear panel that is fitted in the same January leaves. Linear panels are
fitted every year and networks every three, so that what a network adds stands on the linear panel
of each day's own year: the two differ by the network alone. Where the past is too short for a
network nothing is added.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.evaluation.models import Model, models_of
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress import saved
from sfr_pipeline.stress.sample import LIMIT
from sfr_pipeline.stress.volatility.features import Measures, across, harx_inputs
from sfr_pipeline.stress.volatility.harx import fit_pooled, refits
from sfr_pipeline.stress.volatility.network import (
    Corrected,
    NetworkRefit,
    correct,
    newest_of,
    prepare,
    training,
)
from sfr_pipeline.stress.volatility.panel import PanelName, PooledPanel
from sfr_pipeline.stress.volatility.walk import VolatilityRun
from sfr_pipeline.training.profile import Profile
from sfr_pipeline.training.scaler import Scaler
from sfr_pipeline.training.spec import Fit, Task, Training

# What was frozen is a forecast of a month; other horizons have the linear panels alone.
HORIZON = 21


@dataclass(frozen=True)
class Plan:
    """Networks that are to be trained on one panel.

    Attributes:
        panel: its name.
        horizon: trading days ahead.
        shape: days and markets of the panel.
        refits: in time order.
        refit_months: between them.
        networks: records.
        seeds: of each.
        how: training.
    """

    panel: PanelName
    horizon: int
    shape: tuple[int, int]
    refits: tuple[NetworkRefit, ...]
    refit_months: int
    networks: tuple[Model, ...]
    seeds: int
    how: Training


@dataclass(frozen=True)
class Corrections:
    """What the networks add on one panel.

    Attributes:
        panel: its name.
        horizon: trading days ahead.
        refit_months: between refits of the networks.
        networks: what each of them adds.
    """

    panel: PanelName
    horizon: int
    refit_months: int
    networks: tuple[Corrected, ...]


def networks_of(panel: str, profile: Profile) -> tuple[Model, ...]:
    """Records of the networks of a panel: those it may not lack, and in a full profile all."""
    return tuple(
        model
        for model in models_of("volatility")
        if model.network
        and (panel in model.required or (profile.volatility_full and model.runs_under(panel)))
    )


def network_inputs(panel: PooledPanel, horizon: int) -> FloatArray:
    """What networks read of a day: all that the linear panel reads, and the day's move.

    z, the return over the day before's volatility, |z|, and the means of both over the markets.

    Returns:
        ``(n_days, n_markets, n_inputs)``, NaN where not known.
    """
    linear, _ = harx_inputs(panel, horizon)
    moves = Measures(panel).shocks
    sizes = np.abs(moves)
    own = np.stack([moves, sizes, across(moves), across(sizes)], axis=-1)
    return np.concatenate([linear, own], axis=-1)


def plan(panel: PooledPanel, first_test_year: int, profile: Profile) -> Plan:
    """Standardise and mark what the networks of a panel learn from.

    Args:
        panel: markets by day.
        first_test_year: first year that is scored.
        profile: effort.

    Raises:
        TooShortError: too few days before the first refit.
    """
    return plan_of(panel, first_test_year, profile, networks_of(panel.name, profile))


def plan_of(
    panel: PooledPanel, first_test_year: int, profile: Profile, networks: tuple[Model, ...]
) -> Plan:
    """The same for networks that are named.

    Args:
        panel: markets by day.
        first_test_year: first year that is scored.
        profile: effort.
        networks: their records.

    Raises:
        TooShortError: too few days before the first refit.
    """
    years = profile.volatility_refit_years
    found = []
    for refit in refits(panel.dates, first_test_year, HORIZON, years) if networks else ():
        residual = _residual(panel, refit.train)
        ready = None
        if residual is not None:
            ready = prepare(refit, HORIZON, network_inputs(panel, HORIZON), residual)
        if ready is not None:
            found.append(ready)
    return Plan(
        panel.name,
        HORIZON,
        (len(panel.dates), len(panel.markets)),
        tuple(found),
        12 * years,
        networks,
        profile.stress_seeds,
        training(profile.volatility_epochs),
    )


def train(planned: Plan, fit: Callable[[list[Task]], list[Fit]]) -> Corrections:
    """Train what was planned.

    Args:
        planned: of one panel.
        fit: trains tasks, such as `many_fits.fit_all`.
    """
    networks = correct(
        planned.refits, planned.networks, planned.seeds, planned.how, planned.shape, fit
    )
    return Corrections(planned.panel, planned.horizon, planned.refit_months, tuple(networks))


def arrays_of(found: Sequence[Corrections]) -> dict[str, NDArray[Any]]:
    """What was found as arrays by name, of which `corrections_of` makes the same."""
    arrays: dict[str, NDArray[Any]] = {}
    for each in found:
        for network in each.networks:
            head = _head(each.panel, network.network)
            arrays |= {
                f"{head}added": np.stack([network.added, *network.of_seeds]),
                f"{head}years": np.array([*network.shares], dtype=np.int64),
                f"{head}shares": np.array([*network.shares.values()], dtype=np.float64),
            }
            if network.newest is not None:
                arrays |= {
                    f"{head}newest.mean": network.newest.scaler.mean,
                    f"{head}newest.scale": network.newest.scaler.scale,
                    f"{head}newest.share": np.array(network.newest.share),
                }
                for seed, weights in enumerate(network.newest.weights):
                    arrays |= {f"{head}{seed}.{name}": value for name, value in weights.items()}
    return arrays


def corrections_of(
    arrays: Mapping[str, NDArray[Any]], panels: Sequence[PanelName], profile: Profile
) -> list[Corrections]:
    """What was found, from its arrays.

    Args:
        arrays: of `arrays_of`.
        panels: names of those that were planned for, in order.
        profile: effort of the plans.
    """
    return [
        Corrections(
            panel,
            HORIZON,
            12 * profile.volatility_refit_years,
            tuple(
                _corrected(network, saved.under(arrays, _head(panel, network.id)), profile)
                for network in networks_of(panel, profile)
            ),
        )
        for panel in panels
    ]


def _head(panel: str, network: str) -> str:
    return f"{panel}/{network}/"


def _corrected(network: Model, arrays: Mapping[str, NDArray[Any]], profile: Profile) -> Corrected:
    years = arrays["years"].tolist()
    newest = None
    if "newest.share" in arrays:
        newest = newest_of(
            network,
            Scaler(arrays["newest.mean"], arrays["newest.scale"], LIMIT),
            float(arrays["newest.share"]),
            tuple(saved.under(arrays, f"{seed}.") for seed in range(profile.stress_seeds)),
        )
    return Corrected(
        network.id,
        arrays["added"][0],
        tuple(arrays["added"][1:]),
        dict(zip(years, arrays["shares"].tolist(), strict=True)),
        newest,
    )


def corrected_runs(found: Corrections, linear: VolatilityRun) -> list[VolatilityRun]:
    """What the linear panel and each network say together, the seeds' mean first.

    Args:
        found: corrections of the panel.
        linear: run of the headline on the same panel and horizon.
    """
    return [
        replace(
            linear,
            model=network.network,
            seed=seed,
            refit_months=found.refit_months,
            gaps=linear.gaps + added,
        )
        for network in found.networks
        for seed, added in enumerate((network.added, *network.of_seeds), start=MEAN_OF_SEEDS)
    ]


def _residual(panel: PooledPanel, rows: IntArray) -> FloatArray | None:
    """Training targets less the linear panel fitted on some days; None where none can be."""
    inputs, _ = harx_inputs(panel, HORIZON)
    targets = panel.training_targets(HORIZON)
    linear = fit_pooled(inputs, targets, rows)
    return None if linear is None else targets - linear.predict(inputs)
