# %% [markdown]
# Five questions in pandas, from the warehouse's Parquet files. `five_polars.py` and `five.R` beside
# this file ask the same ones.

# %%
from pathlib import Path

import pandas as pd

WAREHOUSE = "../../warehouse"  # as seen from gallery/queries/
MARKET = "us"  # name your own
MONTH = "2008-10"


def table(name: str) -> pd.DataFrame:
    """The rows of a table in real time."""
    found = pd.read_parquet(Path(WAREHOUSE) / "parquet" / MARKET / name)
    found = found[found["mode"] == "real_time"].sort_values("ref_date", ignore_index=True)
    return found.assign(ref_date=pd.to_datetime(found["ref_date"]))


index = table("sfri")

# %% 1. Where does the index stand?
newest = index.iloc[-1]
print(f"1. {newest['ref_date']:%Y-%m}: {newest['sfri']:.3f}")

# %% 2. Which were the worst months?
for row in index.nlargest(3, "sfri").itertuples():
    print(f"2. {row.ref_date:%Y-%m}: {row.sfri:.3f}")

# %% 3. Which dimensions were highest in a month?
dimensions = table("dimension_indices")
then = dimensions[dimensions["ref_date"].dt.strftime("%Y-%m") == MONTH]
for row in then.nlargest(3, "dimension_index").itertuples():
    print(f"3. {row.dimension}: {row.dimension_index:.3f}")

# %% 4. In what share of months was the regime one of high variance?
regimes = table("regimes")
known = regimes[regimes["horizon"] == 0]
print(f"4. {(known['probability_high'] > 0.5).mean():.3f}")

# %% 5. How high was the index on average, in the last years?
years = index.groupby(index["ref_date"].dt.year)["sfri"].mean()
for year, mean in years.tail(3).items():
    print(f"5. {year}: {mean:.3f}")
