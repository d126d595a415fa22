"""Command ``doctor``: what is missing or broken on this machine and in this workspace."""

import argparse
import json
from collections import Counter
from dataclasses import asdict, replace

from sfr_pipeline.cli.arguments import Commands, add_command, known_market, names_for_help
from sfr_pipeline.cli.pasteable import command_typed_here, with_programs


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "doctor",
        "tell what is missing or broken on this machine and in this workspace, with the remedies",
        run,
        more="Nothing is mended and nothing downloaded. A line begins with 'ok', 'note' (it works, "
        "and one should know) or 'broken'; the remedy stands behind the arrow. The exit status is "
        "1 where something is broken, 0 otherwise. docs/operation.md lists what is looked at.",
        needs_workspace=False,
    )
    parser.add_argument(
        "market",
        nargs="?",
        type=known_market,
        help=f"look at this one, of {names_for_help()}; default: those of the workspace, and those "
        "that have tables in its warehouse",
    )
    parser.add_argument("--offline", action="store_true", help="ask no site whether it answers")
    parser.add_argument(
        "--json", action="store_true", help="print the findings as a list of JSON objects"
    )


def run(options: argparse.Namespace) -> int:
    """Look at everything, and print what was found."""
    from sfr_pipeline.cli.doctor_checks import diagnose

    found = [
        replace(one, says=with_programs(one.says), remedy=command_typed_here(one.remedy))
        for one in diagnose(options.market, options.offline)
    ]
    counts = Counter(one.state for one in found)
    if options.json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
    else:
        for one in found:
            print(one)
        print(f"{counts['broken']} broken, {counts['note']} to note, {counts['ok']} ok")
    return 1 if counts["broken"] else 0
