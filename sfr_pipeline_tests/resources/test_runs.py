"""A run never outlives its process: whose runs are marked, whose are not, and who notices."""

import datetime as dt
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time

import dagster as dg
import pytest
import time_machine
from dagster._core.launcher import WorkerStatus

from sfr_pipeline import clock
from sfr_pipeline.__main__ import main
from sfr_pipeline.resources import runs
from sfr_pipeline.resources.instance import MarketQueue, WatchingLauncher
from sfr_pipeline.resources.run_locks import is_owned, own
from sfr_pipeline.resources.runs import heal
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.resources.endless import made_up

STATUS = dg.DagsterRunStatus


@pytest.fixture
def home(tmp_path):
    shutil.copy(CHECKOUT / "dagster_home" / "dagster.yaml", tmp_path)
    return tmp_path


@pytest.fixture
def instance(home, monkeypatch):
    monkeypatch.setattr(runs, "SECONDS_BETWEEN_LOOKS", 0.05)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def noted(instance, status):
    """A run of which nothing but this status is known."""
    job = made_up.resolve_implicit_global_asset_job_def()
    return instance.create_run_for_job(job, status=status).run_id


def status_of(instance, run_id):
    return instance.get_run_by_id(run_id).status


def last_message(instance, run_id):
    return instance.all_logs(run_id)[-1].user_message or instance.all_logs(run_id)[-1].message


def hold(home, run_id, ready):
    with dg.DagsterInstance.from_config(str(home)) as instance:
        own(instance, run_id)
        ready.set()
        time.sleep(600)


@pytest.fixture
def holder(home):
    """Start a process that holds the lock of a run."""
    context, started = multiprocessing.get_context("spawn"), []

    def start(run_id):
        ready = context.Event()
        process = context.Process(target=hold, args=(home, run_id, ready))
        process.start()
        started.append(process)
        assert ready.wait(60)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()


def test_a_lock_ends_with_the_process_that_holds_it(instance, holder):
    process = holder("a-run")
    assert is_owned(instance, "a-run")
    process.kill()
    process.join()
    assert not is_owned(instance, "a-run")


def test_a_run_whose_process_lives_is_left_alone_and_one_whose_process_was_killed_is_not(
    instance, holder
):
    living, killed = (noted(instance, STATUS.STARTED) for _ in range(2))
    holder(living)
    process = holder(killed)
    assert heal(instance) == []
    process.kill()
    process.join()
    (healed,) = heal(instance)
    assert (healed.run_id, healed.was) == (killed, "STARTED")
    assert status_of(instance, killed) == STATUS.FAILURE
    assert "it was killed, or the machine went down" in last_message(instance, killed)
    assert status_of(instance, living) == STATUS.STARTED
    assert heal(instance) == []


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (STATUS.STARTED, STATUS.FAILURE),
        (STATUS.CANCELING, STATUS.CANCELED),
        # Over already.
        (STATUS.SUCCESS, STATUS.SUCCESS),
        (STATUS.CANCELED, STATUS.CANCELED),
    ],
)
def test_what_a_run_without_a_process_becomes(instance, was, becomes):
    run_id = noted(instance, was)
    heal(instance)
    assert status_of(instance, run_id) == becomes


@pytest.mark.parametrize("was", [STATUS.NOT_STARTED, STATUS.STARTING])
def test_a_run_that_was_sent_off_is_given_time_to_begin(instance, was):
    run_id = noted(instance, was)
    now = clock.now().replace(tzinfo=dt.UTC)
    for seconds, becomes in ((90, was), (150, STATUS.FAILURE)):
        with time_machine.travel(now + dt.timedelta(seconds=seconds)):
            heal(instance)
        assert status_of(instance, run_id) == becomes
    assert "did not begin within 120 seconds" in last_message(instance, run_id)


def test_a_run_that_ends_between_two_looks_is_left_alone(instance, monkeypatch):
    run_id = noted(instance, STATUS.STARTED)

    def ends(_):
        instance.report_run_canceled(instance.get_run_by_id(run_id))

    monkeypatch.setattr(runs.time, "sleep", ends)
    assert heal(instance) == []
    assert status_of(instance, run_id) == STATUS.CANCELED


def materialize(home, asset):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "dagster", "asset", "materialize",
         "-m", "sfr_pipeline_tests.resources.endless", "-a", "made_up",
         "--select", f"made_up/{asset}"],
        cwd=CHECKOUT,
        env={**os.environ, "DAGSTER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def wait_for(what, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def test_the_next_run_marks_one_that_was_killed_and_tells_its_market_to_the_queue(home, instance):
    process = materialize(home, "endless")
    run_id = wait_for(
        lambda: next(
            (run.run_id for run in instance.get_runs() if is_owned(instance, run.run_id)), None
        )
    )
    wait_for(lambda: "market" in instance.get_run_by_id(run_id).tags)
    assert instance.get_run_by_id(run_id).tags["market"] == "made_up"
    assert heal(instance) == []
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert status_of(instance, run_id) == STATUS.STARTED
    assert materialize(home, "quick").wait(60) == 0
    assert status_of(instance, run_id) == STATUS.FAILURE
    heal(instance)
    assert not [*(home / "alive").glob("*")], "no lock is left behind"


def test_a_run_that_just_began_is_given_time_to_take_its_lock(instance):
    run_id = noted(instance, STATUS.STARTING)
    start = dg.DagsterEvent(
        dg.DagsterEventType.RUN_START.value, instance.get_run_by_id(run_id).job_name
    )
    instance.report_dagster_event(start, run_id)
    assert heal(instance) == []
    now = clock.now().replace(tzinfo=dt.UTC)
    with time_machine.travel(now + dt.timedelta(seconds=30)):
        assert [healed.run_id for healed in heal(instance)] == [run_id]


def test_the_monitoring_of_the_daemon_sees_the_same(instance, holder):
    assert isinstance(instance.run_launcher, WatchingLauncher)
    assert instance.run_monitoring_enabled
    living, killed = (noted(instance, STATUS.STARTED) for _ in range(2))
    holder(living)
    health = {
        run_id: instance.run_launcher.check_run_worker_health(instance.get_run_by_id(run_id)).status
        for run_id in (living, killed)
    }
    assert health == {living: WorkerStatus.RUNNING, killed: WorkerStatus.FAILED}


def test_the_queue_lets_one_run_of_a_market_go_on_at_a_time(instance):
    assert isinstance(instance.run_coordinator, MarketQueue)
    limits = instance.get_concurrency_config().run_queue_config.tag_concurrency_limits
    assert limits == [{"key": "market", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}]


def test_the_command_heals_and_tells(home, instance, monkeypatch, capsys):
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    run_id = noted(instance, STATUS.STARTED)
    assert main(["heal"]) == 0
    told = capsys.readouterr().out
    assert run_id in told
    assert "1 runs were marked." in told
    assert main(["heal"]) == 0
    assert "No run is without its process." in capsys.readouterr().out
