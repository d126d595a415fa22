"""Columns and rules that tables of several legs share."""

from dataclasses import replace
from typing import Protocol

import pandas as pd

from sfr_pipeline.storage.contract import Column, Rule

# Sums of some dozens of terms of order one, in double precision.
TOLERANCE = 1e-9
Z = "standard deviations"

MODE = Column(
    "mode",
    "string",
    "Information set of the estimate: paper (full sample, looks ahead) or real_time (only what was "
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
REFIT = Column(
    "refit_months",
    "int",
    "Months between two fits of the model; 0 where nothing is estimated, missing where it is "
    "fitted once",
    "months",
    nullable=True,
    minimum=0,
)
INDICATOR = Column("indicator", "string", "Identifier of the indicator")
DIMENSION = Column("dimension", "string", "Dimension of the indicator")


def number(name: str, description: str, unit: str = "", *, nullable: bool = False) -> Column:
    """A real number without bounds."""
    return Column(name, "double", description, unit, nullable=nullable)


def share(name: str, description: str, *, nullable: bool = False) -> Column:
    """A number from 0 to 1."""
    return Column(name, "double", description, nullable=nullable, minimum=0, maximum=1)


class Kind(Protocol):
    """`number` or `share`."""

    def __call__(self, name: str, description: str, *, nullable: bool = False) -> Column:
        """A column of this kind."""
        ...


def seed_spread(
    score: str, name: str, kind: Kind = number, *, nullable: bool = False, unit: str = ""
) -> tuple[Column, ...]:
    """Columns on how a score spreads over single seeds, see ``evaluation.completeness.spread``.

    Args:
        score: column that spreads.
        name: of the score, in words.
        kind: of its lowest and highest value.
        nullable: whether they may be missing; the standard deviation always may.
        unit: of the score.
    """
    lowest = kind(f"{score}_seed_min", f"Lowest {name} of a single seed", nullable=nullable)
    highest = kind(f"{score}_seed_max", f"Highest {name} of a single seed", nullable=nullable)
    mean = f"Mean of the single seeds' {name}"
    sd = f"Standard deviation of the single seeds' {name}"
    return (
        Column("n_seeds", "int", "Seeds; 1 for models without randomness", minimum=1),
        number(f"{score}_seed_mean", mean, unit, nullable=nullable),
        number(f"{score}_seed_sd", sd, unit, nullable=True),
        replace(lowest, unit=unit),
        replace(highest, unit=unit),
    )


def complementary(low: str, high: str) -> Rule:
    """In each row the two columns sum to 1; missing ones pass."""

    def violations(frame: pd.DataFrame) -> "pd.Series[bool]":
        return (frame[low] + frame[high] - 1).abs() > TOLERANCE

    return Rule(f"{low} and {high} sum to 1", violations)
