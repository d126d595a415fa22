"""One model of days beside those that anybody can make: the quickest honest look at an own model.

Belongs here: which models are asked, and of what: the headline label walked forward, or volatility
of the sub-markets. Everything else is the studies' own. Does not belong here: the whole
comparison (`study`, `volatility.study`).
"""

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from sfr_pipeline.errors import TooShortError
from sfr_pipeline.evaluation.models import Model, models_of, references
from sfr_pipeline.markets import Market
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.assembly import build_sample
from sfr_pipeline.stress.beginning import HEADLINE, all_folds
from sfr_pipeline.stress.forward import walk
from sfr_pipeline.stress.networks import network_features, plan_classification, training
from sfr_pipeline.stress.panel import daily_settings, read_returns
from sfr_pipeline.stress.scores import stress_scores
from sfr_pipeline.stress.study import WALK_FORWARD
from sfr_pipeline.stress.volatility import study as volatility
from sfr_pipeline.stress.volatility.corrections import plan_of
from sfr_pipeline.stress.volatility.walk import walk as walk_volatility
from sfr_pipeline.stress.walk_forward import prediction_rows, run_model
from sfr_pipeline.threads import on_one_thread
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline.training.profile import DEFAULT, Profile

Progress = Callable[[str], None]

# What a market's run has left, and trials read.
TABLES = ("daily_returns", "daily_features", "stress_outcomes", "stress_labels")
VOLATILITY_TABLES = ("daily_quotes", "daily_returns", "daily_features")


@on_one_thread
def try_classifier(
    market: Market,
    tables: Mapping[str, pd.DataFrame],
    model: Model,
    profile: Profile = DEFAULT,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score a model that tells days of stress, on the headline label walked forward.

    Args:
        market: the catalogue, with a stress leg.
        tables: frames of ``TABLES``, by name.
        model: record of a classifier, a forward model or a network.
        profile: effort, which a network needs most of.
        progress: is told of finished fits of a network.

    Returns:
        Rows of table ``stress_scores``: all days of the model and of the references that can be
        made in this market.

    Raises:
        TooShortError: the leg has not begun.
        ExtensionError: the model failed, or answered what was not asked.
    """
    settings = daily_settings(market)
    returns, features, outcomes, labels = (tables[name] for name in TABLES)
    sample = build_sample(settings, read_returns(market, returns), features, outcomes, labels)
    cut = all_folds(settings, sample.dates, sample.labels).yearly
    label, folds = sample.labels[HEADLINE], cut[HEADLINE]
    rivals = [
        rival
        for rival in models_of(model.leg)
        if (rival.reference or rival.benchmark) and WALK_FORWARD in rival.required
    ]
    asked = [*rivals, *([] if model in rivals else [model])]
    runs = [
        run_model(sample, label, each, folds)
        for each in asked
        if not (each.network or each.forward)
    ]
    if model.forward:
        runs += walk(sample, [label], model, cut)[0]
    if model.network:
        plan = plan_classification(
            network_features(sample),
            label,
            folds,
            profile.stress_seeds,
            training(profile.stress_steps),
            [model],
        )
        runs += plan.finish(fit_all(plan.tasks, "cpu", progress=progress)).runs
    said = prediction_rows(WALK_FORWARD, sample, runs, settings.first_test_year)
    scores = stress_scores(said, labels, settings.development_end, profile.stress_draws)
    kept = (scores["period"] == "all") & (scores["days"] == "all")
    return scores[kept].reset_index(drop=True)


def try_volatility(
    market: Market,
    tables: Mapping[str, pd.DataFrame],
    model: Model,
    profile: Profile = DEFAULT,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score a model of volatility on the sub-markets.

    Args:
        market: the catalogue, with a stress leg.
        tables: frames of ``VOLATILITY_TABLES``, by name.
        model: record of a model of volatility, or of a network.
        profile: effort, which a network needs most of.
        progress: is told of finished fits of a network.

    Returns:
        Rows of table ``volatility_scores``: the model against each reference, mean over the
        sub-markets, all days.

    Raises:
        TooShortError: volatility has not begun.
        ExtensionError: the model failed, or answered what was not asked.
    """
    quotes, returns, features = (tables[name] for name in VOLATILITY_TABLES)
    study = volatility.prepare(market, quotes, returns, features, profile)
    if study.waits:
        raise TooShortError(study.waits)
    panel, year = study.panels[0], study.settings.first_test_year
    rivals = [*references(model.leg), *(each for each in models_of(model.leg) if each.benchmark)]
    asked = [*rivals, *([] if model in rivals or model.network else [model])]
    runs = [
        walk_volatility(panel, horizon, each, year) for horizon in panel.horizons for each in asked
    ]
    if model.network:
        planned = plan_of(panel, year, profile, (model,))
        fit = partial(fit_all, device="cpu", progress=progress)
        runs = volatility.with_networks(runs, volatility.train_networks([planned], fit))
    scores = volatility.scores(study, runs)
    own = (scores["model"] == model.id) & (scores["seed"] == MEAN_OF_SEEDS)
    kept = own & (scores["market"] == "all") & (scores["period"] == "all")
    return scores[kept].reset_index(drop=True)
