"""Receiving a delivery: what was asked for is judged, and what is believed joins the archive.

Belongs here: how answers, doubts and the archive come together. Does not belong here: asking
(`asking`), doubting (`judging`), versions of values (`archive`).
"""

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs import archive
from sfr_pipeline.inputs.asking import Answer, Item, NoAnswer, ask
from sfr_pipeline.inputs.files import check_new_files
from sfr_pipeline.inputs.judging import ACCEPT, accepted, doubt
from sfr_pipeline.markets import Market, Series
from sfr_pipeline.markets.reference import Reference
from sfr_pipeline.sources.live.refusals import NoAnswerError

LOG = logging.getLogger(__name__)

STATUS_COLUMNS = [
    "kind", "item", "state", "reason", "last_ref_date", "asked_at", "accepted_at", "since",
]  # fmt: skip
MISSING_COLUMNS = ["series", "name", "cause", "reason", "remedy"]
# What a delivery of prices is judged by: the other fields of a bar come and go with it.
JUDGED_BY = {"series": "value", "price": "close"}


@dataclass(frozen=True)
class Received:
    """What a refresh brought.

    Attributes:
        deliveries: new rows of table ``deliveries``; none where nothing changed.
        status: rows of table ``input_status``.
        missing: rows of table ``missing_series``.
        fatal: why the market can't be measured: items that it rests on never came.
        passing: whether all of these may come if they are asked for again soon.
    """

    deliveries: pd.DataFrame
    status: pd.DataFrame
    missing: pd.DataFrame
    fatal: tuple[str, ...]
    passing: bool = False

    def stop_if_fatal(self) -> None:
        """Raise what must not be passed over, once everything that did come is kept.

        Raises:
            NoAnswerError: something that the market rests on did not come yet.
            SourceError: it will not come.
        """
        if self.fatal:
            kind = NoAnswerError if self.passing else SourceError
            raise kind("\n".join(self.fatal))


def stale_inputs(status: pd.DataFrame) -> pd.DataFrame:
    """The items of table ``input_status`` that keep old values."""
    return status[status["state"] == "stale"]


def receive(
    market: Market,
    deliveries: pd.DataFrame,
    status: pd.DataFrame,
    at: dt.datetime,
    run: str,
) -> Received:
    """Ask for everything that a market names, and judge what comes.

    Args:
        market: the catalogue.
        deliveries: the archive so far, rows of table ``deliveries``.
        status: rows of table ``input_status`` after the refresh before.
        at: this moment, in UTC.
        run: who receives.

    Raises:
        SourceError: the market's folder of files holds something that belongs to nothing, or a
            bad file of what was never delivered. Nothing was asked.
    """
    histories = {
        Item(kind, name): rows
        for (kind, name), rows in deliveries.groupby(["kind", "item"], sort=False)
    }
    names = {kind: {item.name for item in histories if item.kind == kind} for kind in JUDGED_BY}
    check_new_files(market, names["series"], names["price"])
    last = {Item(row.kind, row.item): row for row in status.itertuples(index=False)}
    answers = dict(ask(market))
    added, states = [deliveries.iloc[:0]], []
    for item, answer in answers.items():
        history = histories.get(item, deliveries.iloc[:0])
        rows, reason = _judged(market, item, answer, history, last.get(item), at)
        if rows is not None:
            added.append(rows.assign(delivered_at=pd.Timestamp(at), run=run))
        elif len(history):
            LOG.warning("%s keeps the values that it had: %s", item.name, reason)
        if rows is not None or len(history):
            newest = pd.concat([history["ref_date"], *([] if rows is None else [rows["ref_date"]])])
            before = history["delivered_at"].max()
            states.append(_state(item, reason, newest.max(), before, last.get(item), at))
    absent = {
        item: answer
        for item, answer in answers.items()
        if isinstance(answer, NoAnswer) and item not in histories
    }
    fatal = _fatal(market, absent)
    return Received(
        deliveries=pd.concat(added, ignore_index=True)[list(deliveries.columns)],
        status=pd.DataFrame(states, columns=STATUS_COLUMNS),
        missing=_missing_rows(market, absent),
        fatal=tuple(fatal),
        passing=all(answer.passing for answer in fatal.values()),
    )


def _judged(
    market: Market,
    item: Item,
    answer: Answer | NoAnswer,
    history: pd.DataFrame,
    last: Any,
    at: dt.datetime,
) -> tuple[pd.DataFrame | None, str]:
    """What an answer adds to the archive, or None and why it adds nothing."""
    if isinstance(answer, NoAnswer):
        return None, answer.reason
    about = {"kind": item.kind, "item": item.name, "source": answer.source, "sha256": answer.sha256}
    if history.empty:
        return answer.rows.assign(**about), ""
    rolling = _is_rolling(market, item)
    known = archive.known(history)
    if item.name not in accepted():
        reason = doubt(_lead(known, item), _lead(answer.rows, item), rolling=rolling)
        if reason:
            return None, (
                f"the delivery from {answer.source} is not believed, because {reason} (if it is "
                f"right, set {ACCEPT}={item.name} for one refresh)"
            )
    asked = history["delivered_at"].max() if last is None else last.asked_at
    rows = archive.changes(history, answer.rows, at, asked, rolling=rolling)
    return rows.assign(**about), ""


