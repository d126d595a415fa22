"""Alerts in Dagster: the table after a refresh, and the watch over refreshes."""

import dagster as dg
import pytest
import time_machine
import yaml

from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.errors import SfrError
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.sensors import refreshes_of
from sfr_pipeline.storage.places import WAREHOUSE
from sfr_pipeline.storage.tables import ALERTS, SFRI
from sfr_pipeline_tests.operation.made_up import LEVEL, whole_sfri
from sfr_pipeline_tests.operation.servers import web_server


@pytest.fixture
def desk_rules(tmp_path, monkeypatch):
    """Rules of the mini market, told to a variable that is not set."""
    folder = tmp_path / "rules"
    folder.mkdir()
    content = {
        "notify": ["SFR_WATCH_TO"],
        "rules": [
            LEVEL,
            {"id": "failed", "kind": "failed_refresh"},
            {"id": "missed", "kind": "missed_refresh", "days": 2},
        ],
    }
    (folder / "mini.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.setenv("SFR_ALERTS", str(folder))
    monkeypatch.delenv("SFR_WATCH_TO", raising=False)


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(root=str(tmp_path / "warehouse"))


@pytest.fixture
def going_on(mini):
    """The mini market, as if its sample went on."""
    return mini.model_copy(update={"sample": mini.sample.model_copy(update={"until": "latest"})})


def store_index(warehouse, market, *percentiles, first):
    warehouse.store.write(market.name, SFRI, whole_sfri(percentiles, first))


def judge(market, warehouse, instance=None):
    job = build_definitions(
        market, {"warehouse": warehouse}
    ).resolve_implicit_global_asset_job_def()
    return job.execute_in_process(
        instance=instance or dg.DagsterInstance.ephemeral(),
        asset_selection=[dg.AssetKey([market.name, "alerts"])],
        raise_on_error=False,
    )


def watch(market, warehouse, instance):
    definitions = build_definitions(market, {"warehouse": warehouse})
    sensor = definitions.resolve_sensor_def(f"{market.name}_watch")
    context = dg.build_sensor_context(instance=instance, resources={"warehouse": warehouse})
    return sensor(context).skip_message


def finished(instance, market, status, **tags):
    """A run of the refresh job that came to this end."""
    job = build_definitions(market).resolve_job_def(f"{market.name}_refresh")
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)
    if status == dg.DagsterRunStatus.FAILURE:
        instance.report_run_failed(run)
    else:
        instance.handle_new_event(
            dg.EventLogEntry(
                error_info=None, user_message="", level="debug", run_id=run.run_id,
                timestamp=1.0, job_name=run.job_name,
                dagster_event=dg.DagsterEvent("PIPELINE_SUCCESS", run.job_name, message=""),
            )
        )  # fmt: skip
    return run


def events(warehouse, market):
    stored = warehouse.read(market.name, "alerts").sort_values("noted_at")
    return list(zip(stored["event"], stored["rule"], strict=True))


def test_a_refresh_alerts_of_its_last_month_and_a_second_one_changes_nothing(
    desk_rules, warehouse, mini
):
    store_index(warehouse, mini, 95, 50, first="2008-09")
    result = judge(mini, warehouse)
    assert result.success
    assert all(check.passed for check in result.get_asset_check_evaluations())
    assert events(warehouse, mini) == [], "the table is there, and a past month is no news"
    assert warehouse.store.exists("mini", ALERTS)
    store_index(warehouse, mini, 95, 50, 97, first="2008-09")
    (materialized,) = judge(mini, warehouse).get_asset_materialization_events()
    metadata = materialized.materialization.metadata
    assert metadata["raised"].value == 1
    assert "level-2008-11-30" in metadata["open"].value
    before = sorted(warehouse.store.files("mini", ALERTS))
    assert judge(mini, warehouse).success
    assert sorted(warehouse.store.files("mini", ALERTS)) == before
    assert events(warehouse, mini) == [("raised", "level")]


