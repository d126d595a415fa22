"""Columns and rules that tables of several legs share."""

import pandas as pd

from sfr_pipeline.storage.contract import Column, Rule

# Sums of some dozens of terms of order one, in double precision.
TOLERANCE = 1e-9
Z = "standard deviations"

MODE = Column(
    "mode",
    "string",
    "Clock of the estimate: paper (full sample, looks ahead) or real_time (only what was "
    "available at the end of the month)",
    allowed=("paper", "real_time"),
)
MONTH = Column("ref_date", "date", "Last day of the month that the row speaks of")
# In column ``seed``: the mean over the seeds, and a model without randomness.
MEAN_OF_SEEDS = -1
SEED = Column(
    "seed",
    "int",
    "Seed of the fit; -1 for the mean over the seeds, and for models without randomness",
    minimum=MEAN_OF_SEEDS,
)
INDICATOR = Column("indicator", "string", "Identifier of the indicator")
DIMENSION = Column("dimension", "string", "Dimension of the indicator")


def number(name: str, description: str, unit: str = "", *, nullable: bool = False) -> Column:
    """A real number without bounds."""
    return Column(name, "double", description, unit, nullable=nullable)


def share(name: str, description: str, *, nullable: bool = False) -> Column:
    """A number from 0 to 1."""
    return Column(name, "double", description, nullable=nullable, minimum=0, maximum=1)


def complementary(low: str, high: str) -> Rule:
    """In each row the two columns sum to 1; missing ones pass."""

    def violations(frame: pd.DataFrame) -> "pd.Series[bool]":
        return (frame[low] + frame[high] - 1).abs() > TOLERANCE

    return Rule(f"{low} and {high} sum to 1", violations)
