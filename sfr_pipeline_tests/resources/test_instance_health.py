"""What Dagster's history says of its health: killed runs, and a queue without a daemon."""

import datetime as dt
import shutil
import sys

import dagster as dg
import pytest
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._daemon.types import DaemonHeartbeat

from sfr_pipeline import clock
from sfr_pipeline.__main__ import main
from sfr_pipeline.resources import runs
from sfr_pipeline.resources.instance_health import look_at_daemon, look_at_runs
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.resources.endless import made_up

STATUS = dg.DagsterRunStatus


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "SECONDS_BETWEEN_LOOKS", 0.05)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    shutil.copy(CHECKOUT / "dagster_home" / "dagster.yaml", tmp_path)
    return tmp_path


@pytest.fixture
def instance(home):
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


REPOSITORY = RemoteRepositoryOrigin(
    InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="m", attribute="us")),
    "__repository__",
)

CODE = RepositoryPythonOrigin(sys.executable, ModuleCodePointer("m", "us"))


def noted(instance, status):
    job = made_up.resolve_implicit_global_asset_job_def()
    return instance.create_run_for_job(
        job,
        status=status,
        remote_job_origin=RemoteJobOrigin(REPOSITORY, job.name),
        job_code_origin=JobPythonOrigin(job.name, CODE),
    ).run_id


def states(found):
    return [one.state for one in found]


def sign_of_life(instance, seconds_ago):
    now = clock.now().replace(tzinfo=dt.UTC).timestamp()
    instance.add_daemon_heartbeat(DaemonHeartbeat(now - seconds_ago, "SENSOR", "one", None))


def switched_on(instance, schedule):
    instance.add_instigator_state(
        InstigatorState(
            RemoteInstigatorOrigin(REPOSITORY, schedule),
            InstigatorType.SCHEDULE,
            InstigatorStatus.RUNNING,
            ScheduleInstigatorData("0 6 * * *", start_timestamp=0.0),
        )
    )


def test_a_home_without_a_history_is_sound_and_is_given_none(home):
    assert states(look_at_runs(home)) == ["ok"]
    assert states(look_at_daemon(home)) == []
    assert [path.name for path in home.iterdir()] == ["dagster.yaml"]


def test_a_killed_run_is_told_not_marked_and_healed_by_the_remedy(instance, home):
    run_id = noted(instance, STATUS.STARTED)
    for _ in range(2):
        (found,) = look_at_runs(home)
        assert found.state == "broken"
        assert run_id in found.says
    assert found.remedy == "sfr heal"
    assert main(["heal"]) == 0
    assert states(look_at_runs(home)) == ["ok"]
    assert instance.get_run_by_id(run_id).status == STATUS.FAILURE


def test_what_waits_for_a_daemon_that_does_not_run_is_broken(instance, home):
    assert states(look_at_daemon(home)) == ["ok"]
    switched_on(instance, "us_live_monthly")
    (found,) = look_at_daemon(home)
    assert (found.state, found.remedy) == ("broken", "sfr ui")
    assert "us_live_monthly is on, and the daemon was never seen" in found.says
    noted(instance, STATUS.QUEUED)
    sign_of_life(instance, 600)
    queued, on = look_at_daemon(home)
    assert (queued.state, on.state) == ("broken", "broken")
    assert "1 runs wait in the queue, and the daemon was last seen at" in queued.says
    sign_of_life(instance, 10)
    assert states(look_at_daemon(home)) == ["ok"]
