# %% [markdown]
# The warehouse asked in SQL: the newest reading, what drove it, how things stood on a day of the
# past, and how often warnings were right. Any tool that opens DuckDB files takes the same queries;
# more are in `queries/` beside this file, and `sfr ask us` lists them.

# %%
from matplotlib.figure import Figure

from sfr_pipeline.gallery import open_warehouse, picture

MARKET = "us"  # name your own
warehouse = open_warehouse(
    MARKET, "sfri", "sfri_weights", "sfri_contributions", "indicator_statistics", "sfri_vintages",
    "alarm_scores",
)  # fmt: skip

# %% What is there.
tables = warehouse.sql(f"""
    SELECT view_name, comment FROM duckdb_views() WHERE schema_name = '{MARKET}' ORDER BY 1
""").df()
print(tables.to_string(index=False, max_colwidth=70))

# %% The newest reading.
latest = warehouse.sql(f"FROM sfri_latest('{MARKET}')").df().iloc[0]
print(latest[["ref_date", "sfri", "percentile", "n_indicators"]])

# %% What drove it.
drivers = warehouse.sql(f"""
    SELECT name, dimension, contribution FROM sfri_drivers('{MARKET}', NULL)
    WHERE contribution IS NOT NULL ORDER BY abs(contribution) DESC LIMIT 8
""").df()
print(drivers.round(3).to_string(index=False))

# %%
figure = Figure(figsize=(8, 4), layout="constrained")
axes = figure.subplots()
axes.barh(drivers["name"][::-1], drivers["contribution"][::-1])
axes.set_title(f"{MARKET}, {latest['ref_date']:%B %Y}: what the index is made of")
picture(figure, "ask_the_warehouse")

# %% The same month as it stood a year before the end, and as it is read now.
print(
    warehouse.sql(f"""
        WITH newest AS (SELECT max(as_of) AS as_of FROM {MARKET}.sfri_vintages)
        SELECT v.ref_date, v.sfri AS said_then, n.sfri AS said_now
        FROM {MARKET}.sfri_vintages v
        JOIN {MARKET}.sfri_vintages n ON n.ref_date = v.ref_date
        JOIN newest ON n.as_of = newest.as_of AND v.as_of = last_day(newest.as_of - INTERVAL 1 YEAR)
        ORDER BY v.ref_date DESC LIMIT 6
    """).df()
)

# %% Alarms: events that were warned of, and false alarms, by what gave them. `p_shifted` is how
# often the same alarms, shifted in time, warn of as many.
alarms = warehouse.sql(f"""
    SELECT label, model, threshold, n_events, n_warned, n_alarms, n_false, p_shifted
    FROM {MARKET}.alarm_scores ORDER BY p_shifted, label, model
""").df()
print(alarms.head(10).to_string(index=False))

# %% What was found.
more_than_luck = int((alarms["p_shifted"] < 0.05).sum())
print(
    f"{MARKET} in {latest['ref_date']:%B %Y}: the index stands at {latest['sfri']:.2f}, above "
    f"{latest['percentile']:.0f} % of its past, the largest part from {drivers['name'].iloc[0]} "
    f"({drivers['contribution'].iloc[0]:+.2f}); of {len(alarms)} kinds of alarms {more_than_luck} "
    "warned of more events than alarms at other times would (p below .05)."
)
