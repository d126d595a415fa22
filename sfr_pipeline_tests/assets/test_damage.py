"""Files that can't be read, and the months that checks look at, in runs of the mini market."""

import logging
import shutil

import duckdb
import pytest

from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline_tests.assets.runs import materialize
from sfr_pipeline_tests.assets.test_runs import causes, fingerprints


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """A warehouse after a full run of the mini market."""
    root = tmp_path_factory.mktemp("warehouse")
    assert materialize(root).success
    return root


def failed_checks(result):
    return {
        check.asset_key.path[-1]: check.description
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }


def views(root):
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as connection:
        sql = "select schema_name || '.' || view_name from duckdb_views() where not internal"
        return {name for (name,) in connection.execute(sql).fetchall()}


def test_a_check_reads_the_months_that_were_written_once_and_no_others(warehouse, monkeypatch):
    read, asked = ParquetStore.read, []

    def noted(store, market, table, months=None, columns=None):
        if table.name == "sfri_vintages":
            asked.append(months)
        return read(store, market, table, months, columns)

    monkeypatch.setattr(ParquetStore, "read", noted)
    assert materialize(warehouse, ["sfri_vintages"], months=("2008-01", "2008-03")).success
    single = [months for months in asked if months is not None]
    assert single == [["2008-01"], ["2008-02"], ["2008-03"]]


def test_an_unreadable_file_that_nobody_reads_costs_its_own_table_and_the_end_of_the_run(warehouse):
    file = warehouse / "parquet" / "mini" / "events" / "data.parquet"
    everything, whole = views(warehouse), file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    chain = ["dimension_indices", "dimension_correlations"]
    result = materialize(warehouse, chain)
    assert not result.success
    # What hangs on others was made all the same, and the last of it tells.
    materialized = {event.asset_key.path[-1] for event in result.get_asset_materialization_events()}
    assert materialized == set(chain)
    told = failed_checks(result)
    assert set(told) == {"dimension_correlations"}
    assert str(file) in told["dimension_correlations"]
    assert "materialize mini/events again" in told["dimension_correlations"]
    assert views(warehouse) == everything - {"mini.events"}
    assert materialize(warehouse, ["events"]).success
    assert file.read_bytes() == whole
    assert views(warehouse) == everything


def test_an_unreadable_file_of_another_market_stops_nothing_and_is_told(warehouse, caplog):
    file = warehouse / "parquet" / "other" / "sfri" / "data.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    with caplog.at_level(logging.WARNING, "sfr_pipeline"):
        assert materialize(warehouse, ["dimension_correlations"]).success
    shutil.rmtree(file.parents[1])
    assert f"other/sfri is left out of warehouse.duckdb: {file}" in caplog.text


def test_an_unreadable_month_stops_its_readers_by_name_and_is_repaired_by_its_partition(warehouse):
    folder = warehouse / "parquet" / "mini" / "sfri_vintages"
    file = folder / "month=2007-05" / "part-0.parquet"
    before = fingerprints(warehouse)
    file.write_bytes(b"PAR1")
    result = materialize(warehouse, ["regimes"])
    assert not result.success
    (cause,) = causes(result)
    assert str(file) in cause.message
    assert "partition 2007-05" in cause.message
    assert materialize(warehouse, ["sfri_vintages"], months=("2007-05", "2007-05")).success
    assert fingerprints(warehouse) == before
