"""Whether a model of the user reads what was not known yet: tried at run time, day by day.

Belongs here: asking a model again of a market that ends on a day. Ours are held to the same by
tests, which poison everything that comes later. Does not belong here: what is known when
(`sample`, `volatility.panel`).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation.models import Model
from sfr_pipeline.evaluation.models.answers import answering, check_same, is_own
from sfr_pipeline.stress.sample import Label, Sample
from sfr_pipeline.stress.splits import Fold

WHY = "it reads what was not known yet"


def refuse_foresight_of_inputs(
    sample: Sample, label: Label, model: Model, classifier: Any, inputs: FloatArray, row: int
) -> None:
    """Refuse a classifier of the user whose inputs change when the market ends on a day.

    Args:
        sample: the market.
        label: what is to be told; one of a day itself is not known on that day.
        model: record of the classifier.
        classifier: to be asked again.
        inputs: what it reads of the whole market, ``(n_days, n_inputs)``.
        row: the last day.

    Raises:
        ExtensionError: they do.
    """
    if not is_own(model):
        return
    ended, doing = sample.as_of(row), f"of a market that ends on {sample.dates[row]:%Y-%m-%d}"
    known = replace(label, values=label.values[: row + 1].copy())
    known.values[max(0, row + 1 - label.lag) :] = np.nan
    with answering(model, doing):
        again = classifier.inputs(replace(ended, labels={**ended.labels, label.name: known}), known)
    check_same(model, inputs[: row + 1], np.asarray(again, dtype=float), doing, WHY)


def refuse_foresight_of_forward(
    sample: Sample, labels: Sequence[Label], model: Model, fold: Fold, log_odds: FloatArray
) -> None:
    """Refuse a forward model of the user that says otherwise when the market ends.

    Args:
        sample: the market.
        labels: that it is asked for; the first is looked at.
        model: record of the model.
        fold: of its first label.
        log_odds: what it says of the fold's test days, ``(n_rows,)``.

    Raises:
        ExtensionError: fitted on the days that were known, and asked of the first test day with
            no day after it, it says something else.
    """
    if not is_own(model):
        return
    day = int(fold.test[0])
    doing = f"of a market that ends on {sample.dates[day]:%Y-%m-%d}"
    then, now = sample.as_of(fold.origin), sample.as_of(day)
    with answering(model, doing):
        fitted = model.create().fit(
            then, [then.labels[label.name] for label in labels], fold.origin
        )
        again = fitted.log_odds(now, now.labels[labels[0].name], fold.test[:1])[0]
    check_same(model, log_odds[:1], np.asarray(again, dtype=float), doing, WHY)
