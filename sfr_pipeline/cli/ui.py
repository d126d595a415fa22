"""Command ``ui``: Dagster's web server and daemon, for the markets that one wants to see."""

import argparse
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sfr_pipeline.cli.arguments import Commands, add_command, known_market, names_for_help
from sfr_pipeline.cli.workspace_files import workspace_yaml
from sfr_pipeline.errors import SettingError
from sfr_pipeline.markets import market_names
from sfr_pipeline.workspace import HOST, PORT, workspace

LOADED = "ui.yaml"
PORTS = 65_536
# Above a port that is taken, how many are tried.
TRIED = 100
# For how long the address is waited for.
SECONDS = 300


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "ui",
        f"open the Dagster UI on http://{HOST}:{PORT}, with its daemon",
        run,
        more="Each market is a process of some 300 MB. Markets that are left out have no schedule "
        "meanwhile.",
    )
    parser.add_argument(
        "markets",
        nargs="*",
        metavar="market",
        type=known_market,
        help=f"of {names_for_help()}; default: all",
    )
    parser.add_argument(
        "--port", type=_port, default=PORT, help="of the web server (default %(default)d)"
    )


def run(options: argparse.Namespace) -> int:
    """Heal the instance, then let Dagster serve until it is interrupted; its exit status.

    Raises:
        SettingError: the port is taken.
    """
    from sfr_pipeline.cli.dagster_command import dagster_environment, run_dagster
    from sfr_pipeline.resources.runs import heal, instance_at
    from sfr_pipeline.resources.warehouse import Warehouse

    port = options.port or _any_free()
    _require_free(port)
    Warehouse().open()
    environment = dagster_environment()
    with instance_at(environment["DAGSTER_HOME"]) as home:
        for found in heal(home):
            print(f"Run {found.run_id} was {found.was}. {found.message}")
    # In Dagster's home, where the next UI writes over it: a killed one leaves nothing else behind.
    # By no name that would make a workspace of that folder.
    loaded = Path(environment["DAGSTER_HOME"]) / LOADED
    markets = options.markets or market_names()
    loaded.write_text(workspace_yaml(markets, str(workspace())), encoding="utf-8")
    command = ["dev", "-w", str(loaded), "--host", HOST, "--port", str(port)]
    # Of what Dagster logs at its start nothing is news.
    command += ["--log-level", "error"]
    threading.Thread(target=_tell_when_there, args=(port, markets), daemon=True).start()
    try:
        return run_dagster(command, environment)
    except KeyboardInterrupt:
        return 0


def _tell_when_there(port: int, markets: Sequence[str]) -> None:
    """Print the address once something answers there."""
    print(f"Starting the Dagster UI for {', '.join(markets)} ...", flush=True)
    for _ in range(SECONDS):
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            print(f"The Dagster UI is at http://{HOST}:{port}, until Ctrl-C ends it.", flush=True)
            return
        time.sleep(1)


def _any_free() -> int:
    with socket.socket() as tried:
        tried.bind((HOST, 0))
        return int(tried.getsockname()[1])


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < PORTS:
        raise argparse.ArgumentTypeError(f"{port} is no port: they go from 0, any, to {PORTS - 1}")
    return port


def _require_free(port: int) -> None:
    if _is_free(port):
        return
    above = range(port + 1, min(port + TRIED, PORTS))
    other = next((one for one in above if _is_free(one)), 0)
    raise SettingError(
        f"port {port} of {HOST} is taken, by another UI perhaps: end that, or take another with "
        f"'sfr ui --port {other}'"
    )


def _is_free(port: int) -> bool:
    """Whether a web server could listen; ports of connections that just ended count as free."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError:
            return False
    return True
