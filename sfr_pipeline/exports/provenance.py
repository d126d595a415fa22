"""What an export says of where it comes from: run, version, hashes, catalogue, sources.

Belongs here: reading that from the tables of a market, so that it speaks of the run behind them and
not of the catalogue or the clock of today. Does not belong here: how it is written down.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sfr_pipeline.exports.market_tables import MarketTables
from sfr_pipeline.report.imprint import data_hash
from sfr_pipeline.storage.tables import CATALOGUES, DELIVERIES, PUBLICATIONS

SYNTHETIC = "SYNTHETIC, nothing here happened"


@dataclass(frozen=True)
class Input:
    """A raw series or an instrument, as the catalogue of the run describes it.

    Attributes:
        name: for readers.
        unit: of its values.
        frequency: of its values.
    """

    name: str
    unit: str
    frequency: str


@dataclass(frozen=True)
class Provenance:
    """Of one market.

    Attributes:
        market: its name.
        title: for readers.
        synthetic: whether nothing of it happened.
        told_at: when a run told its newest readings, in UTC; None where none did.
        version: of the software that told them.
        data: hash of all that was delivered, see ``report.imprint``; None where nothing was.
        catalogue: SHA-256 of the catalogue; None where none was read.
        series: raw series by their ids.
        prices: instruments by their symbols.
        parts: names of dimensions and of sub-markets by their ids, by the column that holds these.
        sources: where each series and instrument came from, pairs of id and provenance.
    """

    market: str
    title: str
    synthetic: bool
    told_at: pd.Timestamp | None
    version: str | None
    data: str | None
    catalogue: str | None
    series: Mapping[str, Input]
    prices: Mapping[str, Input]
    parts: Mapping[str, Mapping[str, str]]
    sources: tuple[tuple[str, str], ...]

    @property
    def heading(self) -> str:
        """Title, and whether nothing of it happened."""
        return f"{self.title} ({SYNTHETIC})" if self.synthetic else self.title


def provenance_of(tables: MarketTables) -> Provenance:
    """What the tables of a market say of where they come from.

    Args:
        tables: of the market; what is not among them is not told.
    """
    versions, told = tables.read(CATALOGUES), tables.read(PUBLICATIONS)
    catalogue = json.loads(versions["catalogue"].iloc[-1]) if len(versions) else {}
    deliveries = tables.read(DELIVERIES, ["kind", "item", "source", "sha256", "delivered_at"])
    newest = deliveries.sort_values("delivered_at", kind="stable").groupby(["kind", "item"])
    sources = newest["source"].last()
    last = told.iloc[int(told["published_at"].argmax())] if len(told) else None
    return Provenance(
        market=tables.market,
        title=catalogue.get("title", tables.market),
        synthetic=bool(catalogue.get("synthetic", False)),
        told_at=None if last is None else last["published_at"],
        version=None if last is None else str(last["code_version"]),
        data=data_hash(deliveries),
        catalogue=versions["sha256"].iloc[-1] if len(versions) else None,
        series=_series(catalogue),
        prices={
            entry["symbol"]: Input(entry["name"], entry["unit"], "daily")
            for entry in catalogue.get("prices", [])
        },
        parts=_parts(catalogue),
        sources=tuple((item, source) for (_, item), source in sources.items()),
    )


def _series(catalogue: Mapping[str, Any]) -> dict[str, Input]:
    entries = [*catalogue.get("series", []), *catalogue.get("references", [])]
    return {
        entry["id"]: Input(entry["name"], entry["unit"], entry["frequency"]) for entry in entries
    }


def _parts(catalogue: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    stress = catalogue.get("stress") or {}
    return {
        "dimension": dict(catalogue.get("dimensions", {})),
        "market": {part["id"]: part["name"] for part in stress.get("sub_markets", [])},
    }
