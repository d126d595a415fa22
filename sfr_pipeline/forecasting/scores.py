"""How good the forecasts were: table ``forecast_scores``, and what it may not lack."""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation import forecast_metrics as metrics
from sfr_pipeline.evaluation import forecast_tests as tests
from sfr_pipeline.evaluation.bootstrap import block_counts, block_length, interval
from sfr_pipeline.evaluation.completeness import (
    Group,
    lacking_groups,
    lacking_models,
    lacking_values,
    spread,
    without_interval,
)
from sfr_pipeline.evaluation.intervals import MIN_ERRORS
from sfr_pipeline.evaluation.models import (
    Leg,
    Need,
    benchmark,
    missing_models,
    models_of,
    references,
)
from sfr_pipeline.forecasting.beginning import MIN_FORECASTS
from sfr_pipeline.forecasting.samples import Sample, samples, systemic_months
from sfr_pipeline.markets import Market
from sfr_pipeline.storage.tables import FORECAST_SCORES

LEG: Leg = "forecasting"
TRAIN = "train"
# Protocol, split, target, horizon and period of what is judged in any case.
GROUPS = (
    ("real_time", "test", "basket", 1, "all"),
    ("paper", "test", "index", 1, "all"),
    ("paper", "train", "index", 1, "all"),
)
MIN_SEEDS = 5
DRAWS = 1000
SIGNIFICANCE = 0.05
GROUP = ["protocol", "split", "target", "horizon", "period"]


def score_rows(market: Market, forecasts: pd.DataFrame) -> pd.DataFrame:
    """Judge all forecasts: rows of table ``forecast_scores``.

    All models of a group are judged at the same origins: those whose outcome is known and where
    every model has a forecast (`left_out` counts the others). Groups of fewer than
    ``MIN_FORECASTS`` are not judged. Period ``without_systemic`` leaves out forecasts from whose
    origin to whose target a month of a systemic event lies (to its end, or half a year from its
    onset where none is set); it stands only where that leaves out some.

    ``mase`` divides the mean absolute error by the mean of what was known at the origins about
    the usual size of a change over the same horizon: the mean absolute change between the values
    of the index at earlier origins. A model whose forecasts are no change throughout gets
    statistic 0 and p-value 1 in the tests against it. On training months ``beats_no_change`` is
    ``in_sample``: errors of a fit to these months are no evidence.

    Args:
        market: the catalogue, for its events and the seed of the resamples.
        forecasts: table ``forecasts``.

    Raises:
        EstimationError: no forecast of no change stands beside the others, or it is never wrong;
            or a model has seeds but no mean over them.
    """
    systemic = systemic_months(market)
    rows: list[dict[str, Any]] = []
    for sample in samples(forecasts):
        calm = sample.without(systemic)
        periods = {"all": np.ones(len(calm), dtype=bool)}
        if not calm.all():
            periods["without_systemic"] = calm
        for period, kept in periods.items():
            if kept.sum() >= MIN_FORECASTS:
                rows += _group_rows(sample, period, kept, market.index.seed)
    columns = [column.name for column in FORECAST_SCORES.columns]
    return pd.DataFrame(rows, columns=columns).sort_values(
        list(FORECAST_SCORES.key), ignore_index=True
    )


def left_out(forecasts: pd.DataFrame) -> pd.DataFrame:
    """How many origins with a known outcome are not judged because a model has no forecast there.

    Args:
        forecasts: table ``forecasts``.

    Returns:
        Columns ``protocol``, ``split``, ``target``, ``horizon``, ``n_forecasts``, ``n_left_out``.
    """
    return pd.DataFrame(
        [
            {
                "protocol": sample.protocol,
                "split": sample.split,
                "target": sample.target,
                "horizon": sample.horizon,
                "n_forecasts": len(sample.origins),
                "n_left_out": sample.n_left_out,
            }
            for sample in samples(forecasts)
        ],
        columns=[*GROUP[:-1], "n_forecasts", "n_left_out"],
    )


@dataclass(frozen=True)
class _Group:
    """What all models of one group share: errors are ``(n_models, n)``, of references by id."""

    errors: FloatArray
    ratios: FloatArray
    ratio_bounds: FloatArray
    p_mcs: FloatArray
    p_spa: float
    references: Mapping[str, FloatArray]


