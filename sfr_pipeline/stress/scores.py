"""How well models tell stress from calm: table ``stress_scores``, from the predictions alone.

What is judged is the probability as published, of every model alike: its area under the ROC curve,
its loss, the calls made by it. The area of the score before calibration stands beside, so that a
calibration which destroys ranking is seen.

All models of a protocol and label meet the same days and the same resamples of blocks of days, so
differences are paired. Areas and their differences have intervals by the number of episodes
(`bootstrap.episode_interval`): percentiles would be too narrow. Losses have the outer one of two
intervals, by blocks of a quarter and of a year. Scores that need a yes or no call a day stressed
where its probability is above the base rate known on that day (above one half in the paper's
protocols): for calibrated probabilities the choice that serves balanced accuracy best, and none
that looks at test days.

Belongs here: the scores. Does not belong here: what a table of them may not lack (`rivals`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray, IntArray
from sfr_pipeline.evaluation.auroc import auroc, auroc_of_counts
from sfr_pipeline.evaluation.bootstrap import (
    block_counts,
    block_sums,
    episode_interval,
    interval,
)
from sfr_pipeline.evaluation.classification_metrics import (
    auprc,
    brier,
    brier_skill,
    calibration,
    confusion,
)
from sfr_pipeline.evaluation.completeness import spread
from sfr_pipeline.evaluation.models import Leg, benchmark, references, simple_models
from sfr_pipeline.storage.tables.stress import STRESS_SCORES
from sfr_pipeline.stress.judged import Judged, Part

# Half a year: stress lasts for months, and so do the errors of a ranking.
BLOCK = 126
LOSS_BLOCKS = (63, 252)
# For a standard deviation, which 400 give to some 4 %; quantiles of losses need more and cost less.
DRAWS = 400
LOSS_DRAWS = 1000
PREFERENCES = (0.5, 0.7, 0.9)
LEG: Leg = "stress"
WALK_FORWARD = "walk_forward"


def stress_scores(
    predictions: pd.DataFrame,
    labels: pd.DataFrame,
    development_end: int,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Rows of table ``stress_scores``.

    Args:
        predictions: table ``stress_predictions``; every model covers the same days.
        labels: table ``stress_labels``.
        development_end: last year on whose scores choices rested.
        draws: block-bootstrap samples of the areas.
        seed: of the samples.

    A protocol and label none of whose days is known yet has no row.

    Raises:
        EstimationError: a model's predictions do not cover the days of the others.
    """
    rows: list[dict[str, object]] = []
    for (protocol, label), group in predictions.groupby(["protocol", "label"], sort=False):
        if group["actual"].isna().all():
            continue
        judged = Judged(group, labels[labels["label"] == label])
        n = len(judged.stressed)
        counts = block_counts(n, min(BLOCK, n), draws, np.random.default_rng(seed))
        walked = protocol == WALK_FORWARD
        for part in judged.parts(development_end if walked else None):
            head = {
                "protocol": protocol,
                "label": label,
                "period": part.period,
                "days": part.days,
            }
            rows += [head | row for row in _score(judged, part, counts, seed, by_base_rate=walked)]
    frame = pd.DataFrame(rows, columns=STRESS_SCORES.arrow_schema().names)
    return frame.astype({"refit_months": "Int64"})


