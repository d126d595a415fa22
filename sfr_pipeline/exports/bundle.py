"""Parquet, one file a table whatever the months it is stored in."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.exports.market_tables import stored_parts
from sfr_pipeline.storage.stored_tables import StoredTable

# Rows of a row group: months are small, and a reader pays for every group.
ROWS = 262_144


def write_parquet(path: Path, table: StoredTable) -> None:
    """Put a stored table into one file, with what its contract says of it.

    Memory holds one row group and one month at a time.

    Args:
        path: file to write.
        table: which.
    """
    with path.open("wb") as file, pq.ParquetWriter(file, table.schema, compression="zstd") as out:
        held: list[pa.Table] = []
        for part in stored_parts(table, table.schema):
            held.append(part)
            if sum(rows.num_rows for rows in held) >= ROWS:
                out.write_table(pa.concat_tables(held), row_group_size=ROWS)
                held = []
        if held:
            out.write_table(pa.concat_tables(held), row_group_size=ROWS)
