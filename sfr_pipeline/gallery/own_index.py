# %% [markdown]
# The index of your own CSV: one row a month, one column an indicator, empty where there is none.
# Without a file the script writes a made-up one. SYNTHETIC: a common stress that four indicators
# see, one of them the wrong way round.

# %%
from pathlib import Path

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics import TVPFAVAR
from sfr_pipeline.gallery import picture

CSV = Path("indicators_SYNTHETIC.csv")  # name your own
LOWER_IS_WORSE = ["capital_ratio"]  # more must mean more risk: these are turned round

if not CSV.exists():
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

# %% Read it, and turn round what must be.
panel = pd.read_csv(CSV, index_col=0, parse_dates=True).to_period("M")
turned = [name for name in LOWER_IS_WORSE if name in panel]
panel[turned] *= -1

# %% Estimate. Loadings below 0 would be named: "check the direction of".
results = TVPFAVAR(panel).fit()
print(results)

# %%
figure = results.plot()
figure.axes[0].set_title(CSV.stem)
picture(figure, "own_index")

# %% What was found.
index = results.index.dropna()
peak = index.idxmax()
driver = results.contributions.loc[peak].idxmax()
print(
    f"{CSV.stem}: the index of {len(panel.columns)} indicators over {len(index)} months was "
    f"highest in {peak} ({index.max():.2f}), driven by {driver}; in {index.index[-1]} it stands at "
    f"{index.iloc[-1]:.2f}, above {(index < index.iloc[-1]).mean():.0%} of its months."
)
