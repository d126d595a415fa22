"""The archive of deliveries: what is newest, what was known on a day, what changed.

Belongs here: everything that is a function of table ``deliveries`` alone. Does not belong here:
asking sources (`asking`), believing what they say (`judging`), writing (`receiving`).

A value has versions. Visible on day t, of what had been delivered by moment d, are those with
``available_at <= t`` and ``delivered_at <= d``; of these the last counts, by ``available_at`` and
then ``delivered_at``. A version without a value says that it was withdrawn.
"""

import datetime as dt

import numpy as np
import pandas as pd

PERIOD = ["kind", "item", "field", "ref_date"]
ROUNDING = 1e-5  # of factors of adjustment
BARS = ("open", "high", "low", "close", "volume")
SERIES_COLUMNS = ["series", "ref_date", "value", "available_at", "revised_at", "source"]
PRICE_COLUMNS = ["date", "symbol", *BARS, "adjustment"]


def known(
    deliveries: pd.DataFrame, day: dt.date | None = None, delivered: dt.datetime | None = None
) -> pd.DataFrame:
    """The last visible version of each value, withdrawn ones included.

    Args:
        deliveries: rows of table ``deliveries``.
        day: what could be known on it; everything by default.
        delivered: moment in UTC by which it had been delivered; until now by default.

    Returns:
        The rows, in the order of their periods, with ``first_available_at``, the day on which
        a value of the period could first be known.
    """
    seen = _in_order(_until(deliveries, day, delivered))
    again = seen.duplicated(PERIOD)
    if again.any():
        first = seen["available_at"].where(~again).ffill()
        seen = seen.assign(first_available_at=first)
        return seen[~seen.duplicated(PERIOD, keep="last")]
    return seen.assign(first_available_at=seen["available_at"])


def _in_order(deliveries: pd.DataFrame) -> pd.DataFrame:
    """By period, and in each by version; texts are compared once each, not row by row."""
    keys = [pd.factorize(deliveries[name], sort=True)[0] for name in ("kind", "item", "field")]
    keys += [deliveries[name].to_numpy() for name in ("ref_date", "available_at", "delivered_at")]
    return deliveries.iloc[np.lexsort(keys[::-1])]


def _until(
    deliveries: pd.DataFrame, day: dt.date | None, delivered: dt.datetime | None
) -> pd.DataFrame:
    visible = np.ones(len(deliveries), dtype=bool)
    if day is not None:
        visible &= (deliveries["available_at"] <= pd.Timestamp(day)).to_numpy()
    if delivered is not None:
        visible &= (deliveries["delivered_at"] <= pd.Timestamp(delivered)).to_numpy()
    return deliveries[visible]


def series_as_of(
    deliveries: pd.DataFrame, day: dt.date | None = None, delivered: dt.datetime | None = None
) -> pd.DataFrame:
    """The series as they were known on a day: rows of table ``series``.

    The parameters are those of `known`; by default the newest values.
    """
    return _series(known(deliveries[deliveries["kind"] == "series"], day, delivered))


def _series(versions: pd.DataFrame) -> pd.DataFrame:
    versions = versions.dropna(subset="value")
    revised = versions["available_at"].where(
        versions["available_at"] > versions["first_available_at"]
    )
    return pd.DataFrame(
        {
            "series": versions["item"],
            "ref_date": versions["ref_date"],
            "value": versions["value"],
            "available_at": versions["first_available_at"],
            "revised_at": revised,
            "source": versions["source"],
        }
    ).reset_index(drop=True)


def prices_as_of(
    deliveries: pd.DataFrame, day: dt.date | None = None, delivered: dt.datetime | None = None
) -> pd.DataFrame:
    """The prices as they were known on a day: rows of table ``prices``.

    Quotes are multiplied by all adjustments up to their own day. Seen from the last day, as vendors
    do it, each payout would rewrite all prices before it; seen from the first, none does.

    The parameters are those of `known`; by default the newest values.
    """
    return _prices(known(deliveries[deliveries["kind"] == "price"], day, delivered))


def _prices(versions: pd.DataFrame) -> pd.DataFrame:
    if versions.empty:
        return pd.DataFrame(columns=PRICE_COLUMNS).astype({"date": "datetime64[us]"})
    bars = versions.pivot(index=["item", "ref_date"], columns="field", values="value")
    # A day without a close is none: an adjustment that falls on one belongs to the next.
    bars = bars.reindex(columns=[*BARS, "adjustment"])
    factor = bars["adjustment"].fillna(1.0).groupby(level="item").cumprod()
    bars = bars.assign(adjustment=factor)[bars["close"].notna()]
    quoted = ["open", "high", "low", "close"]
    bars[quoted] = bars[quoted].mul(bars["adjustment"], axis=0)
    frame = bars.rename_axis(index=["symbol", "date"], columns=None).reset_index()
    return frame.sort_values(["date", "symbol"], ignore_index=True)[PRICE_COLUMNS]