def _score(
    judged: Judged, part: Part, counts: IntArray, seed: int, *, by_base_rate: bool
) -> list[dict[str, object]]:
    """One row for each model on the chosen days.

    Args:
        judged: protocol and label.
        part: whose days are scored.
        counts: how often each resample holds each day, ``(n_days, draws)``.
        seed: of the resamples of losses.
        by_base_rate: whether a call is a probability above the base rate known on the day.
    """
    chosen = part.chosen
    stressed, probabilities = judged.stressed[chosen], judged.probabilities[chosen]
    n_episodes = judged.n_episodes(chosen)
    pooled = _areas(stressed, probabilities, counts[chosen], n_episodes)
    within = _areas(stressed, probabilities, counts[chosen], n_episodes, judged.years[chosen])
    base = judged.models.index(benchmark(LEG).id)
    climatology = probabilities[:, base]
    threshold = climatology if by_base_rate else np.full(len(stressed), 0.5)
    ends, inner = pooled.ends, within.ends
    losses = _losses(judged, chosen, seed)
    best = _best_baseline(judged.models, pooled.estimates)
    shared = {
        "n_days": len(stressed),
        "n_episodes": n_episodes,
        "base_rate": stressed.mean(),
        "best_naive": best,
    }
    both = stressed.any() and not stressed.all()
    rows = []
    for place, model in enumerate(judged.models):
        probability = probabilities[:, place]
        row: dict[str, object] = shared | {
            "model": model,
            "refit_months": judged.refit[model],
            "auroc": pooled.estimates[place],
            "auroc_low": ends[0, place],
            "auroc_high": ends[1, place],
            "auroc_score": auroc(stressed, judged.scores[chosen, place]) if both else np.nan,
            "auroc_within_year": within.estimates[place],
            "within_low": inner[0, place],
            "within_high": inner[1, place],
            "auprc": auprc(stressed, probability),
        }
        row |= _probability_scores(stressed, probability, climatology, threshold)
        row["brier_skill_low"], row["brier_skill_high"] = losses.skill_ends(place, base)
        row |= _against("difference", pooled.difference, model, best, judged.models)
        for rival in references(LEG):
            row |= _against(
                f"against_{rival.id}", pooled.difference, model, rival.id, judged.models
            )
            row |= _against(
                f"brier_against_{rival.id}", losses.difference, model, rival.id, judged.models
            )
        rows.append(row | _seed_scores(judged, chosen, model, pooled.estimates[place]))
    return rows


@dataclass(frozen=True)
class _Areas:
    """AUROC of every model, and what it is in resamples.

    Attributes:
        estimates: ``(n_models,)``; NaN where a kind of day is missing.
        draws: ``(n_draws, n_models)``.
        n_episodes: behind the intervals.
    """

    estimates: FloatArray
    draws: FloatArray
    n_episodes: int

    @property
    def ends(self) -> FloatArray:
        """Of the interval of each, within 0 and 1, ``(2, n_models)``."""
        return np.clip(episode_interval(self.estimates, self.draws, self.n_episodes), 0, 1)

    def difference(self, own: int, other: int) -> tuple[float, float, float]:
        """One model's area less another's, and the ends of its interval."""
        estimate = self.estimates[own] - self.estimates[other]
        paired = self.draws[:, own] - self.draws[:, other]
        low, high = episode_interval(estimate, paired, self.n_episodes)
        return float(estimate), float(low), float(high)


def _areas(
    stressed: BoolArray,
    probabilities: FloatArray,
    counts: IntArray,
    n_episodes: int,
    years: IntArray | None = None,
) -> _Areas:
    if stressed.all() or not stressed.any():
        nothing = np.full(probabilities.shape[1], np.nan)
        return _Areas(nothing, nothing[None], n_episodes)
    estimates = [auroc(stressed, column, years) for column in probabilities.T]
    draws = auroc_of_counts(stressed, probabilities, counts, years)
    return _Areas(np.array(estimates), draws, n_episodes)


