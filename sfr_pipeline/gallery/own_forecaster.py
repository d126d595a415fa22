# %% [markdown]
# A forecaster of your own: does it beat doing nothing? It is given the index as it stood at each
# month's end, forecasts the change to the next month, and is held against no change together with
# every model of the pipeline: the best of many tries looks good by chance, so all of them count.
# How to put it into the tables for good is on the page `docs/own_forecaster.md`.

# %%
import numpy as np
import pandas as pd

from sfr_pipeline.evaluation import compare_forecasts
from sfr_pipeline.evaluation.models import benchmark
from sfr_pipeline.gallery import open_warehouse, picture

MARKET = "us"  # name your own
NOTHING = benchmark("forecasting").id
warehouse = open_warehouse(MARKET, "forecasts", "sfri_vintages")


# %% Change this one.
def mine(known: pd.Series) -> float:
    """A change goes on as far as changes went on in the past.

    Args:
        known: the index by month, as it stood when the forecast is made.
    """
    changes = known.diff().dropna().to_numpy()
    slope = (changes[1:] @ changes[:-1]) / (changes[:-1] @ changes[:-1])
    return float(np.clip(slope, -1, 1) * changes[-1])


# %% What the pipeline's models said one month ahead in real time, and what came.
said = warehouse.sql(f"""
    SELECT origin, model, avg(change) AS change, any_value(actual_change) AS actual
    FROM {MARKET}.forecasts
    WHERE protocol = 'real_time' AND split = 'test' AND horizon = 1
    GROUP BY origin, model HAVING any_value(actual_change) IS NOT NULL
""").df()
forecasts = said.pivot(index="origin", columns="model", values="change").dropna(axis=1)
forecasts.index = pd.PeriodIndex(forecasts.index, freq="M")
actual = said.groupby("origin")["actual"].first().set_axis(forecasts.index)

# %% What yours says, given each month's vintage and nothing later.
vintages = warehouse.sql(f"""
    SELECT as_of, ref_date, sfri FROM {MARKET}.sfri_vintages
    WHERE sfri IS NOT NULL ORDER BY as_of, ref_date
""").df()
own = {
    pd.Period(as_of, "M"): mine(rows.set_index("ref_date")["sfri"])
    for as_of, rows in vintages.groupby("as_of")
}
forecasts["mine"] = pd.Series(own).reindex(forecasts.index)

# %% Judge all of them.
found = compare_forecasts(actual, forecasts, NOTHING)
print(found)

# %%
picture(found.plot(), "own_forecaster")

# %% What was found.
row = found.table.loc["mine"]
print(
    f"Over {len(actual)} months of {MARKET} mine has {row['ratio']:.3f} of the error of no change "
    f"({row['ratio_low']:.3f} to {row['ratio_high']:.3f}, p = {row['p_value']:.3f}): "
    f"{row['verdict']}."
)
