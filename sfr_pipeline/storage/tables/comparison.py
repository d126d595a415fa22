"""The table that holds the index against published ones."""

from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.tables.columns import MODE, TOLERANCE, share

REFERENCE_COMPARISON = Table(
    name="reference_comparison",
    description="The index against published indices of financial stress: how they move together, "
    "which comes first, and whether their worst months are the same. A reference that could not be "
    "had has a reason in place of numbers. Published indices are as of today, revised ones too.",
    columns=(
        MODE,
        Column("reference", "string", "Identifier of the published index"),
        Column("name", "string", "Name for readers"),
        Column("source", "string", "Where its values come from"),
        Column("n_months", "int", "Months in which both exist", minimum=0),
        Column("first_month", "date", "First month in which both exist", nullable=True),
        Column("last_month", "date", "Last month in which both exist", nullable=True),
        Column(
            "correlation",
            "double",
            "Correlation of the index with monthly means of the reference",
            nullable=True,
            minimum=-1 - TOLERANCE,
            maximum=1 + TOLERANCE,
        ),
        Column(
            "best_lead",
            "int",
            "Months, from -6 to 6, by which the index comes before the reference where their "
            "correlation is highest; negative where it comes after",
            "months",
            nullable=True,
            minimum=-6,
            maximum=6,
        ),
        Column(
            "best_correlation",
            "double",
            "Correlation at that lead",
            nullable=True,
            minimum=-1 - TOLERANCE,
            maximum=1 + TOLERANCE,
        ),
        Column(
            "n_high",
            "int",
            "Months that count as high stress in each: the highest tenth",
            nullable=True,
            minimum=1,
        ),
        share(
            "high_in_common",
            "Share of the index's high-stress months that are such in the reference too; by chance "
            "it would be a tenth",
            nullable=True,
        ),
        share(
            "high_jaccard",
            "Months of high stress in both over those of high stress in either",
            nullable=True,
        ),
        Column(
            "high_odds_ratio",
            "double",
            "Odds of high stress in the reference where the index has it, over those where it has "
            "not; one half is added to each count",
            nullable=True,
            minimum=0,
        ),
        Column("reason", "string", "Why there are no numbers", nullable=True),
    ),
    key=("mode", "reference"),
)

COMPARISON_TABLES = (REFERENCE_COMPARISON,)
