"""When daily stress begins: what it needs, what is there, and the sentence that says so.

Belongs here: the folds of all labels and protocols, which are where a short history shows, and why
there are none, or no verdict, for stored tables. Does not belong here: how a fold is cut (`splits`,
`paper_protocol`), where a leg that has not begun publishes nothing (`study`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.stress import StressSettings
from sfr_pipeline.stress.assembly import labels_of, studied_days
from sfr_pipeline.stress.networks import WINDOW
from sfr_pipeline.stress.panel import daily_settings, read_returns
from sfr_pipeline.stress.paper_protocol import LABEL as PAPER_LABEL
from sfr_pipeline.stress.paper_protocol import paper_folds
from sfr_pipeline.stress.sample import Label
from sfr_pipeline.stress.splits import Fold, walk_forward_folds

LEG = "Daily stress"
# The label that verdicts rest on, and how far it looks ahead.
HEADLINE, AHEAD = "F21", 21
FORWARD = ("F5", HEADLINE, "F63")
WALKED = (*FORWARD, "D90")


@dataclass(frozen=True)
class Folds:
    """Which days are told from which.

    Attributes:
        yearly: in walk-forward by label, of models that are fitted anew every year.
        rare: the same of networks, which are fitted anew less often.
        paper: the one fold of each of the paper's protocols.
    """

    yearly: Mapping[str, Sequence[Fold]]
    rare: Mapping[str, Sequence[Fold]]
    paper: Mapping[str, Fold]


def all_folds(
    settings: StressSettings,
    dates: pd.DatetimeIndex,
    labels: Mapping[str, Label],
    refit_years: int = 1,
) -> Folds:
    """Cut the folds of all labels and protocols.

    Args:
        settings: the market's stress leg.
        dates: trading days.
        labels: by name.
        refit_years: years between fits of networks.

    Raises:
        TooShortError: there are too few days for some of them: the leg has not begun.
        EstimationError: the catalogue leaves out a horizon of the labels.
    """
    for name in FORWARD:
        if int(name[1:]) not in settings.labels.horizons:
            raise EstimationError(
                f"label {name} is not made: add {name[1:]} to stress.labels.horizons of the market"
            )
    year = settings.first_test_year
    if not len(dates) or dates[-1].year < year:
        ends = f"end on {dates[-1]:%Y-%m-%d}" if len(dates) else "hold no trading day"
        raise TooShortError(
            f"{LEG} is judged from {year} on, and the prices {ends}: it begins in {year}."
        )
    for name in (*WALKED, PAPER_LABEL):
        if name not in labels:
            raise TooShortError(
                f"{LEG} needs days with label {name} and has none in {len(dates)} trading days: "
                "its thresholds need years of prices before them."
            )
    yearly, rare = (
        {
            name: walk_forward_folds(dates, labels[name], year, years, first_row=WINDOW)
            for name in WALKED
        }
        for years in (1, refit_years)
    )
    return Folds(yearly, rare, paper_folds(labels))


def why_no_verdict(market: Market, tables: Mapping[str, pd.DataFrame]) -> str | None:
    """In one sentence why daily stress cannot be judged yet; None where it can.

    Args:
        market: the catalogue, with a stress leg.
        tables: frames by name: ``stress_scores``; ``daily_returns`` and ``stress_labels`` tell more
            where it is not judged.
    """
    scores = tables["stress_scores"]
    if ((scores["protocol"] == "walk_forward") & (scores["label"] == HEADLINE)).any():
        return None
    settings = daily_settings(market)
    if {"daily_returns", "stress_labels"} <= tables.keys():
        returns = read_returns(market, tables["daily_returns"])
        dates = studied_days(returns, tables["stress_labels"])
        try:
            all_folds(settings, dates, labels_of(tables["stress_labels"], dates))
        except TooShortError as error:
            return str(error)
    return (
        f"{LEG} is judged from {settings.first_test_year} on, and {AHEAD} trading days are not yet "
        "over after any of its days."
    )
