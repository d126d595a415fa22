"""Small tables and frames that the storage tests share."""

import pandas as pd

from sfr_pipeline.storage.contract import Column, Table, ordered, sums_to

SFRI = Table(
    name="sfri",
    description="The index of systemic financial risk.",
    columns=(
        Column("mode", "string", "How it was estimated.", allowed=("paper", "real_time")),
        Column("ref_date", "date", "The month-end it speaks of."),
        Column("sfri", "double", "The market's index.", "standard deviations"),
        Column("n_series", "int", "Series behind it.", nullable=True, minimum=1),
    ),
    key=("mode", "ref_date"),
)

VINTAGES = Table(
    name="sfri_vintages",
    description="The index as it stood at each month-end.",
    columns=(
        Column("as_of", "date", "The month-end at which it was estimated."),
        Column("ref_date", "date", "The month-end it speaks of."),
        Column("sfri", "double", "The market's index.", "standard deviations"),
    ),
    key=("as_of", "ref_date"),
    rules=(ordered("ref_date", "as_of"),),
    partition_column="as_of",
)

WEIGHTS = Table(
    name="sfri_weights",
    description="What each indicator weighs in the index.",
    columns=(
        Column("ref_date", "date", "The month-end."),
        Column("indicator", "string", "The indicator."),
        Column("weight", "double", "Its weight.", "share", minimum=0, maximum=1),
    ),
    key=("ref_date", "indicator"),
    rules=(sums_to(1, "weight", by=["ref_date"], tolerance=1e-9),),
)


def sfri_frame(n=4, mode="real_time", level=0.0):
    dates = pd.date_range("2020-01-31", periods=n, freq="ME")
    values = [level + i for i in range(n)]
    return pd.DataFrame({"mode": mode, "ref_date": dates, "sfri": values, "n_series": 26})


def vintages_frame(*months, level=0.0):
    """Each month's vintage holds the index of the three months up to it."""
    parts = []
    for month in months:
        as_of = pd.Period(month, freq="M").end_time.normalize()
        dates = pd.date_range(end=as_of, periods=3, freq="ME")
        values = [level, level + 1, level + 2]
        parts.append(pd.DataFrame({"as_of": as_of, "ref_date": dates, "sfri": values}))
    return pd.concat(parts, ignore_index=True)


def weights_frame():
    return pd.DataFrame(
        {
            "ref_date": pd.to_datetime(["2020-01-31", "2020-01-31", "2020-02-29", "2020-02-29"]),
            "indicator": ["spread", "volatility", "spread", "volatility"],
            "weight": [0.25, 0.75, 0.5, 0.5],
        }
    )
