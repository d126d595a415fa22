"""The tables of one market that are exported: all that lie in the warehouse and can be read.

They are read as their own files describe them, so that a warehouse is exported whole by a later
release too, whose contracts may have other columns.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.storage.column_types import ARROW_TYPES, to_frame
from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.damage import Damage
from sfr_pipeline.storage.places import files_at
from sfr_pipeline.storage.stored_tables import StoredTable, damage_of, stored_tables
from sfr_pipeline.storage.table_files import file_names
from sfr_pipeline.storage.tables import TABLES
from sfr_pipeline.workspace import Place

TYPES = {arrow: name for name, arrow in ARROW_TYPES.items()}
CONTRACTS = {table.name: table for table in TABLES}


@dataclass(frozen=True)
class MarketTables:
    """The tables of one market.

    Attributes:
        market: its name.
        stored: those that are there, by name.
    """

    market: str
    stored: Mapping[str, StoredTable]

    def has(self, table: Table, columns: Collection[str] = ()) -> bool:
        """Whether a table is there, with some columns of it."""
        stored = self.stored.get(table.name)
        return stored is not None and set(columns) <= set(stored.schema.names)

    def read(self, table: Table, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """A table as it is stored, or some columns of it; without rows where it is not there."""
        stored = self.stored.get(table.name)
        if stored is None:
            empty = table.empty()
            return empty if columns is None else empty[list(columns)]
        names = stored.schema.names if columns is None else columns
        wanted = pa.schema([stored.schema.field(name) for name in names])
        return to_frame(pa.concat_tables([wanted.empty_table(), *stored_parts(stored, wanted)]))

    def contract(self, table: Table) -> Table:
        """What its files say of a table that is there, with the bounds that still hold."""
        return as_stored(self.stored[table.name])


def tables_by_market(
    root: Place, markets: Collection[str] = ()
) -> tuple[dict[str, MarketTables], list[Damage]]:
    """The tables of a warehouse by market, in order, and the files for which some are left out.

    Args:
        root: where the warehouse lies.
        markets: only these; by default all.
    """
    files = files_at(root.resolve())
    stored, damaged = stored_tables(files, {})
    chosen: dict[str, dict[str, StoredTable]] = {}
    for table in stored:
        if markets and table.market not in markets:
            continue
        # To the end: what breaks in the middle must not be found when half is written.
        found = damage_of(table, file_names(files, table.folder, table.pattern), whole=True)
        damaged += found
        if not found:
            chosen.setdefault(table.market, {})[table.name] = table
    if markets:
        damaged = [damage for damage in damaged if damage.market in markets]
    return {
        market: MarketTables(market, dict(sorted(tables.items())))
        for market, tables in sorted(chosen.items())
    }, damaged


def stored_parts(table: StoredTable, wanted: pa.Schema) -> Iterator[pa.Table]:
    """The rows of a table, file after file; a column that a file lacks is missing in its rows.

    Args:
        table: which.
        wanted: columns of it.
    """
    for name in file_names(table.files, table.folder, table.pattern):
        with table.files.open(name) as source, pq.ParquetFile(source) as file:
            stored = set(file.schema_arrow.names)
            there = [field for field in wanted.names if field in stored]
            read = file.read(columns=there)
        columns = [
            read[field.name].cast(field.type)
            if field.name in there
            else pa.nulls(read.num_rows, field.type)
            for field in wanted
        ]
        yield pa.Table.from_arrays(columns, schema=wanted)


def as_stored(stored: StoredTable) -> Table:
    """The contract under which a table was written, as far as its files tell."""
    about = {key.decode(): value.decode() for key, value in (stored.schema.metadata or {}).items()}
    now = CONTRACTS.get(stored.name)
    by_name = {column.name: column for column in now.columns} if now else {}
    columns = []
    for field in stored.schema:
        column = _column(field)
        known = by_name.get(field.name)
        # Files tell no bounds. Those of this release hold where nothing else has changed.
        same = known is not None and _column(known_field(known)) == column
        columns.append(known if same and known is not None else column)
    key = tuple(about["key"].split(", ")) if about.get("key") else (columns[0].name,)
    return Table(stored.name, about.get("description") or stored.name, tuple(columns), key)


def known_field(column: Column) -> pa.Field:
    """A column as a file describes it."""
    about = {"description": column.description, "unit": column.unit}
    return pa.field(column.name, ARROW_TYPES[column.type], column.nullable, about)


def _column(field: pa.Field) -> Column:
    about = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    return Column(
        field.name,
        TYPES[field.type],
        about.get("description") or field.name,
        about.get("unit", ""),
        nullable=field.nullable,
    )
