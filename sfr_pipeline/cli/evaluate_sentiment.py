"""Command ``evaluate-sentiment``: measure how well a sentiment model reads a labelled file."""

import argparse
from pathlib import Path

from sfr_pipeline.cli.arguments import Commands, add_command, known_market
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.opinion import SentimentModel
from sfr_pipeline.workspace import find_workspace


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "evaluate-sentiment",
        "measure how well a sentiment model reads a labelled file",
        run,
        more="Score sentences that people have judged, and print accuracy, macro-F1, agreement in "
        "sign, the confusion matrix, and how far bf16 and int8 are from fp32.",
        needs_workspace=False,
    )
    parser.add_argument("labelled", type=Path, help="CSV or Parquet with text and label")
    parser.add_argument("--market", type=known_market, help="take this market's model")
    parser.add_argument("--checkpoint", help="or this folder, or name on the model hub")
    parser.add_argument(
        "--language", choices=("zh", "en"), help="of the posts; needed with --checkpoint"
    )
    parser.add_argument("--revision", help="commit of --checkpoint on the model hub")
    parser.add_argument(
        "--labels",
        metavar="OUTPUT=LABEL,...",
        help="meaning of the outputs of --checkpoint where its own names say nothing, "
        "0=neutral,...",
    )
    parser.add_argument(
        "--classes", metavar="NAME=LABEL,...", help="meaning of the file's labels, 0=negative,..."
    )


def run(options: argparse.Namespace) -> None:
    """Score the file with the chosen model and print how good it is."""
    from sfr_pipeline.opinion.evaluation import evaluate, parse_classes
    from sfr_pipeline.resources.device import Device

    model = _chosen_model(options)
    classes = parse_classes(options.classes) if options.classes else None
    # A checkpoint of one's own needs no workspace.
    root = find_workspace() or Path.cwd()
    print(evaluate(options.labelled, model, root, Device().resolve(), classes))


def _chosen_model(options: argparse.Namespace) -> SentimentModel:
    from sfr_pipeline.opinion.checkpoint import model_named
    from sfr_pipeline.opinion.evaluation import parse_labels

    # Options that contradict each other are refused as argparse refuses a wrong one.
    parser: argparse.ArgumentParser = options.parser

    if (options.market is None) == (options.checkpoint is None):
        parser.error("name a --market or a --checkpoint")
    if options.market:
        if options.revision or options.labels:
            parser.error(
                "--revision and --labels are those of a --checkpoint; a market has its own"
            )
        model = load_market(options.market).sentiment
        if model is None:
            parser.error(f"market {options.market} has no sentiment model: name a --checkpoint")
        return model
    if options.language is None:
        parser.error("--checkpoint needs --language, which chooses the probe sentences")
    return model_named(
        options.checkpoint,
        options.language,
        revision=options.revision,
        labels=parse_labels(options.labels) if options.labels else None,
    )
