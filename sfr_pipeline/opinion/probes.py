"""Sentences whose tone nobody doubts, read by every model before it may score a post.

Belongs here: the sentences, and the check that a model reads their sign rightly. A model whose
outputs are named in the wrong order turns the index upside down without any other sign of it.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from sfr_pipeline.errors import SourceError

# Headlines and forum talk, with 1 for plainly positive and -1 for plainly negative.
PROBES: dict[str, tuple[tuple[str, int], ...]] = {
    "zh": (
        ("公司业绩大幅增长，股价大涨", 1),
        ("重大利好，明天继续大涨", 1),
        ("看好后市，强势反弹，加仓", 1),
        ("净利润同比增长，盈利创新高", 1),
        ("公司业绩大幅下滑，股价暴跌", -1),
        ("重大利空，明天继续暴跌", -1),
        ("崩盘了，亏损严重，割肉走人", -1),
        ("净利润同比下降，亏损扩大", -1),
    ),
    "en": (
        ("The company's profit rose sharply and its shares surged.", 1),
        ("Quarterly earnings beat expectations and sales grew strongly.", 1),
        ("The bank raised its outlook after record profits.", 1),
        ("Great results, strong growth, this stock is going up.", 1),
        ("The company's profit fell sharply and its shares plunged.", -1),
        ("Quarterly earnings missed expectations and sales dropped sharply.", -1),
        ("The bank cut its outlook after heavy losses.", -1),
        ("Terrible results, heavy losses, this stock is going down.", -1),
    ),
}


def probe(
    probabilities: Callable[[Sequence[str]], np.ndarray],
    language: Literal["zh", "en"],
    scorer_id: str,
) -> np.ndarray:
    """Let a model read the probe sentences of a language.

    Args:
        probabilities: maps texts to an array (n, 3): positive, negative, neutral.
        language: of the sentences.
        scorer_id: for the message.

    Returns:
        The probabilities of the probe sentences, shape (n_probes, 3).

    Raises:
        SourceError: a sentence was given the wrong sign, or a score that is no number; the message
            shows all sentences with their scores.
    """
    texts = [text for text, _ in PROBES[language]]
    signs = np.array([sign for _, sign in PROBES[language]])
    found = probabilities(texts)
    scores = found[:, 0] - found[:, 1]
    right = scores * signs > 0
    if not right.all():
        shown = "\n".join(
            f"  {'right' if ok else 'WRONG'}  {score:+.3f}  {text}"
            for ok, score, text in zip(right, scores, texts, strict=True)
        )
        raise SourceError(
            f"{scorer_id} misreads {np.count_nonzero(~right)} of {len(texts)} sentences whose "
            f"sign is plain (score: positive minus negative):\n{shown}\nEither its outputs are "
            "named in the wrong order (look at id2label in its config.json, or at "
            "`sentiment.labels` in the market's YAML) or it does not read this language; use "
            "another checkpoint"
        )
    return found
