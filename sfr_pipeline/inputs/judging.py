"""Whether a delivery is believed: it is held against what is known of the item already.

Belongs here: what makes a delivery look like an accident rather than news. Does not belong here:
layout, dates, ranges, which every source and file is checked for when it is read (`sources`).

What is not believed changes nothing: the item keeps the values that it had and is marked stale.
Somebody who knows that the delivery is right names the item in the environment variable
``SFR_ACCEPT`` for one refresh.
"""

import numpy as np
import pandas as pd

from sfr_pipeline import settings

ACCEPT = "SFR_ACCEPT"

# Single values do get withdrawn, by publishers who correct themselves.
WITHDRAWN_AT_MOST, SHARE_WITHDRAWN_AT_MOST = 2, 0.01
# An index that is put on a new base moves less; another unit, more.
UNIT = 3.0
# A step beyond the largest ever by so much, at the join of old and new values, is one of units.
STEP = 3.0
LEAST_STEP = np.log(5.0)
# Values needed before their steps and distances say anything.
FEW = 24


def accepted() -> frozenset[str]:
    """Items whose next delivery is taken as it comes, from the environment."""
    names = (settings.text(ACCEPT) or "").replace(",", " ").split()
    return frozenset(names)


def doubt(known: pd.Series, answer: pd.Series, *, rolling: bool = False) -> str | None:
    """Why a delivery is not believed, as one sentence with numbers; None where it is.

    Args:
        known: values by period, ascending, as they are known.
        answer: the same as delivered now.
        rolling: whether the source serves the recent past alone, so that what is older is no loss.
    """
    if known.empty:
        return None
    return (
        _ends_earlier(known, answer)
        or _lost(known, answer, rolling)
        or _other_frequency(known, answer)
        or _other_unit(known, answer)
        or _jump(known, answer)
    )


def _ends_earlier(known: pd.Series, answer: pd.Series) -> str | None:
    lost = int((known.index > answer.index[-1]).sum())
    if not lost:
        return None
    return (
        f"it ends on {answer.index[-1]:%Y-%m-%d}, and {lost} known values after that, to "
        f"{known.index[-1]:%Y-%m-%d}, are not in it"
    )


def _lost(known: pd.Series, answer: pd.Series, rolling: bool) -> str | None:
    if rolling:
        known = known[known.index >= answer.index[0]]
    lost = known.index.difference(answer.index)
    begins_later = not rolling and answer.index[0] > known.index[0]
    allowed = max(WITHDRAWN_AT_MOST, SHARE_WITHDRAWN_AT_MOST * len(known))
    if not len(lost) or (len(lost) <= allowed and not begins_later):
        return None
    where = f"from {lost[0]:%Y-%m-%d} to {lost[-1]:%Y-%m-%d}"
    return f"{len(lost)} of {len(known)} known values, {where}, are not in it"


def _other_frequency(known: pd.Series, answer: pd.Series) -> str | None:
    if min(len(known), len(answer)) < FEW:
        return None
    before, now = (values.index[-FEW:].to_series().diff().median() for values in (known, answer))
    if 0.5 < now / before < 2.0:
        return None
    return f"its newest values lie {now.days} days apart, and those known {before.days}"


def _other_unit(known: pd.Series, answer: pd.Series) -> str | None:
    both = pd.concat([known, answer], axis=1, join="inner", keys=["known", "now"])
    both = both[(both != 0).all(axis=1)]
    if both.empty:
        return None
    ratio = float((both["now"] / both["known"]).median())
    if 1 / UNIT < ratio < UNIT:
        return None
    return f"its values are {ratio:.4g} times those known: has the unit changed?"


def _jump(known: pd.Series, answer: pd.Series) -> str | None:
    later = answer[answer.index > known.index[-1]]
    if later.empty or len(known) < FEW:
        return None
    joined = pd.concat([known[-1:], later[:1]])
    if (known > 0).all() and joined.iloc[-1] > 0:
        usual = np.log(known).diff().abs().max()
        step = abs(float(np.log(joined).diff().iloc[-1]))
        if step <= max(LEAST_STEP, STEP * usual):
            return None
    else:
        usual = known.diff().abs().max()
        step = abs(float(joined.diff().iloc[-1]))
        if usual == 0 or step <= 10 * usual:
            return None
    return (
        f"it goes from {joined.iloc[0]:g} on {joined.index[0]:%Y-%m-%d} to {joined.iloc[-1]:g} on "
        f"{joined.index[-1]:%Y-%m-%d}, farther than ever before: has the unit changed?"
    )
