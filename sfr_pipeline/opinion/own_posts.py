"""``npoi``: the public opinion index of scored posts of any origin, labelled in, labelled out.

Belongs here: what posts must have to be counted. Does not belong here: the index itself (module
`npoi`), or a market's posts.
"""

import tempfile
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.opinion.npoi import npoi_tables
from sfr_pipeline.opinion.npoi_parts import OMEGA

Variant = Literal["robust", "real_time", "paper"]
# Of one reader, whom nobody asks for his name.
READER = "own@given/as-is"
MOODS = ["p_positive", "p_negative", "p_neutral"]
SHOWN = ["npoi", "n_posts", "mean_score", "mean_weight", "top_weight_share", "share_missing"]


def npoi(posts: pd.DataFrame, variant: Variant = "robust") -> pd.DataFrame:
    """Sentiment weighted by interaction, averaged over each month (section 2.2 of the paper).

    Args:
        posts: one row a post. ``published_at``: when, without a time zone. ``score``: probability
            of positive less that of negative sentiment, -1 to 1, such as `score` gives. At least
            one of ``reads``, ``likes``, ``comments``, ``shares``: whole numbers, missing where
            unknown. Other columns are passed over.
        variant: what scales counts to 0 and 1: ``robust`` (logarithms, the past), ``real_time``
            (the extremes so far) or ``paper`` (those of all posts, which looks ahead).

    Returns:
        One row a month with posts, under a PeriodIndex: ``npoi``, ``n_posts``, ``mean_score``,
        ``mean_weight``, ``top_weight_share`` (share of the weight that the top 1 % of posts hold)
        and ``share_missing`` (of the counts).

    Raises:
        EstimationError: a column is missing or holds what it must not; the message says what to do.

    Examples:
        >>> import pandas as pd
        >>> from sfr_pipeline.opinion import npoi
        >>> posts = pd.DataFrame({
        ...     "published_at": pd.to_datetime(["2024-01-03", "2024-01-09", "2024-02-01"]),
        ...     "score": [0.9, -0.5, -0.8],
        ...     "likes": [10, 0, 10],
        ... })
        >>> npoi(posts)["npoi"].round(2).to_dict()
        {Period('2024-01', 'M'): 0.45, Period('2024-02', 'M'): -0.8}
    """
    if variant not in ("robust", "real_time", "paper"):
        raise EstimationError(f"variant is {variant!r}: choose robust, real_time or paper")
    checked = _checked(posts)
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, columns in (("posts", list(OMEGA)), ("sentiment", [*MOODS, "score", "scorer"])):
            files.append(Path(folder) / f"{name}.parquet")
            checked[["post_id", "published_at", *columns]].to_parquet(files[-1], index=False)
        rows = npoi_tables(files[:1], files[1:])["npoi"]
    chosen = rows[rows["variant"] == variant]
    months = pd.PeriodIndex(chosen["ref_date"], freq="M", name="month")
    return chosen[SHOWN].set_axis(months)


def _checked(posts: pd.DataFrame) -> pd.DataFrame:
    """The columns that count, typed as the index reads them."""
    if not isinstance(posts, pd.DataFrame):
        raise EstimationError(f"posts must be a pandas DataFrame, not {type(posts).__name__}")
    missing = [name for name in ("published_at", "score") if name not in posts]
    counts = [name for name in OMEGA if name in posts]
    if missing:
        raise EstimationError(
            f"posts has no column {' and '.join(missing)} (it has "
            f"{', '.join(map(str, posts.columns))}): rename its columns"
        )
    if not counts:
        raise EstimationError(
            f"posts has none of the columns {', '.join(OMEGA)}, by which the index weighs: rename "
            "its columns, or take the plain mean, "
            'posts["score"].groupby(posts["published_at"].dt.to_period("M")).mean()'
        )
    if not len(posts):
        raise EstimationError("posts has no row")
    checked = pd.DataFrame({"published_at": _times(posts["published_at"])})
    checked["score"] = score = _scores(posts["score"])
    # A score alone says nothing of what is neutral; no column that is shown rests on these.
    moods = (score.clip(lower=0), (-score).clip(lower=0), 1 - score.abs())
    checked[MOODS] = pd.concat(moods, axis=1)
    for name in OMEGA:
        given = posts[name] if name in counts else pd.Series(pd.NA, posts.index, dtype="Int64")
        checked[name] = _counts(given, name)
    checked["post_id"] = [f"{number:012d}" for number in range(len(checked))]
    return checked.assign(scorer=READER)


def _times(given: pd.Series) -> pd.Series:
    if not pd.api.types.is_datetime64_dtype(given.dtype):
        raise EstimationError(
            f"published_at holds {given.dtype}: convert it to the forum's own clock with "
            "pandas.to_datetime, and dt.tz_localize(None) where there is a time zone"
        )
    if given.isna().any():
        raise EstimationError(f"{int(given.isna().sum())} posts have no published_at: drop them")
    return given.astype("datetime64[us]")


def _scores(given: pd.Series) -> pd.Series:
    values = _numbers(given, "score")
    if values.isna().any():
        raise EstimationError(
            f"{int(values.isna().sum())} posts have no score, as empty texts have none: drop them, "
            'posts.dropna(subset="score")'
        )
    if (values.abs() > 1).any():
        raise EstimationError(
            f"score runs from {values.min():g} to {values.max():g}: it is the probability of "
            "positive less that of negative sentiment, -1 to 1"
        )
    return values


def _counts(given: pd.Series, name: str) -> pd.Series:
    values = _numbers(given, name)
    known = values.dropna()
    if (known < 0).any() or (known != np.floor(known)).any() or np.isinf(known).any():
        raise EstimationError(f"{name} holds what counts nothing: it must be whole numbers from 0")
    return given.astype("Int64")


def _numbers(given: pd.Series, name: str) -> pd.Series:
    if not pd.api.types.is_any_real_numeric_dtype(given.dtype):
        raise EstimationError(f"{name} holds {given.dtype}, not numbers: convert it")
    return pd.Series(given.to_numpy(dtype=float, na_value=np.nan), given.index)
