"""Command ``tidy``: remove what killed runs left, and what nobody has used for months."""

import argparse

from sfr_pipeline.cli.arguments import Commands, add_command


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "tidy",
        "remove what killed runs left behind, and what nobody has used for months",
        run,
        more="It may run beside anything else: what a living process writes is left alone.",
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be removed")


def run(options: argparse.Namespace) -> None:
    """Remove it, and print each file and how much there was."""
    from sfr_pipeline.cli.dagster_command import dagster_environment
    from sfr_pipeline.operation.tidy import tidy
    from sfr_pipeline.resources.history import RUNS_KEPT, sweep_history
    from sfr_pipeline.resources.runs import instance_at
    from sfr_pipeline.resources.warehouse import Warehouse

    found = tidy(Warehouse().folder, options.dry_run)
    for each in found:
        print(f"{each.path}  {each.size / 1e6:.1f} MB  {each.why}")
    did = "would be removed" if options.dry_run else "removed"
    print(f"{len(found)} files, {sum(each.size for each in found) / 1e6:.1f} MB {did}")
    with instance_at(dagster_environment()["DAGSTER_HOME"]) as instance:
        swept = sweep_history(instance, dry_run=options.dry_run)
    runs = len(swept.deleted) + len(swept.emptied)
    print(
        f"Dagster's history beyond the newest {RUNS_KEPT} runs of each market: {runs} runs, "
        f"{swept.bytes / 1e6:.1f} MB {did}"
    )
