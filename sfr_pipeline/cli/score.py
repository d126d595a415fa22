"""Command ``score``: score one model beside the rules that it has to beat; nothing is written."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sfr_pipeline.cli.arguments import Commands, add_command, add_market
from sfr_pipeline.errors import NotMaterializedError
from sfr_pipeline.markets import Market, load_market

if TYPE_CHECKING:
    import pandas as pd

    from sfr_pipeline.evaluation.models import Leg, Model
    from sfr_pipeline.resources.warehouse import Warehouse
    from sfr_pipeline.training.profile import Profile

# What is printed of each table of scores, by leg.
COLUMNS: dict["Leg", tuple[str, ...]] = {
    "forecasting": (
        "horizon",
        "n_forecasts",
        "rmse_ratio",
        "ratio_low",
        "ratio_high",
        "p_no_change",
        "p_bar",
    ),
    "stress": ("auroc", "auroc_low", "auroc_high", "brier", "brier_skill"),
    "volatility": ("horizon", "rival", "loss", "gain", "p_value", "verdict"),
}
# By what rows are sorted, the best first.
ORDER = {"forecasting": ("horizon", "rmse_ratio"), "stress": ("auroc",), "volatility": ("horizon",)}
RISING = {"forecasting": True, "stress": False, "volatility": True}


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "score",
        "score one model beside the rules that it has to beat; nothing is kept",
        run,
        more="The tables of the market's last run are read. A forecaster of the index or a "
        "classifier of days takes seconds, a network minutes: SFR_PROFILE=quick hardly trains it.",
    )
    add_market(parser)
    parser.add_argument("model", help="id of its record, as in table models")
    parser.add_argument(
        "--leg", choices=list(COLUMNS), help="where models of several legs have this id"
    )


def run(options: argparse.Namespace) -> None:
    """Print the scores of a model and of its rivals.

    Raises:
        NotMaterializedError: the market has not been run yet.
    """
    from sfr_pipeline.evaluation.models import find
    from sfr_pipeline.resources.profile import TrainingProfile
    from sfr_pipeline.resources.warehouse import Warehouse

    market, warehouse = load_market(options.market), Warehouse()
    legs: list[Leg] = [options.leg] if options.leg else list(COLUMNS)
    records = [record for leg in legs if (record := find(leg, options.model)) is not None]
    if not records:
        options.parser.error(f"there is no model '{options.model}': {_known(legs)}")
    if len(records) > 1:
        named = ", ".join(record.leg for record in records)
        options.parser.error(f"'{options.model}' is a model of {named}: say which with --leg")
    (record,) = records
    warehouse.open()
    scores = scores_of(market, warehouse, record, TrainingProfile().resolve())
    print(f"{market.title}: {record.name} ({record.leg}) beside those that it has to beat")
    print(score_text(scores, record))


def scores_of(
    market: Market, warehouse: "Warehouse", record: "Model", profile: "Profile"
) -> "pd.DataFrame":
    """Rows of the leg's table of scores.

    Args:
        market: the catalogue.
        warehouse: with the tables of a run.
        record: of the model.
        profile: effort.

    Raises:
        NotMaterializedError: there is no such run.
    """
    from sfr_pipeline.forecasting import trial as forecasting
    from sfr_pipeline.stress import trial as stress

    ways = {
        "forecasting": (forecasting.TABLES, forecasting.try_forecaster),
        "stress": (stress.TABLES, stress.try_classifier),
        "volatility": (stress.VOLATILITY_TABLES, stress.try_volatility),
    }
    tables, score = ways[record.leg]
    try:
        frames = warehouse.read_all(market.name, set(tables))
    except NotMaterializedError as error:
        raise NotMaterializedError(f"{error}; run the market once ('sfr run')") from error
    return score(market, frames, record, profile, print)


def score_text(scores: "pd.DataFrame", record: "Model") -> str:
    """Scores as lines, the model's own marked.

    Args:
        scores: of the leg.
        record: of the model.
    """
    from sfr_pipeline.evaluation.models import name_of

    by = [name for name in ORDER[record.leg] if name in scores]
    scores = scores.sort_values(by, ascending=RISING[record.leg], kind="stable")
    rows = scores.assign(
        model=[
            f"{'>' if model == record.id else ' '} {name_of(record.leg, model)}"
            for model in scores["model"]
        ]
    )
    shown = [name for name in ("model", *COLUMNS[record.leg]) if name in rows]
    table = rows[shown].to_string(index=False, float_format="{:.3f}".format, justify="right")
    return "\n".join([table, *(_found(scores, record) if record.leg == "forecasting" else [])])


def _found(scores: "pd.DataFrame", record: "Model") -> list[str]:
    """What the own row says one month ahead, in a sentence."""
    own = scores[(scores["model"] == record.id) & (scores["horizon"] == 1)]
    return [
        f"One month ahead {record.name} has {row.rmse_ratio:.3f} of the error of no change over "
        f"{row.n_forecasts} forecasts (p {row.p_no_change:.3f}): {_verdict(row)}."
        for row in own.itertuples(index=False)
    ]


def _verdict(row: Any) -> str:
    from sfr_pipeline.forecasting.scores import SIGNIFICANCE

    if not row.p_no_change < SIGNIFICANCE:  # or there is none
        return "undecided"
    if row.rmse_ratio > 1:
        return "worse"
    return "better, tried alone; the table of a run counts all models that were tried"


def _known(legs: Sequence[str]) -> str:
    from sfr_pipeline.evaluation.models import own_models

    own = [model.id for model in own_models() if model.leg in legs]
    return f"your own are {', '.join(own)}" if own else "none of your own is in 'extensions/'"
