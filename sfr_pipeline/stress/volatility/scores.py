"""What forecasts of volatility are worth: table ``volatility_scores``.

All models of a panel and horizon meet the same days and markets and the same resamples of blocks of
days, so differences are paired. Belongs here: losses, their tests and the verdict. Does not belong
here: how the forecasts were made (`walk`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray, IntArray
from sfr_pipeline.evaluation.bootstrap import block_interval, block_means
from sfr_pipeline.evaluation.completeness import (
    Group,
    lacking_groups,
    lacking_models,
    lacking_values,
    without_interval,
)
from sfr_pipeline.evaluation.forecast_tests import hac_test
from sfr_pipeline.evaluation.models import missing_models, models_of, references
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.volatility import BLOCKS, LAGS, LOSSES, VOLATILITY_SCORES
from sfr_pipeline.stress.volatility.panel import PooledPanel
from sfr_pipeline.stress.volatility.walk import VolatilityRun, past_errors, past_level

ALL = "all"
DRAWS = 1000
LEVEL = 0.05
HALF_DECADE = 5
# With fewer there is nothing to see between them, and no interval.
FEWEST_BLOCKS = 2
GROUP = ["panel", "market", "horizon", "period"]


def mse(gaps: FloatArray, targets: FloatArray) -> FloatArray:
    """Squared error of ln volatility, same shape."""
    return np.square(targets - gaps)


def qlike(gaps: FloatArray, targets: FloatArray) -> FloatArray:
    """RV^2/F^2 - ln(RV^2/F^2) - 1, least where the forecast is the outcome, same shape."""
    ratio = 2.0 * (targets - gaps)
    return np.exp(ratio) - ratio - 1.0


@dataclass(frozen=True)
class _Judged:
    """Runs of one panel and horizon, by days and markets.

    Attributes:
        runs: in the order of the last axis of the losses.
        years: calendar year of each day.
        told: market days on which every run says something, whose outcome is known, and before
            which half a year of errors is.
        losses: by name, ``(n_days, n_markets, n_runs)``.
        inside: whether the outcome lay within the bounds of 50 and 90 %, NaN where there are none,
            ``(n_days, n_markets, n_runs)`` each.
    """

    runs: Sequence[VolatilityRun]
    years: IntArray
    told: BoolArray
    losses: Mapping[str, FloatArray]
    inside: tuple[FloatArray, FloatArray]


def volatility_scores(
    panel: PooledPanel,
    runs: Sequence[VolatilityRun],
    first_test_year: int,
    development_end: int,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Rows of table ``volatility_scores`` of one panel.

    Args:
        panel: markets by day.
        runs: of the panel, all horizons.
        first_test_year: first year that is judged.
        development_end: last year on whose scores choices rested.
        draws: block-bootstrap samples.
        seed: of the samples.
    """
    rows: list[dict[str, object]] = []
    for horizon in panel.horizons:
        own = [run for run in runs if run.horizon == horizon]
        if not own:
            continue
        every = _judge(panel, own, horizon, first_test_year)
        for market, judged in _by_market(panel, every):
            for period, days in _periods(judged.years, development_end, market):
                chosen = days & judged.told.any(axis=1)
                if chosen.any():
                    head = {"panel": panel.name, "market": market, "horizon": horizon}
                    rng = np.random.default_rng(seed)
                    found = _score(judged, chosen, market == period == ALL, draws, rng)
                    rows += [head | {"period": period} | row for row in found]
    if not rows:
        return VOLATILITY_SCORES.empty()
    return pd.DataFrame(rows, columns=VOLATILITY_SCORES.arrow_schema().names)


def _judge(
    panel: PooledPanel, runs: Sequence[VolatilityRun], horizon: int, first_test_year: int
) -> _Judged:
    targets = panel.targets(horizon)
    gaps = np.stack([run.gaps for run in runs], axis=-1)
    years = np.asarray(panel.dates.year)
    levels = gaps + np.stack([past_level(panel, run) for run in runs], axis=-1)
    told = np.isfinite(targets) & np.isfinite(levels).all(axis=-1)
    told &= (years >= first_test_year)[:, np.newaxis]
    outcome = targets[..., np.newaxis]
    errors = outcome - gaps
    bounds = np.stack([past_errors(panel, run) for run in runs], axis=-2)
    low, half_low, half_high, high = np.moveaxis(bounds, -1, 0)
    inside = (_within(errors, half_low, half_high), _within(errors, low, high))
    values = (mse(gaps, outcome), qlike(gaps, outcome), qlike(levels, outcome))
    losses = dict(zip(LOSSES, values, strict=True))
    return _Judged(runs, years, told, losses, inside)


