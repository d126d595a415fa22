"""The table that says what the models of all legs are."""

from typing import get_args

from sfr_pipeline.evaluation.models import Family, Leg
from sfr_pipeline.storage.contract import Column, Table

MODELS = Table(
    name="models",
    description="Every model of the score tables: what it is and where it may not be missing. Join "
    "leg and model to forecast_scores (forecasting), stress_scores (stress) or volatility_scores "
    "(volatility).",
    columns=(
        Column("leg", "string", "Which forecasts it makes", allowed=get_args(Leg)),
        Column("model", "string", "Its id in column model of the other tables"),
        Column("place", "int", "Place in reading order", minimum=1),
        Column("name", "string", "Name for readers"),
        Column(
            "family",
            "string",
            "naive (a rule), baseline (simple, to be beaten), paper (of the two papers) or own (of "
            "this project)",
            allowed=get_args(Family),
        ),
        Column("network", "bool", "Whether it is trained as a network"),
        Column("random", "bool", "Whether it takes seeds"),
        Column("benchmark", "bool", "Whether ratios and skills are measured by it"),
        Column("reference", "bool", "Whether every other is held against it in a paired test"),
        Column("headline", "bool", "Whether its answers are published first"),
        Column("required", "string", "Protocols whose scores may not be published without it"),
        Column("settings", "int", "Settings that each of its fits chooses from", minimum=1),
        Column("choice", "string", "What is chosen, in words"),
        Column(
            "variants",
            "int",
            "Variants that were looked at before its form was fixed",
            minimum=0,
        ),
    ),
    key=("leg", "model"),
)

REPORT_TABLES = (MODELS,)
