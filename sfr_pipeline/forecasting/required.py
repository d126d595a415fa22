"""What table ``forecast_scores`` may not be published without, and which groups are due."""

from collections.abc import Collection, Hashable, Iterator, Sequence

import pandas as pd

from sfr_pipeline.evaluation.completeness import (
    Group,
    lacking_groups,
    lacking_models,
    lacking_values,
)
from sfr_pipeline.evaluation.intervals import MIN_ERRORS
from sfr_pipeline.evaluation.models import Leg, Need, benchmark, missing_models, models_of
from sfr_pipeline.forecasting.beginning import MIN_FORECASTS
from sfr_pipeline.forecasting.samples import samples
from sfr_pipeline.forecasting.scores import GROUP, rivals_of_all

LEG: Leg = "forecasting"
# Protocol, split, target, horizon and period of what is judged in any case.
GROUPS = (
    ("real_time", "test", "basket", 1, "all"),
    ("paper", "test", "index", 1, "all"),
    ("paper", "train", "index", 1, "all"),
)
MIN_SEEDS = 5


def groups_due(forecasts: pd.DataFrame) -> list[tuple[Hashable, ...]]:
    """Those of `GROUPS` with enough forecasts to be judged.

    Args:
        forecasts: table ``forecasts``.
    """
    enough = {
        (sample.protocol, sample.split, sample.target, sample.horizon, "all")
        for sample in samples(forecasts)
        if len(sample.origins) >= MIN_FORECASTS
    }
    return [group for group in GROUPS if group in enough]


def missing_rivals(
    frame: pd.DataFrame,
    groups: Sequence[tuple[Hashable, ...]] = GROUPS,
    lacking: Collection[Need] = (),
) -> list[str]:
    """What table ``forecast_scores`` may not be published without, one sentence for each lack.

    The groups, by default the headline and both parts of the paper's split (`GROUPS`), and beside
    the fixed basket the first published values. In every group no change, AR(1), the expanding
    mean, ridge and VAR, in real time the ridge on changes too, and the month's last values where
    the market has them; one month ahead the paper's rivals, and in real time the Transformer on
    changes and the regime model, which the paper's protocol may lack.

    For every model the tests against the bar, no change and AR(1), Clark and West's test, the
    intervals of its ratios, the model confidence set and the tests of superior predictive ability;
    five seeds for models with randomness. Values may be missing where they do not exist: tests
    against itself; the test of the direction where no forecast names one (then hits are missing
    too); coverage in the paper's protocol, which has no intervals, and in real time where there are
    fewer forecasts than past errors that the first interval needs.

    Args:
        frame: table ``forecast_scores``.
        groups: that must be there; with too little history some have not begun (`groups_due`).
        lacking: what the market does not have of what a model needs (`last_days.lacking`).
    """

    def missing_in(group: Group, present: Sequence[str]) -> list[str]:
        protocol, horizon = str(group["protocol"]), int(str(group["horizon"]))
        return missing_models(LEG, protocol, present, horizon, lacking)

    return [
        *lacking_groups(frame, GROUP, [*groups, *_companions(frame)]),
        *lacking_models(frame, GROUP, missing_in),
        *_missing_values(frame),
    ]


def _companions(frame: pd.DataFrame) -> Iterator[tuple[Hashable, ...]]:
    """The group on first published values that belongs beside each group on the fixed basket."""
    for group in frame[frame["target"] == "basket"][GROUP].drop_duplicates().to_dict("records"):
        yield tuple((group | {"target": "published"})[name] for name in GROUP)


def _missing_values(frame: pd.DataFrame) -> Iterator[str]:
    other = frame["model"] != benchmark(LEG).id
    has_intervals = (frame["protocol"] == "real_time") & (
        frame["n_forecasts"] >= MIN_ERRORS + frame["horizon"]
    )
    random = [model.id for model in models_of(LEG) if model.random]
    lacks = {
        f"no test against {reference.name}": frame[f"p_{reference.id}"].isna()
        & (frame["model"] != reference.id)
        for reference in rivals_of_all()
    } | {
        "no test against the bar": frame["p_bar"].isna() & (frame["model"] != frame["bar"]),
        "no Clark-West test": frame["p_clark_west"].isna() & other,
        "no test of the direction": frame["p_direction"].isna() & frame["direction_hits"].notna(),
        "no coverage": frame["coverage"].isna() & has_intervals,
        "no interval of the ratio": frame["ratio_low"].isna(),
        "no interval of the ratio to the bar": frame["bar_low"].isna(),
        "no model confidence set": frame["p_mcs"].isna(),
        "no test of superior predictive ability": frame["p_spa"].isna(),
        "no test of superior ability over the bar": frame["p_spa_bar"].isna(),
        f"fewer than {MIN_SEEDS} seeds": frame["model"].isin(random)
        & (frame["n_seeds"] < MIN_SEEDS),
    }
    yield from lacking_values(frame, GROUP, lacks)
