"""The tables that lie in a warehouse: how each is read, what is to be said of it, what is damaged.

Belongs here: finding tables and describing them to DuckDB, contract or not. Does not belong here:
the file that is built from this (`publish`), how a table is written (`parquet`).
"""

import glob
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.storage.contract import NAME, Table
from sfr_pipeline.storage.damage import Damage
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.storage.places import files_at, listed
from sfr_pipeline.storage.table_files import (
    ADDED_FILES,
    MONTH_FILES,
    TABLES_BELOW,
    WHOLE_FILE,
    file_names,
    files_of,
    newest_file,
    schema_of,
)
from sfr_pipeline.workspace import Place

SQL_TYPES = {
    pa.date32(): "DATE",
    pa.timestamp("us"): "TIMESTAMP",
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
}

Tables = Mapping[str, Sequence[Table]]


@dataclass(frozen=True)
class StoredTable:
    """A table that has files: where to read it, and what to say about it."""

    market: str
    name: str
    files: Filesystem
    folder: str
    pattern: str
    schema: pa.Schema

    @property
    def sql_name(self) -> str:
        """Schema and table."""
        return f"{quoted(self.market)}.{quoted(self.name)}"

    @property
    def scan(self) -> str:
        """The columns that the table is described with, whatever older files of it lack or hold.

        Without them the columns of a view would depend on which months there are, and the view
        would break with the next one.
        """
        # The folder is a path, not a pattern: a bracket in it must match itself.
        folder = glob.escape(self.files.path(self.folder).as_posix())
        files = literal(f"{folder}/{self.pattern}")
        types = {field.name: SQL_TYPES.get(field.type) for field in self.schema}
        options = "hive_partitioning = false"
        if self.pattern == MONTH_FILES:
            options = "hive_partitioning = true, hive_types = {'month': VARCHAR}"
            types["month"] = "VARCHAR"
        none = ", ".join(f"{_cast('NULL', kind)} AS {quoted(n)}" for n, kind in types.items())
        columns = ", ".join(f"{_cast(quoted(n), k)} AS {quoted(n)}" for n, k in types.items())
        return (
            f"SELECT {columns} FROM (SELECT {none} WHERE false UNION ALL BY NAME "
            f"FROM read_parquet({files}, {options}, union_by_name = true))"
        )

    @property
    def comment(self) -> str:
        """What analysts read of the table."""
        about = _text(self.schema.metadata)
        key = f" Key: {about['key']}." if "key" in about else ""
        return about.get("description", "") + key

    def column_comments(self) -> Iterator[tuple[str, str]]:
        """What they read of each column, by its name."""
        for field in self.schema:
            about = _text(field.metadata)
            unit = f" [{about['unit']}]" if about.get("unit") else ""
            yield field.name, about.get("description", "") + unit
        if self.pattern == MONTH_FILES:
            partition_column = _text(self.schema.metadata).get("partition_column", "the rows")
            yield "month", f"Month of {partition_column}, the Parquet partition. [YYYY-MM]"

    def damage(self, file: str, error: object) -> Damage:
        """A file of it that can't be read."""
        said = " ".join(str(error).split())
        path = self.files.path(file)
        return Damage(self.market, self.name, path, said, self.pattern == ADDED_FILES)


def stored_tables(files: Filesystem, tables: Tables) -> tuple[list[StoredTable], list[Damage]]:
    """Every table that has at least one file, and those of which the newest can't be read."""
    stored, damaged = [], []
    files = listed(files, TABLES_BELOW)
    for table, newest in _tables(files, tables, files.names(TABLES_BELOW)):
        found = damage_of(replace(table, schema=pa.schema([])), [newest])
        if found:
            damaged += found
        elif len(table.schema):
            stored.append(table)
        else:
            stored.append(replace(table, schema=schema_of(files, newest)))
    return stored, damaged


def _tables(
    files: Filesystem, tables: Tables, markets: Sequence[str]
) -> Iterator[tuple[StoredTable, str]]:
    """Every table that has a file, and its newest; without a contract the schema is empty."""
    contracts = {(market, table.name): table for market in tables for table in tables[market]}
    for market in filter(NAME.fullmatch, markets):
        for name in filter(NAME.fullmatch, files.names(f"{TABLES_BELOW}/{market}")):
            folder = f"{TABLES_BELOW}/{market}/{name}"
            files.complete(folder)
            contract = contracts.get((market, name))
            pattern = files_of(contract) if contract else _pattern(files.names(folder))
            newest = newest_file(files, folder, pattern)
            if newest is not None:
                schema = contract.arrow_schema() if contract else pa.schema([])
                yield StoredTable(market, name, files, folder, pattern, schema), newest


def _pattern(names: Sequence[str]) -> str:
    """Which files hold a table without a contract: what lies there says so."""
    if WHOLE_FILE in names:
        return WHOLE_FILE
    return ADDED_FILES if any(name.endswith(".parquet") for name in names) else MONTH_FILES


def damage_of(table: StoredTable, names: Sequence[str], whole: bool = False) -> list[Damage]:
    """Which files of a table are no Parquet, or hold a column of its schema as another type.

    Args:
        table: which.
        names: of the files.
        whole: whether they are read to the end, and not only what they say of themselves.
    """
    found = []
    for name in names:
        try:
            schema = schema_of(table.files, name)
            if whole:
                with table.files.open(name) as file:
                    pq.read_table(file, partitioning=None)
        except (pa.ArrowException, OSError) as error:
            found.append(table.damage(name, error))
            continue
        for field in table.schema:
            if field.name in schema.names and schema.field(field.name).type != field.type:
                other = schema.field(field.name).type
                what = f"column {field.name} is {other}, not {field.type}"
                found.append(table.damage(name, what))
                break
    return found


def damage(root: Place, market: str, thorough: bool) -> list[Damage]:
    """Files of a market's tables that are no Parquet.

    Args:
        root: where the warehouse lies.
        market: whose tables.
        thorough: whether every file is looked at, and not only the newest of each table.
    """
    files = listed(files_at(root.resolve()), f"{TABLES_BELOW}/{market}")
    found: list[Damage] = []
    for table, newest in _tables(files, {}, [market]):
        names = file_names(files, table.folder, table.pattern) if thorough else [newest]
        found += damage_of(table, names)
    return found


def _text(metadata: Mapping[bytes, bytes] | None) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (metadata or {}).items()}


def quoted(identifier: str) -> str:
    """An identifier as SQL writes it."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _cast(what: str, sql_type: str | None) -> str:
    return what if sql_type is None else f"CAST({what} AS {sql_type})"
