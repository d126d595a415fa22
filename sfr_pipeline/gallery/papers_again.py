# %% [markdown]
# The papers' tables again, on a market of your warehouse: descriptive statistics (Table 3 of the
# monthly paper), its regimes (Table 5), its forecasts (Table 10) with the row that it lacks, no
# change; and Table 1 of the daily paper with the rules that need no model.

# %%
from matplotlib.figure import Figure

from sfr_pipeline.evaluation.models import benchmark
from sfr_pipeline.gallery import open_warehouse, picture

MARKET = "us"  # name your own
warehouse = open_warehouse(
    MARKET, "indicator_statistics", "regime_parameters", "forecast_scores", "stress_scores", "sfri"
)

# %% Table 3: the indicators, in scores of the whole sample, which nobody had at the time.
statistics = warehouse.sql(f"""
    SELECT name, dimension, n_months, mean, minimum, maximum, skewness, kurtosis
    FROM {MARKET}.indicator_statistics ORDER BY dimension, name
""").df()
print(statistics.round(2).to_string(index=False))

# %% Table 5: two regimes of the index.
print(
    warehouse.sql(f"""
        SELECT parameter, value, standard_error FROM {MARKET}.regime_parameters
        WHERE mode = 'paper'
    """).df()
)

# %% Table 10: one split in time order, as printed. It looks ahead; the row of no change does not.
errors = warehouse.sql(f"""
    SELECT model, rmse, mae, ia, tic, var FROM {MARKET}.forecast_scores
    WHERE protocol = 'paper' AND split = 'test' AND target = 'index' AND period = 'all'
    ORDER BY rmse
""").df()
print(errors.round(4).to_string(index=False))

# %% Table 1 of the daily paper, in time order.
daily = warehouse.sql(f"""
    SELECT model, accuracy, recall, f1 FROM {MARKET}.stress_scores
    WHERE protocol = 'paper' AND period = 'all' AND days = 'all' ORDER BY f1 DESC
""").df()
print(daily.round(3).to_string(index=False))

# %% Figure 3: the index of the full sample.
index = warehouse.sql(f"""
    SELECT ref_date, sfri, band_low, band_high FROM {MARKET}.sfri
    WHERE mode = 'paper' ORDER BY ref_date
""").df()
figure = Figure(figsize=(8, 4), layout="constrained")
axes = figure.subplots()
axes.fill_between(index["ref_date"], index["band_low"], index["band_high"], color="0.85")
axes.plot(index["ref_date"], index["sfri"], color="tab:red")
axes.set_title(f"{MARKET}: the index by the full sample")
picture(figure, "papers_again")

# %% What was found.
rule = errors.set_index("model")["rmse"]
nothing = rule[benchmark("forecasting").id]
beaten = [str(model) for model in rule.index[rule < nothing]]
said = f"{', '.join(beaten)} have less error than" if beaten else "No model has less error than"
print(
    f"In the paper's own experiment on {MARKET}: {said} no change ({nothing:.4f}); of "
    f"{len(daily)} rows of the daily table {daily['model'].iloc[0]} has the highest F1, "
    f"{daily['f1'].iloc[0]:.3f}."
)
