"""Append-only tables: every addition is a file of its own, and none is ever changed."""

import datetime as dt

import duckdb
import pandas as pd
import pytest

from sfr_pipeline.errors import ContractError
from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.publish import publish

TOLD = Table(
    name="told",
    description="What was told.",
    columns=(Column("day", "date", "Day"), Column("value", "double", "Value")),
    key=("day",),
    append_only=True,
)
NOON = dt.datetime(2024, 1, 2, 12)


def rows(day: str, value: float) -> pd.DataFrame:
    return pd.DataFrame({"day": [pd.Timestamp(day)], "value": [value]})


def test_additions_stand_beside_each_other_in_the_order_of_time(tmp_path):
    store = ParquetStore(tmp_path)
    assert not store.exists("us", TOLD)
    store.append("us", TOLD, rows("2024-01-02", 2.0), NOON, "b")
    store.append("us", TOLD, rows("2024-01-01", 1.0), NOON - dt.timedelta(days=1), "a")
    assert list(store.read("us", TOLD)["value"]) == [1.0, 2.0]
    assert store.count("us", TOLD) == 2
    with duckdb.connect(str(publish(tmp_path, {"us": [TOLD]})), read_only=True) as connection:
        assert connection.execute("SELECT sum(value) FROM us.told").fetchone() == (3.0,)
    with duckdb.connect(str(publish(tmp_path, {})), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM us.told").fetchone() == (2,)


def test_an_addition_is_never_changed(tmp_path):
    store = ParquetStore(tmp_path)
    (path,) = store.append("us", TOLD, rows("2024-01-02", 2.0), NOON, "one").files
    before = path.read_bytes()
    with pytest.raises(ContractError, match="never changed"):
        store.append("us", TOLD, rows("2024-01-02", 3.0), NOON, "one")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.glob("*.parquet")] == [
        "20240102T120000.000000Z_one.parquet"
    ]
