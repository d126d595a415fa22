"""A trained model on disk: weights, scaler, label definition and the hash of what it learnt from.

Belongs here: what is saved, what is refused, and scoring the latest day without training. Does not
belong here: files and where they lie (`saved`).
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.markets.stress import LabelSettings
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.stress import saved
from sfr_pipeline.stress.calibration import Platt
from sfr_pipeline.stress.classifier import Logit
from sfr_pipeline.stress.contender import Ridge, TrainedContender
from sfr_pipeline.stress.networks import WINDOW, TrainedNetwork
from sfr_pipeline.stress.sample import LIMIT, Label, Sample
from sfr_pipeline.stress.walk_forward import mean_of
from sfr_pipeline.training.scaler import Scaler

RELEASE = {"format": "1", "window": WINDOW}


@dataclass(frozen=True)
class Checkpoint:
    """One model, ready to score days.

    Attributes:
        model: its name in tables.
        trained: network or contender.
        label: name of the label that it tells.
        definition: constants of the label's formulas.
        platt: calibration.
        names: features of the market when it was trained, in their order.
        origin: last day that was known when it was trained.
        data_hash: of features and label up to then.
    """

    model: str
    trained: TrainedNetwork | TrainedContender
    label: str
    definition: LabelSettings
    platt: Platt
    names: tuple[str, ...]
    origin: pd.Timestamp
    data_hash: str


def data_hash(sample: Sample, label: Label, origin: int) -> str:
    """SHA-256 over days, features and thresholds up to row ``origin``, and labels known by then."""
    digest = hashlib.sha256(json.dumps([label.name, sample.names, sample.markets]).encode())
    known = label.known(origin)
    arrays = [
        sample.dates[: origin + 1].as_unit("s").asi8,
        sample.features[: origin + 1],
        label.values[known],
        *(outcomes.threshold[: origin + 1] for outcomes in sample.outcomes.values()),
        *(
            outcomes.volatility[: max(0, origin + 1 - outcomes.horizon)]
            for outcomes in sample.outcomes.values()
        ),
    ]
    for array in arrays:
        digest.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def save(checkpoint: Checkpoint, files: Filesystem, name: str) -> None:
    """Write one file; a reader never sees half of it."""
    arrays, about = _describe(checkpoint.trained)
    about |= {
        **RELEASE,
        "model": checkpoint.model,
        "label": checkpoint.label,
        "definition": checkpoint.definition.model_dump(mode="json"),
        "platt": asdict(checkpoint.platt),
        "names": checkpoint.names,
        "origin": checkpoint.origin.isoformat(),
        "data_hash": checkpoint.data_hash,
    }
    saved.write(files, name, arrays, about)


def load(files: Filesystem, name: str) -> Checkpoint:
    """Read what `save` wrote.

    Raises:
        EstimationError: there is no such file, it is damaged, or of another format.
    """
    return saved.read(files, name, RELEASE, _checkpoint)


def _checkpoint(arrays: dict[str, Any], about: dict[str, Any]) -> Checkpoint:
    return Checkpoint(
        model=about["model"],
        trained=_restore(arrays, about),
        label=about["label"],
        definition=LabelSettings(**about["definition"]),
        platt=Platt(**about["platt"]),
        names=tuple(about["names"]),
        origin=pd.Timestamp(about["origin"]),
        data_hash=about["data_hash"],
    )


def predict_latest(
    checkpoint: Checkpoint, sample: Sample, definition: LabelSettings
) -> pd.DataFrame:
    """Probability of stress on the last day of the sample, without training.

    Args:
        checkpoint: a trained model.
        sample: the market now; days after the checkpoint's origin may have been added.
        definition: of the market's labels now.

    Returns:
        One row: date, label, model, probability, and the lowest and highest of single seeds.

    Raises:
        EstimationError: features, label definition or the days learnt from are not those of the
            checkpoint.
    """
    label = _check(checkpoint, sample, definition)
    last = np.array([len(sample.dates) - 1])
    log_odds = checkpoint.trained.log_odds(sample, label, last)
    single = checkpoint.platt.probabilities(log_odds[:, 0])
    return pd.DataFrame(
        {
            "date": sample.dates[last],
            "label": label.name,
            "model": checkpoint.model,
            "probability": checkpoint.platt.probabilities(mean_of(list(log_odds))),
            "lowest_seed": single.min(),
            "highest_seed": single.max(),
        }
    )


def _check(checkpoint: Checkpoint, sample: Sample, definition: LabelSettings) -> Label:
    name = f"the checkpoint of {checkpoint.model} for {checkpoint.label}"
    if sample.names != checkpoint.names:
        changed = sorted(set(sample.names) ^ set(checkpoint.names)) or ["their order"]
        raise EstimationError(
            f"{name} was trained on other features (different: {', '.join(changed)}): train again "
            "('make run')"
        )
    if definition != checkpoint.definition or checkpoint.label not in sample.labels:
        raise EstimationError(
            f"{name} was trained on another definition of the label: train again ('make run')"
        )
    label = sample.labels[checkpoint.label]
    origin = int(sample.dates.searchsorted(checkpoint.origin))
    there = origin < len(sample.dates) and sample.dates[origin] == checkpoint.origin
    if not there or data_hash(sample, label, origin) != checkpoint.data_hash:
        raise EstimationError(
            f"{name} was trained on other data up to {checkpoint.origin:%Y-%m-%d} than the market "
            "has now: train again ('make run')"
        )
    return label


def _describe(trained: TrainedNetwork | TrainedContender) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arrays, and what is none."""
    network = trained if isinstance(trained, TrainedNetwork) else trained.network
    arrays: dict[str, Any] = {}
    about: dict[str, Any] = {"network": None, "logits": None}
    if network is not None:
        about["network"] = {
            "network": network.network,
            "options": dict(network.options),
            "names": network.names,
            "limit": network.scaler.limit,
            "seeds": len(network.weights),
        }
        arrays |= {"network.mean": network.scaler.mean, "network.scale": network.scaler.scale}
        for seed, weights in enumerate(network.weights):
            arrays |= {f"network.{seed}.{name}": value for name, value in weights.items()}
    if isinstance(trained, TrainedContender):
        arrays |= {
            "ridge.mean": trained.ridge.scaler.mean,
            "ridge.scale": trained.ridge.scaler.scale,
            "ridge.coefficients": trained.ridge.coefficients,
            "ridge.intercepts": trained.ridge.intercepts,
            "scale": trained.scale,
        }
        about["logits"] = {name: len(logits) for name, logits in trained.logits.items()}
        for name, logits in trained.logits.items():
            for seed, logit in enumerate(logits):
                head = f"logit.{name}.{seed}"
                arrays |= {
                    f"{head}.mean": logit.scaler.mean,
                    f"{head}.scale": logit.scaler.scale,
                    f"{head}.coefficients": logit.coefficients,
                    f"{head}.intercept": np.array([logit.intercept]),
                }
    return arrays, about


