"""What was found of daily stress: facts that `verdict` draws from the tables and puts in words."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

Standing = Literal["above", "level with", "below"]
STANDINGS: tuple[Standing, ...] = ("above", "level with", "below")


@dataclass(frozen=True)
class Scored:
    """AUROC of a model's published probability on the headline, all test days pooled.

    Attributes:
        low: lower end of its 95 % interval; NaN with fewer than two episodes.
        high: upper end.
        refit_months: between two fits; 0 where nothing is fitted, NaN where it is fitted once.
    """

    model: str
    name: str
    auroc: float
    low: float
    high: float
    refit_months: float


@dataclass(frozen=True)
class Comparison:
    """The contender against one rival that is fitted as often, on the same days.

    Attributes:
        difference: contender's AUROC less the rival's.
        low: lower end of its 95 % interval.
        high: upper end.
        standing: of the contender; 'level with' where the interval holds 0.
    """

    rival: str
    name: str
    difference: float
    low: float
    high: float
    standing: Standing


@dataclass(frozen=True)
class PaperFinding:
    """F1 in the paper's own experiment; of networks the mean over those that were run.

    Attributes:
        in_time_order: networks, tested on the latest fifth of the days.
        leaking: networks, tested on windows drawn at random.
        printed: the same networks in the paper.
        last_in_time_order: yesterday's label, which needs no model.
        last_leaking: the same on the days drawn at random.
    """

    in_time_order: float
    leaking: float
    printed: float
    last_in_time_order: float
    last_leaking: float


@dataclass(frozen=True)
class Latest:
    """What the rule that scores best says of the newest day, and the base rate known on it."""

    day: pd.Timestamp
    model: str
    name: str
    probability: float
    base_rate: float


@dataclass(frozen=True)
class StressSummary:
    """Does anything tell the stress of the coming days?

    Attributes:
        n_days: test days that are scored.
        n_episodes: episodes of stress among them, the effective sample.
        base_rate: share of days before stress.
        judged: models with an AUROC, the highest first.
        contender: None where it was not run or cannot be scored.
        comparisons: of the contender with the references that are fitted as often.
        unlike: references that are not, which no verdict compares.
        paper: None where no network was run under the paper's protocol.
        latest: None where no rule with a score, or no base rate, speaks of the newest day.
        verdict: what was found, in words.
    """

    n_days: int
    n_episodes: int
    base_rate: float
    judged: tuple[Scored, ...]
    contender: Scored | None
    comparisons: tuple[Comparison, ...]
    unlike: tuple[Scored, ...]
    paper: PaperFinding | None
    latest: Latest | None
    verdict: str
