"""Command ``probe``: try every live source of a market once and tell what answered."""

import argparse

from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.markets import load_market


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "probe",
        "try every live source of a market once and tell what answered",
        run,
        more="It ends with status 1 where none did.",
    )
    add_market(parser)
    parser.add_argument(
        "--seconds", type=float, default=60, help="that each may take (default %(default)g)"
    )


def run(options: argparse.Namespace) -> int:
    """Print what each source answered.

    Returns:
        1 where none of them gave values, else 0.
    """
    from sfr_pipeline.inputs.probe import as_text, nothing_answered, probe

    probed = probe(load_market(options.market), options.seconds)
    print(as_text(probed))
    return int(nothing_answered(probed))
