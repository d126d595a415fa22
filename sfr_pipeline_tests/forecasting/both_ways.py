"""What the named exception to yearly refits costs or gains: its error at both intervals, printed.

    python -m sfr_pipeline_tests.forecasting.both_ways [MARKET] [WAREHOUSE]

From the tables of a run, five minutes of one core; with every model whose record says ``rare``.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from sfr_pipeline.engine import Local
from sfr_pipeline.evaluation.models import models_of
from sfr_pipeline.forecasting import study as studies
from sfr_pipeline.forecasting.refits import refit_months
from sfr_pipeline.markets import load_market
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline.training.profile import PROFILES

NEEDED = (
    tables.INDICATOR_PANEL,
    tables.PANEL_REVISIONS,
    tables.WARNING_PANEL,
    tables.REGIMES,
)


def ratio(study, model, workers=None):
    """RMSE over that of no change one month ahead in real time, seeds averaged."""
    actual = study.real_time.targets.basket[:, 0]
    plans = [
        plan
        for plan in studies.network_fits(study)
        if (plan.protocol, plan.model) == ("real_time", model)
    ]
    place = {origin.month: row for row, origin in enumerate(study.real_time.origins)}
    changes = np.zeros(len(actual))
    fits = fit_all([plan.task for plan in plans], "cpu", engine=Local(workers))
    for plan, fit in zip(plans, fits, strict=True):
        rows = [place[origin.month] for origin in plan.block.asked]
        forecast = plan.forecaster.changes(plan.block.made, plan.block.asked, fit)
        changes[rows] += forecast / len(study.seeds)
    known = np.isfinite(actual)
    errors = (actual - changes)[known]
    return np.sqrt(np.mean(errors**2) / np.mean(actual[known] ** 2))


def main(market="us", warehouse="warehouse"):
    """Print the error of each named exception at its own interval and at that of the others."""
    catalogue, store = load_market(market), ParquetStore(Path(warehouse))
    default = PROFILES["default"]
    equal = replace(default, forecasting_rare_refit_months=default.forecasting_refit_months)
    study = studies.gather(catalogue, *(store.read(market, table) for table in NEEDED), default)
    for model in models_of("forecasting"):
        if model.rare:
            for profile in (default, equal):
                months = refit_months(model, "real_time", profile)
                found = ratio(replace(study, profile=profile), model)
                print(f"{model.name}, refitted every {months} months: RMSE ratio {found:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
