"""The daily paper's own experiment (section IV), twice: in time order, and with its likely leak.

The balanced label D50 of the day, windows that end on that day, 65/15/20 % for training,
validation and test, the best epoch by validation loss. Once in time order, and once with windows
drawn at random, marked LEAKING: neighbouring windows share all but a day, so test windows have
been seen. The paper says neither what its label is nor how its windows were divided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from sfr_pipeline.evaluation.models import Model, models_of
from sfr_pipeline.stress.networks import WINDOW, Plan, plan_classification, training
from sfr_pipeline.stress.sample import Label, Sample
from sfr_pipeline.stress.splits import Fold, paper_fold
from sfr_pipeline.stress.walk_forward import Run, run_classifiers
from sfr_pipeline.training.spec import Training

LABEL = "D50"
IN_TIME_ORDER, LEAKING = "paper", "paper_random"
PATIENCE = 4


def paper_folds(labels: Mapping[str, Label], seed: int = 0) -> dict[str, Fold]:
    """The one fold of each protocol, by the protocol's name.

    Args:
        labels: by name; the paper's has days.
        seed: of the random windows.

    Raises:
        TooShortError: too few days have the paper's label.
    """
    label = labels[LABEL]
    # The day before must have a label too, for the row of yesterday's label.
    first = max(WINDOW - 1, int(label.known(len(label.values))[0]) + 1)
    return {
        IN_TIME_ORDER: paper_fold(label, first),
        LEAKING: paper_fold(label, first, random_windows=True, seed=seed),
    }


def paper_training(steps: int, n_train: int) -> Training:
    """About so many steps in whole passes over the training windows, stopped early.

    Args:
        steps: at most, rounded up to a pass.
        n_train: training windows.
    """
    how = training(steps)
    epochs = max(1, -(-steps * how.batch_size // n_train))
    return replace(how, steps=None, epochs=epochs, patience=PATIENCE)


def baseline_runs(sample: Sample, fold: Fold, protocol: str) -> list[Run]:
    """Models without networks on the paper's label and days, fitted on its training days."""
    return run_classifiers(sample, sample.labels[LABEL], [fold], protocol)


def plan_paper(
    sample: Sample, fold: Fold, seeds: int, steps: int, which: Sequence[Model] | None = None
) -> Plan:
    """The networks on one fold.

    Args:
        sample: the market, with the features that networks see.
        fold: one of `paper_folds`.
        seeds: of each network.
        steps: at most.
        which: networks; all by default.
    """
    how = paper_training(steps, len(fold.train))
    return plan_classification(sample, sample.labels[LABEL], [fold], seeds, how, which)


def paper_table(scores: pd.DataFrame) -> pd.DataFrame:
    """The paper's Table 1 beside both protocols: for the report.

    Args:
        scores: table ``stress_scores``.

    Returns:
        One row a model in reading order: what the paper prints (missing for others than its five),
        then accuracy, recall, F1 and AUROC in time order and with random windows.
    """
    models = models_of("stress")
    table = pd.DataFrame(
        [{"model": model.id, **model.printed} for model in models],
        columns=["model", "accuracy", "recall", "f1"],
    )
    table = table.set_index("model").add_prefix("paper_")
    for protocol, suffix in ((IN_TIME_ORDER, "in_time_order"), (LEAKING, "leaking")):
        rows = scores[
            (scores["protocol"] == protocol)
            & (scores["days"] == "all")
            & (scores["period"] == "all")
        ].set_index("model")[["accuracy", "recall", "f1", "auroc"]]
        table = table.join(rows.add_suffix(f"_{suffix}"), how="left")
    there = table.notna().any(axis=1)
    return table[there].reset_index().replace({np.nan: None})
