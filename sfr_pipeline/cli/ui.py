"""Command ``ui``: Dagster's web server and daemon, for the markets that one wants to see."""

import argparse
import sys
from pathlib import Path

from sfr_pipeline.cli.arguments import Commands, add_command, known_market, names_for_help
from sfr_pipeline.cli.workspace_files import workspace_yaml
from sfr_pipeline.markets import market_names
from sfr_pipeline.workspace import workspace

HOST = "127.0.0.1"


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "ui",
        f"open the Dagster UI on http://{HOST}:3000, with its daemon",
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
    parser.add_argument("--port", type=int, default=3000, help="of the web server (default 3000)")


def run(options: argparse.Namespace) -> int:
    """Heal the instance, then let Dagster serve until it is interrupted; its exit status."""
    from sfr_pipeline.child import popen
    from sfr_pipeline.cli.dagster_command import dagster_environment
    from sfr_pipeline.resources.runs import heal, instance_at
    from sfr_pipeline.resources.warehouse import Warehouse

    Warehouse().open()
    environment = dagster_environment()
    with instance_at(environment["DAGSTER_HOME"]) as home:
        for found in heal(home):
            print(f"Run {found.run_id} was {found.was}. {found.message}")
    # In Dagster's home, where the next UI writes over it: a killed one leaves nothing else behind.
    loaded = Path(environment["DAGSTER_HOME"]) / "workspace.yaml"
    markets = options.markets or market_names()
    loaded.write_text(workspace_yaml(markets, str(workspace())), encoding="utf-8")
    command = [
        *(sys.executable, "-W", "ignore", "-m", "dagster", "dev", "-w", str(loaded)),
        *("--host", HOST, "--port", str(options.port)),
    ]
    try:
        with popen(command, env=environment) as server:
            return server.wait()
    except KeyboardInterrupt:
        return 0
