"""A warehouse as it stood: the inputs of a market as of a moment, laid out to be measured anew.

Belongs here: copying what had been delivered by then into another warehouse. Does not belong here:
measuring (the assets do that, as they always do).
"""

import datetime as dt

import pandas as pd

from sfr_pipeline.errors import NotMaterializedError
from sfr_pipeline.markets import Market
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.parquet import ParquetStore

RUN = "as of"
# Posts have no versions: a month of them is crawled once.
BY_MONTH = (tables.POSTS, tables.POSTS_REJECTED, tables.SENTIMENT)
# What a refresh asks others for, and a recomputation therefore leaves as it was laid out.
RECEIVED = (tables.DELIVERIES, tables.INPUT_STATUS, tables.CATALOGUES, tables.MISSING_SERIES)


def lay_out(
    store: ParquetStore, market: Market, delivered: dt.datetime, target: ParquetStore
) -> pd.DataFrame:
    """Copy into another warehouse what had been delivered by a moment.

    Args:
        store: whose archive.
        market: the catalogue.
        delivered: the moment, in UTC.
        target: an empty store.

    Returns:
        The deliveries that were copied, rows of table ``deliveries``.

    Raises:
        NotMaterializedError: nothing had been delivered by then.
    """
    name = market.name
    deliveries = store.read(name, tables.DELIVERIES)
    deliveries = deliveries[deliveries["delivered_at"] <= pd.Timestamp(delivered)]
    if deliveries.empty:
        raise NotMaterializedError(
            f"nothing of market {name} had been delivered by {delivered:%Y-%m-%d %H:%M} UTC: name "
            "a later moment (table deliveries has them)"
        )
    target.append(name, tables.DELIVERIES, deliveries, delivered, RUN)
    if store.exists(name, tables.CATALOGUES):
        versions = store.read(name, tables.CATALOGUES)
        target.append(name, tables.CATALOGUES, versions, delivered, RUN)
    target.write(name, tables.INPUT_STATUS, tables.INPUT_STATUS.empty())
    target.write(name, tables.MISSING_SERIES, _missing(market, deliveries, delivered))
    for table in BY_MONTH:
        if store.exists(name, table):
            store.copy_to(target, name, table)
    return deliveries


def _missing(market: Market, deliveries: pd.DataFrame, delivered: dt.datetime) -> pd.DataFrame:
    came = set(deliveries.loc[deliveries["kind"] == "series", "item"])
    rows = [
        {
            "series": entry.id,
            "name": entry.name,
            "cause": "no_source" if entry.source is None else "not_asked",
            "reason": f"nothing of it had been delivered by {delivered:%Y-%m-%d %H:%M} UTC",
            "remedy": "take a later moment",
        }
        for entry in market.sourced_series
        if entry.id not in came
    ]
    return pd.DataFrame(rows, columns=[column.name for column in tables.MISSING_SERIES.columns])
