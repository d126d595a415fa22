"""Months of the index as they lie in a warehouse, made up."""

import pandas as pd

from sfr_pipeline.storage import tables


def vintages_of(warehouse, market, *months):
    """Store the vintages of months."""
    ends = pd.PeriodIndex(months, freq="M").to_timestamp("M").normalize()
    frame = pd.DataFrame(
        [
            {"as_of": day, "ref_date": day, "sfri": 0.0, "equal_weight": 0.0, "factor": 0.0,
             "n_indicators": 5}
            for day in ends
        ]
    )  # fmt: skip
    warehouse.store.write(market.name, tables.SFRI_VINTAGES, frame, months=months)