def _within(errors: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """1 within the bounds, 0 outside, NaN where there is none."""
    return np.where(np.isnan(low + high), np.nan, (low <= errors) & (errors <= high))


def _by_market(panel: PooledPanel, every: _Judged) -> Iterator[tuple[str, _Judged]]:
    """All markets together, and each alone."""
    yield ALL, every
    for place, market in enumerate(panel.markets):
        one = slice(place, place + 1)
        yield (
            market,
            replace(
                every,
                told=every.told[:, one],
                losses={name: values[:, one] for name, values in every.losses.items()},
                inside=(every.inside[0][:, one], every.inside[1][:, one]),
            ),
        )


def _periods(years: IntArray, development_end: int, market: str) -> Iterator[tuple[str, BoolArray]]:
    yield ALL, years > 0
    if market != ALL:
        return
    yield "development", years <= development_end
    yield "confirmation", years > development_end
    first = years - years % HALF_DECADE
    for begin in np.unique(first):
        yield f"{begin}-{begin + HALF_DECADE - 1}", first == begin


def _score(
    judged: _Judged, days: BoolArray, single_seeds: bool, draws: int, rng: np.random.Generator
) -> Iterator[dict[str, object]]:
    """One row for each loss, model and rival on the chosen days."""
    cells = judged.told[days]
    by_day = np.stack([_day_means(each[days], cells) for each in judged.losses.values()], axis=1)
    n_days, n_losses, n_runs = by_day.shape
    rivals = _rivals(judged.runs)
    means = by_day.mean(axis=0)

    def against(values: FloatArray) -> FloatArray:
        """Gains of every run over every rival."""
        return _gain(values[..., np.newaxis], values[..., np.newaxis, rivals])

    gains = against(means)
    bounds = []
    for block in BLOCKS:
        drawn_means = block_means(by_day.reshape(n_days, -1), min(block, n_days), draws, rng)
        drawn = against(drawn_means.reshape(draws, n_losses, n_runs))
        bounds.append(block_interval(gains, drawn, n_days, block))
    covered = [_coverage(inside[days], cells) for inside in judged.inside]
    for (number, loss), (own, run), (place, other) in product(
        enumerate(judged.losses), enumerate(judged.runs), enumerate(rivals)
    ):
        if own == other or (run.seed != MEAN_OF_SEEDS and not single_seeds):
            continue
        ends = [(each[0, number, own, place], each[1, number, own, place]) for each in bounds]
        statistic, p_value = hac_test(by_day[:, number, own] - by_day[:, number, other], LAGS)
        yield {
            "model": run.model,
            "seed": run.seed,
            "rival": judged.runs[other].model,
            "loss": loss,
            "n_days": n_days,
            "value": means[number, own],
            "rival_value": means[number, other],
            "gain": gains[number, own, place],
            **{
                f"gain_{block}_{end}": value
                for block, pair in zip(BLOCKS, ends, strict=True)
                for end, value in zip(("low", "high"), pair, strict=True)
            },
            "statistic": statistic,
            "p_value": p_value,
            "refit_months": run.refit_months,
            "rival_refit_months": judged.runs[other].refit_months,
            "verdict": verdict(p_value, ends),
            "coverage_50": covered[0][own],
            "coverage_90": covered[1][own],
        }


def _rivals(runs: Sequence[VolatilityRun]) -> list[int]:
    """Places of the references."""
    known = {record.id for record in references("volatility")}
    return [
        place for place, run in enumerate(runs) if run.model in known and run.seed == MEAN_OF_SEEDS
    ]


def _gain(loss: FloatArray, rival: FloatArray) -> FloatArray:
    """1 - loss / rival; NaN where the rival loses nothing."""
    return 1.0 - loss / np.where(rival > 0, rival, np.nan)


def _day_means(values: FloatArray, cells: BoolArray) -> FloatArray:
    """Mean over the chosen markets of each day, ``(n_days, n_runs)``."""
    kept = np.where(cells[..., np.newaxis], values, 0.0)
    return kept.sum(axis=1) / cells.sum(axis=1)[:, np.newaxis]


def _coverage(inside: FloatArray, cells: BoolArray) -> FloatArray:
    """Share of the chosen market days within bounds, of those that have some, ``(n_runs,)``."""
    known = np.isfinite(inside) & cells[..., np.newaxis]
    hits = np.where(known, inside, 0.0).sum(axis=(0, 1))
    count = known.sum(axis=(0, 1))
    return np.where(count > 0, hits / np.maximum(count, 1), np.nan)


def verdict(p_value: float, intervals: Sequence[tuple[float, float]]) -> str:
    """Better or worse where the test and all intervals of the gain agree, else undecided.

    Args:
        p_value: of the test, two-sided.
        intervals: lower and upper bound of the gain, each.
    """
    if p_value < LEVEL and all(low > 0 for low, _ in intervals):
        return "better"
    if p_value < LEVEL and all(high < 0 for _, high in intervals):
        return "worse"
    return "undecided"


def missing_rivals(frame: pd.DataFrame, forecasts: pd.DataFrame) -> list[str]:
    """What table ``volatility_scores`` may not be published without, a sentence for each lack.

    All models that their records require, in every group; each panel and horizon of which a
    forecast has an outcome; an interval for every gain over some blocks of days.

    Args:
        frame: the table.
        forecasts: table ``volatility_forecasts``, of what was judged.
    """
    means = frame[frame["seed"] == MEAN_OF_SEEDS]
    known = forecasts[forecasts["actual"] > 0]
    due = known[["panel", "horizon"]].drop_duplicates().itertuples(index=False, name=None)
    lacks = {
        f"no interval of the gain in blocks of {block} days": without_interval(
            frame, "gain", f"gain_{block}"
        )
        & (frame["n_days"] >= FEWEST_BLOCKS * block)
        for block in BLOCKS
    }
    return [
        *lacking_groups(
            frame, ["panel", "horizon", "market", "period"], ((*of, ALL, ALL) for of in due)
        ),
        *lacking_models(means, GROUP, _missing_in),
        *lacking_values(frame, GROUP, lacks),
    ]


def _missing_in(group: Group, present: Sequence[str]) -> list[str]:
    lacking = missing_models("volatility", str(group["panel"]), present)
    records = {model.id: model for model in models_of("volatility")}
    return [name for name in lacking if records[name].days_ahead in (None, group["horizon"])]
