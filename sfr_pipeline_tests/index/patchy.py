"""Files for the market of ``catalogues/patchy.yaml``, all but the foreign reserves."""

import numpy as np
import pandas as pd

from sfr_pipeline.markets import read_market
from sfr_pipeline_tests.conftest import CATALOGUES

MARKET = read_market(CATALOGUES / "patchy.yaml")


def series():
    """The series by their ids, indexed by the last day of their periods."""
    rng = np.random.default_rng(20240131)
    days = pd.bdate_range("2003-01-01", "2012-12-31")
    months = pd.date_range("2003-01-31", "2012-12-31", freq="ME")
    quarters = pd.date_range("2003-03-31", "2012-12-31", freq="QE")
    return {
        "repo_rate": pd.Series(3 + 0.05 * rng.normal(size=len(days)).cumsum(), days),
        "capital_ratio": pd.Series(12 + rng.normal(size=len(quarters)), quarters),
        "money_growth": pd.Series(15 + rng.normal(size=len(months)), months),
        "output_growth": pd.Series(9 + rng.normal(size=len(quarters)), quarters),
        "investment": pd.Series(20 + rng.normal(size=len(months)), months)[months.month != 1],
    }


def write_files(root, data):
    """Write the series where the market looks for them when SFR_IMPORTS is ``root``."""
    folder = root / "patchy"
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in data.items():
        values.dropna().rename("value").rename_axis("date").to_csv(folder / f"{name}.csv")
    return folder
