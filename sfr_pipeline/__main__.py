"""Command line beside Dagster's: run a market, export the warehouse, write the documentation."""

import argparse
import datetime as dt
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from sfr_pipeline.dagster_command import as_line, crawls, materialize_months
from sfr_pipeline.errors import SfrError
from sfr_pipeline.inputs import import_template
from sfr_pipeline.inputs.probe import as_text as probe_text
from sfr_pipeline.inputs.probe import probe
from sfr_pipeline.markets import Market, load_market, market_names
from sfr_pipeline.markets.market import END
from sfr_pipeline.markets.opinion import SentimentModel
from sfr_pipeline.opinion.evaluation import evaluate, parse_classes, parse_labels
from sfr_pipeline.paths import PROJECT_ROOT
from sfr_pipeline.refresh import as_text as plan_text
from sfr_pipeline.refresh import plan_refresh
from sfr_pipeline.report.forecasting.verdict import as_text as warning_text
from sfr_pipeline.report.forecasting.verdict import forecasting_summary
from sfr_pipeline.report.formats import probability_text
from sfr_pipeline.report.index import charts
from sfr_pipeline.report.opinion.section import opinion_summary
from sfr_pipeline.report.page import optional_tables_of, summary_of, tables_of
from sfr_pipeline.report.recovery import recoveries
from sfr_pipeline.report.stress.charts import probability_chart
from sfr_pipeline.report.stress.verdict import as_text as stress_text
from sfr_pipeline.report.stress.verdict import stress_summary
from sfr_pipeline.resources.device import Device
from sfr_pipeline.resources.profile import TrainingProfile
from sfr_pipeline.resources.warehouse import MACROS, Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.dictionary import data_dictionary
from sfr_pipeline.storage.publish import WAREHOUSE, export
from sfr_pipeline.stress import latest

N_DRIVERS = 3


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and do what it says; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sfr_pipeline", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    run = commands.add_parser(
        "run",
        help="materialize every table of a market and sum it up",
        description="Environment: SFR_PROFILE (quick, default, full) is how much is spent on "
        "training networks, SFR_DEVICE (auto, cpu, cuda, cuda:1) where, SFR_END (YYYY-MM) the end "
        "of a sample that goes on, SFR_WAREHOUSE the folder for the data, SFR_FILES_ONLY=1 asks "
        "no live source.",
    )
    run.add_argument("market", choices=market_names(), help="which market")
    run.set_defaults(act=lambda options: _run(load_market(options.market)))

    template = commands.add_parser(
        "import-template", help="write empty files for a market's series, to be filled in"
    )
    template.add_argument("market", choices=market_names(), help="which market")
    template.set_defaults(act=lambda options: _import_template(load_market(options.market)))

    prober = commands.add_parser(
        "probe", help="try every live source of a market once and tell what answered"
    )
    prober.add_argument("market", choices=market_names(), help="which market")
    prober.add_argument(
        "--seconds", type=float, default=60, help="that each may take (default %(default)g)"
    )
    prober.set_defaults(
        act=lambda options: print(probe_text(probe(load_market(options.market), options.seconds)))
    )

    plan = commands.add_parser(
        "refresh", help="tell what the monthly refresh of a market would do; nothing runs"
    )
    plan.add_argument("market", choices=market_names(), help="which market")
    plan.set_defaults(act=lambda options: _plan(load_market(options.market)))

    summary = commands.add_parser("summary", help="print what the latest run found")
    summary.add_argument("market", choices=market_names(), help="which market")
    summary.set_defaults(act=lambda options: _print_summary(load_market(options.market)))

    predict = commands.add_parser(
        "predict", help="score the latest day with the trained daily models; nothing is trained"
    )
    predict.add_argument("market", choices=market_names(), help="which market")
    predict.set_defaults(act=lambda options: _predict(load_market(options.market)))

    copy = commands.add_parser("export", help="copy the warehouse into one self-contained file")
    copy.add_argument("target", type=Path, help="DuckDB file to write")
    copy.set_defaults(act=lambda options: _export(options.target))

    picture = commands.add_parser(
        "picture",
        help="draw a market's index, or without one its probability of stress, for the README",
    )
    picture.add_argument("market", choices=market_names(), help="which market")
    picture.add_argument("target", type=Path, help="PNG file to write")
    picture.set_defaults(act=lambda options: _picture(load_market(options.market), options.target))

    evaluation = commands.add_parser(
        "evaluate-sentiment",
        help="measure how well a sentiment model reads a labelled file",
        description="Score sentences that people have judged, and print accuracy, macro-F1, "
        "agreement in sign, the confusion matrix, and how far bf16 and int8 are from fp32.",
    )
    evaluation.add_argument("labelled", type=Path, help="CSV or Parquet with text and label")
    evaluation.add_argument("--market", choices=market_names(), help="take this market's model")
    evaluation.add_argument("--checkpoint", help="or this folder, or name on the model hub")
    evaluation.add_argument(
        "--language", choices=("zh", "en"), help="of the posts; needed with --checkpoint"
    )
    evaluation.add_argument("--revision", help="commit of --checkpoint on the model hub")
    evaluation.add_argument(
        "--labels",
        metavar="OUTPUT=LABEL,...",
        help="meaning of the outputs of --checkpoint where its own names say nothing, "
        "0=neutral,...",
    )
    evaluation.add_argument(
        "--classes", metavar="NAME=LABEL,...", help="meaning of the file's labels, 0=negative,..."
    )
    evaluation.set_defaults(act=lambda options: _evaluate_sentiment(options, evaluation))

    dictionary = commands.add_parser("dictionary", help="print the data dictionary (Markdown)")
    dictionary.set_defaults(act=lambda options: print(data_dictionary(tables.TABLES), end=""))

    options = parser.parse_args(arguments)
    try:
        return options.act(options) or 0
    except SfrError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1