def as_it_stood(deliveries: pd.DataFrame, day: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Series and prices with every revision after a day undone, whatever came first after it.

    Up to the day this is what was known on it. Later values are as they first came, so that what
    was never revised is the same on every day.

    Args:
        deliveries: rows of table ``deliveries``.
        day: the day.

    Returns:
        Rows of tables ``series`` and ``prices``.
    """
    ordered = _in_order(deliveries)
    first = ~ordered.duplicated(PERIOD) & ~_is_late(ordered)
    day_of_first = ordered["available_at"].where(~ordered.duplicated(PERIOD)).ffill()
    stood = ordered.assign(first_available_at=day_of_first)
    stood = stood[first | (stood["available_at"] <= pd.Timestamp(day))]
    stood = stood[~stood.duplicated(PERIOD, keep="last")]
    return _series(stood[stood["kind"] == "series"]), _prices(stood[stood["kind"] == "price"])


def _is_late(deliveries: pd.DataFrame) -> "pd.Series[bool]":
    """Prices that did not come on their day. Of a series ``available_at`` says that for itself."""
    return deliveries["kind"].eq("price") & (deliveries["available_at"] > deliveries["ref_date"])


def revision_rows(deliveries: pd.DataFrame) -> pd.DataFrame:
    """Rows of table ``revisions``: versions that followed another, and prices that came late."""
    ordered = _in_order(deliveries)
    again = ordered.duplicated(PERIOD)
    later = ordered[again | _is_late(ordered)]
    return pd.DataFrame(
        {
            **{name: later[name] for name in (*PERIOD, "available_at")},
            "old_value": ordered["value"].shift().where(again).loc[later.index],
            "new_value": later["value"],
            **{name: later[name] for name in ("delivered_at", "source", "run")},
        }
    ).reset_index(drop=True)


def changes(
    history: pd.DataFrame,
    answer: pd.DataFrame,
    at: dt.datetime,
    asked: dt.datetime,
    *,
    rolling: bool = False,
) -> pd.DataFrame:
    """What an answer adds to the archive: values that are new, differ, or are gone.

    The first version of a value is known from the day that the answer says. A later version is
    known from the day of this delivery, and so is that a value is gone. So is, too, a first version
    that was to be out before the day on which the item was asked for last, and did not come. Thus
    nothing that is delivered later changes what was known at the end of a month that was over when
    the item was asked for last.

    Args:
        history: rows of table ``deliveries`` of the item, at least one.
        answer: ``field``, ``ref_date``, ``value``, ``available_at`` and ``assumed``; several
            versions of a value where the source keeps its own vintages, which are taken as they
            are.
        at: the moment of this delivery.
        asked: the moment at which the item was asked for last, whatever it answered.
        rolling: whether the source serves the recent past alone: what is older is not gone.

    Returns:
        Rows of ``answer``, or without a value.
    """
    if answer.duplicated(["field", "ref_date"]).any():
        version = ["field", "ref_date", "available_at"]
        there = pd.MultiIndex.from_frame(history[version])
        return answer[~pd.MultiIndex.from_frame(answer[version]).isin(there)]
    day = pd.Timestamp(at).normalize()
    value = ["field", "ref_date"]
    versions = known(history).set_index(value)
    old = versions.reindex(pd.MultiIndex.from_frame(answer[value]))
    first = old["first_available_at"].set_axis(answer.index)
    is_new = first.isna()
    before_it = old["value"].set_axis(answer.index)
    differs = ~is_new & answer["value"].ne(before_it)
    # Factors are quotients of rounded prices, whose last digits change with every payout to come.
    rounded = (answer["value"] - before_it).abs() <= ROUNDING
    differs &= ~(answer["field"].eq("adjustment") & rounded)
    late = is_new & answer["assumed"]
    late &= answer["available_at"] < pd.Timestamp(asked).normalize()
    # A version never counts from before the one that it follows.
    since = first.where(first > day, day)
    changed = answer.assign(
        available_at=answer["available_at"].mask(differs | late, since),
        assumed=answer["assumed"] & ~(differs | late),
    )[is_new | differs]
    gone = versions[versions["value"].notna() & ~versions.index.isin(old.index)]
    if rolling:
        gone = gone[gone.index.get_level_values("ref_date") >= answer["ref_date"].min()]
    if gone.empty:
        return changed
    since = gone["first_available_at"].where(gone["first_available_at"] > day, day)
    withdrawn = gone.index.to_frame(index=False).assign(
        value=np.nan, available_at=since.to_numpy(), assumed=False
    )
    return pd.concat([changed, withdrawn], ignore_index=True)
