"""Whole runs: what they leave behind, what analysts see meanwhile, what survives a kill."""

import hashlib
import signal
import time

import dagster as dg
import duckdb
import pandas as pd
import pytest

from sfr_pipeline.assets import inputs, table_asset
from sfr_pipeline.errors import ContractError, SourceError
from sfr_pipeline.inputs import receiving
from sfr_pipeline.storage.tables import (
    ALERTS,
    ARCHIVE_TABLES,
    INDEX_TABLES,
    INPUT_TABLES,
    REFERENCE_COMPARISON,
    TRUTH,
)
from sfr_pipeline_tests.assets.runs import materialize, run_in_process

# The mini market has no truth and no references, lacks nothing, and was never revised.
MINI_TABLES = [
    table
    for table in (*ARCHIVE_TABLES, *INPUT_TABLES, *INDEX_TABLES, ALERTS)
    if table not in (TRUTH, REFERENCE_COMPARISON)
]
LACKING = {"missing_series", "missing_indicators", "revisions", "panel_revisions"}
# A step that publishes several tables is killed at each of them. Where nothing is new nothing is
# appended, and nobody can be killed at it.
KILLED = [table.name for table in MINI_TABLES if not table.append_only]
# It tells when each item was asked for.
TOLD_ANEW = "input_status"


def fingerprints(root):
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((root / "parquet").glob("mini/*/**/*.parquet"))
        if not path.name.startswith(".") and path.parent.name != TOLD_ANEW
    }


def leftovers(root):
    return [path for path in (root / "parquet").rglob(".*") if path.suffix == ".tmp"]


def causes(result):
    """What raised in the steps that failed by themselves."""
    failures = [event for event in result.all_events if event.is_step_failure]
    errors = [event.step_failure_data.error for event in failures]
    return [error.cause for error in errors if error and error.cause]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """A warehouse after a full run of the mini market."""
    root = tmp_path_factory.mktemp("warehouse")
    result = materialize(root)
    assert result.success
    checks = result.get_asset_check_evaluations()
    assert len(checks) == len(MINI_TABLES) + 2
    assert [check.check_name for check in checks if not check.passed] == []
    return root


def test_a_run_publishes_every_table_with_rows_counts_and_pictures(warehouse):
    with duckdb.connect(str(warehouse / "warehouse.duckdb"), read_only=True) as connection:
        names = {
            name
            for (name,) in connection.execute(
                "select view_name from duckdb_views() where schema_name = 'mini'"
            ).fetchall()
        }
        assert names == {table.name for table in MINI_TABLES}
        for name in names:
            (count,) = connection.execute(f"select count(*) from mini.{name}").fetchone()
            assert (count > 0) == (name not in LACKING), name
        months = connection.execute(
            "select count(distinct month) from mini.sfri_vintages"
        ).fetchone()
        assert months == (24,)
    assert (warehouse / "reports" / "mini.html").exists()


@pytest.mark.faults
def test_the_same_run_again_gives_the_same_bytes(warehouse):
    before = fingerprints(warehouse)
    assert materialize(warehouse).success
    assert fingerprints(warehouse) == before
    assert len(before) == len(MINI_TABLES) - 3 + 2 * 24


@pytest.mark.faults
def test_an_analyst_querying_all_through_a_run_sees_no_error_and_no_torn_month(warehouse):
    run = run_in_process(warehouse)
    held = duckdb.connect(str(warehouse / "warehouse.duckdb"), read_only=True)
    expected = held.execute("select as_of, count(*) from mini.sfri_vintages group by 1").fetchall()
    queries = 0
    while run.poll() is None:
        for connection in (
            held,
            duckdb.connect(str(warehouse / "warehouse.duckdb"), read_only=True),
        ):
            (worst,) = connection.execute(
                "select max(abs(total - 1)) from (select sum(weight) as total "
                "from mini.sfri_weights group by mode, ref_date)"
            ).fetchone()
            assert worst < 1e-9
            rows = connection.execute(
                "select as_of, count(*) from mini.sfri_vintages group by 1"
            ).fetchall()
            assert sorted(rows) == sorted(expected)
            for table in MINI_TABLES:
                (count,) = connection.execute(f"select count(*) from mini.{table.name}").fetchone()
                assert (count > 0) == (table.name not in LACKING)
            queries += 2 + len(MINI_TABLES)
            if connection is not held:
                connection.close()
        time.sleep(0.02)
    held.close()
    assert run.returncode == 0, run.stderr.read()
    assert queries > 100


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(KILLED[::18], id="some"),
        pytest.param(KILLED, id="each", marks=pytest.mark.faults),
    ],
)
def test_a_run_killed_at_any_table_leaves_the_last_good_ones_and_the_next_completes(
    warehouse, tables
):
    before = fingerprints(warehouse)
    run = run_in_process(warehouse, "--kill", *tables)
    output, errors = run.communicate(timeout=240)
    killed = dict(line.split() for line in output.splitlines())
    assert killed == dict.fromkeys(tables, str(int(signal.SIGKILL))), errors
    assert fingerprints(warehouse) == before, "the tables are those of the last good run"
    assert leftovers(warehouse), "the killed writers did leave half files"
    with duckdb.connect(str(warehouse / "warehouse.duckdb"), read_only=True) as connection:
        for table in MINI_TABLES:
            connection.execute(f"select * from mini.{table.name}").fetchall()
    assert materialize(warehouse).success
    assert fingerprints(warehouse) == before
    assert leftovers(warehouse) == [], "the next writers swept them"


