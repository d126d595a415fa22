"""``coverage``: does a band that claims 90 % hold 90 % of what happened?

Belongs here: judging bands that were said before. Does not belong here: making them (`intervals`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.labelled import check_level
from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.evaluation.aligned import numbers, said_of, span
from sfr_pipeline.evaluation.bootstrap import LEVEL
from sfr_pipeline.evaluation.forecast_tests import (
    FEWEST_PERIODS,
    coroneo_iacone,
    fixed_smoothing_interval,
)


@dataclass(frozen=True)
class Coverage:
    """How often a band held what happened.

    Attributes:
        claimed: the band's level.
        share: of the periods whose outcome lies inside, the ends included.
        low: lower end of the 95 % interval of that share, right for misses that come together.
        high: its upper end; both are missing where no period, or every one, is inside.
        below: share of the outcomes that lie below the band.
        above: and above it.
        statistic: of the test that the share is the one claimed (Coroneo and Iacone 2020), negative
            where the band holds too little.
        p_value: two-sided.
        width: mean width of the band.
        periods: that were judged.
    """

    claimed: float
    share: float
    low: float
    high: float
    below: float
    above: float
    statistic: float
    p_value: float
    width: float
    periods: pd.Index

    @property
    def answer(self) -> str:
        """Whether the band holds what it claims, in one sentence."""
        if np.isnan(self.p_value):
            how = "every" if self.share else "no"
            return f"The band held the outcome of {how} period: there is nothing to test."
        told = f"The band claims {self.claimed:.0%} and held {self.share:.0%}"
        if self.p_value > 1 - LEVEL:
            return f"{told}: not told from what it claims (p = {self.p_value:.3f})."
        word = "too narrow" if self.share < self.claimed else "too wide"
        return f"{told}: it is {word} (p = {self.p_value:.3f})."

    def summary(self) -> str:
        """What was counted, and the answer in a sentence."""
        return "\n".join(
            [
                f"Coverage of a band of {self.claimed:.0%}; {span(self.periods)}",
                f"  inside {self.share:.3f}  ({LEVEL:.0%} interval {self.low:.3f} to "
                f"{self.high:.3f}), mean width {self.width:.3g}",
                f"  below {self.below:.3f}, above {self.above:.3f}",
                "",
                self.answer,
            ]
        )

    def __repr__(self) -> str:
        """Print the summary."""
        return self.summary()


def coverage(target: pd.Series, bands: pd.DataFrame, level: float = 0.9) -> Coverage:
    """Test whether bands hold the share of outcomes that they claim.

    Misses of a model that fails come together, and errors several steps ahead overlap. The share
    is therefore tested, and its interval made, with a long-run variance whose own randomness
    counts (`forecast_tests.coroneo_iacone`), not as if periods were independent.

    Args:
        target: what happened, complete, by ascending periods without holes.
        bands: columns ``low`` and ``high`` for the same periods, said before.
        level: content that they claim.

    Raises:
        TooShortError: there are fewer than 8 periods.
        EstimationError: what is given does not fit together; the message says what to do.

    Examples:
        >>> import numpy as np, pandas as pd
        >>> from sfr_pipeline.evaluation import coverage
        >>> months = pd.period_range("2000-01", periods=240, freq="M")
        >>> target = pd.Series(np.random.default_rng(0).standard_normal(240), months)
        >>> coverage(target, pd.DataFrame({"low": -1.645, "high": 1.645}, months)).answer
        'The band claims 90% and held 91%: not told from what it claims (p = 0.377).'
        >>> coverage(target, pd.DataFrame({"low": -1.0, "high": 1.0}, months)).answer
        'The band claims 90% and held 64%: it is too narrow (p = 0.000).'
    """
    check_level(level)
    if isinstance(bands, pd.DataFrame) and not {"low", "high"} <= set(bands.columns):
        raise EstimationError(
            f"bands has the columns {', '.join(map(str, bands.columns))}: name its ends low and "
            "high"
        )
    ends = bands[["low", "high"]] if isinstance(bands, pd.DataFrame) else bands
    low, high = said_of(ends, "bands", target, "target").T
    actual = numbers(target, "target")
    if len(actual) < FEWEST_PERIODS:
        raise TooShortError(
            f"target has {len(actual)} periods, of which no persistence can be told: give "
            f"{FEWEST_PERIODS} at least, better some hundred"
        )
    _refuse_crossed(low, high, target.index)
    inside: BoolArray = (actual >= low) & (actual <= high)
    statistic, p_value = coroneo_iacone(inside - level)
    reach = fixed_smoothing_interval(inside.astype(float), LEVEL)
    lower, upper = np.clip(reach, 0, 1)
    return Coverage(
        level,
        float(inside.mean()),
        float(lower),
        float(upper),
        float((actual < low).mean()),
        float((actual > high).mean()),
        statistic,
        p_value,
        float((high - low).mean()),
        target.index,
    )


def _refuse_crossed(low: FloatArray, high: FloatArray, periods: pd.Index) -> None:
    crossed = np.flatnonzero(low > high)
    if len(crossed):
        raise EstimationError(
            f"low is above high in {len(crossed)} periods of bands, the first of them "
            f"{periods[crossed[0]]!s:.10}: exchange the columns"
        )
