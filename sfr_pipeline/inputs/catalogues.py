"""Versions of a market's catalogue, and what changed from one to the next.

A catalogue is part of what was known: an edited direction or transform changes every past estimate
that is made anew, so it is kept which version held from when on.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from sfr_pipeline.markets import Market

COLUMNS = ["read_at", "sha256", "changed", "catalogue", "run"]


def as_json(market: Market) -> str:
    """A catalogue as one text, equal for equal catalogues."""
    return json.dumps(market.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)


def sha256_of(market: Market) -> str:
    """The fingerprint by which a version is named."""
    return hashlib.sha256(as_json(market).encode()).hexdigest()


def new_version(market: Market, versions: pd.DataFrame, at: dt.datetime, run: str) -> pd.DataFrame:
    """A row of table ``catalogues`` if the catalogue is not the last version there, else none.

    Args:
        market: the catalogue.
        versions: table ``catalogues``.
        at: this moment, in UTC.
        run: who reads it.
    """
    text, fingerprint = as_json(market), sha256_of(market)
    rows = []
    if versions.empty or versions["sha256"].iloc[-1] != fingerprint:
        before = json.loads(versions["catalogue"].iloc[-1]) if len(versions) else None
        changed = [] if before is None else sorted(differences(before, json.loads(text)))
        rows.append([pd.Timestamp(at), fingerprint, ", ".join(changed), text, run])
    return pd.DataFrame(rows, columns=COLUMNS).astype({"read_at": "datetime64[us]"})


def differences(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """Where two catalogues differ, as in ``series.unemployment.release_lag``."""
    before, after = _by_name(before), _by_name(after)
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        if before != after:
            yield place
        return
    for name in before.keys() | after.keys():
        where = f"{place}.{name}" if place else str(name)
        if name not in before or name not in after:
            yield where
        else:
            yield from differences(before[name], after[name], where)


def _by_name(value: Any) -> Any:
    """A list of entries that have names, by these."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        return value
    names = [entry.get("id", entry.get("symbol")) for entry in value]
    if None in names or len(set(names)) < len(names):
        return value
    return dict(zip(names, value, strict=True))
