"""The paper's rivals made small, where a test does not depend on how well they learn."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sfr_pipeline.forecasting.forecasters import sklearn_models

SMALL = {
    sklearn_models.BackPropagation: {"max_iter": 50},
    sklearn_models.SupportVectors: {},
    sklearn_models.RandomForest: {"n_estimators": 10},
}


@contextmanager
def small_models() -> Iterator[None]:
    """Smaller forests, shorter training, two settings to choose from in two folds."""
    with pytest.MonkeyPatch.context() as patch:
        for model, small in SMALL.items():
            grid = {parameter: values[-2:] for parameter, values in model.grid.items()}
            patch.setattr(model, "settings", {**model.settings, **small})
            patch.setattr(model, "grid", grid)
        patch.setattr(sklearn_models, "N_FOLDS", 2)
        yield
