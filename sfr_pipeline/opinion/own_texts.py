"""``score`` and ``evaluate``: any texts read by any checkpoint, labelled in, labelled out.

Belongs here: what is taken and given, and which texts say nothing or are cut. Does not belong here:
finding and reading a model (`checkpoint`, `scorer`), or a market's posts (`scoring`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from sfr_pipeline.errors import DeviceError, EstimationError, SourceError
from sfr_pipeline.markets.sentiments import LABELS, Label
from sfr_pipeline.opinion.checkpoint import model_named
from sfr_pipeline.opinion.evaluation import Quality, quality, quality_lines
from sfr_pipeline.opinion.labelled import judged
from sfr_pipeline.opinion.precision import Precision
from sfr_pipeline.opinion.scorer import (
    TOKENS_A_BATCH,
    Scorer,
    build_scorer,
    encode,
    in_precision,
    load,
)
from sfr_pipeline.opinion.shards import WINDOW
from sfr_pipeline.opinion.texts import clean
from sfr_pipeline.workspace import find_workspace

Language = Literal["zh", "en"]
CLASSES = "{'0': 'negative', '1': 'neutral', '2': 'positive'}"
PROBABILITIES = [f"p_{label}" for label in LABELS]


def score(
    texts: "pd.Series | Sequence[str]",
    checkpoint: str | Path,
    *,
    language: Language | None,
    revision: str | None = None,
    labels: Mapping[int, Label] | None = None,
    device: str = "cpu",
    precision: Precision | Literal["auto"] = "auto",
) -> pd.DataFrame:
    """Let a checkpoint read texts, as the pipeline lets it read posts.

    Equal texts are read once. White space and invisible characters are tidied as in posts.

    Args:
        texts: a series, whose index the result has, or a list; None and NaN are empty texts.
        checkpoint: a folder; or a name on the model hub, with ``revision``, which is looked for
            below ``models/`` of the workspace and in this machine's cache first; or ``sandbox``,
            the synthetic one that this package ships. Safetensors only.
        language: whose plain sentences the model must read rightly before it may read anything
            else; None for another language, where nothing guards against swapped outputs.
        revision: commit on the hub.
        labels: meaning of each output, where the model's own names say nothing.
        device: ``cpu``, ``cuda`` or ``cuda:1``.
        precision: ``auto`` takes the fastest that agrees with ``fp32`` on the plain sentences;
            without a language it is ``fp32``.

    Returns:
        One row a text: ``p_positive``, ``p_negative``, ``p_neutral``, ``score`` (the first less the
        second), ``label`` (the most probable), ``empty`` (nothing visible; the numbers are then
        missing), ``cut`` (the model read the beginning alone) and ``scorer`` (checkpoint, revision
        and precision).

    Raises:
        EstimationError: what is given are no texts.
        DeviceError: there is no such device.
        SourceError: the checkpoint is nowhere, incomplete, pickled, or misreads plain sentences.
        CatalogueError: the meaning of its outputs is unclear.

    Examples:
        >>> import pandas as pd
        >>> from sfr_pipeline.opinion import score
        >>> texts = pd.Series(["重大利好，大盘大涨，满仓干", "崩盘了，割肉走人", " "], list("abc"))
        >>> found = score(texts, "sandbox", language="zh", precision="fp32")
        >>> found["label"].to_dict()
        {'a': 'positive', 'b': 'negative', 'c': nan}
        >>> found["empty"].to_list()
        [False, False, True]
    """
    given = _texts(texts)
    scorer = _scorer(checkpoint, language, revision, labels, device, precision)
    tidy = given.map(lambda text: clean(text) if isinstance(text, str) else "")
    codes, distinct = pd.factorize(tidy)
    read, cut = _read(scorer, [str(text) for text in distinct])
    empty = (tidy == "").to_numpy(dtype=bool)
    frame = pd.DataFrame(np.where(empty[:, None], np.nan, read[codes]), given.index, PROBABILITIES)
    frame["score"] = frame["p_positive"] - frame["p_negative"]
    named = np.array(LABELS, dtype=object)[read.argmax(axis=1)[codes]]
    frame["label"] = pd.Series(np.where(empty, None, named), given.index, dtype="str")
    return frame.assign(empty=empty, cut=cut[codes] & ~empty, scorer=scorer.scorer_id)


@dataclass(frozen=True)
class Reading:
    """How well a checkpoint reads texts that people have judged.

    Attributes:
        quality: the figures.
        confusion: texts by people's label (rows) and the model's (columns).
        scorer: checkpoint, revision and precision.
        duplicates: texts left out because they were there with the same label.
        conflicting: texts left out because they had several labels.
    """

    quality: Quality
    confusion: pd.DataFrame
    scorer: str
    duplicates: int
    conflicting: int

    def summary(self) -> str:
        """The figures beside those of always the most frequent label and of a coin."""
        head = [
            f"Read by {self.scorer}",
            f"texts {self.quality.n:,} ({self.duplicates:,} duplicates removed, "
            f"{self.conflicting:,} with conflicting labels left out)",
        ]
        return "\n".join([*head, "", *quality_lines(self.quality)])

    def __repr__(self) -> str:
        """Print the summary."""
        return self.summary()


def evaluate(
    texts: pd.Series,
    people: pd.Series,
    checkpoint: str | Path,
    *,
    language: Language | None,
    classes: Mapping[str, Label] | None = None,
    revision: str | None = None,
    labels: Mapping[int, Label] | None = None,
    device: str = "cpu",
    precision: Precision | Literal["auto"] = "auto",
) -> Reading:
    """Compare what a checkpoint reads in texts with what people do.

    Args:
        texts: to read.
        people: what people say of them, under the same index: positive, negative, neutral, or
            synonyms in English or Chinese.
        checkpoint: as in `score`, like all that is not named here.
        language: as there.
        classes: label of each of people's names, where they say nothing, such as 0, 1, 2.
        revision: as there.
        labels: as there.
        device: as there.
        precision: as there.

    Raises:
        EstimationError: texts and labels do not belong together, or there is none with both.
        SourceError: a label is of unknown meaning, or as in `score`.
        DeviceError: there is no such device.
        CatalogueError: the meaning of the model's outputs is unclear.
    """
    given = _texts(texts)
    if not isinstance(people, pd.Series) or not people.index.equals(given.index):
        raise EstimationError(
            "people must be a pandas Series under the index of texts: take both from one frame, "
            "frame['text'] and frame['label']"
        )
    frame = pd.DataFrame({"text": given, "label": people}).dropna().astype(str)
    frame["text"] = frame["text"].map(clean)
    frame = frame[frame["text"] != ""]
    if frame.empty:
        raise EstimationError("there is no text with a label: give some hundred of each label")
    labelled = judged(frame, classes, "people", f"classes={CLASSES}")
    scorer = _scorer(checkpoint, language, revision, labels, device, precision)
    found = quality(labelled.labels, _read(scorer, labelled.texts)[0])
    confusion = pd.DataFrame(
        found.confusion,
        pd.Index(LABELS, name="people"),
        pd.Index(LABELS, name="model"),
    )
    return Reading(found, confusion, scorer.scorer_id, labelled.duplicates, labelled.conflicting)


def _texts(texts: "pd.Series | Sequence[str]") -> pd.Series:
    """Texts as a series of objects."""
    if isinstance(texts, str | pd.DataFrame):
        raise EstimationError(
            f"texts must be a pandas Series or a list, not {type(texts).__name__}: give a column, "
            "or [text]"
        )
    given = pd.Series(texts, dtype=object)
    other = [
        text
        for text in given
        if not isinstance(text, str) and not (pd.api.types.is_scalar(text) and pd.isna(text))
    ]
    if other:
        raise EstimationError(
            f"texts holds {len(other)} values that are no text, such as {other[0]!r}: convert "
            "them with astype(str), or drop them"
        )
    return given


def _scorer(
    checkpoint: str | Path,
    language: Language | None,
    revision: str | None,
    labels: Mapping[int, Label] | None,
    device: str,
    precision: Precision | Literal["auto"],
) -> Scorer:
    """A checkpoint that is ready to read, and has read plain sentences where there are any."""
    _refuse_device(device)
    model = model_named(
        str(checkpoint), language or "en", revision=revision, labels=labels, precision=precision
    )
    loaded = load(model, find_workspace() or Path.cwd())
    if language is None:
        return in_precision(loaded, "fp32" if precision == "auto" else precision, device)
    return build_scorer(loaded, model, device)


def _refuse_device(device: str) -> None:
    kind, _, number = device.partition(":")
    if kind not in TOKENS_A_BATCH or (number and not number.isdecimal()):
        raise DeviceError(f"device is {device!r}: choose 'cpu', 'cuda' or 'cuda:1'")
    if kind == "cuda":
        import torch

        count = torch.cuda.device_count()
        if int(number or 0) >= count:
            raise DeviceError(f"device is {device!r}, but torch sees {count} GPUs: choose 'cpu'")


def _read(scorer: Scorer, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of distinct texts, ``(n_texts, 3)``, and which of them are longer than read."""
    parts = [np.empty((0, len(LABELS)))]
    cut: list[bool] = []
    for first in range(0, len(texts), WINDOW):
        some = texts[first : first + WINDOW]
        parts.append(scorer.probabilities(some).astype(np.float64))
        tokens = encode(scorer.tokenizer, some, scorer.longest + 1)
        cut += [len(text) > scorer.longest for text in tokens]
    found = np.concatenate(parts)
    wrong = ~np.isfinite(found).all(axis=1)
    if wrong.any():
        raise SourceError(
            f"{scorer.scorer_id} gave no number for {int(wrong.sum()):,} texts: set precision to "
            "'fp32', or use another checkpoint, for its weights are damaged"
        )
    return found, np.array(cut, dtype=bool)
