"""Probabilities of stress on the latest day from trained models, without training."""

import logging
from collections.abc import Mapping

import pandas as pd

from sfr_pipeline.evaluation.models.answers import is_own
from sfr_pipeline.markets import Market
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.stress import checkpoint, saved
from sfr_pipeline.stress.assembly import build_sample
from sfr_pipeline.stress.beginning import all_folds
from sfr_pipeline.stress.panel import daily_settings, read_returns
from sfr_pipeline.stress.study import saved_models

LOG = logging.getLogger(__name__)

TABLES = ("daily_returns", "daily_features", "stress_outcomes", "stress_labels")


def latest_probabilities(
    market: Market, tables: Mapping[str, pd.DataFrame], files: Filesystem
) -> pd.DataFrame:
    """Score the latest day with every saved model.

    Args:
        market: the catalogue, with a stress leg.
        tables: frames of ``TABLES``, by name.
        files: of the warehouse, below which checkpoints lie.

    Returns:
        One row a model: date, label, model, probability, lowest_seed, highest_seed, origin (last
        day that was known when it was trained).

    Raises:
        CatalogueError: the market has no stress leg.
        TooShortError: the leg has not begun, so that no model can have been trained.
        EstimationError: no checkpoint, or one that was trained on other features,
            labels or days.
    """
    settings = daily_settings(market)
    returns, features, outcomes, labels = (tables[name] for name in TABLES)
    sample = build_sample(settings, read_returns(market, returns), features, outcomes, labels)
    all_folds(settings, sample.dates, sample.labels)
    rows = []
    for model in saved_models():
        name = saved.name_of(market.name, model.id)
        if is_own(model) and not files.exists(name):
            LOG.warning("%s is not asked: it has not been trained yet ('sfr run')", model.name)
            continue
        trained = checkpoint.load(files, name)
        found = checkpoint.predict_latest(trained, sample, settings.labels)
        rows.append(found.assign(origin=trained.origin))
    return pd.concat(rows, ignore_index=True)