def test_a_frame_that_breaks_its_contract_is_not_written(warehouse, monkeypatch):
    before = fingerprints(warehouse)

    def torn(market, deliveries):
        known = as_of(market, deliveries)
        twice = pd.concat([known.prices, known.prices.tail(1)], ignore_index=True)
        return known._replace(prices=twice)

    as_of = inputs.inputs_as_of
    monkeypatch.setattr(inputs, "inputs_as_of", torn)
    result = materialize(warehouse, ["prices", "indicators"])
    assert not result.success
    (cause,) = causes(result)
    assert cause.cls_name == ContractError.__name__
    assert "names more than one row" in cause.message
    assert fingerprints(warehouse) == before


def test_a_source_that_fails_stops_its_asset_with_its_sentence(warehouse, monkeypatch):
    def silent(*given):
        raise SourceError("the exchange is closed: try again on Monday")

    before = fingerprints(warehouse)
    monkeypatch.setattr(receiving, "receive", silent)
    result = materialize(warehouse, ["deliveries", "prices"])
    assert not result.success
    (cause,) = causes(result)
    assert "try again on Monday" in cause.message
    assert fingerprints(warehouse) == before


def test_a_blocking_check_stops_what_is_downstream(warehouse, monkeypatch):
    monkeypatch.setattr(
        table_asset,
        "violations",
        lambda table, frame: ["perturbed"] if table.name == "sfri_weights" else [],
    )
    chain = ["sfri", "sfri_weights", "sfri_contributions", "dimension_indices"]
    result = materialize(warehouse, chain)
    assert not result.success
    materialized = {event.asset_key.path[-1] for event in result.get_asset_materialization_events()}
    assert materialized == {"sfri", "sfri_weights", "sfri_contributions"}


def test_selections_and_single_months_run_as_documented(warehouse):
    instance = dg.DagsterInstance.ephemeral()
    result = materialize(warehouse, ["dimension_indices", "dimension_correlations"], instance)
    assert result.success
    materialized = {event.asset_key.path[-1] for event in result.get_asset_materialization_events()}
    assert materialized == {"dimension_indices", "dimension_correlations"}


def test_each_month_of_a_range_says_its_own_rows_and_bytes(warehouse, capfd):
    result = materialize(warehouse, ["sfri_vintages"])
    noted = {
        event.partition: event.step_materialization_data.materialization.metadata
        for event in result.get_asset_materialization_events()
    }
    files = {
        path.parent.name.removeprefix("month="): path
        for path in (warehouse / "parquet" / "mini" / "sfri_vintages").rglob("*.parquet")
        if not path.name.startswith(".")
    }
    assert len(noted) == 24
    with duckdb.connect(str(warehouse / "warehouse.duckdb"), read_only=True) as connection:
        counts = dict(
            connection.execute(
                "select strftime(as_of, '%Y-%m'), count(*) from mini.sfri_vintages group by 1"
            ).fetchall()
        )
    assert {month: metadata["dagster/row_count"].value for month, metadata in noted.items()} == (
        counts
    )
    assert len(set(counts.values())) == 24, "no two months have as many rows"
    for month, metadata in noted.items():
        assert metadata["bytes"].value == files[month].stat().st_size
    told = capfd.readouterr().err
    assert f"{sum(counts.values()):,} rows  mini/sfri_vintages, 24 months" in told
