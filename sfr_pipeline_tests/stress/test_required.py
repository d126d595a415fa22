"""What table stress_scores may not be published without is named."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.evaluation import models
from sfr_pipeline.evaluation.models import (
    Model,
    contender,
    missing_models,
    models_of,
    references,
    simple_models,
)
from sfr_pipeline.storage.tables.stress import STRESS_SCORES
from sfr_pipeline.stress.required import GROUPS, missing_rivals

RANDOM = next(
    model for model in models_of("stress") if model.random and model.runs_under("walk_forward")
)
REFERENCE, OTHER = references("stress")[:2]
REQUIRED_SIMPLE = next(model for model in simple_models("stress") if model.required)
OPTIONAL = Model(
    "extra", "stress", "Extra", "naive", "nowhere:Extra", optional=("walk_forward",), reference=True
)


def group(protocol, label, period="all", days="all", only=None, n_episodes=8):
    """Rows of all required models of a group, each with all that a row must have."""
    there = missing_models("stress", protocol, []) if only is None else only
    row = dict.fromkeys(STRESS_SCORES.arrow_schema().names, 0.5)
    return pd.DataFrame(
        [
            row
            | {
                "protocol": protocol, "label": label, "period": period, "days": days,
                "model": model, "n_seeds": 5, "n_episodes": n_episodes, "n_days": 1000,
            }
            for model in there
        ]
    )  # fmt: skip


@pytest.fixture
def complete():
    simple = [model.id for model in simple_models("stress") if "walk_forward" in model.required]
    beside = group("walk_forward", "F5", only=simple)
    return pd.concat([*(group(*key) for key in GROUPS), beside], ignore_index=True)


def test_a_complete_table_lacks_nothing(complete):
    assert missing_rivals(complete) == []


@pytest.mark.parametrize(
    ("perturb", "missing"),
    [
        (lambda rows: rows[:0], "walk_forward, F21, all, all: not judged at all"),
        (lambda rows: rows[rows["protocol"] != "paper"], "paper, D50, all, all: not judged at all"),
        (
            lambda rows: rows[rows["model"] != contender("stress").id],
            f"F21, all, all: no row of {contender('stress').id}",
        ),
        (
            lambda rows: rows[(rows["model"] != REQUIRED_SIMPLE.id) | (rows["label"] != "F5")],
            f"F5, all, all: no row of {REQUIRED_SIMPLE.id}",
        ),
        (
            lambda rows: rows.assign(n_seeds=rows["n_seeds"].clip(upper=4)),
            f"{RANDOM.id} has fewer than 5 seeds",
        ),
        (lambda rows: rows.assign(n_seeds=np.nan), f"{RANDOM.id} has fewer than 5 seeds"),
        (lambda rows: rows.assign(auroc_low=np.nan), f"{OTHER.id} has no interval of the AUROC"),
        (lambda rows: rows.assign(within_high=np.nan), "no interval of the AUROC within years"),
        (
            lambda rows: rows.assign(**{f"against_{REFERENCE.id}_low": np.nan}),
            f"no difference from {REFERENCE.name}",
        ),
        (
            lambda rows: rows.assign(**{f"brier_against_{REFERENCE.id}_high": np.nan}),
            f"no difference of losses from {REFERENCE.name}",
        ),
    ],
)
def test_what_a_table_lacks_is_named(complete, perturb, missing):
    assert any(missing in lack for lack in missing_rivals(perturb(complete)))


def test_a_reference_needs_no_difference_from_itself(complete):
    own = complete["model"] == REFERENCE.id
    bare = {f"against_{REFERENCE.id}_low": np.nan, f"brier_against_{REFERENCE.id}_low": np.nan}
    assert missing_rivals(complete.assign(**{k: complete[k].mask(own) for k in bare})) == []


def test_one_episode_has_no_interval_to_miss(complete):
    bare = dict.fromkeys(("auroc_low", "within_low", f"against_{REFERENCE.id}_low"), np.nan)
    assert missing_rivals(complete.assign(n_episodes=1, **bare)) == []
    assert missing_rivals(complete.assign(n_episodes=2, **bare)) != []


def test_days_of_fewer_than_two_blocks_have_no_interval_of_losses_to_miss(complete):
    bare = {f"brier_against_{REFERENCE.id}_low": np.nan}
    assert missing_rivals(complete.assign(n_days=125, **bare)) == []
    assert missing_rivals(complete.assign(n_days=126, **bare)) != []


def test_a_reference_that_a_market_cannot_have_is_not_missed(complete, monkeypatch):
    columns = {f"{key}{end}": np.nan for key in ("against_extra", "brier_against_extra")
               for end in ("", "_low", "_high")}  # fmt: skip
    without = complete.assign(**columns)
    monkeypatch.setattr(models, "MODELS", (*models.MODELS, OPTIONAL))
    assert missing_rivals(without) == []
    # Where it stands in a group, the others are held against it there.
    there = pd.concat([without, without[:1].assign(model="extra")], ignore_index=True)
    lacks = missing_rivals(there)
    assert lacks
    assert all("F21" in lack and "from Extra" in lack for lack in lacks)
