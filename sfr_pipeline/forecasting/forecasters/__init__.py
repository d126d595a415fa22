"""Forecasters of the index's change, each from what one origin knows.

Belongs here: from an ``Origin`` to a forecast change. Does not belong here: which origins are
forecast and when a fit is renewed (the protocols), and how good the forecasts were.
"""

from dataclasses import dataclass

from sfr_pipeline.forecasting.forecasters import naive, ridge, sklearn_models, var
from sfr_pipeline.forecasting.forecasters.forecaster import ONE_MONTH, Forecaster

NAIVE = (
    Forecaster("no_change", naive.fit_no_change),
    Forecaster("ar1", naive.fit_ar1),
    Forecaster("expanding_mean", naive.fit_expanding_mean),
    Forecaster("markov_switching", naive.fit_markov_switching, ONE_MONTH),
)
LINEAR = (
    Forecaster("ridge", ridge.fit_ridge_inputs),
    Forecaster("var", var.fit_var),
)
RIVALS = (
    Forecaster("bp", sklearn_models.fit_bp, ONE_MONTH, monthly=False, random=True),
    Forecaster("svm", sklearn_models.fit_svm, ONE_MONTH, monthly=False),
    Forecaster(
        "random_forest", sklearn_models.fit_random_forest, ONE_MONTH, monthly=False, random=True
    ),
)
CONTENDER = Forecaster("ridge_changes", ridge.fit_ridge_changes)

PAPER_FORECASTERS = (*NAIVE, *LINEAR, *RIVALS)
"""What the paper's experiment is run with, beside its Transformer."""
REAL_TIME_FORECASTERS = (*PAPER_FORECASTERS, CONTENDER)
"""What is judged in real time, beside the two Transformers."""


@dataclass(frozen=True)
class Tried:
    """How many settings of a model any of its fits may choose from.

    Attributes:
        model: in column ``model``.
        settings: their number; 1 for a model with nothing to choose.
        what: the choice, in words.
    """

    model: str
    settings: int
    what: str


EARLIER_VARIANTS = 41
"""Forecaster variants scored on the US index before this project; ``ridge_changes`` is one."""


def tried() -> tuple[Tried, ...]:
    """Everything that is tried, so that a winner can be judged as one of many."""
    penalties = len(ridge.PENALTIES)
    return (
        *(Tried(forecaster.name, 1, "nothing to choose") for forecaster in NAIVE),
        Tried("ridge", penalties, "penalty, by expanding cross-validation at each origin"),
        Tried("var", 1, f"order {var.ORDER}, as the paper"),
        *(
            Tried(
                model,
                len(values),
                f"{parameter} in {values}, by time-ordered cross-validation at each refit",
            )
            for model, grid in sklearn_models.GRIDS.items()
            for parameter, values in grid.items()
        ),
        Tried("transformer", 1, "the paper's Table 7"),
        Tried("ridge_changes", penalties, "penalty, by expanding cross-validation at each origin"),
        Tried("transformer_changes", 1, "nothing; the shrinkage factor is estimated"),
    )
