"""Vector autoregression of the paper's inputs."""

from collections.abc import Sequence

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.forecasting.forecasters.forecaster import HORIZONS, Predictor
from sfr_pipeline.forecasting.origins import Origin

# The paper's section 4.3: order 1 by Akaike's criterion.
ORDER = 1


def fit_var(made: Origin, seeds: Sequence[int]) -> Predictor:
    """VAR(1) with intercept by least squares, iterated over the horizons."""
    from statsmodels.tsa.vector_ar.var_model import VAR

    results = VAR(made.inputs.to_numpy(float)).fit(ORDER, trend="c")

    def predict(asked: Sequence[Origin]) -> FloatArray:
        changes = []
        for origin in asked:
            rows = origin.inputs.to_numpy(float)[-ORDER:]
            changes.append(results.forecast(rows, steps=len(HORIZONS))[:, 0] - rows[-1, 0])
        return np.array(changes)[:, None]

    return predict
