"""Command ``audit``: derive from a published table of forecasts or classes what it implies."""

import argparse
from pathlib import Path

from sfr_pipeline.cli.arguments import Commands, add_command

EXAMPLE = """
A file is CSV with the columns table, row, statistic and value, and where wanted split and note; a
line is one printed number. What holds for all rows stands under an empty row. Files that are given
together are about one target. For example:

  table,split,row,statistic,value
  Table 10,testing,Transformer,rmse,0.1088
  Table 10,testing,Transformer,tic,0.3468
  Table 10,testing,,n,36

Statistics:
"""


def add_to(commands: Commands) -> None:
    """Add the command."""
    from sfr_pipeline.evaluation.audit.table import STATISTICS

    parser = add_command(
        commands, "audit", "derive what a published table of forecasts or classes implies", run,
        more="No change, the share of events, scale, bias, and contradictions, each with its "
        "derivation.",
        needs_workspace=False,
    )  # fmt: skip
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    width = max(map(len, STATISTICS))
    known = (f"  {name:<{width}}  {kind.meaning}" for name, kind in STATISTICS.items())
    parser.epilog = EXAMPLE.strip() + "\n" + "\n".join(known)
    parser.add_argument("table", type=Path, nargs="+", help="CSV file; all are read as one")
    parser.add_argument("--json", action="store_true", help="print the findings for programs")
    parser.add_argument(
        "--label-window",
        type=int,
        metavar="DAYS",
        help="suppose that a label reads so many days, where no spell is printed",
    )
    parser.add_argument("--seed", type=int, default=0, help="of simulated paths (%(default)d)")


def run(options: argparse.Namespace) -> None:
    """Print what the tables imply; that something is found is no failure."""
    from sfr_pipeline.evaluation.audit import audit, read_published

    found = audit(
        read_published(options.table), label_window=options.label_window, seed=options.seed
    )
    print(found.as_json() if options.json else found.as_text())
