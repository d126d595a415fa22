"""Two hosts with one history in Postgres: opened at once, runs listed, healed, judged by time."""

import datetime as dt
import json
import os
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import pytest
import time_machine

from sfr_pipeline import clock
from sfr_pipeline.__main__ import main
from sfr_pipeline.cli.workspace_files import instance_yaml
from sfr_pipeline.errors import SettingError, StorageError
from sfr_pipeline.resources import runs
from sfr_pipeline.resources.crawl_pools import pool_of
from sfr_pipeline.resources.database import require_database
from sfr_pipeline.resources.history import sweep_history
from sfr_pipeline.resources.instance_health import look_at_daemon, look_at_database, look_at_runs
from sfr_pipeline.resources.runs import heal, instance_at
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.postgres_server import TIME_ZONE, postgres_server
from sfr_pipeline_tests.resources.endless import made_up
from sfr_pipeline_tests.resources.two_hosts import SITE

pytestmark = pytest.mark.faults

STATUS = dg.DagsterRunStatus


@pytest.fixture(scope="module")
def server():
    with postgres_server() as running:
        yield running


@pytest.fixture
def homes(server, tmp_path, monkeypatch):
    """Homes of two hosts, as ``sfr init --postgres`` writes their settings, and a new database."""
    monkeypatch.setattr(runs, "SECONDS_BETWEEN_LOOKS", 0.05)
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", server.new(f"a{uuid.uuid4().hex}"))
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        settings = tmp_path / name / "dagster.yaml"
        settings.write_text(instance_yaml(shared=True), encoding="utf-8")
    return tmp_path / "here", tmp_path / "there"


OPEN = "import sys; from sfr_pipeline.resources.runs import instance_at\n" \
       "with instance_at(sys.argv[1]) as one: print(one.get_runs_count())"  # fmt: skip


def opened(home):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OPEN, str(home)],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or done.stderr[-2000:]


def test_hosts_that_open_an_empty_database_at_once_all_find_it_sound(homes):
    with ThreadPoolExecutor() as pool:
        assert [*pool.map(opened, homes * 2)] == ["0"] * 4


def materialize(home, location, asset, config=None):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "dagster", "asset", "materialize",
         "-m", f"sfr_pipeline_tests.resources.{location}", "-a", "made_up",
         "--select", f"made_up/{asset}", "--config-json", json.dumps(config or {})],
        cwd=CHECKOUT, env={**os.environ, "DAGSTER_HOME": str(home)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def wait_for(what, seconds=90):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def test_a_run_of_one_host_is_listed_on_the_other_and_healed_where_it_was_made(
    homes, monkeypatch, capsys
):
    here, there = homes
    assert materialize(here, "endless", "quick").wait(90) == 0
    killed = materialize(here, "endless", "endless")
    with instance_at(str(there)) as instance:
        (run,) = wait_for(
            lambda: [
                run
                for run in instance.get_runs(dg.RunsFilter(statuses=[STATUS.STARTED]))
                if "locks" in run.tags
            ]
        )
        killed.kill()
        killed.wait()
        assert {run.status for run in instance.get_runs()} == {STATUS.SUCCESS, STATUS.STARTED}
        with time_machine.travel(clock.now().replace(tzinfo=dt.UTC) + dt.timedelta(hours=1)):
            assert heal(instance) == []
    assert [one.state for one in look_at_runs(there)] == ["note", "ok"]
    assert [one.state for one in look_at_runs(here)] == ["broken"]
    monkeypatch.setenv("DAGSTER_HOME", str(here))
    assert main(["heal"]) == 0
    assert f"{run.run_id} (__ASSET_JOB) was STARTED." in capsys.readouterr().out
    assert [one.state for one in look_at_runs(there)] == ["ok"]
    with instance_at(str(there)) as instance:
        swept = sweep_history(instance, kept=0)
        # The newest materialization of a table stays.
        assert swept.deleted == (run.run_id,)
        assert [one.status for one in instance.get_runs()] == [STATUS.SUCCESS]


def test_a_run_that_was_sent_off_is_judged_by_the_time_that_passed(homes):
    job = made_up.resolve_implicit_global_asset_job_def()
    with instance_at(str(homes[0])) as instance:
        run_id = instance.create_run_for_job(job, status=STATUS.STARTING).run_id
        assert heal(instance) == []
        with time_machine.travel(clock.now().replace(tzinfo=dt.UTC) + dt.timedelta(seconds=150)):
            assert [one.run_id for one in heal(instance)] == [run_id]


def test_a_site_is_crawled_by_one_host_at_a_time(homes, tmp_path):
    here, there = homes
    times, until = tmp_path / "times", tmp_path / "until"
    times.touch()
    config = {"ops": {"made_up__crawled": {"config": {"times": str(times), "until": str(until)}}}}
    first = materialize(here, "two_hosts", "crawled", config)
    wait_for(lambda: times.read_text() == "began\n")
    second = materialize(there, "two_hosts", "crawled", config)
    with instance_at(str(there)) as instance:
        storage = instance.event_log_storage
        wait_for(lambda: len(storage.get_concurrency_run_ids()) == 2)
        assert storage.get_concurrency_info(pool_of(SITE)).slot_count == 1
    time.sleep(2)
    assert times.read_text() == "began\n"
    until.touch()
    assert [first.wait(90), second.wait(90)] == [0, 0]
    assert times.read_text().split() == ["began", "ended"] * 2


def test_a_server_that_keeps_another_time_is_refused_until_it_was_asked_for_utc(
    homes, server, monkeypatch
):
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", server.new("local_time", time_zone=None))
    with pytest.raises(SettingError, match=f"keeps the time of {TIME_ZONE}") as refused:
        require_database(homes[0])
    server.ask(str(refused.value).partition("Ask it once to ")[2])
    require_database(homes[0])


def test_the_doctor_tells_whether_it_answers(homes):
    with postgres_server() as other, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_POSTGRES_URL", other.new("fresh"))
        (found,) = look_at_database(homes[0])
        assert found.state == "ok"
        assert [one.state for one in look_at_daemon(homes[0])] == ["ok"]
        other.stop()
        with pytest.raises(StorageError, match=r"does not answer \(.*: start it, or mend its addr"):
            [*look_at_database(homes[0])]
