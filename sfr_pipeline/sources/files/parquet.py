"""Parquet files of others, within bounds: a kilobyte of it can hold a million texts of a megabyte.

A text stands once in a dictionary and a number a row says that it is there, or a text says how much
of the one before it repeats; what the file says of its sizes counts neither. Belongs here: how
many rows are unpacked at once, and how much a table may be unpacked. Does not belong here: what
columns mean (`opening`, `opinion.export_files`), or Parquet that this project wrote (`storage`).
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sfr_pipeline.sources.files.checks import refuse
from sfr_pipeline.sources.files.content import LARGEST_FILE, require_size

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

# Bytes that rows unpacked at once may have, by the longest value that there can be.
AT_ONCE = LARGEST_FILE
# Rows at once of a group that is larger: a few of its values may be far longer than the rest.
FEW_ROWS = 64
# First bytes of a page: its kind, and its size unpacked, both as Thrift's compact numbers.
HEADER, NUMBER, DICTIONARY_PAGE = 12, 0x15, 2


def batches(
    file: str, source: Path | bytes, columns: Sequence[str], rows: int
) -> Iterator["pa.RecordBatch"]:
    """Rows of a file, as many at once as fit into memory.

    Args:
        file: its name, for messages.
        source: where it lies, or its bytes.
        columns: to be read.
        rows: at once, at most.

    Yields:
        These columns of some rows, without what pandas noted of them.

    Raises:
        SourceError: a column holds lists or structures.
        pyarrow.ArrowException: it is no Parquet, or damaged.
    """
    import pyarrow.parquet as pq

    with (
        source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as raw,
        pq.ParquetFile(source if isinstance(source, Path) else io.BytesIO(source)) as opened,
    ):
        _require_cells(file, opened, columns)
        for group in range(opened.num_row_groups):
            most = _rows_at_once(opened, raw, group, columns, rows)
            for batch in opened.iter_batches(most, [group], list(columns)):
                yield _written_out(batch)


def require_parquet_size(file: str, content: bytes) -> None:
    """Refuse a table that is larger, unpacked, than any that is read here.

    Args:
        file: its name, for messages.
        content: its bytes.

    Raises:
        SourceError: it has too many cells, its values are together too large, or a column holds
            lists or structures.
        pyarrow.ArrowException: it is no Parquet, or damaged.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(io.BytesIO(content)) as opened:
        about, names = opened.metadata, opened.schema_arrow.names
    require_size(Path(file), about.num_rows, about.num_columns)
    groups = map(about.row_group, range(about.num_row_groups))
    unpacked = sum(group.total_byte_size for group in groups)
    if unpacked <= 4 * LARGEST_FILE:
        unpacked = 0
        for batch in batches(file, content, names, about.num_rows):
            unpacked += batch.nbytes
            if unpacked > 4 * LARGEST_FILE:
                break
        else:
            return
    refuse(
        file,
        None,
        f"it has more than {4 * LARGEST_FILE / 2**20:,.0f} MB unpacked: keep the rows and columns "
        "that are needed, or divide it",
    )


def _written_out(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    """The rows with each value in full, also those of columns that pandas calls categories."""
    import pyarrow as pa

    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _require_cells(file: str, opened: "pq.ParquetFile", columns: Sequence[str]) -> None:
    """Each value must be one: lists within a cell are of any length."""
    import pyarrow as pa

    nested = [
        field.name
        for field in opened.schema_arrow
        if field.name in columns and pa.types.is_nested(field.type)
    ]
    if nested:
        refuse(
            file,
            None,
            f"cells of {', '.join(nested)} hold lists or structures: leave these columns out, or "
            "write them as text or numbers",
        )


def _rows_at_once(
    opened: "pq.ParquetFile", raw: BinaryIO, group: int, columns: Sequence[str], rows: int
) -> int:
    about = opened.metadata.row_group(group)
    places = [
        place for place in range(about.num_columns) if opened.schema.column(place).path in columns
    ]
    widths = [_widest(opened, raw, group, place) for place in places]
    size = sum(about.column(place).total_uncompressed_size for place in places)
    most = min(rows, AT_ONCE // max(sum(widths), 1))
    return max(min(most, FEW_ROWS) if size > AT_ONCE else most, 1)


def _widest(opened: "pq.ParquetFile", raw: BinaryIO, group: int, place: int) -> int:
    """Bytes that a value can have of those that may stand in more rows than in the file."""
    chunk = opened.metadata.row_group(group).column(place)
    if chunk.physical_type != "BYTE_ARRAY":
        return max(opened.schema.column(place).length, 8)
    if "DELTA_BYTE_ARRAY" in chunk.encodings:
        return int(chunk.total_uncompressed_size)
    starts = (chunk.dictionary_page_offset, chunk.data_page_offset)
    raw.seek(min(start for start in starts if start is not None))
    kind, size = _page(raw.read(HEADER))
    if kind is None:
        return int(chunk.total_uncompressed_size)
    return size if kind == DICTIONARY_PAGE else 0


def _page(header: bytes) -> tuple[int | None, int]:
    """Kind and size of a page; no kind where it does not begin as pages do."""
    signs = iter(header)
    numbers = []
    for _ in range(2):
        if next(signs, None) != NUMBER:
            return None, 0
        value = shift = 0
        for sign in signs:
            value |= (sign & 0x7F) << shift
            shift += 7
            if sign < 0x80:
                break
        # Zigzag: the last bit is the sign.
        numbers.append(value >> 1)
    return numbers[0], numbers[1]
