"""Post ids as the real site would have given them: its counter, interpolated in time."""

import numpy as np
import pandas as pd

from sfr_pipeline.scrapers.post_ids import ANCHORS


def ids_at(published: pd.DatetimeIndex) -> np.ndarray:
    """Strictly increasing ids of posts published at these moments, which must not decrease.

    Before the first anchor the pace of the first two is continued; nothing is known of it.
    """
    numbers = np.array([number for number, _ in ANCHORS], dtype=float)
    moments = pd.DatetimeIndex([moment for _, moment in ANCHORS]).to_numpy("datetime64[s]")
    at, known = published.to_numpy("datetime64[s]").astype(float), moments.astype(float)
    pace = (numbers[1] - numbers[0]) / (known[1] - known[0])
    early = numbers[0] + pace * (at - known[0])
    ids = np.floor(np.where(at < known[0], early, np.interp(at, known, numbers))).astype(np.int64)
    # Posts of the same second follow one another.
    order = np.arange(len(ids))
    return np.maximum.accumulate(ids - order) + order
