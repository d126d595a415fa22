# %% [markdown]
# The index of your own CSV: one row a month, one column an indicator, empty where there is none.
# As it stands the script writes a made-up one. SYNTHETIC: a common stress that four indicators see,
# one of them the wrong way round. Of what trends (prices, credit, output) take the growth over a
# year first, or the index will be the trend.

# %%
from pathlib import Path

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics import TVPFAVAR
from sfr_pipeline.gallery import picture

MADE_UP = "indicators_SYNTHETIC.csv"
CSV = "indicators_SYNTHETIC.csv"  # name your own, such as "panel.csv"
LOWER_IS_WORSE = ["capital_ratio"]  # more must mean more risk: these are turned round
TRENDING: list[str] = []  # of these the growth over a year is taken, in per cent

if CSV == MADE_UP and not Path(CSV).exists():
    rng = np.random.default_rng(0)
    months = pd.period_range("2005-01", "2024-12", freq="M", name="month")
    stress = np.zeros(len(months))
    for month in range(1, len(months)):
        stress[month] = 0.9 * stress[month - 1] + rng.standard_normal()
    noise = rng.standard_normal((4, len(months)))
    made = {
        "spread": stress + 0.5 * noise[0],
        "volatility": stress + noise[1],
        "drawdown": stress + 2 * noise[2],
        "capital_ratio": 12 - stress - noise[3],
    }
    pd.DataFrame(made, months).to_csv(CSV)
    print(f"wrote {CSV}")

# %% Read it, take growth of what trends, and turn round what must be; a name that is none stops it.
panel = pd.read_csv(CSV, index_col=0, parse_dates=True).to_period("M")
panel[TRENDING] = 100 * panel[TRENDING].pct_change(12, fill_method=None)
panel[LOWER_IS_WORSE] *= -1
panel = panel.dropna(how="all")

# %% Estimate. Loadings below 0 would be named: "check direction and trend of".
results = TVPFAVAR(panel).fit()
print(results)

# %%
figure = results.plot()
figure.axes[0].set_title(Path(CSV).stem)
picture(figure, "own_index")

# %% What was found.
index = results.index.dropna()
peak = index.idxmax()
driver = results.contributions.loc[peak].idxmax()
print(
    f"{Path(CSV).stem}: the index of {len(panel.columns)} indicators over {len(index)} months was "
    f"highest in {peak} ({index.max():.2f}), driven by {driver}; in {index.index[-1]} it stands at "
    f"{index.iloc[-1]:.2f}, above {(index < index.iloc[-1]).mean():.0%} of its months."
)
