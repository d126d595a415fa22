"""How often each model of early warning is fitted anew.

Belongs here: the one rule, which the walk-forward follows and the tables state. Does not belong
here: how much effort a profile is (`training.profile`), which origins a fit forecasts (the
protocols).
"""

from sfr_pipeline.evaluation.models import Model
from sfr_pipeline.forecasting import real_time_protocol
from sfr_pipeline.training.profile import Profile


def refit_months(model: Model, protocol: str, profile: Profile) -> int | None:
    """Months between two fits of a model: column ``refit_months`` of the tables.

    Args:
        model: its record.
        protocol: under which it forecasts.
        profile: effort.

    Returns:
        0 where nothing is estimated, None where it is fitted once, as in the paper's protocol.
    """
    kind = model.load()
    if not kind.estimates:
        return 0
    if protocol != real_time_protocol.PROTOCOL:
        return None
    if kind.every_month:
        return 1
    return profile.forecasting_rare_refit_months if model.rare else profile.forecasting_refit_months
