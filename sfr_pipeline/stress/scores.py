"""How well models tell stress from calm: table ``stress_scores``, from the predictions alone.

All models of a protocol and label meet the same days and the same resamples of blocks of days, so
differences are paired. Scores that need a yes or no call a day stressed where its probability is
above the base rate known on that day (above one half in the paper's protocols): for calibrated
probabilities the choice that serves balanced accuracy best, and none that looks at test days.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray, IntArray
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.auroc import auroc, auroc_of_counts
from sfr_pipeline.evaluation.bootstrap import block_counts, interval
from sfr_pipeline.evaluation.classification_metrics import (
    auprc,
    brier,
    brier_skill,
    calibration,
    confusion,
)
from sfr_pipeline.evaluation.completeness import (
    Group,
    lacking_groups,
    lacking_models,
    lacking_values,
    spread,
    without_interval,
)
from sfr_pipeline.evaluation.models import (
    Leg,
    benchmark,
    missing_models,
    models_of,
    references,
    simple_models,
)
from sfr_pipeline.markets.stress import LabelSettings
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.stress import STRESS_SCORES
from sfr_pipeline.stress.labels import onsets

BLOCK = 63
DRAWS = 1000
CALM_RANK = 0.75
PREFERENCES = (0.5, 0.7, 0.9)
MIN_SEEDS = 5
EPISODE_GAP = LabelSettings().episode_gap
LEG: Leg = "stress"
GROUP = ["protocol", "label", "period", "days"]
# What a table may not be published without: the headline label walked forward, and the paper's.
GROUPS = (
    ("walk_forward", "F21", "all", "all"),
    ("paper", "D50", "all", "all"),
    ("paper_random", "D50", "all", "all"),
)


def stress_scores(
    predictions: pd.DataFrame,
    labels: pd.DataFrame,
    development_end: int,
    draws: int = DRAWS,
    block: int = BLOCK,
    seed: int = 0,
) -> pd.DataFrame:
    """Rows of table ``stress_scores``.

    Args:
        predictions: table ``stress_predictions``; every model covers the same days.
        labels: table ``stress_labels``.
        development_end: last year on whose scores choices rested.
        draws: block-bootstrap samples.
        block: their length in days.
        seed: of the samples.

    A protocol and label none of whose days is known yet has no row.

    Raises:
        EstimationError: a model's predictions do not cover the days of the others.
    """
    rows: list[dict[str, object]] = []
    for (protocol, label), group in predictions.groupby(["protocol", "label"], sort=False):
        if group["actual"].isna().all():
            continue
        judged = _Judged(group, labels[labels["label"] == label])
        rng = np.random.default_rng(seed)
        counts = block_counts(len(judged.stressed), min(block, len(judged.stressed)), draws, rng)
        for period, days, chosen in _parts(judged, protocol, development_end):
            if not chosen.any():
                continue
            head = {"protocol": protocol, "label": label, "period": period, "days": days}
            rows += [head | row for row in _score(judged, chosen, counts, str(protocol))]
    return pd.DataFrame(rows, columns=STRESS_SCORES.arrow_schema().names)


class _Judged:
    """Predictions of one protocol and label beside what happened, days by models.

    Attributes:
        dates: days with a label, ``(n_days,)``.
        models: names, ``(n_models,)``.
        scores, probabilities: of the seeds' means, ``(n_days, n_models)``.
        seeds: scores of single seeds by model, ``(n_days, n_seeds)``.
        stressed: what happened.
        episode: number of the episode to which each day of stress belongs.
        onset: days after a calm day.
        calm: days whose composite is not high.
    """

    def __init__(self, predictions: pd.DataFrame, labels: pd.DataFrame) -> None:
        known = predictions[predictions["actual"].notna()]
        means = known[known["seed"] == MEAN_OF_SEEDS]
        score = means.pivot(index="date", columns="model", values="score")
        if score.isna().any().any():
            short = score.columns[score.isna().any()][0]
            raise EstimationError(
                f"predictions of {short} do not cover the days of other models: materialize "
                "stress_predictions again"
            )
        self.models = list(dict.fromkeys(means["model"]))
        self.dates = pd.DatetimeIndex(score.index)
        self.scores = score[self.models].to_numpy()
        probability = means.pivot(index="date", columns="model", values="probability")
        self.probabilities = probability[self.models].to_numpy(dtype=float)
        actual = means.drop_duplicates("date").set_index("date")["actual"]
        self.stressed = actual.reindex(self.dates).to_numpy(dtype=float) > 0.5
        single = known[known["seed"] != MEAN_OF_SEEDS]
        self.seeds = {
            str(model): rows.pivot(index="date", columns="seed", values="score")
            .reindex(self.dates)
            .to_numpy()
            for model, rows in single.groupby("model")
        }
        by_day = labels.sort_values("date").set_index("date")
        known_days = by_day["stressed"].dropna().astype(float)
        numbers = onsets(known_days, EPISODE_GAP).cumsum()
        self.episode: IntArray = numbers.reindex(self.dates).to_numpy(dtype=int)
        before = by_day["stressed"].shift().reindex(self.dates)
        self.onset: BoolArray = (before == 0).fillna(False).to_numpy(dtype=bool)
        rank = by_day["composite_rank"].reindex(self.dates)
        self.calm: BoolArray = (rank <= CALM_RANK).to_numpy(dtype=bool)

    @property
    def years(self) -> IntArray:
        """Calendar year of each day."""
        return np.asarray(self.dates.year)


def _parts(
    judged: _Judged, protocol: object, development_end: int
) -> Iterator[tuple[str, str, BoolArray]]:
    every = np.ones(len(judged.dates), dtype=bool)
    yield "all", "all", every
    yield "all", "onset", judged.onset
    yield "all", "calm_start", judged.calm
    if protocol == "walk_forward":
        development = judged.years <= development_end
        yield "development", "all", development
        yield "confirmation", "all", ~development


def _score(
    judged: _Judged, chosen: BoolArray, counts: IntArray, protocol: str
) -> list[dict[str, object]]:
    """One row for each model on the chosen days."""
    stressed, scores = judged.stressed[chosen], judged.scores[chosen]
    probabilities, years = judged.probabilities[chosen], judged.years[chosen]
    counts = counts[chosen]
    weights = counts.T.astype(float)
    both = stressed.any() and not stressed.all()
    nothing = np.full((counts.shape[1], len(judged.models)), np.nan)
    pooled = auroc_of_counts(stressed, scores, counts) if both else nothing
    within = auroc_of_counts(stressed, scores, counts, years) if both else nothing
    estimates = [auroc(stressed, score) if both else np.nan for score in scores.T]
    best = _best_baseline(judged.models, estimates)
    climatology = probabilities[:, judged.models.index(benchmark(LEG).id)]
    threshold = climatology if protocol == "walk_forward" else np.full(len(stressed), 0.5)
    shared = {
        "n_days": len(stressed),
        "n_episodes": len(np.unique(judged.episode[chosen & judged.stressed])),
        "base_rate": stressed.mean(),
        "best_naive": best,
    }
    rows = []
    for place, model in enumerate(judged.models):
        ends = interval(pooled[:, place])
        inner = interval(within[:, place])
        row: dict[str, object] = shared | {
            "model": model,
            "auroc": estimates[place],
            "auroc_low": ends[0],
            "auroc_high": ends[1],
            "auroc_within_year": auroc(stressed, scores[:, place], years) if both else np.nan,
            "within_low": inner[0],
            "within_high": inner[1],
            "auprc": auprc(stressed, scores[:, place]),
        }
        row |= _probability_scores(
            stressed, probabilities[:, place], climatology, threshold, weights
        )
        rivals = {"difference": best} | {
            f"against_{reference.id}": reference.id for reference in references(LEG)
        }
        for key, rival in rivals.items():
            row |= _difference(key, model, rival, judged.models, estimates, pooled)
        rows.append(row | _seed_scores(judged, chosen, model, estimates[place]))
    return rows


def _probability_scores(
    stressed: BoolArray,
    probability: FloatArray,
    climatology: FloatArray,
    threshold: FloatArray,
    weights: FloatArray,
) -> dict[str, object]:
    called = confusion(stressed, probability > threshold)
    groups = calibration(stressed, probability)
    held = np.clip(probability, 1e-6, 1 - 1e-6)
    own = weights @ np.square(probability - stressed)
    rival = weights @ np.square(climatology - stressed)
    skill = interval(1 - np.divide(own, rival, out=np.full_like(own, np.nan), where=rival > 0))
    return {
        "accuracy": called.accuracy,
        "precision": called.precision,
        "recall": called.recall,
        "f1": called.f1,
        "balanced_accuracy": called.balanced_accuracy,
        "mcc": called.mcc,
        "brier": brier(stressed, probability),
        "brier_skill": brier_skill(stressed, probability, climatology),
        "brier_skill_low": skill[0],
        "brier_skill_high": skill[1],
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


def _best_baseline(models: Sequence[str], estimates: Sequence[float]) -> str:
    """Of the naive models and baselines the one with the highest estimate."""
    simple = {model.id for model in simple_models(LEG)}
    pairs = [pair for pair in zip(models, estimates, strict=True) if pair[0] in simple]
    return max(pairs, key=lambda pair: np.nan_to_num(pair[1], nan=-1.0))[0]


def _difference(
    key: str,
    model: str,
    rival: str,
    models: Sequence[str],
    estimates: Sequence[float],
    pooled: FloatArray,
) -> dict[str, object]:
    """Paired difference to a rival; missing against itself."""
    names = (key, f"{key}_low", f"{key}_high")
    if rival == model or rival not in models:
        return dict.fromkeys(names, np.nan)
    own, other = models.index(model), models.index(rival)
    ends = interval(pooled[:, own] - pooled[:, other])
    return dict(zip(names, (estimates[own] - estimates[other], *ends), strict=True))


def _seed_scores(
    judged: _Judged, chosen: BoolArray, model: str, estimate: float
) -> dict[str, object]:
    singles = None
    if model in judged.seeds:
        stressed = judged.stressed[chosen]
        singles = [auroc(stressed, score) for score in judged.seeds[model][chosen].T]
    return dict(spread("auroc", estimate, singles))


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
    be there with all models that their records require. Every group needs all naive models and
    baselines; every model with randomness that is walked forward at least five seeds; every AUROC
    an interval, within years too, and differences from the references.

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
    if tuple(group.values()) in GROUPS:
        return missing_models(LEG, str(group["protocol"]), present)
    return [model.id for model in simple_models(LEG) if model.id not in present]


def _missing_values(frame: pd.DataFrame) -> Iterator[str]:
    walked = frame["protocol"] == "walk_forward"
    random = [model.id for model in models_of(LEG) if model.random]
    lacks = {
        f"fewer than {MIN_SEEDS} seeds": walked
        & frame["model"].isin(random)
        & ~(frame["n_seeds"] >= MIN_SEEDS),
        "no interval of the AUROC": without_interval(frame, "auroc", "auroc"),
        "no interval of the AUROC within years": without_interval(
            frame, "auroc_within_year", "within"
        ),
    } | {
        f"no difference from {reference.name}": (frame["model"] != reference.id)
        & without_interval(frame, "auroc", f"against_{reference.id}")
        for reference in references(LEG)
    }
    yield from lacking_values(frame, GROUP, lacks)
