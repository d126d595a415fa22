"""The table of synthetic markets: the truth that their data were made from."""

from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.tables.columns import MONTH, number

TRUTH = Table(
    name="truth",
    description="What a synthetic market was made from, for measuring how well it is recovered.",
    columns=(
        MONTH,
        Column(
            "variable",
            "string",
            "factor, regime (1: high risk), sentiment, or loading of an indicator (loading.ID)",
        ),
        number("value", "True value"),
    ),
    key=("ref_date", "variable"),
)
