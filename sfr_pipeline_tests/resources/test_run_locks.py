"""Hosts that share a history judge their own runs and nobody else's."""

import datetime as dt

import dagster as dg
import pytest
import time_machine

from sfr_pipeline import clock
from sfr_pipeline.__main__ import main
from sfr_pipeline.resources import run_locks, runs
from sfr_pipeline.resources.instance_health import look_at_runs
from sfr_pipeline.resources.run_locks import is_elsewhere, own
from sfr_pipeline.resources.runs import elsewhere, heal, is_gone
from sfr_pipeline_tests.resources.endless import made_up
from sfr_pipeline_tests.resources.two_hosts import Host

STARTED, FAILURE = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch):
    monkeypatch.setattr(runs, "SECONDS_BETWEEN_LOOKS", 0.01)


@pytest.fixture
def storage(tmp_path):
    return {"sqlite": {"base_dir": str(tmp_path / "shared")}}


@pytest.fixture
def here(tmp_path, storage):
    return Host(tmp_path, "here", storage)


@pytest.fixture
def there(tmp_path, storage):
    return Host(tmp_path, "there", storage)


def begun_on(host, monkeypatch):
    """A run that a host has begun, and whose lock this process holds."""
    job = made_up.resolve_implicit_global_asset_job_def()
    monkeypatch.setattr(run_locks.platform, "node", lambda: host.name)
    with host.instance() as instance:
        run = instance.create_run_for_job(job, status=STARTED)
        instance.add_run_tags(run.run_id, own(instance, run.run_id))
        return run.run_id


def kill(run_id):
    """What the kernel does when the process of a run is gone."""
    for lock in [lock for lock in run_locks._held if run_id in lock.lock_file]:
        lock.release(force=True)
        run_locks._held.remove(lock)


def status_of(host, run_id):
    with host.instance() as instance:
        return instance.get_run_by_id(run_id).status


def test_a_run_of_another_host_is_judged_there_alone(here, there, monkeypatch):
    run_id = begun_on(there, monkeypatch)
    now = clock.now().replace(tzinfo=dt.UTC)
    for after in ("while it lives", "once it was killed"):
        with here.instance() as instance, time_machine.travel(now + dt.timedelta(hours=1)):
            assert heal(instance) == [], after
            assert not is_gone(instance, run_id), after
            assert [run.run_id for run in elsewhere(instance)] == [run_id]
        assert not (here.home / run_locks.NAME).exists(), "looking names no folder"
        kill(run_id)
    with there.instance() as instance:
        assert [healed.run_id for healed in heal(instance)] == [run_id]
    assert status_of(here, run_id) == FAILURE


def test_each_host_knows_its_own_by_whatever_name_it_goes(here, monkeypatch):
    """A container that is made anew has another name, and the folder that it was given."""
    run_id = begun_on(here, monkeypatch)
    kill(run_id)
    monkeypatch.setattr(run_locks.platform, "node", lambda: "another-name")
    with here.instance() as instance:
        assert [healed.run_id for healed in heal(instance)] == [run_id]


def test_a_folder_that_was_copied_to_another_host_is_another_folder(here, monkeypatch):
    first = begun_on(here, monkeypatch)
    copy = here.copied("copy")
    kill(first)
    with copy.instance() as instance:
        assert heal(instance) == []
    second = begun_on(copy, monkeypatch)
    kill(second)
    with here.instance() as instance:
        assert is_elsewhere(instance, instance.get_run_by_id(second))
        assert [healed.run_id for healed in heal(instance)] == [first]


def test_the_runs_of_a_host_that_is_lost_are_marked_when_that_is_said(
    here, there, monkeypatch, capsys
):
    monkeypatch.setenv("DAGSTER_HOME", str(here.home))
    lost, kept = begun_on(there, monkeypatch), begun_on(here, monkeypatch)
    assert main(["heal"]) == 0
    assert f"{lost} (__ASSET_JOB) is made on there: heal it there" in capsys.readouterr().out
    note, rest = look_at_runs(here.home)
    assert (note.state, rest.state) == ("note", "ok")
    assert f"run {lost} (__ASSET_JOB) is made on there, which alone" in note.says
    assert rest.says == "1 runs of this machine under way, each with its process"
    assert note.remedy.endswith("here: sfr heal --lost there")
    assert main(["heal", "--lost", "there"]) == 0
    assert "made on there, which was said to be lost for good" in capsys.readouterr().out
    assert (status_of(here, lost), status_of(here, kept)) == (FAILURE, STARTED)
    kill(lost)
    kill(kept)
