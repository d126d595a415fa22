"""RabbitMQ on loopback, thrown away at the end, and workers of Celery that can be killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.ray_cluster import free_port

# Beside the wrapper of Debian's that is in the path, which wants a user of its own.
SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
MISSING = not SERVER.exists() or shutil.which("epmd") is None
WHY = "RabbitMQ is not installed (apt-get install rabbitmq-server)"


@contextmanager
def rabbitmq(folder):
    """A broker that listens on loopback alone; yields its address."""
    port, names = free_port(), free_port()
    environment = {
        **os.environ,
        "HOME": str(folder),
        # Which nodes there are on this machine is told by a server of our own.
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"rabbit{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
    }
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [
        subprocess.Popen(command, env=environment, start_new_session=True, **quiet)
        for command in (["epmd", "-port", str(names), "-address", "127.0.0.1"], [str(SERVER)])
    ]
    address = f"pyamqp://guest:guest@127.0.0.1:{port}//"
    try:
        wait_for_broker(address)
        yield address
    finally:
        for process in reversed(started):
            kill(process)


def wait_for_broker(address, seconds=90):
    """Wait until a broker takes connections."""
    from kombu import Connection

    deadline = time.monotonic() + seconds
    while True:
        try:
            with Connection(address, connect_timeout=2) as connection:
                connection.connect()
                return
        except OSError:
            assert time.monotonic() < deadline, f"{address} does not answer"
            time.sleep(0.5)


def worker(name, environment):
    """Start a worker of one process; returns its ``Popen``."""
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "sfr_pipeline.resources.celery_worker", "worker",
         "-n", f"{name}@here", "--concurrency", "1", "--loglevel", "warning"],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def kill(process):
    """Kill a process and all that it started, at once."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
