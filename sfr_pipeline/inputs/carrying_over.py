"""A warehouse of a release that kept no archive: its tables become the first delivery."""

import pandas as pd
import pyarrow.parquet as pq

from sfr_pipeline.inputs.asking import bar_rows
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.chain import hash_of
from sfr_pipeline.storage.contract import Table
from sfr_pipeline.storage.parquet import ParquetStore

RUN = "carried over"


def carried_over(store: ParquetStore, market: str) -> pd.DataFrame | None:
    """Rows of table ``deliveries`` that an archive begins with; None where there is nothing.

    The values were delivered when their tables were last written. Days of publication are taken as
    they stand, and as assumed: the tables did not say which of them a source had told.

    Args:
        store: of the warehouse.
        market: whose tables.
    """
    parts = []
    if store.exists(market, tables.SERIES):
        frame, about = _carried(store, market, tables.SERIES)
        rows = frame.rename(columns={"series": "item"}).assign(
            kind="series", field="value", assumed=True, **about
        )
        parts.append(rows)
    if store.exists(market, tables.PRICES):
        frame, about = _carried(store, market, tables.PRICES)
        for symbol, bars in frame.groupby("symbol"):
            parts.append(
                bar_rows(bars).assign(kind="price", item=symbol, source="the table prices", **about)
            )
    if not parts:
        return None
    columns = [column.name for column in tables.DELIVERIES.columns]
    return pd.concat([part.reindex(columns=columns) for part in parts], ignore_index=True)


def _carried(
    store: ParquetStore, market: str, table: Table
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Rows of a table as its file has them, whatever its contract says now, and of what they are.

    They may lack columns that the table has now.
    """
    files = store.filesystem
    (name,) = store.names(market, table)
    with files.open(name) as file:
        frame = pq.read_table(file, partitioning=None).to_pandas()
    with files.open(name) as file:
        sha256 = hash_of(file)
    delivered = pd.Timestamp(files.modified(name))
    return frame, {"delivered_at": delivered, "sha256": sha256, "run": RUN}
