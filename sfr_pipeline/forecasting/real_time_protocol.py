"""The real-time protocol: an expanding walk-forward on what was known at each origin.

Linear models are refitted at every origin, networks and the paper's rivals at every k-th; between
refits the last fit forecasts from the inputs as known at each origin.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.forecasting.beginning import no_regime
from sfr_pipeline.forecasting.forecast_rows import outcome_rows
from sfr_pipeline.forecasting.forecasters.forecaster import HORIZONS, Block
from sfr_pipeline.forecasting.origins import Origin, Targets

LOG = logging.getLogger(__name__)

PROTOCOL = "real_time"


@dataclass(frozen=True)
class RealTimeSample:
    """Origins at which all models forecast, and what their forecasts are judged by.

    Without origins it has not begun.
    """

    origins: tuple[Origin, ...]
    targets: Targets

    def blocks(self, months: int) -> list[Block]:
        """Fits at every ``months``-th origin, from the first on."""
        return [
            Block(self.origins[start], self.origins[start : start + months])
            for start in range(0, len(self.origins), months)
        ]

    def outcomes(self) -> pd.DataFrame:
        """See ``outcome_rows``; all of it is test, for no fit sees a later month."""
        return outcome_rows(
            PROTOCOL,
            ["test"] * len(self.origins),
            self.origins,
            HORIZONS,
            self.targets.basket,
            self.targets.published,
        )


def not_begun() -> RealTimeSample:
    """The sample of a market that has no origins yet."""
    nothing = np.empty((0, len(HORIZONS)))
    return RealTimeSample((), Targets(nothing, nothing))


def real_time_sample(origins: Sequence[Origin], targets: Targets) -> RealTimeSample:
    """Begin where the regime model has its first forecast, so that all are judged on one sample.

    Raises:
        TooShortError: there are no origins, or the regime model has no forecast at any.
        EstimationError: they do not follow each other, the regime model stops having a forecast,
            or the targets do not fit the origins.
    """
    if not origins:
        raise TooShortError(
            "there are no months to forecast from: the sample is shorter than min_months of the "
            "market's early warning"
        )
    shape = (len(origins), len(HORIZONS))
    if targets.basket.shape != shape or targets.published.shape != shape:
        raise EstimationError(
            f"targets are {targets.basket.shape} and {targets.published.shape}, not "
            f"{shape}: compute them for these origins and {len(HORIZONS)} horizons"
        )
    if any(later.month != before.month + 1 for before, later in pairwise(origins)):
        raise EstimationError("forecast origins leave out months: vintages are missing")
    known = np.isfinite([origin.regime_forecast for origin in origins])
    if not known.any():
        raise TooShortError(no_regime(origins[0].month, origins[-1].month))
    first = int(known.argmax())
    if not known[first:].all():
        unknown = origins[first + int(known[first:].argmin())].month
        raise EstimationError(
            f"the regime model has no forecast in {unknown}, and its row would be "
            "incomplete: check table regimes"
        )
    if first:
        LOG.warning(
            "forecasts begin in %s, %d months after min_months: before, the regime model has none",
            origins[first].month,
            first,
        )
    kept = Targets(targets.basket[first:], targets.published[first:])
    return RealTimeSample(tuple(origins[first:]), kept)
