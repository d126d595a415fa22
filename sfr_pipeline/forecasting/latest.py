"""What moved the latest forecasts of a study, from the fits behind them."""

import numpy as np
import pandas as pd

from sfr_pipeline.engine import THIS_MACHINE, Engine
from sfr_pipeline.evaluation.models import contender, lead
from sfr_pipeline.forecasting import real_time_protocol
from sfr_pipeline.forecasting.explanation import explain_network, explain_ridge, explanation_rows
from sfr_pipeline.forecasting.forecasters.ridge import ridge_changes_at
from sfr_pipeline.forecasting.origins import Origin
from sfr_pipeline.forecasting.study import NetworkFit, Study, network_fits
from sfr_pipeline.inputs.frames import month_ends
from sfr_pipeline.storage.tables import FORECAST_EXPLANATIONS
from sfr_pipeline.training.fit_store import FitStore
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline.training.spec import Fit


def explain_latest(
    study: Study,
    device: str = "cpu",
    store: FitStore | None = None,
    engine: Engine = THIS_MACHINE,
) -> pd.DataFrame:
    """Explain the latest real-time forecasts of the contender and of the paper's Transformer.

    Args:
        study: from ``study.prepare``.
        device: as torch names it.
        store: where the fits of ``forecast_with_networks`` lie; without it they are made again.
        engine: where they are made.

    Returns:
        Rows of table ``forecast_explanations``; none before the first forecast.
    """
    if not study.real_time.origins:
        return FORECAST_EXPLANATIONS.empty()
    origin = study.real_time.origins[-1]
    plans = [
        plan
        for plan in network_fits(study)
        if plan.protocol == real_time_protocol.PROTOCOL
        and plan.model.lead
        and plan.block.asked[-1] is origin
    ]
    fits = fit_all([plan.task for plan in plans], device, store, engine)
    (date,) = month_ends(pd.PeriodIndex([origin.month], freq="M"))
    return explanation_rows(
        date,
        {
            contender("forecasting").id: _contender(origin),
            lead("forecasting").id: _transformer(plans[0], fits),
        },
    )


def _contender(origin: Origin) -> pd.DataFrame:
    ridge = ridge_changes_at(origin, horizon=1)
    now = ridge.scaler.apply(origin.features.iloc[-1].to_numpy(float))
    return explain_ridge(
        ridge.coefficients, now, [str(name) for name in origin.features.columns], ridge.intercept
    )


def _transformer(plan: NetworkFit, fits: list[Fit]) -> pd.DataFrame:
    made, origin = plan.block.made, plan.block.asked[-1]

    def change_for(output: float) -> float:
        """The forecast change that an output of the network stands for: it is linear in it."""
        alone = Fit(np.array([[output]]), np.empty(0), np.empty(0), {})
        return float(plan.forecaster.changes(made, [origin], alone)[0])

    offset = change_for(0.0)
    return explain_network(
        [fit.weights for fit in fits],
        plan.task.options,
        plan.task.predict[-1],
        [str(name) for name in made.inputs.columns],
        scale=change_for(1.0) - offset,
        offset=offset,
    )
