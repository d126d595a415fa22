"""One forecaster beside those that anybody can make: the quickest honest look at an own model.

Belongs here: which models are asked, and under which protocol. Everything else is the study's own,
so that the rows are those that table ``forecast_scores`` will have, but for what depends on which
models stand beside each other: the joint tests, and origins that another model lacks.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from sfr_pipeline.errors import TooShortError
from sfr_pipeline.evaluation.models import Model, models_of
from sfr_pipeline.forecasting import paper_protocol, study
from sfr_pipeline.forecasting.scores import score_rows
from sfr_pipeline.markets import Market
from sfr_pipeline.training.profile import DEFAULT, Profile

# What a market's run has left, and a trial reads.
TABLES = ("indicator_panel", "panel_revisions", "warning_panel", "regimes")


def try_forecaster(
    market: Market,
    tables: Mapping[str, pd.DataFrame],
    model: Model,
    profile: Profile = DEFAULT,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Score a forecaster of the index in real time beside naive rules and references.

    Args:
        market: the catalogue, with early warning.
        tables: frames of ``TABLES``, by name.
        model: its record, of the workspace or made for the purpose.
        profile: effort, which a network needs most of.
        progress: is told of finished models and fits.

    Returns:
        Rows of table ``forecast_scores``: all origins, the fixed basket, each horizon.

    Raises:
        TooShortError: the market has no origins yet.
        ExtensionError: the model failed, or answered what was not asked.
    """
    panel, revisions, warning_panel, regimes = (tables[name] for name in TABLES)
    gathered = study.gather(market, panel, revisions, warning_panel, regimes, profile)
    if not gathered.real_time.origins:
        raise TooShortError(" ".join(gathered.waits))
    alone = replace(gathered, paper=paper_protocol.not_begun())
    asked = [
        *(
            rival
            for rival in models_of(model.leg)
            if rival.id != model.id and (rival.reference or rival.family == "naive")
        ),
        model,
    ]
    changes = [study.forecast_without_networks(alone, progress, asked)]
    if model.network:
        changes.append(study.forecast_with_networks(alone, progress=progress, models=[model])[0])
    scores = score_rows(market, study.assemble(alone, changes))
    kept = (scores["target"] == "basket") & (scores["period"] == "all")
    return scores[kept].reset_index(drop=True)
