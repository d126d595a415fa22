"""The newest models of volatility on disk, and what they say of the latest day without training.

Belongs here: what is saved of the headline and of the proposed model, what is refused. Does not
belong here: files (`sfr_pipeline.stress.saved`), how models are fitted (`harx`, `network`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import contender, find, headline
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.volatility import BOUNDS
from sfr_pipeline.stress import saved
from sfr_pipeline.stress.sample import LIMIT
from sfr_pipeline.stress.volatility.corrections import Corrections, network_inputs
from sfr_pipeline.stress.volatility.features import harx_inputs
from sfr_pipeline.stress.volatility.harx import PooledFit, fit_pooled, refits
from sfr_pipeline.stress.volatility.network import WINDOW, Correction
from sfr_pipeline.stress.volatility.panel import PooledPanel
from sfr_pipeline.stress.volatility.walk import LEVELS, VolatilityRun, past_errors
from sfr_pipeline.training.scaler import Scaler

# Leg of the records, and name of the file.
NAME: Final = "volatility"
RELEASE = {"format": "1", "window": WINDOW, "levels": list(LEVELS)}
# By model and horizon.
Which = tuple[str, int]


@dataclass(frozen=True)
class Checkpoint:
    """The linear panels of a market, and what the network adds, ready for new days.

    Attributes:
        panel: name of the markets' panel.
        markets: their ids.
        names: inputs of the linear panels.
        linear: fits, by horizon.
        correction: of the network; None where the past was too short for one.
        corrected: horizon of the correction.
        bounds: quantiles of past errors, ``(n_markets, n_levels)`` by model and horizon.
        origin: last day that was known when they were fitted.
        data_hash: of the panel up to then.
    """

    panel: str
    markets: tuple[str, ...]
    names: tuple[str, ...]
    linear: Mapping[int, PooledFit]
    correction: Correction | None
    corrected: int
    bounds: Mapping[Which, FloatArray]
    origin: pd.Timestamp
    data_hash: str


def newest(
    panel: PooledPanel,
    runs: Sequence[VolatilityRun],
    corrections: Corrections,
    first_test_year: int,
) -> Checkpoint:
    """What was fitted last.

    Args:
        panel: markets by day.
        runs: forecasts, of which those of the headline and the proposed model bound what is said.
        corrections: of the networks.
        first_test_year: first year that is scored.

    Raises:
        TooShortError: too few days before the first fit.
    """
    wanted = (headline(NAME).id, contender(NAME).id)
    linear: dict[int, PooledFit] = {}
    for horizon in panel.horizons:
        last = refits(panel.dates, first_test_year, horizon)[-1]
        inputs, names = harx_inputs(panel, horizon)
        fitted = fit_pooled(inputs, panel.training_targets(horizon), last.train)
        assert fitted is not None, "a panel that was walked forward has fits"
        linear[horizon] = fitted
    networks = {each.network: each.newest for each in corrections.networks}
    return Checkpoint(
        panel=panel.name,
        markets=panel.markets,
        names=names,
        linear=linear,
        correction=networks.get(wanted[1]),
        corrected=corrections.horizon,
        bounds={
            (run.model, run.horizon): past_errors(panel, run, since=len(panel.dates) - 1)[-1]
            for run in runs
            if run.model in wanted and run.seed == MEAN_OF_SEEDS
        },
        origin=panel.dates[last.origin],
        data_hash=data_hash(panel, last.origin),
    )


def data_hash(panel: PooledPanel, origin: int) -> str:
    """SHA-256 over the days of a panel up to row ``origin``, and outcomes known by then."""
    arrays = [
        panel.dates.as_unit("s").asi8,
        panel.returns,
        panel.log_range,
        panel.implied,
        *panel.thresholds.values(),
    ]
    known = [array[: origin + 1] for array in arrays]
    known += [panel.volatility[horizon][: origin + 1 - horizon] for horizon in panel.horizons]
    return saved.hash_of([panel.name, panel.markets, panel.equity, panel.horizons], known)


def save(checkpoint: Checkpoint, files: Filesystem, name: str) -> None:
    """Write one file; a reader never sees half of it."""
    arrays: dict[str, Any] = {}
    for horizon, fitted in checkpoint.linear.items():
        arrays |= {
            f"linear.{horizon}.mean": fitted.scaler.mean,
            f"linear.{horizon}.scale": fitted.scaler.scale,
            f"linear.{horizon}.intercept": np.array([fitted.intercept]),
            f"linear.{horizon}.coefficients": fitted.coefficients,
            f"linear.{horizon}.n_cells": np.array([fitted.n_cells]),
        }
    arrays |= {
        f"bounds.{model}.{horizon}": quantiles
        for (model, horizon), quantiles in checkpoint.bounds.items()
    }
    network = checkpoint.correction
    if network is not None:
        arrays |= {
            "network.mean": network.scaler.mean,
            "network.scale": network.scaler.scale,
            "network.share": np.array([network.share]),
        }
        for seed, weights in enumerate(network.weights):
            arrays |= {f"network.{seed}.{name}": value for name, value in weights.items()}
    about = {
        **RELEASE,
        "panel": checkpoint.panel,
        "markets": checkpoint.markets,
        "names": checkpoint.names,
        "horizons": list(checkpoint.linear),
        "corrected": checkpoint.corrected,
        "bounds": list(checkpoint.bounds),
        "origin": checkpoint.origin.isoformat(),
        "data_hash": checkpoint.data_hash,
        "network": network
        and {
            "network": network.network,
            "window": network.window,
            "options": dict(network.options),
            "seeds": len(network.weights),
        },
    }
    saved.write(files, name, arrays, about)


def load(files: Filesystem, name: str) -> Checkpoint:
    """Read what `save` wrote.

    Raises:
        EstimationError: there is no such file, it is damaged, or of another format.
    """
    return saved.read(files, name, RELEASE, _restore)


def predict_latest(checkpoint: Checkpoint, panel: PooledPanel) -> pd.DataFrame:
    """Volatility of the days after the last one of a panel, without training.

    Args:
        checkpoint: trained models.
        panel: the markets now; days after the checkpoint's origin may have been added.

    Returns:
        One row for each market that trades on the last day, horizon and model: columns of table
        ``volatility_forecasts``, and origin (last day that was known when it was fitted).

    Raises:
        EstimationError: markets, inputs or the days learnt from are not those of the checkpoint.
    """
    _check(checkpoint, panel)
    frames = []
    for horizon, fitted in checkpoint.linear.items():
        inputs, _ = harx_inputs(panel, horizon)
        gaps = {headline(NAME).id: fitted.predict(inputs[-1])}
        network = checkpoint.correction
        if network is not None and horizon == checkpoint.corrected:
            record = find(NAME, network.network)
            if record is None:
                raise EstimationError(
                    f"there is no model {network.network} any more: train again ('sfr run')"
                )
            days = network_inputs(panel, horizon)[-WINDOW:]
            added = network.of(days, record.implementation)
            gaps[network.network] = gaps[headline(NAME).id] + added
        level = panel.log_thresholds(horizon)[-1]
        for model, gap in gaps.items():
            errors = checkpoint.bounds[model, horizon]
            ends = np.exp((gap + level)[:, np.newaxis] + errors).T
            frames.append(
                pd.DataFrame(
                    {
                        "panel": panel.name,
                        "horizon": horizon,
                        "model": model,
                        "date": panel.dates[-1],
                        "market": panel.markets,
                        "forecast": np.exp(gap + level),
                        **dict(zip(BOUNDS, ends, strict=True)),
                        "origin": checkpoint.origin,
                    }
                ).dropna(subset="forecast")
            )
    return pd.concat(frames, ignore_index=True)


def _check(checkpoint: Checkpoint, panel: PooledPanel) -> None:
    name = "the checkpoint of the volatility models"
    names = harx_inputs(panel, panel.horizons[0])[1]
    for what, now, then in (
        ("markets", panel.markets, checkpoint.markets),
        ("inputs", names, checkpoint.names),
        ("horizons", _words(panel.horizons), _words(checkpoint.linear)),
    ):
        if now != then:
            changed = ", ".join(sorted(set(now) ^ set(then))) or "their order"
            raise EstimationError(
                f"{name} was trained on other {what} (different: {changed}): train again "
                "('sfr run')"
            )
    saved.check_days(
        name,
        panel.dates,
        checkpoint.origin,
        checkpoint.data_hash,
        lambda row: data_hash(panel, row),
    )


def _words(numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(map(str, numbers))


def _restore(arrays: dict[str, Any], about: dict[str, Any]) -> Checkpoint:
    linear = {
        horizon: PooledFit(
            Scaler(arrays[f"linear.{horizon}.mean"], arrays[f"linear.{horizon}.scale"], LIMIT),
            float(arrays[f"linear.{horizon}.intercept"][0]),
            arrays[f"linear.{horizon}.coefficients"],
            int(arrays[f"linear.{horizon}.n_cells"][0]),
        )
        for horizon in about["horizons"]
    }
    how = about["network"]
    correction = None
    if how is not None:
        correction = Correction(
            how["network"],
            how["window"],
            how["options"],
            Scaler(arrays["network.mean"], arrays["network.scale"], LIMIT),
            float(arrays["network.share"][0]),
            tuple(saved.under(arrays, f"network.{seed}.") for seed in range(how["seeds"])),
        )
    return Checkpoint(
        panel=about["panel"],
        markets=tuple(about["markets"]),
        names=tuple(about["names"]),
        linear=linear,
        correction=correction,
        corrected=about["corrected"],
        bounds={(model, h): arrays[f"bounds.{model}.{h}"] for model, h in about["bounds"]},
        origin=pd.Timestamp(about["origin"]),
        data_hash=about["data_hash"],
    )
