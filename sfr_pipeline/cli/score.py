"""Command ``score``: score one model beside the rules that it has to beat; nothing is written."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

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
    "forecasting": ("horizon", "rmse", "rmse_ratio", "ratio_low", "ratio_high", "bar_ratio"),
    "stress": ("auroc", "auroc_low", "auroc_high", "brier", "brier_skill"),
    "volatility": ("horizon", "rival", "loss", "gain", "p_value", "verdict"),
}


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

    rows = scores.assign(
        model=[
            f"{'>' if model == record.id else ' '} {name_of(record.leg, model)}"
            for model in scores["model"]
        ]
    )
    shown = [name for name in ("model", *COLUMNS[record.leg]) if name in rows]
    return str(rows[shown].to_string(index=False, float_format="{:.3f}".format, justify="right"))


def _known(legs: Sequence[str]) -> str:
    from sfr_pipeline.evaluation.models import own_models

    own = [model.id for model in own_models() if model.leg in legs]
    return f"your own are {', '.join(own)}" if own else "none of your own is in 'extensions/'"
