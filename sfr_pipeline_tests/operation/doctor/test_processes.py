"""Code servers that began before their files were changed, and a port that others use."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import psutil
import pytest

from sfr_pipeline.operation.doctor.processes import (
    Server,
    look_at_port,
    look_at_servers,
    newest_change,
    ports_taken,
    servers_of,
)


@contextmanager
def serving(words, environment):
    """A process with the command line of one of Dagster's, which only sleeps."""
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)", *words]
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE
    ) as process:
        process.stdout.read(1)
        try:
            yield process
        finally:
            process.kill()


def test_servers_of_a_workspace_are_found_and_no_others(tmp_path):
    here, home = tmp_path / "w", tmp_path / "home"
    ours = {"SFR_WORKSPACE": str(here), "DAGSTER_HOME": str(home)}
    theirs = {"SFR_WORKSPACE": "/other", "DAGSTER_HOME": "/other/home"}
    grpc = ["dagster", "api", "grpc", "-m", "sfr_pipeline.definitions", "-a", "us"]
    with (
        serving(grpc, ours) as code,
        serving(["dagster_webserver"], ours | {"SFR_WORKSPACE": ""}) as web,
        serving(grpc, theirs),
        serving(["something", "else"], ours),
    ):
        found = servers_of(here, home)
        began = psutil.Process(code.pid).create_time()
    assert found == ([Server(code.pid, "us", began)], [Server(web.pid, "", found[1][0].started)])


@pytest.mark.parametrize(("changed", "state"), [(99.0, "ok"), (101.0, "broken")])
def test_a_code_server_is_stale_where_its_files_are_younger(changed, state):
    servers = [Server(7, "us", 100.0), Server(8, "china", 100.0)]
    found = list(look_at_servers(servers, {"us": changed, "china": 50.0}.get))
    assert [one.state for one in found] == [state]
    if state == "broken":
        assert "process 7" in found[0].says
        assert "1970-01-01 00:01:40 UTC" in found[0].says


def test_the_newest_change_is_that_of_code_and_markets_below_folders(tmp_path):
    times = {"a.py": 5, "b/c.yaml": 9, "d.parquet": 99, "e.py": 30}
    for name, when in times.items():
        path = tmp_path / "here" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (when, when))
    here = tmp_path / "here"
    assert newest_change([here]) == 30
    assert newest_change([here / "b", here / "a.py", here / "gone"]) == 9


def test_a_workspace_tells_its_own_code_server_by_its_own_files(workspace, told):
    mine = workspace / "extensions" / "mine.py"
    grpc = ["dagster", "api", "grpc", "-m", "sfr_pipeline.definitions", "-a", "us"]
    with serving(grpc, {"SFR_WORKSPACE": str(workspace)}) as process:
        assert [one.state for one in told("code servers")] == ["ok"]
        mine.touch()
        later = psutil.Process(process.pid).create_time() + 60
        os.utime(mine, (later, later))
        (found,) = told("code servers")
        assert found.state == "broken"
        assert "sfr ui" in found.remedy


@pytest.mark.parametrize(
    ("servers", "taken", "state", "remedy"),
    [
        ([], [], "ok", ""),
        ([], [3001], "ok", ""),
        ([], [3000, 3001], "note", "sfr ui --port 3002"),
        ([Server(7, "", 1.0)], [3000], "ok", ""),
    ],
)
def test_a_port_that_another_program_uses_is_a_note_with_a_free_one(servers, taken, state, remedy):
    (found,) = look_at_port(servers, taken)
    assert (found.state, found.remedy) == (state, remedy)


def test_a_port_that_somebody_listens_on_is_taken():
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", 3013))
            one.listen()
        except OSError:
            pass  # another process listens there, which is as good
        assert 3013 in set(ports_taken())