def _restore(arrays: dict[str, Any], about: dict[str, Any]) -> TrainedNetwork | TrainedContender:
    network = None
    if about["network"] is not None:
        how = about["network"]
        network = TrainedNetwork(
            how["network"],
            how["options"],
            tuple(how["names"]),
            Scaler(arrays["network.mean"], arrays["network.scale"], how["limit"]),
            tuple(saved.under(arrays, f"network.{seed}.") for seed in range(how["seeds"])),
        )
    if about["logits"] is None:
        if network is None:
            raise ValueError("it holds no model")
        return network
    ridge = Ridge(
        Scaler(arrays["ridge.mean"], arrays["ridge.scale"], LIMIT),
        arrays["ridge.coefficients"],
        arrays["ridge.intercepts"],
    )
    logits = {
        name: [_logit(arrays, f"logit.{name}.{seed}") for seed in range(count)]
        for name, count in about["logits"].items()
    }
    return TrainedContender(ridge, network, arrays["scale"], logits)


def _logit(arrays: dict[str, Any], head: str) -> Logit:
    intercept = float(arrays[f"{head}.intercept"][0])
    return Logit(_scaler(arrays, head), arrays[f"{head}.coefficients"], intercept)


def _scaler(arrays: dict[str, Any], head: str) -> Scaler:
    return Scaler(arrays[f"{head}.mean"], arrays[f"{head}.scale"], LIMIT)
