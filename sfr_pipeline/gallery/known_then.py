# %% [markdown]
# Real time against hindsight: what was known on the eve of the worst event of a market (on `us`
# the failure of Lehman Brothers in September 2008), and how the same months read today.

# %%
from matplotlib.figure import Figure

from sfr_pipeline.gallery import open_warehouse, picture

MARKET = "us"  # name your own
warehouse = open_warehouse(MARKET, "events", "sfri", "sfri_vintages", "index_news")

# %% The event whose index rose highest. Put any day in its place.
events = warehouse.sql(f"""
    SELECT name, onset, sfri_before, sfri_peak, peak_month FROM {MARKET}.events
    WHERE sfri_peak IS NOT NULL ORDER BY sfri_peak DESC
""").df()
print(events.to_string(index=False, float_format="{:.2f}".format))
if events.empty:
    raise SystemExit(f"{MARKET} names no events: give its YAML some, or set NAME and DAY here")
NAME, DAY = events["name"][0], events["onset"][0].date()

# %% The index as it stood on that day: the last vintage that was there.
then = warehouse.execute("SELECT ref_date, sfri FROM sfri_as_of(?, ?)", [MARKET, DAY]).df()
today = warehouse.sql(f"""
    SELECT ref_date, max(sfri) FILTER (mode = 'real_time') AS first_said,
           max(sfri) FILTER (mode = 'paper') AS hindsight
    FROM {MARKET}.sfri GROUP BY ref_date
""").df()
both = then.merge(today, on="ref_date").sort_values("ref_date").set_index("ref_date")
print(both.tail(12).round(2))

# %%
after = today.sort_values("ref_date").set_index("ref_date")
shown = after.loc[both.index[max(len(both) - 60, 0)] :].iloc[:84]
figure = Figure(figsize=(8, 4), layout="constrained")
axes = figure.subplots()
axes.plot(shown.index, shown["hindsight"], color="0.6", label="full sample, known at its end")
axes.plot(shown.index, shown["first_said"], color="tab:red", label="as first said")
axes.plot(both["sfri"].iloc[-60:], color="tab:blue", label=f"as it stood on {DAY}")
axes.legend(frameon=False)
axes.set_title(f"{MARKET}: {NAME}")
picture(figure, "known_then")

# %% What had moved the index to the last month that was known.
moved = warehouse.execute(
    "SELECT name, change, new_data, scaling + weights AS re_estimated FROM sfri_news(?, ?) LIMIT 5",
    [MARKET, both.index[-1].date()],
).df()
print(moved.round(3).to_string(index=False))

# %% What was found.
last = both.iloc[-1]
rank = (then["sfri"] < last["sfri"]).mean()
later = after.loc[after.index > both.index[-1], "first_said"].iloc[:6].max()
print(
    f"On {DAY} the newest month of {MARKET} was {both.index[-1]:%B %Y}: the index stood at "
    f"{last['sfri']:.2f}, above {rank:.0%} of the months known then; hindsight has "
    f"{last['hindsight']:.2f} for it, and in the next six months it reached {later:.2f}."
)
