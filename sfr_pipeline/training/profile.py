"""How much is spent on training: seeds, refits, epochs."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Profile:
    """One choice of effort; it changes how well networks are trained, and how finely intervals
    are drawn.

    Attributes:
        name: of the profile.
        seeds: of every network of the forecasting leg.
        forecasting_refit_months: months between two refits of its networks and of the paper's
            other models; the linear models are refitted every month whatever stands here.
        forecasting_rare_refit_months: the same of models whose record says ``rare``.
        forecasting_epochs: passes over the training rows (Table 7 of the monthly paper: 200).
        stress_steps: optimiser steps of the stress leg's networks; 75 is what the development
            years choose among 40, 75 and 150, and more is worse.
        stress_seeds: of every network of the stress leg.
        stress_draws: bootstrap samples behind each interval of an AUROC, or of a gain of the
            volatility models.
        volatility_refit_years: years between two refits of the networks on volatility.
        volatility_epochs: passes over the training rows at most; their seeds are ``stress_seeds``.
        volatility_full: whether they are trained on the cross-section of stocks too, and all of
            the daily paper's networks beside its own.
    """

    name: str
    seeds: int
    forecasting_refit_months: int
    forecasting_rare_refit_months: int
    forecasting_epochs: int
    stress_steps: int
    stress_seeds: int
    stress_draws: int
    volatility_refit_years: int
    volatility_epochs: int
    volatility_full: bool = False


# The quick networks are hardly trained: they show that everything fits together, nothing else.
QUICK = Profile(
    "quick",
    seeds=5,
    forecasting_refit_months=120,
    forecasting_rare_refit_months=120,
    forecasting_epochs=2,
    stress_steps=3,
    stress_seeds=5,
    stress_draws=100,
    volatility_refit_years=20,
    volatility_epochs=1,
)
DEFAULT = Profile(
    "default",
    seeds=5,
    forecasting_refit_months=12,
    forecasting_rare_refit_months=60,
    forecasting_epochs=200,
    stress_steps=75,
    stress_seeds=5,
    stress_draws=1000,
    volatility_refit_years=3,
    volatility_epochs=12,
)
FULL = replace(
    DEFAULT,
    name="full",
    seeds=10,
    forecasting_rare_refit_months=12,
    stress_seeds=10,
    volatility_full=True,
)
PROFILES: dict[str, Profile] = {profile.name: profile for profile in (QUICK, DEFAULT, FULL)}
