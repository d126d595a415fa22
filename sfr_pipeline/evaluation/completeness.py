"""What a table of scores lacks to be believed, one sentence for each lack.

Belongs here: how lacks are found and told. Does not belong here: what a leg's table may not lack
(`forecasting.scores`, `stress.scores`).
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

Group = Mapping[str, Hashable]


def lacking_groups(
    frame: pd.DataFrame, columns: Sequence[str], groups: Iterable[Sequence[Hashable]]
) -> Iterator[str]:
    """Groups of which there is no row at all.

    Args:
        frame: a table of scores.
        columns: that make a group.
        groups: that must be there, as values of these columns.
    """
    present = set(frame[list(columns)].itertuples(index=False, name=None))
    for group in groups:
        if tuple(group) not in present:
            yield f"{_place(dict(zip(columns, group, strict=True)))}: not judged at all"


def lacking_models(
    frame: pd.DataFrame,
    columns: Sequence[str],
    missing: Callable[[Group, Sequence[str]], Iterable[str]],
) -> Iterator[str]:
    """Models that a group may not be without.

    Args:
        frame: a table of scores with a column ``model``.
        columns: that make a group.
        missing: from a group and the models there to the ids that are missing.
    """
    for names, rows in frame.groupby(list(columns), sort=False):
        group = dict(zip(columns, names, strict=True))
        for model in missing(group, list(rows["model"])):
            yield f"{_place(group)}: no row of {model}"


def lacking_values(
    frame: pd.DataFrame, columns: Sequence[str], lacks: Mapping[str, "pd.Series[bool]"]
) -> Iterator[str]:
    """Rows that lack something.

    Args:
        frame: a table of scores with a column ``model``.
        columns: that make a group.
        lacks: for each lack, in words, which rows have it.
    """
    for what, lacking in lacks.items():
        for row in frame[lacking].to_dict("records"):
            yield f"{_place({name: row[name] for name in columns})}: {row['model']} has {what}"


def without_interval(frame: pd.DataFrame, estimate: str, bounds: str) -> "pd.Series[bool]":
    """Rows with an estimate but without a bound, ``<bounds>_low`` or ``<bounds>_high``."""
    bare = frame[[f"{bounds}_low", f"{bounds}_high"]].isna().any(axis=1)
    return frame[estimate].notna() & bare


def spread(score: str, estimate: float, singles: Iterable[float] | None) -> dict[str, float]:
    """Columns on how a score spreads over the single seeds.

    Args:
        score: name of the column that spreads.
        estimate: the score of the mean over the seeds.
        singles: scores of single seeds; None for a model without randomness, whose only value is
            the estimate.

    Returns:
        ``n_seeds``, and ``<score>_seed_mean``, ``_sd`` (ddof 1, NaN for one seed), ``_min``,
        ``_max``.
    """
    values = np.array([estimate] if singles is None else list(singles), dtype=float)
    return {
        "n_seeds": len(values),
        f"{score}_seed_mean": values.mean(),
        f"{score}_seed_sd": values.std(ddof=1) if len(values) > 1 else np.nan,
        f"{score}_seed_min": values.min(),
        f"{score}_seed_max": values.max(),
    }


def _place(group: Group) -> str:
    """A group in words: its values, with the word horizon where a bare number would puzzle."""
    return ", ".join(
        f"horizon {value}" if name == "horizon" else str(value) for name, value in group.items()
    )
