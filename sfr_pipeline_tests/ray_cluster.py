"""A Ray cluster on loopback, of nodes that can be killed, with a token of its own.

Who uses the cluster is a process of its own, started with `Cluster.environment`: Ray changes
settings of the process that it is initialised in.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

RAY = Path(sys.executable).with_name("ray")
READY = "Ray runtime started"
OBJECT_STORE_BYTES = 100_000_000
SETTINGS = {
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    # What others do on this machine is no reason to kill workers.
    "RAY_memory_monitor_refresh_ms": "0",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class Cluster:
    """Nodes on this machine, numbered from 0; the first is the head.

    Attributes:
        address: of the head, for RAY_ADDRESS.
        dashboard: where jobs are submitted, if the cluster has a dashboard.
        environment: of whoever may use the cluster: address and token with the rest.
    """

    address: str
    dashboard: str
    environment: dict[str, str]
    _nodes: list[subprocess.Popen] = field(default_factory=list)

    def pids(self, node):
        """Processes of a node that live: what started it, its raylet, its workers."""
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self._nodes[node].pid)
            return [first.pid, *(child.pid for child in first.children(recursive=True))]
        return []

    def node_of(self, pid):
        """Number of the node that a living process belongs to."""
        return next(node for node in range(len(self._nodes)) if pid in self.pids(node))

    def kill(self, node):
        """Kill all processes of a node at once, with -9."""
        family = self.pids(node)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._nodes[node].wait()
        self._nodes[node].stdout.close()
        psutil.wait_procs([process for pid in family if (process := _process(pid))], timeout=20)

    def add_node(self, *arguments):
        """Start a node and return at once; `wait_for` says when it takes work."""
        command = [
            *(str(RAY), "start", "--block", "--node-ip-address=127.0.0.1"),
            f"--object-store-memory={OBJECT_STORE_BYTES}",
            # By default one port of a machine, which two nodes can't share.
            f"--dashboard-agent-listen-port={free_port()}",
            "--include-log-monitor=false",
            *arguments,
        ]
        self._nodes.append(
            subprocess.Popen(
                command,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )

    def wait_for(self, node):
        """Wait until a node takes work.

        Raises:
            RuntimeError: it ended instead, with what it said.
        """
        said = []
        output = self._nodes[node].stdout
        assert output is not None
        for line in output:
            said.append(line)
            if READY in line:
                return
        raise RuntimeError("a Ray node did not start:\n" + "".join(said))


@contextmanager
def ray_cluster(nodes=1, cpus=1, gpus=0, dashboard=False, head_cpus=None):
    """Nodes of ``cpus`` processors and ``gpus`` pretended GPUs each; all are killed at the end.

    Args:
        nodes: how many.
        cpus: that each says it has.
        gpus: likewise.
        dashboard: whether the head has one, and takes jobs.
        head_cpus: that the head says it has, where that is another number.
    """
    # Sockets lie below, whose paths may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(secrets.token_hex(32), encoding="utf-8")
    port, dashboard_port = free_port(), free_port()
    address = f"127.0.0.1:{port}"
    own = {**SETTINGS, "RAY_AUTH_TOKEN_PATH": str(token), "RAY_ADDRESS": address}
    cluster = Cluster(address, f"http://127.0.0.1:{dashboard_port}", {**os.environ, **own})
    size = [f"--num-cpus={cpus}", f"--num-gpus={gpus}"]
    of_head = [f"--num-cpus={cpus if head_cpus is None else head_cpus}", size[1]]
    try:
        cluster.add_node(
            "--head", f"--port={port}", f"--temp-dir={folder / 'r'}",
            f"--include-dashboard={dashboard}", f"--dashboard-port={dashboard_port}",
            f"--ray-client-server-port={free_port()}", "--no-monitor", *of_head,
        )  # fmt: skip
        cluster.wait_for(0)
        for _ in range(1, nodes):
            cluster.add_node(f"--address={address}", *size)
        for node in range(1, nodes):
            cluster.wait_for(node)
        yield cluster
    finally:
        for node in reversed(range(len(cluster._nodes))):
            cluster.kill(node)
        shutil.rmtree(folder, ignore_errors=True)


def free_port():
    """A port of loopback on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _process(pid):
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid)
    return None
