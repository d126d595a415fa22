"""Command ``run``: materialize every table of a market and sum it up."""

import argparse
import sys

from sfr_pipeline import settings
from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.market import END

# Those whose tables are no partitions, and that nothing but the report follows.
LEGS = ("forecasting", "stress")


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "run",
        "materialize every table of a market and sum it up",
        run,
        more="Environment: SFR_PROFILE (quick, default, full) is how much is spent on training "
        "networks, SFR_DEVICE (auto, cpu, cuda, cuda:1) where, SFR_END (YYYY-MM) the end of a "
        "sample that goes on, SFR_WAREHOUSE the folder for the data or s3://BUCKET/PREFIX, "
        "SFR_FILES_ONLY=1 asks no live source, SFR_EXECUTOR (in_process, multiprocess, ray, k8s, "
        "celery) where the steps of the run are executed, with its settings in a YAML file that "
        "SFR_EXECUTOR_CONFIG names.",
    )
    add_market(parser)
    parser.add_argument(
        "--only",
        metavar="LEG",
        choices=LEGS,
        help=f"make one leg anew and the report ({', '.join(LEGS)}), from what the last run left: "
        "after a change in extensions/, say",
    )


def run(options: argparse.Namespace) -> int:
    """Let Dagster materialize the market in a process of its own; its exit status."""
    from sfr_pipeline.cli.dagster_command import (
        PROGRESS,
        as_line,
        crawls,
        dagster_environment,
        materialize_leg,
        materialize_months,
        run_dagster,
    )
    from sfr_pipeline.cli.summary import print_summary
    from sfr_pipeline.inputs.files import folder_of
    from sfr_pipeline.inputs.receiving import stale_inputs
    from sfr_pipeline.operation.doctor.yours import target_variables
    from sfr_pipeline.resources.device import Device
    from sfr_pipeline.resources.executors import executor_definition
    from sfr_pipeline.resources.profile import TrainingProfile
    from sfr_pipeline.resources.runs import heal, instance_at
    from sfr_pipeline.resources.warehouse import Warehouse
    from sfr_pipeline.sources.files.folder import files_only
    from sfr_pipeline.storage.tables import INPUT_STATUS

    market = load_market(options.market)
    # A wrong setting is told now, not after minutes.
    profile = TrainingProfile().resolve()
    Device().resolve()
    executor_definition()
    files_only()
    warehouse = Warehouse()
    _ = warehouse.folder
    folder_of(market)
    for name, near in settings.unknown(target_variables([market])).items():
        meant = f", {near} is meant?" if near else ""
        print(f"Nothing reads the variable {name}{meant}", file=sys.stderr)
    if options.only and getattr(market, options.only) is None:
        options.parser.error(f"market {market.name} has no leg {options.only}")
    command = [
        *(
            materialize_leg(market, options.only)
            if options.only
            else materialize_months(market, market.first_partition(), market.sample.end)
        ),
        *PROGRESS,
    ]
    print(f"{market.title}: {market.sample.start} to {market.sample.end}")
    if profile.name == "quick":
        print("Profile quick: networks are hardly trained, and what is said of them means nothing.")
    wanted = settings.text(END)
    if wanted and wanted != market.sample.end:
        print(f"{END}={wanted} is not used: this market's catalogue names the end of its sample")
    if market.forum and crawls(market):
        print(f"Without public opinion: {market.forum.site} is crawled month by month, see docs/")
    print(f"$ {as_line(command)}\n", flush=True)
    environment = dagster_environment()
    with instance_at(environment["DAGSTER_HOME"]) as home:
        heal(home)
    try:
        status = run_dagster(command, environment)
    except KeyboardInterrupt:
        print("\nInterrupted. Finished tables stay; run again to complete.", file=sys.stderr)
        return 130
    stale = stale_inputs(warehouse.read_if_there(market.name, INPUT_STATUS))
    if status == 0 or len(stale):
        print()
        print_summary(market, warehouse)
    for row in stale.itertuples(index=False):
        print(f"  stale          {row.item} since {row.since:%Y-%m-%d}: {row.reason}")
    return status
