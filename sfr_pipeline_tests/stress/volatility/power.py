"""Whether a gain is found where there is one, and none where there is none.

``python -m sfr_pipeline_tests.stress.volatility.power [DRAWS] [networks]`` simulates markets whose
truth is known, walks the linear panels, with ``networks`` also the proposed model, and the
recalibrated rules over them, and prints how often each verdict is reached. Half a second a draw and
world, with networks ten. ``test_power.py`` does the same with few draws.
"""

import sys

import numpy as np
import pandas as pd

from sfr_pipeline.evaluation.models import headline, models_of, references
from sfr_pipeline.storage.tables.volatility import VERDICTS
from sfr_pipeline.stress.volatility import corrections
from sfr_pipeline.stress.volatility.panel import pooled_panel
from sfr_pipeline.stress.volatility.scores import volatility_scores
from sfr_pipeline.stress.volatility.walk import walk
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline.training.profile import Profile
from sfr_pipeline_tests.stress import simulated

LEG = "volatility"
HORIZON = 21
YEAR = 2006
N_DAYS, N_MARKETS = 4400, 4
DRAWS = 200
SHARED = 0.5  # of the variance of shocks
ONCE = Profile("once", 1, 1, 1, 1, 1, stress_seeds=5, volatility_refit_years=20)


def shocks(rng, n_days):
    """Standard normal, with a part that all markets share, ``(n_days, N_MARKETS)``."""
    common, own = rng.standard_normal((n_days, 1)), rng.standard_normal((n_days, N_MARKETS))
    return np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own


def garch_world(rng, n_days):
    """GARCH(1,1): the squares of the past tell all that can be told."""
    z, found = shocks(rng, n_days), np.empty((n_days, N_MARKETS))
    level = 0.01**2
    variance = np.full(N_MARKETS, level)
    for day in range(n_days):
        found[day] = np.sqrt(variance) * z[day]
        variance = 0.02 * level + 0.08 * found[day] ** 2 + 0.90 * variance
    return found


def leverage_world(rng, n_days):
    """Nelson's (1991) EGARCH: a fall raises volatility, a rise of the same size lowers it."""
    z, found = shocks(rng, n_days), np.empty((n_days, N_MARKETS))
    logs = np.zeros(N_MARKETS)
    for day in range(n_days):
        found[day] = 0.01 * np.exp(logs / 2) * z[day]
        logs = 0.975 * logs - 0.15 * z[day] + 0.10 * (np.abs(z[day]) - np.sqrt(2 / np.pi))
    return found


WORLDS = {"leverage": leverage_world, "GARCH(1,1)": garch_world}


def returns(world, seed, n_days=N_DAYS):
    """Daily returns of the markets of a world."""
    dates = pd.bdate_range("2000-01-03", periods=n_days, name="date")
    found = world(np.random.default_rng(seed), n_days)
    return pd.DataFrame(found, dates, list("abcd")[:N_MARKETS])


def verdicts(world, seed, networks=False):
    """Scores of this project's models against the recalibrated rules, over all test days.

    Args:
        world: one of ``WORLDS``.
        seed: of its shocks.
        networks: whether the proposed model is judged too, its network fitted once.

    Returns:
        Rows of table ``volatility_scores``, indexed by model, rival and loss.
    """
    labels = simulated.SETTINGS.labels.model_copy(update={"horizons": [HORIZON]})
    panel = pooled_panel("sub_markets", returns(world, seed), labels)
    own = [model for model in models_of(LEG) if model.family == "own" and not model.network]
    rivals = [model for model in references(LEG) if model.family == "baseline"]
    runs = [walk(panel, HORIZON, model, YEAR) for model in (*own, *rivals)]
    if networks:
        planned = corrections.plan(panel, YEAR, ONCE)
        found = corrections.train(planned, lambda tasks: fit_all(tasks, "cpu"))
        linear = next(run for run in runs if run.model == headline(LEG).id)
        runs += corrections.corrected_runs(found, linear)
    scores = volatility_scores(panel, runs, YEAR, YEAR, draws=DRAWS)
    ids = {model.id for model in rivals}
    kept = (scores["market"] == "all") & (scores["period"] == "all") & (scores["seed"] < 0)
    kept &= scores["rival"].isin(ids) & ~scores["model"].isin(ids)
    return scores[kept].set_index(["model", "rival", "loss"])


def shares(world, draws, networks=False):
    """How often each verdict is reached: one row for each model, rival and loss."""
    found = pd.concat([verdicts(world, seed, networks) for seed in range(draws)])
    clear = (found["p_value"] < 0.05) & (found["gain"] > 0)
    columns = {"gain": found["gain"], "p below .05": clear.astype(float)}
    columns |= {word: (found["verdict"] == word).astype(float) for word in VERDICTS}
    each = pd.DataFrame(columns)
    return each.groupby(level=[0, 1, 2], sort=False).mean()


def main(draws, networks):
    for name, world in WORLDS.items():
        print(f"{name} world, {draws} draws of {N_MARKETS} markets and {N_DAYS} days")
        print(shares(world, draws, networks).round(3).to_string(), end="\n\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, "networks" in sys.argv)