def _is_rolling(market: Market, item: Item) -> bool:
    return item.kind == "series" and any(
        entry.id == item.name and entry.rolling for entry in market.sourced_series
    )


def _lead(rows: pd.DataFrame, item: Item) -> pd.Series:
    """The newest values of an item by period, of a bar its close."""
    rows = rows[rows["field"] == JUDGED_BY[item.kind]].dropna(subset="value")
    rows = rows.sort_values(["ref_date", "available_at"], kind="stable")
    return rows.drop_duplicates("ref_date", keep="last").set_index("ref_date")["value"]


def _state(
    item: Item,
    reason: str,
    newest: pd.Timestamp,
    delivered: pd.Timestamp,
    last: Any,
    at: dt.datetime,
) -> dict[str, Any]:
    """A row of table ``input_status``.

    Args:
        item: of the row.
        reason: why it is stale; empty where it is current.
        newest: period of its newest value.
        delivered: moment of its newest delivery before this one.
        last: its row after the refresh before, if there was one.
        at: this moment.
    """
    now = pd.Timestamp(at)
    was_stale = last is not None and last.state == "stale"
    return {
        "kind": item.kind,
        "item": item.name,
        "state": "stale" if reason else "current",
        "reason": reason,
        "last_ref_date": newest,
        "asked_at": now,
        "accepted_at": now if not reason else (delivered if last is None else last.accepted_at),
        "since": (last.since if was_stale else now) if reason else pd.NaT,
    }


def _missing_rows(market: Market, absent: Mapping[Item, NoAnswer]) -> pd.DataFrame:
    """Rows of table ``missing_series``."""
    rows = [
        _missing(market, entry, absent[item])
        for entry in market.sourced_series
        if (item := Item("series", entry.id)) in absent
    ]
    return pd.DataFrame(rows, columns=MISSING_COLUMNS)


def _missing(market: Market, entry: Series | Reference, absent: NoAnswer) -> dict[str, str]:
    hint = f" ({entry.vendor})" if entry.vendor else ""
    remedies = ["try again later"] if absent.cause == "failed" else []
    if market.files is not None:
        remedies.append(f"put {entry.id}.csv into {market.files}{hint}")
    elif absent.cause == "not_asked":
        remedies.append("unset SFR_FILES_ONLY")
    return {
        "series": entry.id,
        "name": entry.name,
        "cause": absent.cause,
        "reason": absent.reason,
        "remedy": ", or ".join(remedies),
    }


def _fatal(market: Market, absent: Mapping[Item, NoAnswer]) -> dict[str, NoAnswer]:
    """All that never came though the market rests on it, by what to say of it.

    An index rests on all of its prices, and on the series of its indicators. Of a market that is
    measured by day alone instruments may be missing: the log says why, table ``prices_quality``
    which, and the stress leg refuses if too few are left.
    """
    prices = {item.name: answer for item, answer in absent.items() if item.kind == "price"}
    names_of: dict[NoAnswer, list[str]] = {}
    for name, answer in prices.items():
        names_of.setdefault(answer, []).append(name)
    told = {
        f"no prices of {', '.join(names)} of market {market.name}: {answer.reason}": answer
        for answer, names in names_of.items()
    }
    fatal: dict[str, NoAnswer] = {}
    if market.monthly or (market.prices and len(prices) == len(market.prices)):
        fatal |= told
    else:
        for one in told:
            LOG.warning("left out: %s", one)
    needed, series_of = _needed(market, absent), dict[NoAnswer, list[str]]()
    for item, answer in absent.items():
        if item.kind == "series" and item.name in needed and answer.cause == "failed":
            series_of.setdefault(answer, []).append(item.name)
    return fatal | {
        f"no series {', '.join(names)} of market {market.name}: {answer.reason}"
        f"{_or_files(market, names, answer.reason)}": answer
        for answer, names in series_of.items()
    }


def _or_files(market: Market, names: list[str], reason: str) -> str:
    """The other remedy, where a market takes files: by their names, which no source knows."""
    files = [f"{name}.csv" for name in names]
    if market.files is None or any(file in reason for file in files):
        return ""
    return f", or put {', '.join(files)} into {market.files}"


def _needed(market: Market, absent: Mapping[Item, NoAnswer]) -> set[str]:
    """Series that the index is made of: those of the indicators that can be had, and what goes on.

    An indicator of which one series has neither file nor source needs no other one either.
    """
    without = {item.name for item, answer in absent.items() if answer.cause != "failed"}
    used = {
        series.id: series
        for indicator in market.indicators
        if without.isdisjoint(one.id for one in market.series_of(indicator))
        for series in market.series_of(indicator)
    }
    later = {series.continuation.series for series in used.values() if series.continuation}
    return used.keys() | later
