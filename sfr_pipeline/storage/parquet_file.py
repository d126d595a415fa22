"""One Parquet file of a table: written, read, and told of where it can't be read.

Belongs here: the content of a file. Does not belong here: which files a table has (`parquet`), what
they say of themselves (`table_files`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sfr_pipeline.errors import ContractError, StorageError
from sfr_pipeline.files import telling
from sfr_pipeline.storage.contract import Table
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.storage.table_files import remedy
from sfr_pipeline.workspace import Place

ROWS_AT_A_TIME = 16_384


@contextmanager
def readable(market: str, table: Table, file: Place) -> Iterator[None]:
    """Name the file and the remedy where its content can't be read.

    Raises:
        StorageError: it can't.
    """
    try:
        with telling(file):
            yield
    except (pa.ArrowException, OSError) as error:
        raise StorageError(
            f"{file} can't be read ({' '.join(str(error).split())}): "
            f"{remedy(market, table.name, file, table.append_only)}"
        ) from error


def write(path: Path, stored: pa.Table) -> None:
    """Write a file of this machine."""
    with path.open("wb") as file:
        pq.write_table(stored, file, compression="zstd")


def read(filesystem: Filesystem, name: str, wanted: pa.Schema) -> pa.Table:
    """Read columns of a file.

    Raises:
        ContractError: it was written under another contract.
    """
    with filesystem.open(name) as source, pq.ParquetFile(source) as file:
        require_contract(filesystem.path(name), file, wanted)
        stored = file.read(columns=wanted.names)
    return pa.Table.from_arrays([stored[name] for name in wanted.names], schema=wanted)


def read_rows(
    source: pa.NativeFile, path: Place, wanted: pa.Schema, first: int, stop: int
) -> pa.Table:
    """Read some rows of a file; of the row groups before and behind them nothing is read.

    Memory holds few rows beside those that are wanted.

    Args:
        source: the open file.
        path: where it lies, for the error.
        wanted: columns.
        first: place of the first row, from 0.
        stop: of the one behind the last.

    Raises:
        ContractError: it was written under another contract.
    """
    with pq.ParquetFile(source) as file:
        require_contract(path, file, wanted)
        about = file.metadata
        sizes = [about.row_group(group).num_rows for group in range(about.num_row_groups)]
        ends = np.cumsum(sizes)
        groups = np.flatnonzero((ends > first) & (ends - sizes < stop)).tolist()
        parts = []
        place = int(ends[groups[0]]) - sizes[groups[0]] if groups else 0
        for batch in file.iter_batches(ROWS_AT_A_TIME, groups, wanted.names):
            here = slice(max(first - place, 0), max(stop - place, 0))
            parts.append(pa.Table.from_batches([batch])[here])
            place += batch.num_rows
            if place >= stop:
                break
    found = [part.select(wanted.names).cast(wanted) for part in parts]
    return pa.concat_tables([wanted.empty_table(), *found])


def wanted(table: Table, columns: Sequence[str] | None) -> pa.Schema:
    """The schema of some columns of a table, of all by default.

    Raises:
        ContractError: the table has no such column.
    """
    schema = table.arrow_schema()
    names = schema.names if columns is None else list(columns)
    unknown = [name for name in names if name not in schema.names]
    if unknown:
        raise ContractError(f"table {table.name} has no column {', '.join(unknown)}")
    return pa.schema([schema.field(name) for name in names])


def of_own_month(table: Table, part: pa.Table) -> pa.Table:
    """Rows that speak of the month that they belong to."""
    return part.filter(pc.equal(part[table.partition_column], part["ref_date"]))


def require_contract(path: Place, file: pq.ParquetFile, wanted: pa.Schema) -> None:
    """Refuse a file that lacks a column, or has it as another.

    Raises:
        ContractError: it does.
    """
    for field in wanted:
        position = file.schema_arrow.get_field_index(field.name)
        if position < 0 or not file.schema_arrow.field(position).equals(field):
            raise ContractError(
                f"{path} was written under another contract (column {field.name}): "
                "materialize the table again"
            )
