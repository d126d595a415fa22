"""How much is spent on training: seeds, refits, epochs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """One choice of effort; it changes how well networks are trained, and how finely intervals
    are drawn.

    Attributes:
        name: of the profile.
        seeds: of every network of the forecasting leg.
        forecasting_refit_months: months between two refits of its networks and of the paper's
            other models; the linear models are refitted every month whatever stands here.
        forecasting_epochs: passes over the training rows (Table 7 of the monthly paper: 200).
        stress_refit_years: years between two refits of the stress leg's networks.
        stress_steps: optimiser steps of the stress leg's networks; 75 is what the development
            years choose among 40, 75 and 150, and more is worse.
        stress_seeds: of every network of the stress leg.
        volatility_refit_years: years between two refits of the networks on volatility.
        volatility_epochs: passes over the training rows at most; their seeds are ``stress_seeds``.
        volatility_full: whether they are trained on the cross-section of stocks too, and all of
            the daily paper's networks beside its own.
        stress_draws: bootstrap samples behind each interval of an AUROC of the stress leg.
        forecasting_rare_refit_months: months between two refits of models of the forecasting leg
            whose record says ``rare``.
    """

    name: str
    seeds: int
    forecasting_refit_months: int
    forecasting_epochs: int
    stress_refit_years: int
    stress_steps: int
    stress_seeds: int
    volatility_refit_years: int = 3
    volatility_epochs: int = 12
    volatility_full: bool = False
    stress_draws: int = 400
    forecasting_rare_refit_months: int = 60


# The quick networks are hardly trained: they show that everything fits together, nothing else.
PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(
            "quick", 5, 120, 2, 20, 3, 5, 20, 1, stress_draws=100, forecasting_rare_refit_months=120
        ),
        Profile("default", 5, 12, 200, 4, 75, 5),
        Profile(
            "full", 10, 12, 200, 1, 75, 10, volatility_full=True, forecasting_rare_refit_months=12
        ),
    )
}
