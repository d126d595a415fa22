"""Arrays and fits as frames: what a step that trains passes on to steps that may run elsewhere.

Belongs here: a form of numbers that any table format holds, and that gives back every bit. Does not
belong here: where such a frame lies meanwhile (`resources.step_frames`), fits that are kept to save
time (`fit_store`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sfr_pipeline.training.spec import Fit

COLUMNS = ("name", "type", "shape", "values")
# Between the place of a fit and the name of one of its arrays.
_OF = "/"


def arrays_frame(arrays: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """Arrays as a frame, a row each.

    Args:
        arrays: of numbers, by name.

    Returns:
        Columns ``name``, ``type`` (byte order included), ``shape`` as text and ``values`` as bytes,
        in the order of C.
    """
    rows = [
        (name, array.dtype.str, " ".join(map(str, array.shape)), array.tobytes())
        for name, array in arrays.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def arrays_in(frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """The arrays of a frame of `arrays_frame`, by name."""
    return {
        # What lies in the frame's own bytes could not be written to.
        name: np.frombuffer(values, kind).reshape([int(length) for length in shape.split()]).copy()
        for name, kind, shape, values in frame[list(COLUMNS)].itertuples(index=False, name=None)
    }


def fits_frame(fits: Sequence[Fit]) -> pd.DataFrame:
    """Fits as a frame, in their order."""
    return arrays_frame(
        {
            f"{place}{_OF}{name}": values
            for place, fit in enumerate(fits)
            for name, values in fit.arrays().items()
        }
    )


def fits_in(frame: pd.DataFrame) -> list[Fit]:
    """The fits of a frame of `fits_frame`, in their order."""
    by_place: dict[str, dict[str, NDArray[Any]]] = {}
    for name, values in arrays_in(frame).items():
        place, _, array = name.partition(_OF)
        by_place.setdefault(place, {})[array] = values
    return [Fit.of(arrays) for arrays in by_place.values()]
