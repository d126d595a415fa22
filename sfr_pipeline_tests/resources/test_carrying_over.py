"""A warehouse that the release before wrote: what it held becomes the first delivery."""

import datetime as dt
import os

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sfr_pipeline.inputs.archive import prices_as_of, series_as_of
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline_tests.assets.runs import materialize

WRITTEN = dt.datetime(2026, 11, 20, 6, tzinfo=dt.UTC)
SERIES = pd.DataFrame(
    {
        "series": ["unemployment", "unemployment"],
        "ref_date": [dt.date(2006, 1, 31), dt.date(2006, 2, 28)],
        "value": [4.7, 4.8],
        "available_at": [dt.date(2006, 2, 10), dt.date(2006, 3, 10)],
        "source": ["bundled: frbny.UNRATE"] * 2,
    }
)
PRICES = pd.DataFrame(
    {
        "date": [dt.date(2006, 1, 3), dt.date(2006, 1, 4)],
        "symbol": ["SP500", "SP500"],
        "open": [1248.3, None],
        "high": [1275.4, None],
        "low": [1245.7, None],
        "close": [1268.8, 1273.5],
        "volume": [2554570000.0, None],
    }
)


@pytest.fixture
def earlier(tmp_path):
    """A small warehouse in the shape of 2026-11-26."""
    for name, frame in {"series": SERIES, "prices": PRICES}.items():
        path = tmp_path / "parquet" / "mini" / name / "data.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
        os.utime(path, (WRITTEN.timestamp(), WRITTEN.timestamp()))
    return tmp_path


def test_its_values_are_the_first_delivery_on_the_day_when_they_were_written(earlier):
    deliveries = Warehouse(root=str(earlier)).archive("mini")
    assert set(deliveries["delivered_at"]) == {pd.Timestamp(WRITTEN).tz_localize(None)}
    assert set(deliveries["run"]) == {"carried over"}
    series = series_as_of(deliveries)
    assert series["value"].tolist() == [4.7, 4.8]
    assert series["available_at"].tolist() == [
        pd.Timestamp("2006-02-10"), pd.Timestamp("2006-03-10"),
    ]  # fmt: skip
    prices = prices_as_of(deliveries)
    assert prices["close"].tolist() == [1268.8, 1273.5]
    assert prices["open"].isna().tolist() == [False, True]
    # Once is enough.
    assert len(Warehouse(root=str(earlier)).archive("mini")) == len(deliveries)


@pytest.mark.faults
def test_a_run_goes_on_from_it_and_tells_what_has_been_revised_since(earlier):
    assert materialize(earlier).success
    warehouse = Warehouse(root=str(earlier))
    revisions = warehouse.read("mini", "revisions")
    # What the earlier warehouse held of 2006 is what its packages hold still, or is listed.
    stored = warehouse.read("mini", "series").set_index(["series", "ref_date"])["value"]
    for row in revisions.itertuples(index=False):
        assert stored.get((row.item, row.ref_date), row.new_value) == row.new_value
    assert len(warehouse.read("mini", "sfri"))