def _run(market: Market) -> int:
    # A wrong setting is told now, not after minutes.
    profile = TrainingProfile().resolve()
    Device().resolve()
    command = [
        *materialize_months(market, market.first_partition(), market.sample.end),
        *("--config-json", '{"loggers": {"progress": {}}}'),
    ]
    print(f"{market.title}: {market.sample.start} to {market.sample.end}")
    if profile.name == "quick":
        print("Profile quick: networks are hardly trained, and what is said of them means nothing.")
    wanted = os.environ.get(END)
    if wanted and wanted != market.sample.end:
        print(f"{END}={wanted} is not used: this market's catalogue names the end of its sample")
    if market.forum and crawls(market):
        print(f"Without public opinion: {market.forum.site} is crawled month by month, see docs/")
    print(f"$ {as_line(command)}\n", flush=True)
    environment = {"DAGSTER_HOME": str(PROJECT_ROOT / "dagster_home"), **os.environ}
    # Dagster's notes on its own command names are not news to whoever runs this.
    dagster = [sys.executable, "-W", "ignore", "-m", "dagster", *command]
    try:
        status = subprocess.run(dagster, env=environment, check=False).returncode
    except KeyboardInterrupt:
        print("\nInterrupted. Finished tables stay; run again to complete.", file=sys.stderr)
        return 130
    if status == 0:
        print()
        _print_summary(market)
    return status


def _print_summary(market: Market) -> None:
    warehouse = Warehouse()
    frames = warehouse.read_all(market.name, tables_of(market), optional_tables_of(market))
    origin = "SYNTHETIC data" if market.synthetic else "real data"
    if market.monthly:
        _print_index(market, frames, origin)
    else:
        print(f"{market.title}, daily leg alone ({origin})")
    if market.forum and "npoi" in frames:
        opinion = opinion_summary(frames["npoi"])
        print(
            f"  public opinion {opinion.npoi:+.4f} in {opinion.month:%B %Y}, percentile "
            f"{opinion.percentile:.0f}, {opinion.n_posts_total:,} posts in all"
        )
    if market.forecasting and "forecast_scores" in frames:
        print(warning_text(forecasting_summary(frames)))
    if market.stress:
        if "stress_scores" in frames:
            print(stress_text(stress_summary(frames)))
        else:
            print(f"  daily stress   unknown: materialize {market.name}/stress_scores")
    if market.truth:
        print("  recovery of the known truth")
        for row in recoveries(frames):
            print(f"    {row.value:+.3f}  {row.estimate} ({row.measure} with true {row.truth})")
    root = Path(warehouse.root).absolute()
    print(f"  report         {root / 'reports' / f'{market.name}.html'}")
    print(f"  warehouse      {root / WAREHOUSE}")


