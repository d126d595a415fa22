"""Every series that is exported, cut from the tables of a market: headlines, then raw inputs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from pandas.api import types

from sfr_pipeline.exports.escaping import identifier, identifiers
from sfr_pipeline.exports.headlines import HEADLINES, Headline
from sfr_pipeline.exports.market_tables import MarketTables
from sfr_pipeline.exports.provenance import Input, Provenance
from sfr_pipeline.storage.tables import PRICES, SERIES


@dataclass(frozen=True)
class ExportedSeries:
    """One series under the name by which it travels.

    Attributes:
        id: distinct among all markets.
        title: for readers.
        unit: of its values, empty where they have none.
        frequency: daily, weekly, monthly or quarterly.
        source: where a raw input came from; empty for what this project computed.
        values: by date, ascending; named by the id.
    """

    id: str
    title: str
    unit: str
    frequency: str
    source: str
    values: pd.Series


def headline_series(tables: MarketTables, provenance: Provenance) -> list[ExportedSeries]:
    """The headline series of a market, in the order of their records; none without values.

    Args:
        tables: of the market.
        provenance: of the same.
    """
    return [series for record in HEADLINES for series in _of_headline(record, tables, provenance)]


def input_series(tables: MarketTables, provenance: Provenance) -> list[ExportedSeries]:
    """The raw series and closing prices of a market as delivered.

    Args:
        tables: of the market.
        provenance: of the same.
    """
    return [
        *_inputs(
            tables.read(SERIES, ["series", "ref_date", "value", "source"]).rename(
                columns={"series": "item", "ref_date": "date"}
            ),
            f"{identifier(tables.market)}_INPUT",
            dict(provenance.series),
            {},
        ),
        *_inputs(
            tables.read(PRICES, ["symbol", "date", "close"]).rename(
                columns={"symbol": "item", "close": "value"}
            ),
            f"{identifier(tables.market)}_PRICE",
            dict(provenance.prices),
            dict(provenance.sources),
        ),
    ]


def wide(series: Sequence[ExportedSeries], frequency: str) -> pd.DataFrame:
    """All series of one frequency side by side, by date; no columns where there is none.

    Args:
        series: any.
        frequency: of those wanted.
    """
    chosen = [one.values for one in series if one.frequency == frequency]
    return pd.concat(chosen, axis=1).sort_index() if chosen else pd.DataFrame()


def _of_headline(
    record: Headline, tables: MarketTables, provenance: Provenance
) -> Iterator[ExportedSeries]:
    names = {record.day, record.column, *record.where}
    if record.by is not None:
        names.add(record.by)
    if record.model is not None:
        names.add("model")
    # In the order of the contract: a set has none.
    columns = [column.name for column in record.table.columns if column.name in names]
    if not tables.has(record.table, columns):
        return
    rows = tables.read(record.table, columns)
    for column, value in record.where.items():
        rows = rows[rows[column] == value]
    if record.model is not None:
        rows = rows[rows["model"] == record.model(tables, rows)]
    prefix = f"{identifier(tables.market)}_{record.id}"
    if record.by is None:
        parts = [(prefix, record.title, rows)]
    else:
        ids = identifiers(rows[record.by])
        called = provenance.parts.get(record.by, {})
        parts = [
            (
                f"{prefix}_{ids[value]}",
                f"{record.title}: {called.get(value, value)}",
                own,
            )
            for value, own in rows.groupby(record.by, sort=True)
        ]
    for name, title, own in parts:
        if len(own):
            values = _by_date(own, record.day, record.column, name)
            yield ExportedSeries(name, title, record.contract.unit, record.frequency, "", values)


def _inputs(
    rows: pd.DataFrame, prefix: str, described: dict[str, Input], sources: dict[str, str]
) -> Iterator[ExportedSeries]:
    ids = identifiers(rows["item"])
    for item, own in rows.groupby("item", sort=True):
        about = described.get(item, Input(item, "", ""))
        source = own["source"].iloc[-1] if "source" in own else sources.get(item, "")
        name = f"{prefix}_{ids[item]}"
        values = _by_date(own, "date", "value", name)
        yield ExportedSeries(name, about.name, about.unit, about.frequency, source, values)


def _by_date(rows: pd.DataFrame, day: str, column: str, name: str) -> pd.Series:
    values = rows.set_index(day)[column].sort_index()
    if types.is_integer_dtype(values.dtype):
        values = values.astype("Int64")  # which stays whole beside series of other dates
    return values.rename(name).rename_axis("observation_date")
