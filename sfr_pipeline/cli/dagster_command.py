"""The commands of Dagster that materialize a market: run here, printed in plans, shown in docs.

And the environment in which they run.
"""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from sfr_pipeline.assets import opinion, report
from sfr_pipeline.assets.table_asset import group_of
from sfr_pipeline.cli.pasteable import program
from sfr_pipeline.inputs.as_of import BY_MONTH, RECEIVED
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.market import END
from sfr_pipeline.opinion.origin import is_crawled
from sfr_pipeline.settings import text
from sfr_pipeline.workspace import ENVIRONMENT, dagster_home, is_workspace, workspace

# Arguments that show a run as a person follows it.
PROGRESS = ("--config-json", '{"loggers": {"progress": {}}}')


def materialize_month(market: Market, month: str) -> list[str]:
    """Arguments of ``dagster`` that materialize everything, with one month of the partitions."""
    partition = ["--partition", month] if market.partitioned else []
    return [*_materialize(market, "*"), *partition]


def materialize_months(market: Market, first: str, last: str) -> list[str]:
    """Arguments of ``dagster`` that materialize a market over months, both ends included.

    Public opinion is left out where that would crawl a real forum for months of posts.
    """
    selection = "*" if not crawls(market) else f"not group:{group_of(market, opinion.LEG)}"
    partitions = ["--partition-range", f"{first}...{last}"] if market.partitioned else []
    return [*_materialize(market, selection), *partitions]


def materialize_leg(market: Market, leg: str) -> list[str]:
    """Arguments of ``dagster`` that materialize one leg without partitions, and the report."""
    groups = (group_of(market, each) for each in (leg, report.LEG))
    return _materialize(market, " or ".join(f"group:{group}" for group in groups))


def remeasure(market: Market) -> list[str]:
    """Arguments of ``dagster`` that make every table but those that others are asked for."""
    asked = [table.name for table in (*RECEIVED, *BY_MONTH)]
    selection = " and ".join(f'not key:"{market.name}/{name}"' for name in asked)
    first, last = market.first_partition(), market.sample.end
    partitions = ["--partition-range", f"{first}...{last}"] if market.partitioned else []
    return [*_materialize(market, selection), *partitions, *PROGRESS]


def write_report(market: Market) -> list[str]:
    """Arguments of ``dagster`` that write a market's report from the tables as they are."""
    return [*_materialize(market, f"{market.name}/report"), *PROGRESS]


def crawls(market: Market) -> bool:
    """Whether the market's posts come from a real forum, a page every few seconds."""
    return market.forum is not None and is_crawled(market.forum)


def as_line(arguments: list[str]) -> str:
    """What to type for it here, with those settings that a shell here lacks."""
    home, folder, here = str(dagster_home()), workspace(), Path.cwd()
    near = next((one for one in (here, *here.parents) if is_workspace(one)), None)
    settings = {
        END: text(END),
        ENVIRONMENT: str(folder) if folder != near else None,
        "DAGSTER_HOME": home if text("DAGSTER_HOME") != home else None,
    }
    set_first = [f"{name}={shlex.quote(value)}" for name, value in settings.items() if value]
    return " ".join([*set_first, program("dagster"), shlex.join(arguments)])


def run_dagster(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run a command of Dagster's to its end, in a process that ends with this one; its status."""
    from sfr_pipeline.child import popen

    # Dagster's notes on its own command names are not news to whoever runs this.
    command = [sys.executable, "-W", "ignore", "-m", "dagster", *arguments]
    with popen(command, env=dict(environment)) as process:
        return process.wait()


def dagster_environment() -> dict[str, str]:
    """The environment for a command of Dagster's: this workspace, and its home of Dagster's."""
    return {**os.environ, ENVIRONMENT: str(workspace()), "DAGSTER_HOME": str(dagster_home())}


def _materialize(market: Market, selection: str) -> list[str]:
    module = "sfr_pipeline.definitions"
    return ["asset", "materialize", "-m", module, "-a", market.name, "--select", selection]
