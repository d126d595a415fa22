"""Command ``heal``: mark the runs whose process is gone, so that nothing waits for them."""

import argparse

from sfr_pipeline.cli.arguments import Commands, add_command


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "heal",
        "mark the runs whose process is gone as failed",
        run,
        more="Every run and the UI do so when they begin, and the daemon does every ten seconds. "
        "Backfills that were interrupted go on by themselves once the daemon runs. Where several "
        "hosts share one database of runs, each host judges its own.",
    )
    parser.add_argument(
        "--lost",
        metavar="HOST",
        help="a host that will not come back: its runs are marked too",
    )


def run(options: argparse.Namespace) -> None:
    """Heal Dagster's instance of this workspace, and tell what was found."""
    from sfr_pipeline.cli.dagster_command import dagster_environment
    from sfr_pipeline.resources.run_locks import HOST_TAG
    from sfr_pipeline.resources.runs import elsewhere, heal, instance_at

    with instance_at(dagster_environment()["DAGSTER_HOME"]) as home:
        healed = heal(home, options.lost)
        others = elsewhere(home)
    for found in healed:
        print(f"{found.run_id} ({found.job}) was {found.was}. {found.message}")
    for other in others:
        print(f"{other.run_id} ({other.job_name}) is made on {other.tags[HOST_TAG]}: heal it there")
    print(f"{len(healed)} runs were marked." if healed else "No run is without its process.")
