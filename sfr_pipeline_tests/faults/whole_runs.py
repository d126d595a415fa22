"""The sandbox measured whole by its command, under any executor, and what that leaves."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager

import dagster as dg

from sfr_pipeline.resources.runs import instance_at
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage.tables import TABLES
from sfr_pipeline_tests.checkout import CHECKOUT

# Of a run on a machine that does other things too.
SECONDS = 1_500
AS_CRAWLED = ("retrieved_at", "url")
START = dg.DagsterEventType.STEP_START


class SandboxRun:
    """A run of the sandbox's main job, with a warehouse and a history of its own.

    Args:
        root: a folder that is to hold both.
        settings: further variables of its environment.
    """

    def __init__(self, root, **settings):
        self.home, self.warehouse = root / "home", root / "warehouse"
        self.home.mkdir(parents=True)
        shutil.copy(CHECKOUT / "dagster_home" / "dagster.yaml", self.home)
        # Two processes that make the databases of an empty home at once would spoil them.
        with instance_at(str(self.home)):
            pass
        inherited = {name: value for name, value in os.environ.items() if name[:4] != "SFR_"}
        self.environment = {
            **inherited,
            "PYTHONPATH": str(CHECKOUT),
            "DAGSTER_HOME": str(self.home),
            "SFR_WORKSPACE": str(CHECKOUT),
            "SFR_WAREHOUSE": str(self.warehouse),
            "SFR_PROFILE": "quick",
            **settings,
        }

    @contextmanager
    def begun(self):
        """Start it; yields its ``Popen``, whose output is in a file of its folder."""
        command = [sys.executable, "-m", "sfr_pipeline", "run", "sandbox"]
        with (
            (self.home / "output").open("w", encoding="utf-8") as output,
            subprocess.Popen(
                command, cwd=CHECKOUT, env=self.environment, stdout=output, stderr=output
            ) as process,
        ):
            self.process = process
            try:
                yield process
            finally:
                process.terminate()

    def end(self, process):
        """Wait for it; it must end well."""
        status = process.wait(SECONDS)
        assert status == 0, (self.home / "output").read_text(encoding="utf-8")[-3000:]

    def events(self, kind=START):
        """Events of a kind of the one run, with the step that each is of."""
        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            return [
                entry.dagster_event
                for run in instance.get_runs()
                for entry in instance.all_logs(run.run_id, of_type=kind)
            ]

    def beginnings(self, step):
        """How often a step was begun: Dagster has an event of its own for a step begun again."""
        kinds = (START, dg.DagsterEventType.STEP_RESTARTED)
        return sum(event.step_key == step for kind in kinds for event in self.events(kind))

    def wait_for(self, what, seconds=SECONDS):
        """Wait until something is so, which after the end of the run it never will; returns it."""
        deadline = time.monotonic() + seconds
        while not (found := what()):
            has_time = self.process.poll() is None and time.monotonic() < deadline
            assert has_time, (self.home / "output").read_text(encoding="utf-8")[-3000:]
            time.sleep(0.2)
        return found

    def tables(self):
        """Every table of the market by name, without when and in which run something happened."""
        read = Warehouse(root=str(self.warehouse)).read_if_there
        of_the_run = {
            table.name: [
                column.name
                for column in table.columns
                if column.type == "timestamp" or column.name == "run"
            ]
            for table in TABLES
        }
        found = {
            table.name: read("sandbox", table).drop(columns=of_the_run[table.name])
            for table in TABLES
        }
        # As crawled: from which address of the forum's, and when.
        found["posts_rejected"]["raw"] = [
            {name: value for name, value in json.loads(raw).items() if name not in AS_CRAWLED}
            for raw in found["posts_rejected"]["raw"]
        ]
        return found

    def handed_on(self):
        """What steps have handed on and nobody has removed."""
        return [path.name for path in (self.warehouse / "steps").glob("*")]
