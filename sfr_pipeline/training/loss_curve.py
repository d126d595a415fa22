"""Loss of fits by epoch, as rows of tables."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sfr_pipeline.training.spec import Fit


def loss_curve(fit: Fit, about: Mapping[str, Any]) -> pd.DataFrame:
    """One row an epoch.

    Args:
        fit: whose losses.
        about: columns that tell which fit it is.

    Returns:
        The columns of ``about``, then ``epoch``, ``training_loss`` and ``validation_loss``.
    """
    return pd.DataFrame(
        {
            **about,
            "epoch": np.arange(1, len(fit.training_loss) + 1),
            "training_loss": fit.training_loss,
            "validation_loss": fit.validation_loss,
        }
    )
