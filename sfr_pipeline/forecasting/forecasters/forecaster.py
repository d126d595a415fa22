"""The common form of the forecasters: fit at one origin, forecast the change at this and others.

A fit made at origin t sees ``Origin`` t only. A forecast made at a later origin takes the inputs as
known there, and the fit (its coefficients, its standardisation) as it was made.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation import models
from sfr_pipeline.evaluation.models import Model
from sfr_pipeline.evaluation.models.answers import answering, check_answer, check_same, is_own
from sfr_pipeline.forecasting import origins
from sfr_pipeline.forecasting.origins import Origin
from sfr_pipeline.training.windows import windows_of

HORIZONS = tuple(range(1, origins.HORIZONS + 1))
ONE_MONTH = (1,)
# The paper's Table 7, "Time Step".
WINDOW = 6


class Forecaster(models.Forecaster[Origin, Sequence[int], Sequence[Origin]], ABC):
    """A forecaster that is no network.

    Attributes:
        every_month: refitted at each origin, else as often as the profile refits networks.
        estimates: whether there is anything to fit.
    """

    every_month: ClassVar[bool] = True
    estimates: ClassVar[bool] = True

    @abstractmethod
    def fit(self, made: Origin, seeds: Sequence[int]) -> Self:
        """Learn from one origin; a model with randomness once for each seed."""

    @abstractmethod
    def predict(self, asked: Sequence[Origin]) -> FloatArray:
        """Forecast changes, ``(n_asked, n_seeds or 1, n_horizons)``, from one month ahead on."""

    def available(self, origins: Sequence[Origin]) -> bool:
        """Whether it has what it needs at all of these origins."""
        return True


@dataclass(frozen=True)
class Block:
    """Origins whose forecasts come from one fit.

    Attributes:
        made: the origin at which the fit is made.
        asked: the origins at which it forecasts.
    """

    made: Origin
    asked: tuple[Origin, ...]


def last_window(frame: pd.DataFrame, window: int = WINDOW) -> FloatArray:
    """The window that ends with the last row, ``(window, n_columns)``."""
    return windows_of(frame.iloc[-window:].to_numpy(float), window)[0]


def h_month_changes(changes: pd.Series, horizon: int) -> FloatArray:
    """Changes of the matched basket over the next ``horizon`` months, by month at their start.

    Args:
        changes: one-month changes y_s, ``(n_months,)``, the last of them not known yet.
        horizon: months, h.

    Returns:
        y_s + ... + y_{s+h-1} for the months whose change is known, ``(n_months - h,)``.
    """
    known = changes.to_numpy(float)[:-1]
    return sliding_window_view(known, horizon).sum(axis=1)


def forecast(model: Model, blocks: Sequence[Block], seeds: Sequence[int]) -> FloatArray:
    """Forecast changes at all origins of the blocks, ``(n_origins, n_seeds or 1, n_horizons)``.

    Raises:
        ExtensionError: a model of the user failed, or answered what was not asked.
    """
    return np.concatenate([_of_block(model, block, seeds) for block in blocks])


def _of_block(model: Model, block: Block, seeds: Sequence[int]) -> FloatArray:
    doing = f"at the origin {block.made.month}"
    with answering(model, doing):
        fitted = model.create().fit(block.made, seeds)
        if fitted is None:
            raise TypeError("'fit' must return the model itself")
        answer = fitted.predict(block.asked)
    shape = (len(block.asked), len(seeds) if model.random else 1, len(horizons_of(model)))
    changes = check_answer(model, answer, shape, "origins, seeds or 1, horizons", doing)
    if is_own(model) and len(block.asked) > 1:
        with answering(model, doing):
            alone = fitted.predict(block.asked[:1])
        why = "a forecast may not know the origins that are asked for beside its own"
        check_same(model, changes[:1], np.asarray(alone), f"{doing} when asked alone", why)
    return changes


def horizons_of(model: Model) -> tuple[int, ...]:
    """Months ahead that a model forecasts."""
    return HORIZONS[: model.months_ahead]
