# %% [markdown]
# Five questions in polars, from the warehouse's Parquet files; `pip install polars` brings it.
# `five.py` and `five.R` beside this file ask the same ones.

# %%
import polars as pl

WAREHOUSE = "../../warehouse"  # as seen from gallery/queries/
MARKET = "us"  # name your own
MONTH = "2008-10"


def table(name: str) -> pl.DataFrame:
    """The rows of a table in real time."""
    files = f"{WAREHOUSE}/parquet/{MARKET}/{name}/**/*.parquet"
    real_time = pl.scan_parquet(files).filter(pl.col("mode") == "real_time")
    return real_time.sort("ref_date").collect()


index = table("sfri")

# %% 1. Where does the index stand?
newest = index.row(-1, named=True)
print(f"1. {newest['ref_date']:%Y-%m}: {newest['sfri']:.3f}")

# %% 2. Which were the worst months?
for row in index.top_k(3, by="sfri").sort("sfri", descending=True).iter_rows(named=True):
    print(f"2. {row['ref_date']:%Y-%m}: {row['sfri']:.3f}")

# %% 3. Which dimensions were highest in a month?
then = table("dimension_indices").filter(
    pl.col("ref_date").dt.strftime("%Y-%m") == MONTH, pl.col("dimension_index").is_not_null()
)
for row in then.sort("dimension_index", descending=True).head(3).iter_rows(named=True):
    print(f"3. {row['dimension']}: {row['dimension_index']:.3f}")

# %% 4. In what share of months was the regime one of high variance?
known = table("regimes").filter(pl.col("horizon") == 0)
print(f"4. {known.select((pl.col('probability_high') > 0.5).mean()).item():.3f}")

# %% 5. How high was the index on average, in the last years?
years = index.group_by(pl.col("ref_date").dt.year().alias("year")).agg(pl.col("sfri").mean())
for row in years.sort("year").tail(3).iter_rows(named=True):
    print(f"5. {row['year']}: {row['sfri']:.3f}")
