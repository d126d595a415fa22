"""Predictions of one protocol and label beside what happened, as arrays.

Belongs here: which days all models are judged on, and what is known of each. Does not belong here:
scores (`scores`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray, IntArray
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.markets.stress import LabelSettings
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.labels import onsets

CALM_RANK = 0.75
EPISODE_GAP = LabelSettings().episode_gap


@dataclass(frozen=True)
class Part:
    """A period, and which of its days are scored.

    Attributes:
        period: ``all``, ``development`` or ``confirmation``.
        days: ``all``, ``onset`` or ``calm_start``.
        chosen: of all days, ``(n_days,)``.
    """

    period: str
    days: str
    chosen: BoolArray


class Judged:
    """Predictions of one protocol and label beside what happened, days by models.

    Attributes:
        dates: days with a label, ``(n_days,)``.
        models: names, ``(n_models,)``.
        refit: months between two fits of each model; missing where it is fitted once.
        probabilities: as published, of the seeds' means, ``(n_days, n_models)``.
        scores: the same before calibration.
        seeds: probabilities of single seeds by model, ``(n_days, n_seeds)``.
        stressed: what happened.
        episode: number of the episode to which each day of stress belongs.
        onset: days after a calm day.
        calm: days whose composite is not high.
    """

    def __init__(self, predictions: pd.DataFrame, labels: pd.DataFrame) -> None:
        """Put predictions beside labels.

        Args:
            predictions: rows of table ``stress_predictions`` of one protocol and label.
            labels: rows of table ``stress_labels`` of that label.

        Raises:
            EstimationError: a model's predictions do not cover the days of the others.
        """
        known = predictions[predictions["actual"].notna()]
        means = known[known["seed"] == MEAN_OF_SEEDS]
        self.models = list(dict.fromkeys(means["model"]))
        probability = covering(means, "probability")
        self.dates = pd.DatetimeIndex(probability.index)
        self.probabilities: FloatArray = probability[self.models].to_numpy(dtype=float)
        self.scores: FloatArray = covering(means, "score")[self.models].to_numpy(dtype=float)
        self.refit = means.drop_duplicates("model").set_index("model")["refit_months"]
        actual = means.drop_duplicates("date").set_index("date")["actual"]
        self.stressed: BoolArray = actual.reindex(self.dates).to_numpy(dtype=float) > 0.5
        single = known[known["seed"] != MEAN_OF_SEEDS]
        self.seeds: dict[str, FloatArray] = {
            str(model): rows.pivot(index="date", columns="seed", values="probability")
            .reindex(self.dates)
            .to_numpy(dtype=float)
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

    def n_episodes(self, chosen: BoolArray) -> int:
        """Episodes with a day among the chosen ones: the effective sample."""
        return len(np.unique(self.episode[chosen & self.stressed]))

    def parts(self, development_end: int | None) -> Iterator[Part]:
        """What is scored, without parts that have no day.

        Args:
            development_end: last year on whose scores choices rested; None where the days are not
                in time order or too few to be divided.
        """
        every = np.ones(len(self.dates), dtype=bool)
        found = [
            Part("all", "all", every),
            Part("all", "onset", self.onset),
            Part("all", "calm_start", self.calm),
        ]
        if development_end is not None:
            early = self.years <= development_end
            found += [Part("development", "all", early), Part("confirmation", "all", ~early)]
        yield from (part for part in found if part.chosen.any())


def covering(means: pd.DataFrame, column: str) -> pd.DataFrame:
    """A column of predictions, days by models.

    Args:
        means: rows of table ``stress_predictions`` with one row a day and model.
        column: to spread.

    Raises:
        EstimationError: a model lacks a day that others have.
    """
    wide = means.pivot(index="date", columns="model", values=column)
    if wide.isna().any().any():
        short = wide.columns[wide.isna().any()][0]
        raise EstimationError(
            f"predictions of {short} do not cover the days of other models: materialize "
            "stress_predictions again"
        )
    return wide
