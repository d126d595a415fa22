"""Whether a gain is found where there is one, and none where there is none.

``python -m sfr_pipeline_tests.stress.volatility.power [DRAWS] [networks]`` simulates markets whose
truth is known, walks the linear panels, with ``networks`` also the proposed model, and the
recalibrated rules over them, and prints how often each verdict is reached; it fails where planted
leverage is found in less than 80 % of draws, or the truth is beaten in more than 9 %. Half a second
a draw and world, with networks ten. ``make test-sizes`` runs it; ``test_power.py`` is a small form.
"""

import sys
from dataclasses import replace

import pandas as pd

from sfr_pipeline.evaluation.models import headline, models_of, references
from sfr_pipeline.storage.tables.volatility import VERDICTS
from sfr_pipeline.stress.volatility import corrections
from sfr_pipeline.stress.volatility.panel import pooled_panel
from sfr_pipeline.stress.volatility.rivals import Recalibrated
from sfr_pipeline.stress.volatility.scores import volatility_scores
from sfr_pipeline.stress.volatility.walk import walk
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline.training.profile import DEFAULT
from sfr_pipeline_tests.stress.volatility.panels import LABELS, garch_world, leveraged_world

LEG = "volatility"
HORIZON = 21
YEAR = 2001
N_DAYS, N_MARKETS = 4400, 4
DRAWS = 200
ONCE = replace(DEFAULT, volatility_refit_years=20)
TRUTH = next(model.id for model in references(LEG) if model.options == {"rule": "garch"})
WORLDS = {"leverage": leveraged_world, "GARCH(1,1)": garch_world}


def verdicts(world, seed, networks=False):
    """Scores of this project's models against the recalibrated rules, over all test days.

    Args:
        world: one of ``WORLDS``.
        seed: of its shocks.
        networks: whether the proposed model is judged too, its network fitted once.

    Returns:
        Rows of table ``volatility_scores``, indexed by model, rival and loss.
    """
    labels = LABELS.model_copy(update={"horizons": [HORIZON]})
    panel = pooled_panel("sub_markets", world(N_DAYS, N_MARKETS, seed), labels)
    own = [model for model in models_of(LEG) if model.family == "own" and not model.network]
    rivals = [model for model in references(LEG) if model.load() is Recalibrated]
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


def broken(found, world):
    """What is not as the truth of a world has it, a sentence for each lack."""
    if world is leveraged_world:
        power = found["p below .05"].xs(headline(LEG).id, level="model")
        return [f"{of} finds leverage in {share:.0%}" for of, share in power.items() if share < 0.8]
    claimed = found.xs(TRUTH, level="rival")["better"]
    return [f"{of} beats the truth in {share:.0%}" for of, share in claimed.items() if share > 0.09]


def main(draws, networks):
    wrong = []
    for name, world in WORLDS.items():
        found = shares(world, draws, networks)
        print(f"{name} world, {draws} draws of {N_MARKETS} markets and {N_DAYS} days")
        print(found.round(3).to_string(), end="\n\n")
        wrong += broken(found, world)
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60, "networks" in sys.argv)
