"""Sentences whose tone nobody doubts, read by every model before it may score a post.

Belongs here: the sentences, and the check that a model reads them rightly. A model whose
outputs are named in the wrong order turns the index upside down without any other sign of it.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from sfr_pipeline.errors import SourceError

# Sentences that a model may take for another class, polar ones only with the right sign.
POLAR_SLACK, NEUTRAL_SLACK = 2, 1

# Headlines and forum talk: 1 for plainly positive, -1 for plainly negative, 0 for announcements.
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
        ("公司将于下周召开年度股东大会", 0),
        ("交易所公布了本周的成交数据", 0),
        ("公司发布公告，变更注册地址", 0),
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
        ("The company will hold its annual general meeting on Thursday.", 0),
        ("The board of directors has five members.", 0),
        ("The exchange published the trading calendar for next year.", 0),
    ),
}


def probe(
    probabilities: Callable[[Sequence[str]], np.ndarray],
    language: Literal["zh", "en"],
    scorer_id: str,
    has_neutral: bool,
) -> np.ndarray:
    """Let a model read the probe sentences of a language.

    The sign alone would pass a model whose neutral output is named negative: the probability of
    the one class is small where that of the other is large. So classes count, and plainly neutral
    sentences too; a weak model, which takes some talk for neutral, keeps a little room.

    Args:
        probabilities: maps texts to an array (n, 3): positive, negative, neutral.
        language: of the sentences.
        scorer_id: for the message.
        has_neutral: whether the model has a neutral class.

    Returns:
        The probabilities of the probe sentences, shape (n_probes, 3).

    Raises:
        SourceError: a polar sentence has the wrong sign, more than `POLAR_SLACK` of them or more
            than `NEUTRAL_SLACK` neutral ones have another class as the most probable, or a score
            is no number; the message shows all sentences with their scores.
    """
    texts = [text for text, _ in PROBES[language]]
    signs = np.array([sign for _, sign in PROBES[language]])
    found = probabilities(texts)
    scores = found[:, 0] - found[:, 1]
    neutral = signs == 0
    read = np.array([1, -1, 0])[found.argmax(axis=1)]
    sound = np.isfinite(found).all(axis=1)
    sign_right = sound & (neutral | (scores * signs > 0))
    right = sign_right & (read == signs)
    if not has_neutral:
        right |= sound & neutral  # it must say something else
    passed = (
        sign_right.all()
        and np.count_nonzero(~right & ~neutral) <= POLAR_SLACK
        and np.count_nonzero(~right & neutral) <= NEUTRAL_SLACK
    )
    if not passed:
        names = {1: "positive", -1: "negative", 0: "neutral"}
        shown = "\n".join(
            f"  {'right' if ok else 'WRONG'}  {names[was]:8}  {score:+.3f}  {text} ({names[sign]})"
            for ok, was, score, text, sign in zip(right, read, scores, texts, signs, strict=True)
        )
        raise SourceError(
            f"{scorer_id} misreads {np.count_nonzero(~right)} of {len(texts)} sentences whose "
            "tone is plain (its class, its score as positive minus negative, the sentence and its "
            f"tone):\n{shown}\nEither its outputs are named in the wrong order (look at id2label "
            "in its config.json, or at `sentiment.labels` in the market's YAML) or it does not "
            "read this language; use another checkpoint"
        )
    return found
