"""``compare_warnings``: which score tells events from calm, with as many episodes as there are?

Belongs here: areas under the ROC curve of labelled scores and their differences. Does not belong
here: whether probabilities mean what they say (`probabilities`), and the area itself (`auroc`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray
from sfr_pipeline.econometrics.labelled import check_counts, check_level
from sfr_pipeline.errors import TooShortError
from sfr_pipeline.evaluation.aligned import column_of, events, said_of, span
from sfr_pipeline.evaluation.auroc import auroc, auroc_of_counts
from sfr_pipeline.evaluation.bootstrap import LEVEL, block_counts, episode_interval

DRAWS = 1000
MONTHS_A_YEAR = 12
DAYS_A_YEAR = 365.25
# Fewer tell neither how dense the periods are, nor leave two blocks of half a year.
FEWEST_PERIODS = 24


@dataclass(frozen=True)
class WarningComparison:
    """What is known of scores of an event.

    Attributes:
        table: one row a score, the largest area first: ``auroc`` with ``low`` and ``high``; its
            ``difference`` from the benchmark's with ``difference_low`` and ``difference_high``;
            ``verdict``: better, worse or undecided, by whether the interval holds 0. Missing where
            there is no benchmark.
        n_episodes: of events, which is how much the sample has to say.
        base_rate: share of the periods with an event.
        gap: calm periods up to which two events are one episode: a month of them.
        block: periods that resamples keep together: half a year of them.
        benchmark: its name, or None.
        level: coverage of the intervals.
        periods: that were judged.
    """

    table: pd.DataFrame
    n_episodes: int
    base_rate: float
    gap: int
    block: int
    benchmark: str | None
    level: float
    periods: pd.Index

    def summary(self) -> str:
        """The table under what was compared, and how much the sample has to say."""
        against = f" against {self.benchmark}" if self.benchmark else ""
        few = "" if self.n_episodes > 1 else ": too few for any interval"
        return "\n".join(
            [
                f"Warnings{against}; {span(self.periods)}",
                f"  episodes {self.n_episodes}{few}; base rate {self.base_rate:.3f}; "
                f"intervals of {self.level:.0%} by blocks of {self.block} periods",
                "",
                self.table.dropna(axis=1, how="all").to_string(
                    float_format="{:.3f}".format, na_rep=""
                ),
            ]
        )

    def __repr__(self) -> str:
        """Print the summary."""
        return self.summary()


def compare_warnings(
    event: pd.Series,
    scores: pd.DataFrame,
    benchmark: str | None = None,
    *,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
) -> WarningComparison:
    """Compare scores of an event by the area under the ROC curve, right for few episodes.

    All scores meet the same resamples of blocks of half a year, so that differences are paired.
    Intervals are the estimate -+ Student's t, of as many degrees of freedom as there are episodes
    but one, times the standard deviation of the resamples.

    Args:
        event: what happened, True and False or 1 and 0, complete, by ascending periods.
        scores: for these periods, one column a score, higher for more likely events. In row t what
            was said of the event of row t before it could be known.
        benchmark: name of the column that differences are taken from; None for no differences.
        level: coverage of the intervals.
        draws: resamples.
        seed: of them.

    Raises:
        TooShortError: there are fewer than 24 periods.
        EstimationError: what is given does not fit together; the message says what to do.

    Examples:
        >>> import numpy as np, pandas as pd
        >>> from sfr_pipeline.evaluation import compare_warnings
        >>> rng = np.random.default_rng(0)
        >>> days = pd.bdate_range("2010-01-04", periods=2500)
        >>> event = pd.Series(np.arange(2500) % 400 < 40, days)
        >>> shown = event.to_numpy() + 0.5 * rng.standard_normal(2500)
        >>> scores = pd.DataFrame({"coin": rng.random(2500), "mine": shown}, days)
        >>> found = compare_warnings(event, scores, "coin")
        >>> found.n_episodes, found.block, found.gap
        (7, 131, 22)
        >>> found.table["verdict"].to_dict()
        {'mine': 'better', 'coin': 'benchmark'}
    """
    check_counts(draws=draws)
    check_level(level)
    said = said_of(scores, "scores", event, "event")
    happened = events(event, "event")
    n = len(happened)
    if n < FEWEST_PERIODS:
        raise TooShortError(f"event has {n} periods: give {FEWEST_PERIODS} at least")
    a_year = _periods_a_year(event.index)
    gap = max(1, round(a_year / MONTHS_A_YEAR))
    block = min(max(2, round(a_year / 2)), n // 2)
    n_episodes = _episodes(happened, gap)
    estimates = np.array([auroc(happened, score) for score in said.T])
    counts = block_counts(n, block, draws, np.random.default_rng(seed))
    drawn = auroc_of_counts(happened, said, counts)
    low, high = np.clip(episode_interval(estimates, drawn, n_episodes, level), 0, 1)
    models = pd.Index([str(column) for column in scores.columns], name="score")
    table = pd.DataFrame({"auroc": estimates, "low": low, "high": high}, models)
    if benchmark is not None:
        place = column_of(scores, benchmark, "scores")
        difference = estimates - estimates[place]
        paired = drawn - drawn[:, [place]]
        ends = episode_interval(difference, paired, n_episodes, level)
        table["difference"], table["difference_low"], table["difference_high"] = difference, *ends
        table["verdict"] = np.select([ends[0] > 0, ends[1] < 0], ["better", "worse"], "undecided")
        table.loc[benchmark, ["difference", "difference_low", "difference_high"]] = np.nan
        table.loc[benchmark, "verdict"] = "benchmark"
    return WarningComparison(
        table.sort_values("auroc", ascending=False, kind="stable"),
        n_episodes,
        float(happened.mean()),
        gap,
        block,
        benchmark,
        level,
        event.index,
    )


def _episodes(happened: BoolArray, gap: int) -> int:
    """Runs of events, of which those up to ``gap`` calm periods apart are one."""
    return 1 + int((np.diff(np.flatnonzero(happened)) > gap + 1).sum())


def _periods_a_year(periods: pd.Index) -> float:
    """How many of these periods make a year, by how many there are between first and last."""
    days = periods.to_timestamp() if isinstance(periods, pd.PeriodIndex) else periods
    return (len(days) - 1) * DAYS_A_YEAR / ((days[-1] - days[0]) / pd.Timedelta(days=1))
