"""Daemons and runs in processes of their own, on a DAGSTER_HOME thrown away, to be killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import dagster as dg
import psutil
from dagster._core.execution.backfill import PartitionBackfill

from sfr_pipeline import clock
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.faults.location import FIRST, LAST, mini

LOCATION = "sfr_pipeline_tests.faults.location"


class Home:
    """A DAGSTER_HOME with the settings of this project, and a warehouse beside it."""

    def __init__(self, root):
        self.root = root / "home"
        self.root.mkdir(parents=True)
        shutil.copy(CHECKOUT / "dagster_home" / "dagster.yaml", self.root)
        self.environment = {
            **os.environ,
            "DAGSTER_HOME": str(self.root),
            "SFR_WAREHOUSE": str(root / "warehouse"),
        }
        # Two processes that make the databases of an empty home at once would spoil them.
        with self.instance():
            pass

    @contextmanager
    def instance(self):
        with dg.DagsterInstance.from_config(str(self.root)) as instance:
            yield instance

    def dagster(self, *arguments):
        """Start a command of Dagster's; returns its ``Popen``."""
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "dagster", *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def materialize(self, first=FIRST, last=LAST, select="*"):
        return self.dagster(
            *("asset", "materialize", "-m", LOCATION, "-a", "mini", "--select", select),
            *("--partition-range", f"{first}...{last}"),
        )

    @contextmanager
    def daemon(self):
        """A daemon with its code server; whoever still lives is killed at the end."""
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "dagster._daemon", "run",
             "-m", LOCATION, "-a", "mini"],
            cwd=CHECKOUT,
            env=self.environment,
            stdout=(self.root / "daemon.log").open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            kill_family(process)

    def backfill(self, first, last, table="sfri_vintages"):
        """Ask the daemon for a backfill, as the UI does; returns its id."""
        graph = mini.resolve_asset_graph()
        key = dg.AssetKey(["mini", table])
        months = graph.get(key).partitions_def.get_partition_keys_in_range(
            dg.PartitionKeyRange(first, last)
        )
        with self.instance() as instance:
            backfill = PartitionBackfill.from_asset_partitions(
                asset_graph=graph,
                backfill_id=f"backfill_{time.monotonic_ns()}",
                tags={},
                backfill_timestamp=clock.now().timestamp(),
                asset_selection=[key],
                partition_names=months,
                dynamic_partitions_store=instance,
                all_partitions=False,
                title=None,
                description=None,
                run_config=None,
            )
            instance.add_backfill(backfill)
        return backfill.backfill_id

    def switch_on_since_yesterday(self, schedule):
        """Switch a schedule on as of a day ago: the daemon makes up the tick of this morning."""
        command = self.dagster("schedule", "start", "-m", LOCATION, "-a", "mini", schedule)
        assert command.wait(60) == 0
        with self.instance() as instance:
            (state,) = instance.all_instigator_state()
            data = state.instigator_data
            since = data._replace(start_timestamp=clock.now().timestamp() - 86_400)
            instance.update_instigator_state(state.with_data(since))

    def backfill_status(self, backfill_id):
        with self.instance() as instance:
            return instance.get_backfill(backfill_id).status.value

    def runs(self, **filters):
        with self.instance() as instance:
            return instance.get_runs(dg.RunsFilter(**filters))

    def wait_for(self, what, seconds, every=0.5):
        """Wait until ``what()`` is true; returns its value and the seconds that it took."""
        started = time.monotonic()
        while not (found := what()):
            waited = time.monotonic() - started
            assert waited < seconds, f"not within {seconds} s; the daemon said:\n{self.said()}"
            time.sleep(every)
        return found, time.monotonic() - started

    def said(self):
        log = self.root / "daemon.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else "nothing"


def kill_family(process):
    """SIGKILL a process and all that descend from it, at once."""
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
        for member in [psutil.Process(process.pid), *family]:
            with suppress(psutil.NoSuchProcess):
                member.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, timeout=20)
    process.wait()
