"""Commands that start Dagster: what they started ends with them, and which markets they load."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import dagster as dg
import psutil
import pytest
import yaml

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli.ui import LOADED
from sfr_pipeline.cli.workspace_files import instance_yaml, workspace_yaml
from sfr_pipeline.markets import market_names
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.typed import copy_of_the_checkout, with_this_environment


def start(command, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(CHECKOUT / "dagster_home" / "dagster.yaml", home)
    return subprocess.Popen(
        [sys.executable, "-m", "sfr_pipeline", *command],
        cwd=CHECKOUT,
        env={**os.environ, "DAGSTER_HOME": str(home), "SFR_WAREHOUSE": str(tmp_path / "warehouse")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def inner(process, words):
    """What the command started, once a process with these words is among it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        family = psutil.Process(process.pid).children(recursive=True)
        if any(set(words) <= set(member.cmdline()) for member in family):
            return family
        time.sleep(0.1)
    pytest.fail(f"no process {words}")


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.faults),
        pytest.param(signal.SIGKILL, marks=pytest.mark.faults),
    ],
)
def test_a_run_that_is_interrupted_leaves_no_process_behind(tmp_path, number):
    process = start(["run", "us"], tmp_path)
    family = inner(process, ["dagster", "materialize"])
    process.send_signal(number)
    process.wait(60)
    assert psutil.wait_procs(family, timeout=30)[1] == []


def answer(port):
    """What the first page of a server on this machine says, once it listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
            return page.read().decode("utf-8")
        time.sleep(0.1)
    pytest.fail(f"nobody listens on port {port}")


def test_the_ui_answers_ends_with_its_command_and_loads_what_it_is_told(tmp_path):
    """As `make ui` starts it."""
    folder = copy_of_the_checkout(tmp_path / "copy")
    with_this_environment(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["make", "ui", "MARKETS=world", f"PORT={port}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    family = []
    try:
        family = inner(process, ["code-server"])
        workspace = yaml.safe_load((folder / "dagster_home" / LOADED).read_text())
        (location,) = workspace["load_from"]
        assert location["python_module"]["attribute"] == "world"
        assert "Dagster" in answer(port)
    finally:
        for member in family:
            if {"sfr", "ui"} <= {Path(word).name for word in member.cmdline()}:
                member.kill()
        process.kill()
        process.wait()
    assert psutil.wait_procs(family, timeout=60)[1] == []


@pytest.mark.parametrize("markets", [["us"], ["china", "world"], market_names()])
def test_a_workspace_has_the_markets_asked_for_and_no_others(markets):
    entries = yaml.safe_load(workspace_yaml(markets))["load_from"]
    modules = [entry["python_module"] for entry in entries]
    assert sorted(module["attribute"] for module in modules) == sorted(markets)
    assert {module["module_name"] for module in modules} == {"sfr_pipeline.definitions"}
    assert {module["working_directory"] for module in modules} == {"."}


def test_the_checkout_is_a_workspace_as_init_makes_one():
    markets = ["us", "sandbox", "us_live", "china", "world"]
    assert sorted(markets) == market_names()
    assert (CHECKOUT / "workspace.yaml").read_text() == workspace_yaml(markets)
    assert (CHECKOUT / "dagster_home" / "dagster.yaml").read_text() == instance_yaml()


def test_the_ui_knows_no_other_market(capsys):
    with pytest.raises(SystemExit):
        main(["ui", "us", "mars"])
    assert "there is no market 'mars' (choose from " in capsys.readouterr().err


def test_a_port_that_is_taken_is_told_with_one_that_is_free(capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["ui", "us", "--port", str(port)]) == 1
        told = capsys.readouterr().err
        assert told.startswith(f"sfr: port {port} of 127.0.0.1 is taken, by another UI perhaps")
        suggested = int(re.search(r"sfr ui --port (\d+)'", told)[1])
        assert suggested > port
        socket.create_server(("127.0.0.1", suggested)).close()


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_what_is_no_port_is_refused(port, capsys):
    with pytest.raises(SystemExit):
        main(["ui", f"--port={port}"])
    assert "argument --port: " in capsys.readouterr().err


def test_the_settings_of_the_home_are_those_of_this_dagster(tmp_path):
    shutil.copy(CHECKOUT / "dagster_home" / "dagster.yaml", tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.run_retries_enabled
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.run_monitoring_start_timeout_seconds == 120
