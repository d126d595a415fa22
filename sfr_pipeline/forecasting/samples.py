"""Which forecasts are judged together: the same origins for every model of a group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import benchmark
from sfr_pipeline.index.events import MONTHS_AFTER_ONSET
from sfr_pipeline.inputs.frames import months_of
from sfr_pipeline.markets import Market
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS

# Where outcomes stand in table ``forecasts``, by protocol and target of table ``forecast_scores``.
TARGETS = {
    "real_time": {"basket": "actual_change", "published": "published_change"},
    "paper": {"index": "actual_change"},
}


@dataclass(frozen=True)
class Sample:
    """Forecasts of several models at the same origins, and what happened.

    Attributes:
        protocol: as all the following, of table ``forecast_scores``.
        split: likewise.
        target: likewise.
        horizon: likewise.
        origins: months, ``(n,)``.
        start: index at the origins, ``(n,)``.
        actual: realised changes, ``(n,)``.
        scale: mean absolute change over the horizon between the values of the index that were
            known at each origin, NaN at the first ones, ``(n,)``.
        models: names, no change first.
        refit_months: of each model, missing where it is fitted once.
        changes: forecast changes by model, seeds averaged, ``(n_models, n)``.
        low: lower bounds of the level by model, NaN where there is none, same shape.
        high: upper bounds, same shape.
        seeds: forecast changes of single seeds, for models with randomness: ``(n_seeds, n)``.
        n_left_out: origins whose outcome is known, but which not every model has forecast.
    """

    protocol: str
    split: str
    target: str
    horizon: int
    origins: pd.PeriodIndex
    start: FloatArray
    actual: FloatArray
    scale: FloatArray
    models: tuple[str, ...]
    refit_months: Mapping[str, int | None]
    changes: FloatArray
    low: FloatArray
    high: FloatArray
    seeds: dict[str, FloatArray]
    n_left_out: int

    def without(self, months: pd.PeriodIndex) -> NDArray[np.bool_]:
        """Origins from which no month up to the horizon is one of ``months``, ``(n,)``."""
        ahead = [(self.origins + step).isin(months) for step in range(1, self.horizon + 1)]
        return ~np.any(ahead, axis=0)


def samples(forecasts: pd.DataFrame) -> Iterator[Sample]:
    """Samples of table ``forecasts``, by protocol, split, horizon and target.

    A target that no origin has yet gives none.

    Raises:
        EstimationError: a sample has no forecast of no change, or a model has no mean over seeds.
    """
    groups = forecasts.groupby(["protocol", "split", "horizon"], sort=True)
    for (protocol, split, horizon), group in groups:
        scale = _scale(forecasts[forecasts["protocol"] == protocol], horizon)
        for target, outcome in TARGETS[str(protocol)].items():
            sample = _sample(group, outcome, scale, (protocol, split, target, horizon))
            if len(sample.origins):
                yield sample


def _sample(
    group: pd.DataFrame, outcome: str, scale: pd.Series, labels: tuple[str, str, str, int]
) -> Sample:
    protocol, split, target, horizon = labels
    place = f"{protocol}, {split}, horizon {horizon}"
    headline = group[group["seed"] == MEAN_OF_SEEDS]
    bare = sorted(set(group["model"]) - set(headline["model"]))
    if bare:
        raise EstimationError(
            f"{place}: {', '.join(bare)} has single seeds but no mean over them (seed "
            f"{MEAN_OF_SEEDS}); materialize forecasts again"
        )
    fields = ["change", "low", "high"]
    wide = headline.pivot(index="origin", columns="model", values=fields).sort_index()
    first = benchmark("forecasting").id
    names = sorted(wide["change"].columns, key=lambda name: (name != first, name))
    if names[0] != first:
        raise EstimationError(
            f"{place}: no forecast of {first}, which all others are held against; materialize "
            "forecasts again with it"
        )
    facts = headline.groupby("origin")[["index_at_origin", outcome]].first().sort_index()
    known = facts[outcome].notna()
    judged = known & wide["change"].notna().all(axis=1)
    wide, facts = wide[judged], facts[judged]
    singles = group[(group["seed"] != MEAN_OF_SEEDS) & group["origin"].isin(facts.index)]
    return Sample(
        protocol=protocol,
        split=split,
        target=target,
        horizon=int(horizon),
        origins=months_of(facts.index),
        start=facts["index_at_origin"].to_numpy(float),
        actual=facts[outcome].to_numpy(float),
        scale=scale.reindex(facts.index).to_numpy(float),
        models=tuple(names),
        refit_months=_refit_months(headline),
        changes=wide["change"][names].to_numpy(float).T,
        low=wide["low"][names].to_numpy(float).T,
        high=wide["high"][names].to_numpy(float).T,
        seeds=_seeds(singles),
        n_left_out=int(known.sum() - judged.sum()),
    )


def _refit_months(rows: pd.DataFrame) -> dict[str, int | None]:
    stated = rows.groupby("model")["refit_months"].agg(["min", "max"])
    return {
        str(model): None if pd.isna(low) or low != high else int(low)
        for model, low, high in stated.itertuples()
    }


def _seeds(singles: pd.DataFrame) -> dict[str, FloatArray]:
    """Changes of the seeds that forecast at every origin: others are not comparable."""
    wide = singles.pivot(index=["model", "seed"], columns="origin", values="change")
    complete = wide.sort_index(axis=1).dropna()
    return {str(model): rows.to_numpy(float) for model, rows in complete.groupby(level="model")}


def _scale(forecasts: pd.DataFrame, horizon: int) -> pd.Series:
    """Mean absolute change of the index known at each origin, by origin."""
    known = forecasts.groupby("origin")["index_at_origin"].first().sort_index()
    by_month = known.set_axis(months_of(known.index))
    before = by_month.reindex(by_month.index - horizon).to_numpy(float)
    return (known - before).abs().expanding().mean()


def systemic_months(market: Market) -> pd.PeriodIndex:
    """Months of the catalogue's systemic events: onset to end, or half a year where none is set."""
    months: set[pd.Period] = set()
    for event in market.events:
        if event.severity != "systemic":
            continue
        onset = pd.Period(event.onset, "M")
        end = pd.Period(event.end, "M") if event.end else onset + MONTHS_AFTER_ONSET
        months.update(pd.period_range(onset, end, freq="M"))
    return pd.PeriodIndex(sorted(months), freq="M")
