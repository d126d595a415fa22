"""What table ``stress_scores`` may not be published without.

Belongs here: which groups, models and intervals must be there. Does not belong here: how they are
made (`scores`), or how lacks are found and told (`evaluation.completeness`).
"""

from collections.abc import Iterator, Sequence

import pandas as pd

from sfr_pipeline.evaluation.completeness import (
    Group,
    lacking_groups,
    lacking_models,
    lacking_values,
    without_interval,
)
from sfr_pipeline.evaluation.models import missing_models, models_of, references, simple_models
from sfr_pipeline.stress.scores import LEG, LOSS_BLOCKS, WALK_FORWARD

MIN_SEEDS = 5
# Fewer episodes, or blocks of days, have no interval.
FEWEST = 2
GROUP = ["protocol", "label", "period", "days"]
# What a table may not be published without: the headline label walked forward, and the paper's.
GROUPS = (
    (WALK_FORWARD, "F21", "all", "all"),
    ("paper", "D50", "all", "all"),
    ("paper_random", "D50", "all", "all"),
)


def groups_due(predictions: pd.DataFrame) -> list[tuple[str, ...]]:
    """Those of `GROUPS` of which a day is known, and that can be judged.

    Args:
        predictions: table ``stress_predictions``.
    """
    known = predictions[predictions["actual"].notna()]
    begun = set(known[["protocol", "label"]].itertuples(index=False, name=None))
    return [group for group in GROUPS if group[:2] in begun]


def missing_rivals(frame: pd.DataFrame, groups: Sequence[tuple[str, ...]] = GROUPS) -> list[str]:
    """What table ``stress_scores`` may not be published without, one sentence for each lack.

    The groups, by default the headline label walked forward and both of the paper's protocols, must
    be there with all models that their records require. Every group needs the naive models and
    baselines that are required under its protocol; every model with randomness that is walked
    forward at least five seeds; every AUROC an interval, within years too, unless there are fewer
    than two episodes, or blocks of days, to draw it from; and every model its differences, of area
    and of loss, from the references that stand in its group.

    Args:
        frame: table ``stress_scores``.
        groups: that must be there; with too little history some have not begun (`groups_due`).
    """
    return [
        *lacking_groups(frame, GROUP, groups),
        *lacking_models(frame, GROUP, _missing_in),
        *_missing_values(frame),
    ]


def _missing_in(group: Group, present: Sequence[str]) -> list[str]:
    missing = missing_models(LEG, str(group["protocol"]), present)
    if tuple(group.values()) in GROUPS:
        return missing
    simple = {model.id for model in simple_models(LEG)}
    return [model for model in missing if model in simple]


def _missing_values(frame: pd.DataFrame) -> Iterator[str]:
    random = [model.id for model in models_of(LEG) if model.random]
    judged = frame["n_episodes"] >= FEWEST
    enough = frame["n_days"] >= FEWEST * min(LOSS_BLOCKS)
    lacks = {
        f"fewer than {MIN_SEEDS} seeds": (frame["protocol"] == WALK_FORWARD)
        & frame["model"].isin(random)
        & ~(frame["n_seeds"] >= MIN_SEEDS),
        "no interval of the AUROC": judged & without_interval(frame, "auroc", "auroc"),
        "no interval of the AUROC within years": judged
        & without_interval(frame, "auroc_within_year", "within"),
    }
    for rival in references(LEG):
        own = frame["model"] == rival.id
        held = own.groupby([frame[column] for column in GROUP]).transform("any") & ~own
        lacks |= {
            f"no difference from {rival.name}": held
            & judged
            & without_interval(frame, "auroc", f"against_{rival.id}"),
            f"no difference of losses from {rival.name}": held
            & enough
            & without_interval(frame, "brier", f"brier_against_{rival.id}"),
        }
    yield from lacking_values(frame, GROUP, lacks)