def _group(sample: Sample, kept: NDArray[np.bool_], seed: int) -> _Group:
    errors = sample.actual[kept] - sample.changes[:, kept]
    losses = np.square(errors)
    if not losses[0].any():
        raise EstimationError(
            f"{sample.protocol}, {sample.target}: no change is never wrong, so nothing can be "
            "held against it; judge an index that moves"
        )
    totals = losses.sum(axis=1)
    n = errors.shape[1]
    block = block_length(n, sample.horizon)
    counts = block_counts(n, block, DRAWS, np.random.default_rng(seed))
    # Sums of the resampled losses, ``(n_models, draws)``; the first model is no change.
    sums = losses @ counts
    relative = np.divide(sums, sums[0], out=np.full_like(sums, np.nan), where=sums[0] > 0)
    return _Group(
        errors=errors,
        ratios=np.sqrt(totals / totals[0]),
        ratio_bounds=interval(np.sqrt(relative).T),
        p_mcs=tests.mcs_p_values(losses.T, sample.horizon, seed=seed),
        p_spa=tests.spa_p_value(losses[0], losses[1:].T, sample.horizon, seed=seed),
        references={
            model.id: errors[sample.models.index(model.id)]
            for model in references(LEG)
            if model.id in sample.models
        },
    )


def _group_rows(
    sample: Sample, period: str, kept: NDArray[np.bool_], seed: int
) -> Iterator[dict[str, Any]]:
    group = _group(sample, kept, seed)
    for number, model in enumerate(sample.models):
        yield {
            "protocol": sample.protocol,
            "split": sample.split,
            "target": sample.target,
            "horizon": sample.horizon,
            "period": period,
            "model": model,
            "n_forecasts": int(kept.sum()),
            **_accuracy(sample, number, kept, group),
            **_tests(sample, number, kept, group),
            **_seeds(sample, model, kept, group.errors[number]),
        }


def _accuracy(
    sample: Sample, number: int, kept: NDArray[np.bool_], group: _Group
) -> dict[str, float]:
    start, actual, change = sample.start[kept], sample.actual[kept], sample.changes[number, kept]
    level, forecast = start + actual, start + change
    low, high = sample.low[number, kept], sample.high[number, kept]
    bounded = np.isfinite(low)
    inside = (low <= level) & (level <= high)
    scale = sample.scale[kept]
    scaled = np.isfinite(scale)
    ratio = float(group.ratios[number])
    return {
        "mae": metrics.mae(actual, change),
        "rmse": metrics.rmse(actual, change),
        "ia": metrics.ia(level, forecast),
        "tic": metrics.tic(level, forecast),
        "var": metrics.error_variance(actual, change),
        "rmse_ratio": ratio,
        "ratio_low": group.ratio_bounds[0, number],
        "ratio_high": group.ratio_bounds[1, number],
        "skill": 1 - ratio,
        "r2_oos": 1 - ratio**2,
        "mase": metrics.mase(actual[scaled], change[scaled], scale[scaled].mean()),
        "coverage": inside[bounded].mean() if bounded.any() else np.nan,
    }


def _tests(
    sample: Sample, number: int, kept: NDArray[np.bool_], group: _Group
) -> dict[str, float | str]:
    actual, change = sample.actual[kept], sample.changes[number, kept]
    errors, model, horizon = group.errors[number], sample.models[number], sample.horizon
    against: dict[str, float | str] = {}
    for reference in references(LEG):
        tested = (np.nan, np.nan)
        if reference.id != model and reference.id in group.references:
            tested = _diebold_mariano(errors, group.references[reference.id], horizon)
        against |= {f"dm_{reference.id}": tested[0], f"p_{reference.id}": tested[1]}
    first = benchmark(LEG).id
    clark_west = np.nan if model == first else _clark_west(errors, group.errors[0], horizon)
    return against | {
        "p_clark_west": clark_west,
        "p_mcs": float(group.p_mcs[number]),
        "p_spa": group.p_spa,
        "direction_hits": metrics.direction_hits(actual, change),
        "p_direction": _direction(actual, change, horizon),
        "beats_no_change": _verdict(
            sample.split, model, float(group.ratios[number]), float(against[f"p_{first}"])
        ),
    }


def _diebold_mariano(
    errors: FloatArray, rival_errors: FloatArray, horizon: int
) -> tuple[float, float]:
    """The test, with 0 and 1 where a shrunken model forecasts exactly what its rival does."""
    if _same(errors, rival_errors):
        return 0.0, 1.0
    return tests.diebold_mariano(errors, rival_errors, horizon)