def _print_index(market: Market, frames: Mapping[str, pd.DataFrame], origin: str) -> None:
    summary = summary_of(frames)
    print(f"{market.title}, end of {summary.month:%B %Y} ({origin}, real time)")
    print(
        f"  index          {summary.sfri:+.2f} standard deviations, "
        f"{summary.change:+.2f} on the month"
    )
    print(f"  indicators     {summary.n_indicators} of {len(market.indicators)} had data")
    print(f"  percentile     {summary.percentile:.0f} of the months known then")
    if summary.probability_high is None:
        print(f"  regime         unknown: materialize {market.name}/sfri_vintages of this month")
    else:
        probability = probability_text(summary.probability_high)
        print(f"  regime         high variance ('high risk') with probability {probability}")
    print("  driven by")
    for driver in summary.drivers[:N_DRIVERS]:
        print(f"    {driver.contribution:+.3f}  {driver.name}")


def _predict(market: Market) -> None:
    warehouse = Warehouse()
    frames = warehouse.read_all(market.name, latest.TABLES)
    found = latest.latest_probabilities(market, frames, Path(warehouse.root).absolute())
    day, label = found["date"].iloc[0], found["label"].iloc[0]
    print(f"{market.title}: probability of stress ({label}) as of {day:%Y-%m-%d}")
    for row in found.itertuples(index=False):
        seeds = f"single seeds {row.lowest_seed:.3f} to {row.highest_seed:.3f}"
        print(f"  {row.probability:.3f}  {row.model} (trained to {row.origin:%Y-%m-%d}; {seeds})")


def _import_template(market: Market) -> None:
    written = import_template.write(market)
    for path in written.new:
        print(f"new   {path}")
    for path in written.kept:
        print(f"kept  {path} (it was there already)")


def _plan(market: Market) -> None:
    print(plan_text(plan_refresh(market, Warehouse(), dt.date.today())))


def _export(target: Path) -> None:
    path = export(Path(Warehouse().root).absolute(), target, macros_sql=MACROS)
    print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")


def _evaluate_sentiment(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    if (options.market is None) == (options.checkpoint is None):
        parser.error("name a --market or a --checkpoint")
    if options.market and (options.revision or options.labels):
        parser.error("--revision and --labels are those of a --checkpoint; a market has its own")
    if options.market:
        model = load_market(options.market).sentiment
        if model is None:
            parser.error(f"market {options.market} has no sentiment model: name a --checkpoint")
    elif options.language is None:
        parser.error("--checkpoint needs --language, which chooses the probe sentences")
    else:
        folder = Path(options.checkpoint).resolve()
        model = SentimentModel(
            checkpoint=options.checkpoint,
            revision=options.revision,
            folder=str(folder) if folder.is_dir() else None,
            language=options.language,
            labels=parse_labels(options.labels) if options.labels else None,
        )
    classes = parse_classes(options.classes) if options.classes else None
    print(evaluate(options.labelled, model, PROJECT_ROOT, Device().resolve(), classes))


def _picture(market: Market, target: Path) -> None:
    warehouse = Warehouse()
    if market.monthly:
        figure = charts.index_chart(
            warehouse.read(market.name, "sfri"),
            "real_time",
            events=warehouse.read(market.name, "events"),
            regimes=warehouse.read(market.name, "regimes"),
        )
    else:
        predictions = warehouse.read(market.name, "stress_predictions")
        figure = probability_chart(predictions, market.events)
    if market.synthetic:
        charts.mark_synthetic(figure)
    target.write_bytes(charts.to_png(figure, dpi=110))


if __name__ == "__main__":
    sys.exit(main())
