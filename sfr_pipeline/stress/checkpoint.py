"""A trained model on disk: what it is made of, label definition, hash of what it learnt from.

Belongs here: what is saved, what is refused, and scoring the latest day without training. Does not
belong here: files and where they lie (`saved`).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import Model, find
from sfr_pipeline.evaluation.models.answers import answering, is_own
from sfr_pipeline.evaluation.models.code import code_hash
from sfr_pipeline.markets.stress import LabelSettings
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.stress import saved
from sfr_pipeline.stress.calibration import Platt
from sfr_pipeline.stress.classifier import Logit
from sfr_pipeline.stress.forward import KeptModel, Trained
from sfr_pipeline.stress.gaps import Ridge, TrainedGaps
from sfr_pipeline.stress.networks import WINDOW, TrainedNetwork
from sfr_pipeline.stress.sample import LIMIT, Label, Sample
from sfr_pipeline.stress.simulation import TrainedSimulation
from sfr_pipeline.stress.walk_forward import mean_of
from sfr_pipeline.training.scaler import Scaler

RELEASE = {"format": "2", "window": WINDOW}


@dataclass(frozen=True)
class Checkpoint:
    """One model, ready to score days.

    Attributes:
        model: its name in tables.
        trained: what its newest fit left.
        label: name of the label that it tells.
        definition: constants of the label's formulas.
        platt: calibration.
        names: features of the market when it was trained, in their order.
        origin: last day that was known when it was trained.
        data_hash: of returns, features and label up to then.
    """

    model: str
    trained: Trained
    label: str
    definition: LabelSettings
    platt: Platt
    names: tuple[str, ...]
    origin: pd.Timestamp
    data_hash: str


def can_be_kept(model: Model) -> bool:
    """Whether what a model leaves has a form on disk; one of the user says so by its class."""
    if not (model.forward and is_own(model)):
        return True
    return issubclass(model.load(), KeptModel)


def data_hash(sample: Sample, label: Label, origin: int) -> str:
    """SHA-256 over days, returns, features, thresholds up to row ``origin``, and known labels."""
    known = label.known(origin)
    arrays = [
        sample.dates[: origin + 1].as_unit("s").asi8,
        sample.returns[: origin + 1],
        sample.features[: origin + 1],
        label.values[known],
        *(outcomes.threshold[: origin + 1] for outcomes in sample.outcomes.values()),
        *(outcomes.loss_threshold[: origin + 1] for outcomes in sample.outcomes.values()),
        *(
            outcomes.volatility[: max(0, origin + 1 - outcomes.horizon)]
            for outcomes in sample.outcomes.values()
        ),
    ]
    return saved.hash_of([label.name, sample.names, sample.markets], arrays)


def save(checkpoint: Checkpoint, files: Filesystem, name: str) -> None:
    """Write one file; a reader never sees half of it."""
    record = _record(checkpoint.model)
    if record.forward and is_own(record):
        arrays, about = _described_by(record, checkpoint.trained)
    else:
        arrays, about = _describe(checkpoint.trained)
    about |= {
        "code": code_hash(record.implementation),
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
    record = _record(about["model"])
    # Models of this package have no text noted: theirs changes with its release.
    if about.get("code") != code_hash(record.implementation):
        raise EstimationError(
            f"the checkpoint of {record.id} was trained with another text of "
            f"{record.implementation} than stands there now: train again ('sfr run')"
        )
    return Checkpoint(
        model=about["model"],
        trained=_restore(arrays, about, record),
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
            "('sfr run')"
        )
    if definition != checkpoint.definition or checkpoint.label not in sample.labels:
        raise EstimationError(
            f"{name} was trained on another definition of the label: train again ('sfr run')"
        )
    label = sample.labels[checkpoint.label]
    saved.check_days(
        name,
        sample.dates,
        checkpoint.origin,
        checkpoint.data_hash,
        lambda row: data_hash(sample, label, row),
    )
    return label


def _record(model: str) -> Model:
    record = find("stress", model)
    if record is None:
        raise EstimationError(f"there is no model {model} any more: train again ('sfr run')")
    return record


def _described_by(record: Model, trained: Trained) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a model of the user says that its newest fit is made of."""
    with answering(record, "when its newest fit was kept"):
        model: KeptModel = record.create()
        arrays, about = model.state(trained)
        return dict(arrays), {"kind": "own", "own": dict(about)}


def _describe(trained: Trained) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arrays, and what is none; ``kind`` says which model they are of."""
    if isinstance(trained, TrainedNetwork):
        arrays = {"mean": trained.scaler.mean, "scale": trained.scaler.scale}
        for seed, weights in enumerate(trained.weights):
            arrays |= {f"{seed}.{name}": value for name, value in weights.items()}
        return arrays, {
            "kind": "network",
            "network": trained.network,
            "options": dict(trained.options),
            "features": trained.names,
            "seeds": len(trained.weights),
        }
    if isinstance(trained, TrainedGaps):
        ridge = trained.ridge
        arrays = {
            "mean": ridge.scaler.mean,
            "scale": ridge.scaler.scale,
            "coefficients": ridge.coefficients,
            "intercepts": ridge.intercepts,
        }
        for name, logit in trained.logits.items():
            arrays |= {
                f"{name}.mean": logit.scaler.mean,
                f"{name}.scale": logit.scaler.scale,
                f"{name}.coefficients": logit.coefficients,
                f"{name}.intercept": np.array([logit.intercept]),
            }
        return arrays, {"kind": "gaps", "logits": list(trained.logits)}
    if isinstance(trained, TrainedSimulation):
        # Residuals come from the returns, whose hash is kept beside.
        return {"parameters": trained.parameters}, {
            "kind": "simulation",
            "last_row": trained.origin,
            "paths": trained.paths,
            "seed": trained.seed,
        }
    raise TypeError(f"a {type(trained).__name__} has no form on disk: give it one here")


def _restore(arrays: dict[str, Any], about: dict[str, Any], record: Model) -> Trained:
    if about["kind"] == "own":
        with answering(record, "when its newest fit was read"):
            model: KeptModel = record.create()
            return model.restored(arrays, about["own"])
    if about["kind"] == "network":
        return TrainedNetwork(
            about["network"],
            about["options"],
            tuple(about["features"]),
            Scaler(arrays["mean"], arrays["scale"], LIMIT),
            tuple(saved.under(arrays, f"{seed}.") for seed in range(about["seeds"])),
        )
    if about["kind"] == "gaps":
        ridge = Ridge(
            Scaler(arrays["mean"], arrays["scale"], LIMIT),
            arrays["coefficients"],
            arrays["intercepts"],
        )
        return TrainedGaps(ridge, {name: _logit(arrays, name) for name in about["logits"]})
    return TrainedSimulation(arrays["parameters"], about["last_row"], about["paths"], about["seed"])


def _logit(arrays: dict[str, Any], name: str) -> Logit:
    scaler = Scaler(arrays[f"{name}.mean"], arrays[f"{name}.scale"], LIMIT)
    return Logit(scaler, arrays[f"{name}.coefficients"], float(arrays[f"{name}.intercept"][0]))
