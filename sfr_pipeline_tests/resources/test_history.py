"""The sweeper of Dagster's history: what it removes, what it never does."""

from pathlib import Path

import dagster as dg
import pytest

from sfr_pipeline.resources.history import sweep_history

MONTHS = dg.MonthlyPartitionsDefinition(start_date="2024-01", end_date="2025-01", fmt="%Y-%m")


@dg.asset(key=["made_up", "table"])
def table(context: dg.AssetExecutionContext):
    print("of the step")
    return dg.MaterializeResult(metadata={"chart": dg.MetadataValue.md("x" * 100_000)})


@dg.asset(key=["made_up", "monthly"], partitions_def=MONTHS)
def monthly():
    return dg.MaterializeResult()


@pytest.fixture
def home(tmp_path):
    return tmp_path


@pytest.fixture
def instance(home):
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        yield instance


def make(instance, assets, **options):
    tags = {"market": "made_up"} | options.pop("tags", {})
    return dg.materialize(assets, instance=instance, tags=tags, **options).run_id


def size(home):
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())


def databases(home, run_id):
    return [path.name for path in home.rglob(f"{run_id}.db*")]


def logs(instance, run_id):
    return Path(instance.storage_directory(), run_id).exists()


def test_the_newest_runs_stay_and_the_others_leave_nothing(instance, home):
    runs = [make(instance, [table]) for _ in range(5)]
    before = size(home)
    told = sweep_history(instance, kept=2, dry_run=True)
    assert size(home) == before
    assert sweep_history(instance, kept=2) == told
    assert set(told.deleted) == set(runs[:3])
    assert told.emptied == ()
    for run_id in runs[:3]:
        assert instance.get_run_by_id(run_id) is None
        assert not databases(home, run_id)
        assert not logs(instance, run_id)
    for run_id in runs[3:]:
        assert instance.get_run_by_id(run_id) is not None
        assert len(instance.all_logs(run_id)) > 5
    assert told.bytes > 3 * 100_000
    assert size(home) <= before - told.bytes
    assert sweep_history(instance, kept=2).deleted == ()


def test_each_market_keeps_its_own_newest_runs(instance):
    seldom = make(instance, [table], tags={"market": "seldom"})
    often = [make(instance, [table]) for _ in range(3)]
    assert set(sweep_history(instance, kept=1).deleted) == set(often[:2])
    assert instance.get_run_by_id(seldom) is not None


def test_the_newest_materialization_of_each_table_and_month_stays(instance, home):
    first = make(instance, [monthly], partition_key="2024-01")
    second = make(instance, [monthly], partition_key="2024-02")
    again = make(instance, [monthly], partition_key="2024-01")
    lone = make(instance, [table])
    newest = make(instance, [monthly], partition_key="2024-03")
    swept = sweep_history(instance, kept=1)
    assert swept.deleted == (first,)
    assert set(swept.emptied) == {second, again, lone}
    for run_id in swept.emptied:
        assert not databases(home, run_id)
    key = dg.AssetKey(["made_up", "monthly"])
    assert instance.get_materialized_partitions(key) == {"2024-01", "2024-02", "2024-03"}
    assert instance.get_latest_materialization_event(key).run_id == newest
    chart = instance.get_latest_materialization_event(table.key)
    assert chart.run_id == lone
    assert "chart" in chart.asset_materialization.metadata
    assert sweep_history(instance, kept=1).deleted == ()


@pytest.mark.parametrize("status", ["STARTED", "NOT_STARTED", "CANCELING"])
def test_a_run_under_way_is_never_removed(instance, status):
    under_way = instance.create_run_for_job(
        dg.define_asset_job("job").resolve(
            asset_graph=dg.Definitions([table]).resolve_asset_graph()
        ),
        status=dg.DagsterRunStatus[status],
        tags={"market": "made_up"},
    )
    runs = [make(instance, [table]) for _ in range(3)]
    assert set(sweep_history(instance, kept=0).deleted) == set(runs[:2])
    assert instance.get_run_by_id(under_way.run_id) is not None
