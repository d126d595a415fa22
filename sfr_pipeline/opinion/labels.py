"""What each output of a classifier means, by what its files or the catalogue say.

Models order their outputs differently, even those that share a name, so nothing is ever assumed
from an index or from the model's name.
"""

import re
from collections.abc import Mapping

from sfr_pipeline.errors import CatalogueError
from sfr_pipeline.markets.sentiments import LABELS, Label

SYNONYMS: dict[Label, frozenset[str]] = {
    "positive": frozenset({"positive", "pos", "bullish", "正面", "积极", "正向", "利好", "看涨"}),
    "negative": frozenset({"negative", "neg", "bearish", "负面", "消极", "负向", "利空", "看跌"}),
    "neutral": frozenset({"neutral", "neu", "中性", "中立"}),
}


def label_named(name: str) -> Label | None:
    """The label that a name stands for, in English or Chinese, or None."""
    plain = name.strip().casefold()
    return next((label for label in LABELS if plain in SYNONYMS[label]), None)


def label_order(
    id2label: Mapping[int, str], catalogue: Mapping[int, Label] | None, name: str
) -> dict[Label, int]:
    """Which output is which label.

    Args:
        id2label: from the model's config.
        catalogue: ``sentiment.labels`` of the market's YAML.
        name: of the model, for messages.

    Returns:
        Output of each label. A model of two classes has no neutral output.

    Raises:
        CatalogueError: names and catalogue say nothing, contradict each other, or do not give
            each output one label.
    """
    own = {index: label_named(text) for index, text in id2label.items()}
    shown = ", ".join(f"{index}: {text}" for index, text in sorted(id2label.items()))
    if catalogue is None and None in own.values():
        nothing = all(re.fullmatch(r"LABEL_\d+", text) for text in id2label.values())
        raise CatalogueError(
            f"the outputs of {name} are named {shown}, which "
            f"{'says nothing' if nothing else 'is not understood'}: find their meaning in the "
            "model's documentation and write it into the market's YAML, for instance\n"
            "  sentiment:\n    labels: {0: negative, 1: neutral, 2: positive}"
        )
    if catalogue is not None:
        against = [i for i, label in own.items() if label and catalogue.get(i, label) != label]
        if against:
            raise CatalogueError(
                f"sentiment.labels says output {against[0]} of {name} is "
                f"{catalogue[against[0]]}, its config says {id2label[against[0]]}: one of them is "
                "wrong; remove sentiment.labels to take the model's own names"
            )
        own = {index: catalogue.get(index) for index in id2label}
    order = {label: index for index, label in own.items() if label}
    whole = set(catalogue or own) == set(id2label) and len(order) == len(id2label)
    if not whole or not {"positive", "negative"} <= set(order):
        raise CatalogueError(
            f"{name} has the outputs {shown}: each must have one label of its own, positive and "
            f"negative among them; sentiment.labels gives {dict(catalogue or {})}"
        )
    return order
