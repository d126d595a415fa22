import numpy as np

from sfr_pipeline.training.loss_curve import loss_curve
from sfr_pipeline.training.spec import Fit


def test_there_is_one_row_an_epoch_that_tells_whose_it_is():
    fit = Fit(np.empty((0, 1)), np.array([3.0, 2.0]), np.array([np.nan, 4.0]), {})
    rows = loss_curve(fit, {"model": "cnn", "seed": 7})
    assert list(rows) == ["model", "seed", "epoch", "training_loss", "validation_loss"]
    assert rows["epoch"].tolist() == [1, 2]
    assert rows["training_loss"].tolist() == [3.0, 2.0]
    assert (rows[["model", "seed"]] == ["cnn", 7]).all(axis=None)
