"""Vector autoregression of the paper's inputs."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.forecasting.forecasters.forecaster import HORIZONS, Forecaster
from sfr_pipeline.forecasting.origins import Origin

# The paper's section 4.3: order 1 by Akaike's criterion.
ORDER = 1


class VectorAutoregression(Forecaster):
    """VAR(1) with intercept by least squares, iterated over the horizons."""

    def fit(self, made: Origin, seeds: Sequence[int]) -> Self:
        """See ``Forecaster``."""
        from statsmodels.tsa.vector_ar.var_model import VAR

        self.results = VAR(made.inputs.to_numpy(float)).fit(ORDER, trend="c")
        return self

    def predict(self, asked: Sequence[Origin]) -> FloatArray:
        """See ``Forecaster``."""
        changes = []
        for origin in asked:
            rows = origin.inputs.to_numpy(float)[-ORDER:]
            changes.append(self.results.forecast(rows, steps=len(HORIZONS))[:, 0] - rows[-1, 0])
        return np.array(changes)[:, None]
