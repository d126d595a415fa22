"""What the sandbox was made from, as a table: to hold estimates against."""

import pandas as pd

from sfr_pipeline.sandbox.economy import SAMPLE, economy
from sfr_pipeline.sandbox.series import loading_paths


def truth_rows() -> pd.DataFrame:
    """What the market was made from, over the sample: rows of table ``truth``.

    The loading of an indicator is what one standard deviation of the factor adds to it, in its own
    standard deviations, oriented towards risk. Indicators computed from prices have none.
    """
    hidden = economy()
    variables = {
        "factor": hidden.factor,
        "regime": hidden.regime.astype(float),
        "sentiment": hidden.sentiment,
        **{f"loading.{code}": path for code, path in loading_paths().items()},
    }
    frame = pd.DataFrame(variables).loc[SAMPLE].rename_axis("ref_date").reset_index()
    rows = frame.melt(id_vars="ref_date", var_name="variable", value_name="value")
    return rows.assign(ref_date=rows["ref_date"].dt.to_timestamp("M").dt.normalize())
