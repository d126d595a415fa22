"""The paper's formulas of the index, computed post by post."""

import math
import statistics

import numpy as np
import pandas as pd

from sfr_pipeline.storage.tables.opinion import (
    INTERACTIONS,
    VARIANTS,
)
from sfr_pipeline_tests.opinion.opinions import probabilities

OMEGA = dict(zip(INTERACTIONS, (0.1, 0.3, 0.3, 0.3), strict=True))
MOODS = ("negative", "neutral", "positive")


def post_by_post(frame):
    """The formulas of section 2.2 in plain Python, one post after another."""
    frame = frame.assign(month=frame["published_at"].dt.to_period("M"))
    months = sorted(frame["month"].unique())
    rows = {}
    for variant in VARIANTS:
        for month in months:
            ends = {
                name: _ends(
                    frame if variant == "paper" else frame[frame["month"] <= month], name, variant
                )
                for name in INTERACTIONS
            }
            posts = frame[frame["month"] == month].to_dict("records")
            known = frame if variant == "paper" else frame[frame["month"] <= month]
            counted = known[list(INTERACTIONS)].notna().any(axis=None)
            weights = [_weight(post, ends, variant) if counted else 1.0 for post in posts]
            scores = [post["score"] for post in posts]
            n, total = len(posts), math.fsum(weights)
            moods = [_mood(score) for score in scores]
            top = math.fsum(sorted(weights, reverse=True)[: math.ceil(n / 100)])
            rows[variant, month.end_time.normalize()] = {
                "npoi": math.fsum(s * w for s, w in zip(scores, weights, strict=True)) / n,
                "n_posts": n,
                "mean_score": math.fsum(scores) / n,
                **{f"share_{mood}": moods.count(mood) / n for mood in MOODS},
                "mean_weight": total / n,
                "top_weight_share": top / total if total else math.nan,
                "share_missing": sum(pd.isna(p[k]) for p in posts for k in INTERACTIONS) / (4 * n),
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def in_whole_numbers(frame, variant):
    """Index and mean weight of each month, from sums of multiples of 2^-60; not for ``robust``."""
    frame = frame.assign(month=frame["published_at"].dt.to_period("M"))
    found = []
    for month, posts in frame.groupby("month"):
        known = frame if variant == "paper" else frame[frame["month"] <= month]
        ends = {name: _ends(known, name, variant) for name in INTERACTIONS}
        counted = known[list(INTERACTIONS)].notna().any(axis=None)
        weights = [_placed(post, ends) if counted else 1.0 for post in posts.to_dict("records")]
        scores = [score * weight for score, weight in zip(posts["score"], weights, strict=True)]
        found.append(tuple(_total(values) / len(posts) for values in (scores, weights)))
    return found


def _placed(post, ends):
    """The weight of a post in doubles, one operation after another in the order of the paper."""
    total = present = 0.0
    for name, (low, high) in ends.items():
        if pd.isna(post[name]):
            continue
        present += OMEGA[name]
        if high > low:
            total += OMEGA[name] * ((float(post[name]) - float(low)) / (float(high) - float(low)))
    return total / present if present else 0.0


def _total(values):
    return sum(round(value * 2**60) for value in values) / 2**60


def _mood(score):
    """The most probable one; neutral where two are equally so."""
    found = probabilities(score)
    first, second, _ = sorted(found, key=found.get, reverse=True)
    return "neutral" if found[first] == found[second] else first.removeprefix("p_")


def _ends(known, name, variant):
    counts = known[name].dropna()
    if counts.empty:
        return 0, 0
    if variant != "robust":
        return int(counts.min()), int(counts.max())
    usual = [sorted(c)[math.ceil(99 * len(c) / 100) - 1] for _, c in counts.groupby(known["month"])]
    return 0, statistics.median(map(int, usual))


def _weight(post, ends, variant):
    present = [name for name in INTERACTIONS if not pd.isna(post[name])]
    parts = []
    for name in present:
        low, high = ends[name]
        if high == low:
            continue
        if variant == "robust":
            parts.append(OMEGA[name] * min(math.log1p(post[name]) / math.log1p(high), 1))
        else:
            parts.append(OMEGA[name] * (post[name] - low) / (high - low))
    return sum(parts) / sum(OMEGA[name] for name in present) if present else 0.0


def assert_follows_the_formulas(result, frame, rtol=1e-12):
    found = result["npoi"].set_index(["variant", "ref_date"])
    expected = post_by_post(frame)
    assert list(found.index) == list(expected.index)
    for column in expected:
        np.testing.assert_allclose(
            found[column], expected[column].astype(float), rtol=rtol, atol=1e-14, err_msg=column
        )
