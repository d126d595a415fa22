"""The synthetic economy's hidden state: risk factor, regimes, events, and the mood of investors.

Belongs here: what nobody observes. Does not belong here: what is observed of it (`series`,
`prices`, `forum`), and the table that tells it (`truth`).

The factor is a Markov-switching autoregression, the model that the regimes of the index are
estimated with (the monthly paper, section 3.2.3), and named events that shock it:

    F_t = phi F_{t-1} + (1 - phi) mu_{s_t} + sigma_{s_t} e_t + shocks

Everything here is made up. No month, event or number speaks of a real economy.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from sfr_pipeline.sandbox.streams import stream

SAMPLE = pd.period_range("2010-01", "2024-12", freq="M")
# Two years more before the sample, for growth rates, moving windows and GARCH estimates.
MONTHS = pd.period_range("2008-01", SAMPLE[-1], freq="M")

LOW, HIGH = 0, 1
ENTER_HIGH, LEAVE_HIGH = 0.012, 0.06
PERSISTENCE = 0.82
REGIME_MEAN = (-0.8, 2.4)
SHOCK_SD = (0.22, 0.35)

MOOD_PERSISTENCE = 0.6
MOOD_LEVEL, MOOD_OF_FACTOR, MOOD_OF_ITS_OWN = 0.1, -0.42, 0.3


@dataclass(frozen=True)
class Shock:
    """An event: the regime is high from its first to its last month, and the factor jumps.

    Attributes:
        event: its id in the catalogue.
        first: month of its onset.
        last: month of its end.
        size: of the jump at the onset, before the factor is standardised.
    """

    event: str
    first: str
    last: str
    size: float


SHOCKS = (
    Shock("copper_bank", "2011-08", "2012-03", 1.6),
    Shock("cash_crunch", "2013-06", "2013-09", 1.2),
    Shock("margin_spiral", "2015-07", "2016-02", 2.0),
    Shock("trade_rift", "2018-03", "2018-12", 1.2),
    Shock("harbour_fever", "2020-02", "2020-07", 2.2),
    Shock("tower_default", "2021-10", "2022-10", 1.4),
)


@dataclass(frozen=True)
class Economy:
    """The hidden state, indexed by month from ``MONTHS[0]`` on.

    Attributes:
        factor: systemic risk, mean 0 and standard deviation 1 over ``SAMPLE``.
        regime: 0 (low risk) or 1 (high risk).
        sentiment: expected tone of a month's posts, positive share less negative share.
    """

    factor: pd.Series
    regime: pd.Series
    sentiment: pd.Series


@cache
def economy() -> Economy:
    """Generate the hidden state; always the same."""
    regime = _regimes()
    factor = _factor(regime)
    return Economy(factor, regime, _sentiment(factor))


def _regimes() -> pd.Series:
    uniform = stream("regime").random(len(MONTHS))
    states = [LOW]
    for draw in uniform[1:]:
        leaves = draw < (LEAVE_HIGH if states[-1] == HIGH else ENTER_HIGH)
        states.append(1 - states[-1] if leaves else states[-1])
    regime = pd.Series(states, index=MONTHS)
    for shock in SHOCKS:
        regime[shock.first : shock.last] = HIGH
    return regime


def _factor(regime: pd.Series) -> pd.Series:
    impulse = pd.Series(0.0, index=MONTHS)
    for shock in SHOCKS:
        impulse[shock.first] += shock.size
    noise = stream("factor").standard_normal(len(MONTHS))
    values = np.empty(len(MONTHS))
    previous = REGIME_MEAN[LOW]
    for month, state in enumerate(regime):
        previous = (
            PERSISTENCE * previous
            + (1 - PERSISTENCE) * REGIME_MEAN[state]
            + SHOCK_SD[state] * noise[month]
            + impulse.iloc[month]
        )
        values[month] = previous
    factor = pd.Series(values, index=MONTHS)
    sample = factor[SAMPLE]
    return (factor - sample.mean()) / sample.std()


def _sentiment(factor: pd.Series) -> pd.Series:
    own = autoregression(stream("sentiment"), len(factor), MOOD_PERSISTENCE)
    return np.tanh(MOOD_LEVEL + MOOD_OF_FACTOR * factor + MOOD_OF_ITS_OWN * own)


def autoregression(rng: np.random.Generator, length: int, persistence: float) -> np.ndarray:
    """Gaussian AR(1) with mean 0 and variance 1 from its stationary start, ``(length,)``."""
    shocks = rng.standard_normal(length)
    shocks[1:] *= np.sqrt(1 - persistence**2)
    values = shocks.copy()
    for t in range(1, length):
        values[t] += persistence * values[t - 1]
    return values
