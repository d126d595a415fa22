"""The synthetic economy's daily prices: volatility, correlation and losses follow the factor.

A day's return of an instrument has a common part and one of its own. When the factor is high both
grow, the common one faster, so that instruments move together; when it rises, prices fall.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from sfr_pipeline.sandbox.economy import MONTHS, economy
from sfr_pipeline.sandbox.streams import stream

FIELDS = ("open", "high", "low", "close", "volume")

# Daily volatility of the common return in per cent, and how it grows with the factor.
COMMON_SD, COMMON_GROWTH = 0.75, 0.42
OWN_GROWTH = 0.22
DRIFT, DRIFT_OF_RISING_RISK = 0.05, -0.22
# Volatility also clusters from day to day, which GARCH is there to see.
CLUSTER_PERSISTENCE, CLUSTER_SD = 0.94, 0.22


@dataclass(frozen=True)
class Traded:
    """One instrument.

    Attributes:
        code: of the source.
        description: for the list of what the source has.
        start: price before the first day.
        beta: on the common return; negative for what gains in stress.
        own: daily volatility of its own in per cent.
        kind: a price moves in per cent, a yield in hundredths of a percentage point around `start`.
    """

    code: str
    description: str
    start: float
    beta: float
    own: float
    kind: str = "price"


TRADED = (
    Traded("composite", "composite stock index", 3000.0, 1.0, 0.1),
    Traded("copper_bank", "shares of a bank", 8.0, 1.2, 0.9),
    Traded("lantern_bank", "shares of a bank", 14.0, 1.1, 0.8),
    Traded("river_insurance", "shares of an insurer", 22.0, 1.0, 1.0),
    Traded("tower_estates", "shares of a developer", 11.0, 1.15, 1.2),
    Traded("cedar_foods", "shares of a food maker", 30.0, 0.7, 1.0),
    Traded("comet_chips", "shares of a chip maker", 18.0, 1.2, 1.6),
    Traded("harbour_lines", "shares of a shipping line", 6.0, 0.95, 1.3),
    Traded("granite_steel", "shares of a steel maker", 5.0, 1.0, 1.2),
    Traded("willow_pharma", "shares of a drug maker", 40.0, 0.75, 1.2),
    Traded("crown", "local currency a unit of the reserve currency", 6.5, -0.2, 0.14),
    Traded("government_bond", "yield of the ten-year government bond, %", 3.6, -1.2, 2.4, "yield"),
)
STRESS = 2.5  # the factor is not let to blow volatility up beyond this many standard deviations


@cache
def daily_prices() -> pd.DataFrame:
    """Prices in long form, every instrument on every business day: date, code, and ``FIELDS``."""
    days = pd.bdate_range(MONTHS[0].start_time, MONTHS[-1].end_time.normalize())
    hidden = economy().factor
    factor = hidden.clip(upper=STRESS).reindex(days.to_period("M")).to_numpy()
    rising = hidden.diff().fillna(0.0).reindex(days.to_period("M")).to_numpy()

    rng = stream("prices", "common")
    cluster = np.exp(_clusters(rng, len(days)))
    common = COMMON_SD * np.exp(COMMON_GROWTH * factor) * cluster * rng.standard_normal(len(days))
    common += DRIFT + DRIFT_OF_RISING_RISK * rising
    own_scale = np.exp(OWN_GROWTH * factor)
    frames = [_instrument(item, days, common, own_scale, factor) for item in TRADED]
    return pd.concat(frames, ignore_index=True)


def _clusters(rng: np.random.Generator, length: int) -> np.ndarray:
    steps = CLUSTER_SD * np.sqrt(1 - CLUSTER_PERSISTENCE**2) * rng.standard_normal(length)
    for day in range(1, length):
        steps[day] += CLUSTER_PERSISTENCE * steps[day - 1]
    return steps


def _instrument(
    item: Traded,
    days: pd.DatetimeIndex,
    common: np.ndarray,
    own_scale: np.ndarray,
    factor: np.ndarray,
) -> pd.DataFrame:
    rng = stream("prices", item.code)
    moves = item.beta * common + item.own * own_scale * rng.standard_normal(len(days))
    if item.kind == "yield":
        # A yield returns to where it was; a price need not.
        close = np.empty(len(days))
        level = 0.0
        for day, move in enumerate(moves):
            level = 0.997 * level + move / 100
            close[day] = item.start + level
        deviation = np.abs(moves).mean() / 100 / item.start
    else:
        close = item.start * np.exp(np.cumsum(moves) / 100)
        deviation = np.abs(moves).mean() / 100
    spread = deviation * own_scale * np.abs(rng.standard_normal((3, len(days))))
    opened = np.concatenate([[item.start], close[:-1]]) * (1 + 0.2 * (spread[0] - spread[0].mean()))
    volume = 1e6 * np.exp(0.25 * factor + 0.3 * rng.standard_normal(len(days)))
    return pd.DataFrame(
        {
            "date": days,
            "code": item.code,
            "open": opened,
            "high": np.maximum(opened, close) * (1 + 0.5 * spread[1]),
            "low": np.minimum(opened, close) * (1 - 0.5 * spread[2]),
            "close": close,
            "volume": np.round(volume),
        }
    )