def _clark_west(errors: FloatArray, benchmark_errors: FloatArray, horizon: int) -> float:
    """Its p-value, 1 where a shrunken model forecasts exactly what the benchmark does."""
    if _same(errors, benchmark_errors):
        return 1.0
    return tests.clark_west(errors, benchmark_errors, horizon)[1]


def _same(errors: FloatArray, rival_errors: FloatArray) -> bool:
    return np.allclose(errors, rival_errors, rtol=0, atol=1e-12)


def _direction(actual: FloatArray, change: FloatArray, horizon: int) -> float:
    """The test's p-value: 1 where forecasts, or outcomes, of one sign leave nothing to test.

    NaN where no forecast names a direction.
    """
    if not change.any():
        return np.nan
    p_value = tests.pesaran_timmermann(actual, change, horizon)[1]
    return p_value if np.isfinite(p_value) else 1.0


def _verdict(split: str, model: str, ratio: float, p_value: float) -> str:
    if model == benchmark(LEG).id:
        return "benchmark"
    if split == TRAIN:
        # Any model looks good on the months that it was fitted to.
        return "in_sample"
    if p_value < SIGNIFICANCE:
        return "yes" if ratio < 1 else "no"
    return "undecided"


def _seeds(
    sample: Sample, model: str, kept: NDArray[np.bool_], errors: FloatArray
) -> dict[str, float]:
    """Spread of the single seeds' errors; one value for a model without randomness."""
    singles = None
    if model in sample.seeds:
        singles = metrics.rmse(sample.actual[kept], sample.seeds[model][:, kept])
    return spread("rmse", float(np.sqrt(np.square(errors).mean())), singles)


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
    mean, ridge and VAR, in real time the ridge on changes too; one month ahead the paper's rivals,
    and in real time the Transformer on changes and the regime model, which the paper's protocol may
    lack.

    For every model the tests against no change and AR(1), Clark and West's test, the interval of
    its ratio, the model confidence set and the test of superior predictive ability; five seeds for
    models with randomness. Values may be missing where they do not exist: tests against itself;
    the test of the direction where no forecast names one (then hits are missing too); coverage in
    the paper's protocol, which has no intervals, and in real time where there are fewer forecasts
    than past errors that the first interval needs.

    Args:
        frame: table ``forecast_scores``.
        groups: that must be there; with too little history some have not begun (`groups_due`).
        lacking: what the market does not have of what a model needs (`last_days.lacking`).
    """
    return [
        *lacking_groups(frame, GROUP, [*groups, *_companions(frame)]),
        *lacking_models(frame, GROUP, partial(_missing_in, lacking)),
        *_missing_values(frame),
    ]


def _companions(frame: pd.DataFrame) -> Iterator[tuple[Hashable, ...]]:
    """The group on first published values that belongs beside each group on the fixed basket."""
    for group in frame[frame["target"] == "basket"][GROUP].drop_duplicates().to_dict("records"):
        yield tuple((group | {"target": "published"})[name] for name in GROUP)


def _missing_in(lacking: Collection[Need], group: Group, present: Sequence[str]) -> list[str]:
    protocol, horizon = str(group["protocol"]), int(str(group["horizon"]))
    return missing_models(LEG, protocol, present, horizon, lacking)


def _missing_values(frame: pd.DataFrame) -> Iterator[str]:
    other = frame["model"] != benchmark(LEG).id
    has_intervals = (frame["protocol"] == "real_time") & (
        frame["n_forecasts"] >= MIN_ERRORS + frame["horizon"]
    )
    random = [model.id for model in models_of(LEG) if model.random]
    lacks = {
        f"no test against {reference.name}": frame[f"p_{reference.id}"].isna()
        & (frame["model"] != reference.id)
        for reference in references(LEG)
    } | {
        "no Clark-West test": frame["p_clark_west"].isna() & other,
        "no test of the direction": frame["p_direction"].isna() & frame["direction_hits"].notna(),
        "no coverage": frame["coverage"].isna() & has_intervals,
        "no interval of the ratio": without_interval(frame, "rmse_ratio", "ratio"),
        "no model confidence set": frame["p_mcs"].isna(),
        "no test of superior predictive ability": frame["p_spa"].isna(),
        f"fewer than {MIN_SEEDS} seeds": frame["model"].isin(random)
        & (frame["n_seeds"] < MIN_SEEDS),
    }
    yield from lacking_values(frame, GROUP, lacks)
