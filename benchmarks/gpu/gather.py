"""The fits of a market from its tables, into a file for a machine without the package.

Belongs here: what needs the whole package. Whatever is planned is held against the training sets
that the product makes of it, bit for bit, before it is written.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.gpu.fit_file import MOST_BYTES, save
from benchmarks.gpu.works import Classified, Corrected, Ready, Refitted, Work, Works
from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import EstimationError, StorageError
from sfr_pipeline.files import in_place_of
from sfr_pipeline.forecasting import study as monthly
from sfr_pipeline.forecasting.trial import TABLES as OF_MONTHS
from sfr_pipeline.markets import Market, load_market
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables import TABLES
from sfr_pipeline.stress import study as daily
from sfr_pipeline.stress.assembly import build_sample
from sfr_pipeline.stress.networks import network_features
from sfr_pipeline.stress.panel import read_returns
from sfr_pipeline.stress.robustness import IRRELEVANT, with_noise_columns
from sfr_pipeline.stress.volatility import study as volatility
from sfr_pipeline.stress.volatility.corrections import Plan, network_inputs
from sfr_pipeline.stress.volatility.panel import PooledPanel
from sfr_pipeline.training.fit_store import fit_keys
from sfr_pipeline.training.profile import DEFAULT, FULL
from sfr_pipeline.training.spec import Task
from sfr_pipeline.workspace import warehouse_folder

PROFILES = (DEFAULT, FULL)
STOCKS = "volatility, stocks"


def write(path: Path, market: str, warehouse: Path | None = None) -> Works:
    """Write all fits of a market; of its stocks only the refits for which there is room.

    Args:
        path: of the file.
        market: its name.
        warehouse: with its tables; by default that of the workspace.

    Returns:
        What was written.

    Raises:
        NotMaterializedError: the market was not run.
        StorageError: the file can't be written, or not within `MOST_BYTES`.
    """
    whole = gather(load_market(market), ParquetStore(warehouse or warehouse_folder()))
    with in_place_of(path) as aside:
        for works in _less_and_less(whole):
            if save(works, aside) <= MOST_BYTES:
                return works
        raise StorageError(
            f"the fits of {market} take more than {MOST_BYTES / 1e6:.0f} MB without any of its "
            "stocks: choose a market with fewer sub-markets or a shorter history"
        )


def gather(market: Market, store: ParquetStore) -> Works:
    """All fits of a market, of every profile.

    Args:
        market: the catalogue.
        store: with its tables.

    Raises:
        NotMaterializedError: the market was not run.
    """
    contracts = {table.name: table for table in TABLES}

    def read(*names: str) -> list[pd.DataFrame]:
        return [store.read(market.name, contracts[name]) for name in names]

    found: dict[str, list[Work]] = {profile.name: [] for profile in PROFILES}
    if market.monthly:
        panel, revisions, warning_panel, regimes = read(*OF_MONTHS)
        for profile in PROFILES:
            study = monthly.gather(market, panel, revisions, warning_panel, regimes, profile)
            found[profile.name].append(of_months(study))
    if market.stress is not None:
        quotes, returns, features = read("daily_quotes", "daily_returns", "daily_features")
        outcomes, labels = read("stress_outcomes", "stress_labels")
        moves = read_returns(market, returns)
        sample = build_sample(market.stress, moves, features, outcomes, labels)
        laid = volatility.prepare(market, quotes, returns, features, FULL)
        panels = {panel.name: panel for panel in laid.panels}
        for profile in PROFILES:
            found[profile.name] += of_days(daily.prepare(sample, market.stress, profile))
            for plan in volatility.plan_networks(replace(laid, profile=profile)):
                found[profile.name].append(of_volatility(panels[plan.panel], plan))
    return Works(market.name, {name: tuple(works) for name, works in found.items()})


def of_months(study: monthly.Study) -> Ready:
    """The fits of early warning.

    Args:
        study: from its ``gather``.
    """
    return Ready("early warning", tuple(_single(fit.task) for fit in monthly.network_fits(study)))


def of_days(study: daily.Study) -> list[Work]:
    """The fits of daily stress.

    Args:
        study: from its ``prepare``.

    Raises:
        EstimationError: its training sets can't be told by features, label and folds.
    """
    seen = network_features(study.sample)
    samples = (
        seen,
        seen.lagged(),
        *(with_noise_columns(seen, count) for count in IRRELEVANT),
    )
    return [
        _classified(planned, study, [sample.features for sample in samples])
        for planned in daily.plan_networks(study)
    ]


def _classified(
    planned: daily.NetworkPlan, study: daily.Study, candidates: list[FloatArray]
) -> Classified:
    """A plan by those features from which its training sets follow."""
    networks = tuple(dict.fromkeys(planned.plan.models))
    each = len(planned.plan.tasks) // len(planned.folds)
    firsts = planned.plan.tasks[::each]
    wanted = fit_keys(firsts, "cpu")
    for features in candidates:
        work = Classified(
            "daily stress",
            features,
            study.sample.labels[planned.label],
            tuple(planned.folds),
            networks,
            each // len(networks),
            firsts[0].training,
        )
        made = [work.tasks(fold, networks[0], [0])[0] for fold in range(len(work.folds))]
        if fit_keys(made, "cpu") == wanted:
            return work
    raise EstimationError(
        f"the training sets of label {planned.label} are none that follow from its features: "
        "benchmarks.gpu.gather knows less of them than sfr_pipeline.stress.study"
    )


def of_volatility(panel: PooledPanel, plan: Plan) -> Corrected:
    """The fits of one panel of volatility.

    Args:
        panel: markets by day.
        plan: of its networks.

    Raises:
        EstimationError: its training sets can't be told by inputs and scalers.
    """
    inputs = network_inputs(panel, plan.horizon)
    work = Corrected(
        f"volatility, {plan.panel}",
        inputs,
        plan.horizon,
        tuple(
            Refitted(refit.year, refit.scaler, refit.residual.astype(np.float32), refit.asked)
            for refit in plan.refits
        ),
        tuple(network.id for network in plan.networks),
        plan.seeds,
        plan.how,
    )
    for place, refit in enumerate(plan.refits):
        if not np.array_equal(work.laid(place).rows, refit.rows):
            raise EstimationError(
                f"the inputs of panel {plan.panel} before {refit.year} are not those that it is "
                "trained on: benchmarks.gpu.gather knows less of them than "
                "sfr_pipeline.stress.volatility"
            )
    return work


def _less_and_less(whole: Works) -> Iterator[Works]:
    """All works, then without the stocks' last refits, whose history is the longest."""
    yield whole
    works = whole.profiles[FULL.name]
    for place, work in enumerate(works):
        if isinstance(work, Corrected) and work.leg == STOCKS:
            for kept in range(len(work.refits) - 1, -1, -1):
                last = replace(work, refits=work.refits[kept:])
                fewer = (*works[:place], _until(work, kept), *works[place + 1 :])
                yield replace(
                    whole,
                    profiles={**whole.profiles, FULL.name: fewer},
                    left_out=(
                        f"Beside these, {sum(stack.n_fits for stack in last.stacks()):,} fits of "
                        f"{work.leg}, refitted from {last.refits[0].year} on, are not in the file, "
                        f"which has {MOST_BYTES / 1e6:.0f} MB at most.",
                    ),
                )


def _until(work: Corrected, kept: int) -> Corrected:
    """The first refits, and the days that they look at."""
    refits = work.refits[:kept]
    n_days = max((len(refit.residual) for refit in refits), default=0)
    return replace(work, refits=refits, inputs=work.inputs[:n_days])


def _single(task: Task) -> Task:
    """With arrays in the precision that training sees."""
    single = partial(np.asarray, dtype=np.float32)
    watched = task.validation_inputs is not None and task.validation_targets is not None
    return replace(
        task,
        inputs=single(task.inputs),
        targets=single(task.targets),
        predict=single(task.predict),
        validation_inputs=single(task.validation_inputs) if watched else None,
        validation_targets=single(task.validation_targets) if watched else None,
    )