def test_a_rule_that_cannot_be_read_stops_the_step_and_names_the_line(
    desk_rules, warehouse, mini, tmp_path
):
    store_index(warehouse, mini, 95, first="2008-09")
    (tmp_path / "rules" / "mini.yaml").write_text("rules:\n  - {id: level, kind: weather}\n")
    result = judge(mini, warehouse)
    assert not result.success
    (failed,) = (event for event in result.all_events if event.is_step_failure)
    assert "mini.yaml:2" in failed.step_failure_data.error.cause.message


def test_a_failed_refresh_is_told_once_and_cleared_by_the_next_success(
    desk_rules, warehouse, mini, monkeypatch
):
    with dg.DagsterInstance.ephemeral() as instance, web_server() as web:
        monkeypatch.setenv("SFR_WATCH_TO", web.address)
        assert watch(mini, warehouse, instance) == "mini was never run here"
        failed = finished(instance, mini, dg.DagsterRunStatus.FAILURE)
        assert watch(mini, warehouse, instance).startswith("raised failed-")
        assert watch(mini, warehouse, instance) == "nothing new"
        assert failed.run_id[:8] in web.bodies[0]["message"]
        finished(instance, mini, dg.DagsterRunStatus.FAILURE)
        assert watch(mini, warehouse, instance) == "nothing new"
        finished(instance, mini, dg.DagsterRunStatus.SUCCESS)
        store_index(warehouse, mini, 50, first="2008-12")
        assert watch(mini, warehouse, instance).startswith("cleared failed-")
        assert [body["title"].split()[0] for body in web.bodies] == ["WARNING", "CLEARED"]
    assert (warehouse.store.root / WAREHOUSE).exists(), "analysts see it"


def test_a_run_that_dagster_starts_again_has_not_failed_yet(mini):
    with dg.DagsterInstance.ephemeral() as instance:
        finished(instance, mini, dg.DagsterRunStatus.FAILURE, **{"dagster/will_retry": "true"})
        assert not refreshes_of(mini, instance).failed
        finished(instance, mini, dg.DagsterRunStatus.FAILURE)
        assert len(refreshes_of(mini, instance).failed) == 1


def test_any_run_that_was_to_judge_alerts_counts_and_no_other(
    desk_rules, warehouse, mini, tmp_path
):
    with dg.DagsterInstance.ephemeral() as instance:
        store_index(warehouse, mini, 95, first="2008-09")
        path = tmp_path / "rules" / "mini.yaml"
        right = path.read_text()
        path.write_text("[]")
        assert not judge(mini, warehouse, instance).success
        path.write_text(right)
        other = mini.model_copy(update={"name": "other"})
        finished(instance, other, dg.DagsterRunStatus.SUCCESS)
        assert len(refreshes_of(mini, instance).failed) == 1
        assert judge(mini, warehouse, instance).success
        assert not refreshes_of(mini, instance).failed


def test_a_missed_month_is_told_of_and_cleared_when_it_comes(desk_rules, warehouse, going_on):
    with dg.DagsterInstance.ephemeral() as instance:
        store_index(warehouse, going_on, 50, first="2026-09")
        with time_machine.travel("2026-11-17 06:00:00+00:00", tick=True):
            assert watch(going_on, warehouse, instance) == "nothing new"
        with time_machine.travel("2026-11-18 06:00:00+00:00", tick=True):
            assert watch(going_on, warehouse, instance) == "raised missed-2026-10-31"
            store_index(warehouse, going_on, 50, 50, first="2026-09")
        with time_machine.travel("2026-11-18 07:00:00+00:00", tick=True):
            assert watch(going_on, warehouse, instance) == "cleared missed-2026-10-31"


def test_a_market_whose_sample_is_fixed_misses_nothing(desk_rules, warehouse, mini):
    store_index(warehouse, mini, 50, first="2008-09")
    with dg.DagsterInstance.ephemeral() as instance:
        assert watch(mini, warehouse, instance) == "nothing new"


def test_a_wrong_rules_file_fails_the_tick(warehouse, mini, monkeypatch, tmp_path):
    store_index(warehouse, mini, 50, first="2008-09")
    monkeypatch.setenv("SFR_ALERTS", str(tmp_path / "absent"))
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(SfrError, match="is no folder"):
        watch(mini, warehouse, instance)
