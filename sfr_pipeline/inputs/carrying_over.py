"""A warehouse of a release that kept no archive: its tables become the first delivery."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from sfr_pipeline.inputs.asking import bar_rows
from sfr_pipeline.sources.live.archive import file_sha256
from sfr_pipeline.storage import tables
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
        (series,) = store.files(market, tables.SERIES)
        frame = pq.read_table(series).to_pandas()
        rows = frame.rename(columns={"series": "item"}).assign(
            kind="series", field="value", assumed=True, **_about(series)
        )
        parts.append(rows)
    if store.exists(market, tables.PRICES):
        (prices,) = store.files(market, tables.PRICES)
        frame = pq.read_table(prices).to_pandas()
        for symbol, bars in frame.groupby("symbol"):
            parts.append(
                bar_rows(bars).assign(
                    kind="price", item=symbol, source="the table prices", **_about(prices)
                )
            )
    if not parts:
        return None
    columns = [column.name for column in tables.DELIVERIES.columns]
    return pd.concat([part.reindex(columns=columns) for part in parts], ignore_index=True)


def _about(path: Path) -> dict[str, object]:
    written = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).replace(tzinfo=None)
    return {"delivered_at": pd.Timestamp(written), "sha256": file_sha256(path), "run": RUN}
