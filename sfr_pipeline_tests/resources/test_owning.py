"""What is the same around every executor: steps that die, and what steps handed on."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import psutil
import pytest

from sfr_pipeline.resources import owning, runs
from sfr_pipeline.resources.owning import OwningExecutor, deaths
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.resources.handing_on import definitions_at

STATUS = dg.DagsterRunStatus


@contextmanager
def materialized(folder):
    """Start Dagster's command on the assets that hand on, each step a process; its ``Popen``."""
    home = folder / "home"
    home.mkdir()
    (home / "dagster.yaml").touch()
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "dagster", "asset", "materialize",
         "-m", "sfr_pipeline_tests.resources.handing_on", "-a", "made_up", "--select", "*"],
        cwd=CHECKOUT,
        env={
            **os.environ, "PYTHONPATH": str(CHECKOUT), "DAGSTER_HOME": str(home),
            "HANDED_ON": str(folder),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:  # fmt: skip
        yield run


@pytest.mark.faults  # two runs, each in processes of its own
def test_a_step_whose_process_is_killed_is_begun_again_and_not_for_ever(tmp_path):
    """Under executors of several processes; the other step, and what it read, are not touched."""
    (tmp_path / "first").write_text("1")
    (tmp_path / "second").write_text(str(owning.BEGUN_AGAIN + 1))
    with materialized(tmp_path) as run:
        assert run.wait(100) != 0
    with dg.DagsterInstance.from_config(str(tmp_path / "home")) as instance:
        (record,) = instance.get_run_records()
        events = [
            entry.dagster_event
            for entry in instance.all_logs(record.dagster_run.run_id)
            if entry.dagster_event
        ]
    restarted = [event.step_key for event in events if event.is_step_up_for_retry]
    assert sorted(restarted) == [
        "made_up__first.use_first",
        *["made_up__second.use_second"] * owning.BEGUN_AGAIN,
    ]
    succeeded = {event.step_key for event in events if event.is_step_success}
    assert succeeded == {
        "made_up__first.hand_on",
        "made_up__first.use_first",
        "made_up__second.hand_on",
    }
    (failed,) = [event for event in events if event.is_step_failure]
    assert failed.step_key == "made_up__second.use_second"
    message = failed.step_failure_data.error.message
    assert "died 3 times: is there too little memory? Run again" in message


@pytest.mark.faults
def test_a_step_in_a_process_of_its_own_ends_with_its_run(tmp_path):
    (tmp_path / "sleeps").touch()
    with materialized(tmp_path) as run:
        deadline = time.monotonic() + 60
        while not (pid := (tmp_path / "sleeps").read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        step = psutil.Process(int(pid))
        run.kill()
        step.wait(20)


def test_a_run_that_failed_goes_on_from_there_with_what_its_steps_had_handed_on(instance, tmp_path):
    job = dg.build_reconstructable_job(
        "sfr_pipeline_tests.resources.handing_on", "job_at", reconstructable_args=(str(tmp_path),)
    )
    (tmp_path / "fails").touch()
    with dg.execute_job(job, instance, raise_on_error=False) as failed:
        assert not failed.success
    assert len([*(tmp_path / "steps").iterdir()]) == 2
    (tmp_path / "fails").unlink()
    options = dg.ReexecutionOptions.from_failure(failed.run_id, instance)
    with dg.execute_job(job, instance, reexecution_options=options) as again:
        assert again.success
        begun = {event.step_key for event in again.all_events if event.is_step_start}
    assert begun == {"made_up__first.use_first", "made_up__second.use_second"}
    assert [*(tmp_path / "steps").iterdir()] == []


class Inside(dg.Executor):
    """Executes nothing, and has these events happen."""

    retries = None

    def __init__(self, *events):
        self.events = events

    def execute(self, plan_context, execution_plan):
        yield from self.events


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(runs, "SECONDS_BETWEEN_LOOKS", 0.0)


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("home"))) as instance:
        yield instance


def noted(instance, market, status):
    job = definitions_at(Path("nowhere")).resolve_implicit_global_asset_job_def()
    return instance.create_run_for_job(job, status=status, tags={"market": market})


def after(instance, run, *events):
    """Which of some runs are over for good after a run with these events."""
    asked = []
    executor = OwningExecutor(Inside(*events), asked.append)
    context = SimpleNamespace(instance=instance, dagster_run=run)
    assert [*executor.execute(context, SimpleNamespace(steps=[]))] == [*events]
    return asked[0] if asked else None


def test_what_steps_handed_on_goes_when_their_market_has_had_a_run_that_succeeded(instance):
    mine, under_way, killed, others = (
        noted(instance, market, status)
        for market, status in (
            ("us", STATUS.STARTED), ("us", STATUS.NOT_STARTED), ("us", STATUS.FAILURE),
            ("china", STATUS.FAILURE),
        )
    )  # fmt: skip
    is_over = after(instance, mine, SimpleNamespace(is_step_failure=False, pid=None))
    assert is_over(mine.run_id)
    assert is_over(killed.run_id)
    assert not is_over(under_way.run_id)
    assert not is_over(others.run_id)
    assert not is_over("a run of another history")


def test_what_steps_of_a_failed_run_handed_on_stays(instance):
    mine = noted(instance, "us", STATUS.STARTED)
    assert after(instance, mine, SimpleNamespace(is_step_failure=True, pid=None)) is None


def test_what_the_executor_inside_has_is_found(instance):
    executor = OwningExecutor(Inside(), lambda is_over: None)
    assert executor.events == ()
    with pytest.raises(AttributeError):
        executor.nothing_of_this_name  # noqa: B018


@pytest.mark.parametrize(
    ("noted", "died"),
    [
        ("START", 1),
        ("START START START", 3),
        ("START UP_FOR_RETRY", 0),
        ("START UP_FOR_RETRY RESTARTED RESTARTED RESTARTED", 3),
    ],
)
def test_workers_that_a_step_killed_are_counted_after_it_was_tried_again_too(tmp_path, noted, died):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        for step, kinds in (("killer", noted), ("other", "START START")):
            for kind in kinds.split():
                event = dg.DagsterEvent(f"STEP_{kind}", job_name="us", step_key=step)
                instance.report_dagster_event(event, run_id="run")
        asked = SimpleNamespace(
            instance_ref=instance.get_ref(), run_id="run", step_keys_to_execute=["killer"]
        )
    assert deaths(asked) == died
