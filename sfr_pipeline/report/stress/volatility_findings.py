"""What was found of volatility: facts that `volatility_verdict` draws and puts in words."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Gain:
    """How much less a model loses than a rival, on the same days.

    Attributes:
        model: its id.
        name: for readers.
        rival: id of the rival.
        rival_name: for readers.
        gain: 1 - loss / loss of the rival, squared errors of logs.
        low: lower end of its 95 % intervals, the outer of blocks of 63 and of 252 days.
        high: upper end of both.
        p_value: of the test on the difference of losses.
        verdict: ``better``, ``worse`` or ``undecided``.
        by_qlike: the same by QLIKE; empty where it is not there.
        refit_months: between two fits; 0 where nothing is fitted, NaN where it is fitted once.
    """

    model: str
    name: str
    rival: str
    rival_name: str
    gain: float
    low: float
    high: float
    p_value: float
    verdict: str
    by_qlike: str
    refit_months: float


@dataclass(frozen=True)
class PanelFinding:
    """What was found on one panel of markets.

    Attributes:
        panel: its name in the tables.
        n_markets: how many are forecast together.
        n_days: that are judged.
        gains: of the headline model over each other reference.
        network: gain of the project's network over the headline model; None where it was not run.
        beside: the same of the network's ablation and of other linear forms.
    """

    panel: str
    n_markets: int
    n_days: int
    gains: tuple[Gain, ...]
    network: Gain | None
    beside: tuple[Gain, ...]


@dataclass(frozen=True)
class Outlook:
    """The newest forecast of one sub-market and horizon, as fractions a year.

    Attributes:
        market: identifier.
        name: for readers.
        horizon: trading days ahead.
        forecast: of the headline model.
        bounds: 5, 25, 75 and 95 %, NaN where there are too few past errors.
        threshold: above it the market is in stress.
    """

    market: str
    name: str
    horizon: int
    forecast: float
    bounds: tuple[float, float, float, float]
    threshold: float


@dataclass(frozen=True)
class VolatilitySummary:
    """How large will volatility be, and what is the forecast worth?

    Attributes:
        day: the newest with a forecast; None without one.
        outlook: that day's forecasts, markets in the catalogue's order.
        panels: findings, sub-markets first.
        unlike: models of the verdict that are not fitted once a year, with how often.
        verdict: what was found, in words.
    """

    day: pd.Timestamp | None
    outlook: tuple[Outlook, ...]
    panels: tuple[PanelFinding, ...]
    unlike: tuple[str, ...]
    verdict: str
