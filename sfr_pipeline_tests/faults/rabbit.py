"""RabbitMQ on loopback, thrown away at the end, and workers of Celery that can be killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

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
    folder.mkdir(parents=True, exist_ok=True)
    address = f"pyamqp://guest:guest@127.0.0.1:{port}//"
    started = []
    with (folder / "output").open("w+", encoding="utf-8") as output:
        try:
            for command, is_up in (
                # A server that finds nobody who knows names begins one of its own, or ends.
                (["epmd", "-port", str(names), "-address", "127.0.0.1"], lambda: listens(names)),
                ([str(SERVER)], lambda: takes_connections(address)),
            ):
                started.append(
                    subprocess.Popen(
                        command, env=environment, start_new_session=True, stdout=output,
                        stderr=output,
                    )
                )  # fmt: skip
                wait_until(is_up, started[-1], Path(output.name))
            yield address
        finally:
            for process in reversed(started):
                kill(process)


def wait_until(is_up, process, output, seconds=300):
    """Wait until a server that was begun answers; one that has ended never will."""
    deadline = time.monotonic() + seconds
    while not is_up():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"a server did not begin: {output.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.5)


def listens(port):
    """Whether somebody listens there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
        return True
    return False


def takes_connections(address):
    """Whether a broker does."""
    from kombu import Connection

    with suppress(OSError), Connection(address, connect_timeout=2) as connection:
        connection.connect()
        return True
    return False


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
