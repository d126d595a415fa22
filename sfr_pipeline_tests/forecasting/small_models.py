"""The paper's rivals made small, where a test does not depend on how well they learn."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sfr_pipeline.forecasting.forecasters import sklearn_models

SMALL = {"bp": {"max_iter": 50}, "svm": {}, "random_forest": {"n_estimators": 10}}


@contextmanager
def small_machines() -> Iterator[None]:
    """Smaller forests, shorter training, two settings to choose from in two folds."""
    settings = {name: {**sklearn_models.SETTINGS[name], **small} for name, small in SMALL.items()}
    grids = {
        name: {parameter: values[-2:] for parameter, values in grid.items()}
        for name, grid in sklearn_models.GRIDS.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sklearn_models, "SETTINGS", settings)
        patch.setattr(sklearn_models, "GRIDS", grids)
        patch.setattr(sklearn_models, "N_FOLDS", 2)
        yield
