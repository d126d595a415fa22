"""Killed runs and killed daemons, with real SIGKILLs: the queue goes on, backfills are finished."""

import shutil

import dagster as dg
import pytest

from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline_tests.faults.daemons import Home, kill_family
from sfr_pipeline_tests.faults.location import FIRST, LAST

pytestmark = pytest.mark.faults

STARTED, FAILED = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE
SUCCEEDED = dg.DagsterRunStatus.SUCCESS
KEY = dg.AssetKey(["mini", "sfri_vintages"])


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A warehouse in which everything is stored but the vintages."""
    root = tmp_path_factory.mktemp("filled")
    home = Home(root)
    assert home.materialize(FIRST, LAST).wait(300) == 0
    shutil.rmtree(root / "warehouse" / "parquet" / "mini" / "sfri_vintages")
    return root / "warehouse"


@pytest.fixture
def home(filled, tmp_path):
    shutil.copytree(filled, tmp_path / "warehouse")
    return Home(tmp_path)


def months(home):
    warehouse = Warehouse(root=home.environment["SFR_WAREHOUSE"])
    frame = warehouse.read("mini", "sfri_vintages")
    return sorted(set(frame["as_of"].dt.strftime("%Y-%m")))


def test_after_ten_killed_runs_a_backfill_begins_within_a_minute_and_completes(home):
    with home.daemon() as daemon:
        # All at once: each one that begins would mark those killed before it.
        processes = [home.materialize() for _ in range(10)]
        try:
            home.wait_for(lambda: len(home.runs(statuses=[STARTED])) == 10, 240)
        finally:
            for process in [daemon, *processes]:
                kill_family(process)
    assert len(home.runs(statuses=[STARTED])) == 10
    with home.daemon():
        backfill = home.backfill("2001-01", "2001-03")
        of_backfill = {"tags": {"dagster/backfill": backfill}, "statuses": [STARTED, SUCCEEDED]}
        home.wait_for(lambda: home.runs(**of_backfill), 60)
        home.wait_for(lambda: home.backfill_status(backfill) == "COMPLETED_SUCCESS", 180)
    assert len(home.runs(statuses=[FAILED])) == 10
    assert home.runs(statuses=[STARTED]) == []
    assert months(home) == ["2001-01", "2001-02", "2001-03"]


def test_a_killed_backfill_of_180_months_is_resumed_and_completes(home):
    with home.daemon() as daemon:
        backfill = home.backfill(FIRST, LAST)
        home.wait_for(lambda: home.runs(statuses=[STARTED]), 120)
        kill_family(daemon)
    assert home.backfill_status(backfill) == "REQUESTED"
    with home.daemon():
        home.wait_for(lambda: home.backfill_status(backfill) == "COMPLETED_SUCCESS", 300)
    assert len(months(home)) == 180
    with home.instance() as instance:
        assert len(instance.get_materialized_partitions(KEY)) == 180


def test_the_schedule_of_a_daemon_makes_up_missed_months_in_one_run(home):
    assert home.materialize("2008-08", "2008-08", "key:mini/sfri_vintages").wait(120) == 0
    assert months(home) == ["2008-08"]
    home.switch_on_since_yesterday("mini_monthly")
    with home.daemon():
        home.wait_for(lambda: home.runs(job_name="mini_refresh", statuses=[SUCCEEDED]), 240)
    assert months(home) == ["2008-08", "2008-09", "2008-10", "2008-11", "2008-12"]
    (run,) = home.runs(job_name="mini_refresh")
    assert run.tags["dagster/asset_partition_range_start"] == "2008-09"
    assert run.tags["dagster/asset_partition_range_end"] == "2008-12"
