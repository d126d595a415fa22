"""Processes of the UI: code servers that hold an older state of files, and the port."""

import datetime as dt
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sfr_pipeline.operation.doctor.finding import Finding
from sfr_pipeline.workspace import ENVIRONMENT, HOST, MODULE, PORT

PORTS_TRIED = 20
# What a process loads when it begins, of this package and of a workspace.
CODE = ("*.py", "*.yaml", "*.sql", "*.j2")


@dataclass(frozen=True)
class Server:
    """A process of this workspace that serves.

    Attributes:
        pid: its number.
        market: whose graph it holds; empty of a web server.
        started: when, in seconds since 1970.
    """

    pid: int
    market: str
    started: float


def look_at_servers(
    servers: Sequence[Server], changed: Callable[[str], float]
) -> Iterator[Finding]:
    """Whether a code server began before files that it has loaded were changed.

    Args:
        servers: code servers of this workspace.
        changed: when the newest file behind a market was, in seconds since 1970.
    """
    stale = {one: when for one in servers if one.started < (when := changed(one.market))}
    for one, when in stale.items():
        yield Finding(
            "broken",
            f"the code server of {one.market} (process {one.pid}) began at "
            f"{_moment(one.started)}, and its files were changed at {_moment(when)}: it shows "
            "and runs the older code",
            "stop 'sfr ui' (Ctrl-C) and start it again, or 'Reload' on the page Deployment",
        )
    if servers and not stale:
        names = ", ".join(one.market for one in servers)
        yield Finding("ok", f"code servers are up to date: {names}")


def look_at_port(servers: Sequence[Server], taken: Iterable[int]) -> Iterator[Finding]:
    """Whether the port of the UI is free, or this workspace's own.

    Args:
        servers: web servers of this workspace.
        taken: ports that somebody listens on, of those that are tried.
    """
    occupied = set(taken)
    if PORT not in occupied:
        yield Finding("ok", f"port {PORT} is free for the UI")
    elif servers:
        yield Finding("ok", f"the UI runs (process {servers[0].pid})")
    else:
        free = next((p for p in range(PORT + 1, PORT + PORTS_TRIED) if p not in occupied), PORT + 1)
        yield Finding("note", f"port {PORT} is taken by another program", f"sfr ui --port {free}")


def ports_taken() -> Iterator[int]:
    """Ports near that of the UI which cannot be listened on."""
    for port in range(PORT, PORT + PORTS_TRIED):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((HOST, port))
            except OSError:
                yield port


def servers_of(workspace: Path, home: Path) -> tuple[list[Server], list[Server]]:
    """Code servers and web servers of a workspace, among the processes that this user may see.

    Args:
        workspace: the workspace's folder.
        home: Dagster's, of this workspace.
    """
    import psutil

    code: list[Server] = []
    web: list[Server] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            command = process.cmdline()
            if not any("dagster" in word for word in command[:4]):
                continue
            environment = process.environ()
            if environment.get(ENVIRONMENT) != str(workspace) and environment.get(
                "DAGSTER_HOME"
            ) != str(home):
                continue
            started = process.create_time()
            if MODULE in command and "grpc" in command:
                code.append(Server(process.pid, _after(command, "-a", "--attribute"), started))
            elif any("webserver" in word for word in command):
                web.append(Server(process.pid, "", started))
    return sorted(code, key=lambda one: one.market), web


def newest_change(places: Iterable[Path]) -> float:
    """When the newest of some files was changed, or of the code and markets below some folders.

    Args:
        places: files and folders; one that is not there counts for nothing.
    """
    files = [
        file for place in places for file in ((place,) if place.is_file() else _files_below(place))
    ]
    return max((file.stat().st_mtime for file in files), default=0.0)


def _files_below(folder: Path) -> list[Path]:
    return [file for pattern in CODE for file in folder.rglob(pattern)]


def _after(command: Sequence[str], *options: str) -> str:
    found = [value for option, value in pairwise(command) if option in options]
    return found[0] if found else "?"


def _moment(seconds: float) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