@dataclass(frozen=True)
class _Losses:
    """Brier scores of every model, and what they are in resamples.

    Attributes:
        estimates: ``(n_models,)``.
        draws: by length of blocks, each ``(n_draws, n_models)``.
    """

    estimates: FloatArray
    draws: tuple[FloatArray, ...]

    def difference(self, own: int, other: int) -> tuple[float, float, float]:
        """One model's loss less another's, and the outer ends of its intervals."""
        return (
            float(self.estimates[own] - self.estimates[other]),
            *_outer([drawn[:, own] - drawn[:, other] for drawn in self.draws]),
        )

    def skill_ends(self, own: int, base: int) -> tuple[float, float]:
        """Outer ends of the intervals of 1 - loss over the base rate's."""
        ratios = [
            np.divide(
                drawn[:, own],
                drawn[:, base],
                out=np.full(len(drawn), np.nan),
                where=drawn[:, base] > 0,
            )
            for drawn in self.draws
        ]
        return _outer([1 - ratio for ratio in ratios])


def _losses(judged: Judged, chosen: BoolArray, seed: int) -> _Losses:
    """Of the chosen days, which are resampled among all days as those of the areas are."""
    loss = np.square(judged.probabilities - judged.stressed[:, None])
    counted = np.column_stack([np.where(chosen[:, None], loss, 0.0), chosen])
    draws = []
    for block in LOSS_BLOCKS:
        rng = np.random.default_rng([seed, block])
        sums = block_sums(counted, min(block, len(counted)), LOSS_DRAWS, rng)
        days = sums[:, -1:]
        draws.append(
            np.divide(sums[:, :-1], days, out=np.full_like(sums[:, :-1], np.nan), where=days > 0)
        )
    return _Losses(loss[chosen].mean(axis=0), tuple(draws))


def _outer(draws: Sequence[FloatArray]) -> tuple[float, float]:
    """The lowest and the highest end of the intervals of several sets of draws."""
    ends = np.stack([interval(drawn) for drawn in draws])
    return float(ends[:, 0].min()), float(ends[:, 1].max())


def _probability_scores(
    stressed: BoolArray, probability: FloatArray, climatology: FloatArray, threshold: FloatArray
) -> dict[str, object]:
    called = confusion(stressed, probability > threshold)
    groups = calibration(stressed, probability)
    held = np.clip(probability, 1e-6, 1 - 1e-6)
    return {
        "accuracy": called.accuracy,
        "precision": called.precision,
        "recall": called.recall,
        "f1": called.f1,
        "balanced_accuracy": called.balanced_accuracy,
        "mcc": called.mcc,
        "brier": brier(stressed, probability),
        "brier_skill": brier_skill(stressed, probability, climatology),
        "reliability": groups.reliability,
        "resolution": groups.resolution,
        "log_score": -np.where(stressed, np.log(held), np.log(1 - held)).mean(),
    } | {
        # With p a probability, mu p > (1 - mu)(1 - p) is the least expected loss.
        f"usefulness_{round(100 * mu)}": confusion(
            stressed, probability > 1 - mu
        ).relative_usefulness(mu)
        for mu in PREFERENCES
    }


def _best_baseline(models: Sequence[str], estimates: FloatArray) -> str:
    """Of the naive models and baselines the one with the highest estimate."""
    simple = {model.id for model in simple_models(LEG)}
    pairs = [pair for pair in zip(models, estimates, strict=True) if pair[0] in simple]
    return max(pairs, key=lambda pair: np.nan_to_num(pair[1], nan=-1.0))[0]


def _against(
    key: str,
    difference: Callable[[int, int], tuple[float, float, float]],
    model: str,
    rival: str,
    models: Sequence[str],
) -> dict[str, object]:
    """Paired difference to a rival; missing against itself, and where the rival was not run."""
    names = (key, f"{key}_low", f"{key}_high")
    if rival == model or rival not in models:
        return dict.fromkeys(names, np.nan)
    return dict(zip(names, difference(models.index(model), models.index(rival)), strict=True))


def _seed_scores(
    judged: Judged, chosen: BoolArray, model: str, estimate: float
) -> dict[str, object]:
    singles = None
    if model in judged.seeds:
        stressed = judged.stressed[chosen]
        singles = [auroc(stressed, column) for column in judged.seeds[model][chosen].T]
    return dict(spread("auroc", estimate, singles))
