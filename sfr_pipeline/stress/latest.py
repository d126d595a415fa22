"""Probabilities of stress on the latest day: of trained models, and of rules estimated anew.

Belongs here: everyone who can be asked of that day. Does not belong here: whose answer stands
first, which the scores decide (`report.stress.verdict.headline_warner`). Nothing is trained; rules
and logits, which no file keeps, are fitted as in the yearly fits of the run, in a second or two.
"""

import logging
from collections.abc import Mapping

import pandas as pd

from sfr_pipeline.evaluation.models.answers import is_own
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.stress import StressSettings
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.stress import checkpoint, saved
from sfr_pipeline.stress.assembly import build_sample
from sfr_pipeline.stress.beginning import HEADLINE, Folds, all_folds
from sfr_pipeline.stress.panel import daily_settings, read_returns
from sfr_pipeline.stress.sample import Sample
from sfr_pipeline.stress.study import WALK_FORWARD, saved_models
from sfr_pipeline.stress.walk_forward import prediction_rows, run_classifiers
from sfr_pipeline.threads import on_one_thread

LOG = logging.getLogger(__name__)

TABLES = ("daily_returns", "daily_features", "stress_outcomes", "stress_labels")


def latest_probabilities(
    market: Market, tables: Mapping[str, pd.DataFrame], files: Filesystem
) -> pd.DataFrame:
    """Score the latest day with every saved model, and with every rule.

    Args:
        market: the catalogue, with a stress leg.
        tables: frames of ``TABLES``, by name.
        files: of the warehouse, below which checkpoints lie.

    Returns:
        One row a model, saved ones first: date, label, model, probability, lowest_seed and
        highest_seed (the probability itself where there are no seeds), origin (last day that was
        known when it was fitted).

    Raises:
        CatalogueError: the market has no stress leg.
        TooShortError: the leg has not begun, so that no model can have been trained.
        EstimationError: no checkpoint, or one that was trained on other features,
            labels or days.
    """
    settings = daily_settings(market)
    returns, features, outcomes, labels = (tables[name] for name in TABLES)
    sample = build_sample(settings, read_returns(market, returns), features, outcomes, labels)
    folds = all_folds(settings, sample.dates, sample.labels)
    rows = []
    for model in saved_models():
        name = saved.name_of(market.name, model.id)
        if is_own(model) and not files.exists(name):
            LOG.warning("%s is not asked: it has not been trained yet ('sfr run')", model.name)
            continue
        trained = checkpoint.load(files, name)
        found = checkpoint.predict_latest(trained, sample, settings.labels)
        rows.append(found.assign(origin=trained.origin))
    return pd.concat([*rows, rule_probabilities(settings, sample, folds)], ignore_index=True)


@on_one_thread
def rule_probabilities(settings: StressSettings, sample: Sample, folds: Folds) -> pd.DataFrame:
    """What naive rules, baselines and other classifiers say of the last day.

    It is what the run publishes of that day, or will: the newest yearly fit, and for those whose
    log-odds are calibrated all fits before it, from whose scores the calibration comes.

    Args:
        settings: the market's stress leg.
        sample: the market.
        folds: of all labels.

    Returns:
        As `latest_probabilities`.
    """
    yearly = folds.yearly[HEADLINE]
    runs = run_classifiers(sample, sample.labels[HEADLINE], yearly, WALK_FORWARD)
    found = prediction_rows(WALK_FORWARD, sample, runs, settings.first_test_year)
    newest = found[found["date"] == sample.dates[-1]].reset_index(drop=True)
    return newest[["date", "label", "model", "probability"]].assign(
        lowest_seed=newest["probability"],
        highest_seed=newest["probability"],
        origin=sample.dates[yearly[-1].origin],
    )
