"""Labelled input of the models: what is taken, and what is refused before anything is computed."""

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import EstimationError


def check_series(series: pd.Series, name: str) -> FloatArray:
    """Values of a series in time order, ``(n_periods,)``; what is missing becomes NaN.

    Args:
        series: numbers, nullable types among them, by ascending periods or days.
        name: what errors call it.

    Raises:
        EstimationError: it is no series of numbers, or its periods do not ascend.
    """
    if not isinstance(series, pd.Series):
        raise EstimationError(
            f"{name} must be a pandas Series, not {type(series).__name__}: take one column"
        )
    if not pd.api.types.is_numeric_dtype(series.dtype):
        raise EstimationError(f"{name} holds {series.dtype}, not numbers: convert it to float")
    if not (series.index.is_monotonic_increasing and series.index.is_unique):
        raise EstimationError(
            f"the periods of {name} do not ascend, or one stands there twice: sort_index() it, and "
            "drop the repeats"
        )
    return series.to_numpy(dtype=float, na_value=np.nan)
