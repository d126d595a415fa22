"""How good the forecasts were: table ``forecast_scores``.

Belongs here: its rows. Does not belong here: what the table may not lack (`required`), what is
said of it in words (`report.forecasting.verdict`).
"""

from collections.abc import Callable, Iterator
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
from sfr_pipeline.evaluation import joint_tests
from sfr_pipeline.evaluation.completeness import spread
from sfr_pipeline.evaluation.models import Leg, Model, bar, benchmark, references
from sfr_pipeline.forecasting.beginning import MIN_FORECASTS
from sfr_pipeline.forecasting.samples import Sample, samples, systemic_months
from sfr_pipeline.markets import Market
from sfr_pipeline.storage.tables import FORECAST_SCORES

LEG: Leg = "forecasting"
TRAIN = "train"
SIGNIFICANCE = 0.05
# Errors this far apart are the same forecast but for rounding.
SAME = 1e-12
GROUP = ["protocol", "split", "target", "horizon", "period"]


def rivals_of_all() -> list[Model]:
    """Models that every other is held against in columns of their own; the bar has its own."""
    return [model for model in references(LEG) if not model.bar]


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
class _Against:
    """All models of a group against one of them.

    Attributes:
        ratios: of RMSE, ``(n_models,)``.
        bounds: of their 95 % intervals by model.
        tested: Coroneo and Iacone's statistic and p-value by model.
        p_spa: does any model beat it? NaN where no verdict asks.
    """

    ratios: FloatArray
    bounds: tuple[tuple[float, float], ...]
    tested: tuple[tuple[float, float], ...]
    p_spa: float

    def verdict(self, number: int) -> str:
        """Whether a model beats it: yes only where the test over all models allows it."""
        if not self.tested[number][1] < SIGNIFICANCE:
            return "undecided"
        if self.ratios[number] >= 1:
            return "no"
        return "yes" if self.p_spa < SIGNIFICANCE else "undecided"


@dataclass(frozen=True)
class _Group:
    """What all models of one group share: errors are ``(n_models, n)``."""

    errors: FloatArray
    p_mcs: FloatArray
    bar: str
    against: dict[str, _Against]


def _group(sample: Sample, kept: NDArray[np.bool_], seed: int) -> _Group:
    errors = sample.actual[kept] - sample.changes[:, kept]
    losses = np.square(errors)
    if not losses[0].any():
        raise EstimationError(
            f"{sample.protocol}, {sample.target}: no change is never wrong, so nothing can be "
            "held against it; judge an index that moves"
        )
    names = sample.models
    judging = {bar(LEG, names).id, benchmark(LEG).id}
    held = (judging | {model.id for model in rivals_of_all()}) & set(names)
    joint = partial(joint_tests.spa_p_value, horizon=sample.horizon, seed=seed)
    return _Group(
        errors=errors,
        p_mcs=joint_tests.mcs_p_values(losses.T, sample.horizon, seed=seed),
        bar=bar(LEG, names).id,
        against={
            name: _against(losses, names.index(name), joint if name in judging else None)
            for name in held
        },
    )


def _against(
    losses: FloatArray, rival: int, joint: Callable[[FloatArray, FloatArray], float] | None
) -> _Against:
    of_rival, totals = losses[rival], losses.sum(axis=1)
    alike = [np.allclose(own, of_rival, rtol=0, atol=SAME) for own in losses]
    return _Against(
        ratios=np.sqrt(totals / totals[rival]),
        bounds=tuple(
            (1.0, 1.0) if same else tests.rmse_ratio_interval(own, of_rival)
            for own, same in zip(losses, alike, strict=True)
        ),
        # A shrunken model may forecast exactly what its rival does.
        tested=tuple(
            (0.0, 1.0) if same else tests.coroneo_iacone(own - of_rival)
            for own, same in zip(losses, alike, strict=True)
        ),
        p_spa=joint(of_rival, np.delete(losses, rival, axis=0).T) if joint else float("nan"),
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
            "refit_months": sample.refit_months[model],
            "n_forecasts": int(kept.sum()),
            **_accuracy(sample, number, kept),
            **_over_bar(sample, number, group),
            **_tests(sample, number, kept, group),
            **_seeds(sample, model, kept, group.errors[number]),
        }


def _accuracy(sample: Sample, number: int, kept: NDArray[np.bool_]) -> dict[str, float]:
    start, actual, change = sample.start[kept], sample.actual[kept], sample.changes[number, kept]
    level, forecast = start + actual, start + change
    low, high = sample.low[number, kept], sample.high[number, kept]
    bounded = np.isfinite(low)
    inside = (low <= level) & (level <= high)
    scale = sample.scale[kept]
    scaled = np.isfinite(scale)
    return {
        "mae": metrics.mae(actual, change),
        "rmse": metrics.rmse(actual, change),
        "ia": metrics.ia(level, forecast),
        "tic": metrics.tic(level, forecast),
        "var": metrics.error_variance(actual, change),
        "mase": metrics.mase(actual[scaled], change[scaled], scale[scaled].mean()),
        "coverage": inside[bounded].mean() if bounded.any() else np.nan,
    }


def _over_bar(sample: Sample, number: int, group: _Group) -> dict[str, float | str | None]:
    """The headline: a model against the better naive row known in advance."""
    against, itself = group.against[group.bar], sample.models[number] == group.bar
    p_value, verdict, why = against.tested[number][1], against.verdict(number), None
    if itself:
        p_value, verdict = np.nan, "bar"
    elif sample.split == TRAIN:
        # Any model looks good on the months that it was fitted to.
        verdict = "in_sample"
    elif verdict == "undecided":
        why = "all_models" if p_value < SIGNIFICANCE else "own_test"
    return {
        "bar": group.bar,
        "bar_ratio": against.ratios[number],
        "bar_low": against.bounds[number][0],
        "bar_high": against.bounds[number][1],
        "p_bar": p_value,
        "p_spa_bar": against.p_spa,
        "beats_bar": verdict,
        "why_undecided": why,
    }


def _tests(
    sample: Sample, number: int, kept: NDArray[np.bool_], group: _Group
) -> dict[str, float | str]:
    actual, change = sample.actual[kept], sample.changes[number, kept]
    errors, model, horizon = group.errors[number], sample.models[number], sample.horizon
    first = benchmark(LEG).id
    no_change = group.against[first]
    ratio = float(no_change.ratios[number])
    held: dict[str, float | str] = {}
    for rival in rivals_of_all():
        tested = (np.nan, np.nan)
        if rival.id != model and rival.id in group.against:
            tested = group.against[rival.id].tested[number]
        held |= {f"t_{rival.id}": tested[0], f"p_{rival.id}": tested[1]}
    return held | {
        "rmse_ratio": ratio,
        "ratio_low": no_change.bounds[number][0],
        "ratio_high": no_change.bounds[number][1],
        "skill": 1 - ratio,
        "r2_oos": 1 - ratio**2,
        **_described(errors, group.errors[0], horizon, is_first=model == first),
        "p_mcs": float(group.p_mcs[number]),
        "p_spa": no_change.p_spa,
        "direction_hits": metrics.direction_hits(actual, change),
        "p_direction": _direction(actual, change, horizon),
        "beats_no_change": _verdict(sample.split, model, no_change.verdict(number)),
    }


def _described(
    errors: FloatArray, benchmark_errors: FloatArray, horizon: int, *, is_first: bool
) -> dict[str, float]:
    """Older tests against no change, which decide nothing."""
    if is_first:
        found = (np.nan, np.nan, np.nan)
    elif np.allclose(errors, benchmark_errors, rtol=0, atol=SAME):
        found = (0.0, 1.0, 1.0)
    else:
        found = (
            *tests.diebold_mariano(errors, benchmark_errors, horizon),
            tests.clark_west(errors, benchmark_errors, horizon)[1],
        )
    return dict(zip(("dm_no_change", "p_dm_no_change", "p_clark_west"), found, strict=True))


def _direction(actual: FloatArray, change: FloatArray, horizon: int) -> float:
    """The test's p-value: 1 where forecasts, or outcomes, of one sign leave nothing to test.

    NaN where no forecast names a direction.
    """
    if not change.any():
        return np.nan
    p_value = tests.pesaran_timmermann(actual, change, horizon)[1]
    return p_value if np.isfinite(p_value) else 1.0


def _verdict(split: str, model: str, found: str) -> str:
    if model == benchmark(LEG).id:
        return "benchmark"
    return "in_sample" if split == TRAIN else found


def _seeds(
    sample: Sample, model: str, kept: NDArray[np.bool_], errors: FloatArray
) -> dict[str, float]:
    """Spread of the single seeds' errors; one value for a model without randomness."""
    singles = None
    if model in sample.seeds:
        singles = metrics.rmse(sample.actual[kept], sample.seeds[model][:, kept])
    return spread("rmse", float(np.sqrt(np.square(errors).mean())), singles)
