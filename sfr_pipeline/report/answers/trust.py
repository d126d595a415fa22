"""How far to trust it: real time against hindsight, scores beside doing nothing, events, coverage.

Belongs here: which of these a market has, in what order, and sentences on them. Does not belong
here: rows of the scores (`scorecard`) and of the events (`ledger`), tests of all models.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.report.answers.ledger import Ledger, ledger
from sfr_pipeline.report.answers.scorecard import Coverage, Score, coverage, scorecard
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.formats import listed
from sfr_pipeline.report.index.charts import real_time_chart
from sfr_pipeline.report.parts import Part, Tables
from sfr_pipeline.report.stress.charts import event_chart
from sfr_pipeline.report.stress.verdict import (
    group_of,
    latest_chance,
    question_text,
    stress_summary,
)

INDEX = ("sfri", "events")
FORECASTS = ("forecast_scores", "forecast_fan")
DAILY = (
    "volatility_scores",
    "stress_scores",
    "stress_predictions",
    "event_scores",
    "alarm_scores",
)
# What should hold nine of ten outcomes holds too few, or too many, beyond so much of a share.
NEAR = 0.03
NOMINAL = 0.9


@dataclass(frozen=True)
class Agreement:
    """The index as it was published, against what the full sample says of the same months today.

    Attributes:
        n_months: months of both.
        correlation: of levels.
        noise: standard deviation of their difference over that of the full-sample index.
        sentence: all of that.
    """

    n_months: int
    correlation: float
    noise: float
    sentence: str


def agreement(sfri: pd.DataFrame) -> Agreement | None:
    """How far the real-time index is from that of the full sample; None of fewer than two months.

    Args:
        sfri: table ``sfri``.
    """
    wide = sfri.pivot(index="ref_date", columns="mode", values="sfri")
    wide = wide.reindex(columns=["paper", "real_time"]).dropna()
    if len(wide) < 2:
        return None
    gap = wide["paper"] - wide["real_time"]
    correlation = float(wide["paper"].corr(wide["real_time"]))
    noise = float(gap.std() / wide["paper"].std())
    sentence = (
        f"Over {len(wide)} months the index as it was published then has correlation "
        f"{correlation:.2f} with what the full sample says of those months today; the difference "
        f"moves by {noise:.2f} of the latter's standard deviation."
    )
    return Agreement(len(wide), correlation, noise, sentence)


def _shown(market: Market, tables: Tables) -> dict[str, Any] | None:
    found = {
        "agreement": agreement(tables["sfri"]) if market.monthly else None,
        "scores": (scores := scorecard(market, tables)),
        "scored": scores_told(scores),
        "coverage": (shares := coverage(market, tables)),
        "covered": coverage_told(shares),
        "episodes": _episodes(market, tables),
        "ledger": _ledger(market, tables),
    }
    return found if any(found.values()) else None


def scores_told(scores: list[Score]) -> str:
    """Which questions' forecasts are better than doing nothing; empty without scores.

    Args:
        scores: rows of the scorecard.
    """
    idle = [score for score in scores if score.idle]
    parts = []
    for word, says in (
        ("better", "Better than doing nothing: {}."),
        ("undecided", "Not told apart from doing nothing: {}."),
        ("worse", "Worse than doing nothing: {}."),
    ):
        questions = [_lower(score.question) for score in idle if score.word == word]
        if questions:
            parts.append(says.format(listed(questions)))
    return " ".join(parts)


def coverage_told(shares: list[Coverage]) -> str:
    """Where intervals that should hold nine of ten outcomes are too narrow; empty without shares.

    Args:
        shares: what the intervals held.
    """
    if not shares:
        return ""
    narrow = [row for row in shares if row.most < NOMINAL - NEAR]
    if not narrow:
        return f"Intervals that should hold nine of ten outcomes hold {_span(shares)}."
    told = listed([f"{_lower(row.what)} ({100 * row.most:.0f} %)" for row in narrow])
    return f"Intervals that should hold nine of ten outcomes hold fewer of {told}: read them wider."


def _span(shares: list[Coverage]) -> str:
    low, high = (100 * end(row.most for row in shares) for end in (min, max))
    return f"{low:.0f} %" if round(low) == round(high) else f"{low:.0f} to {high:.0f} %"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _episodes(market: Market, tables: Tables) -> str:
    """How much there is to learn stress from; empty where it is not judged."""
    if market.stress is None or "stress_scores" not in tables:
        return ""
    if group_of(tables["stress_scores"]).empty:
        return ""
    return question_text(stress_summary({"stress_scores": tables["stress_scores"]}))


def _ledger(market: Market, tables: Tables) -> Ledger | None:
    if market.stress is None or not {"stress_scores", "stress_predictions"} <= tables.keys():
        return ledger(market, tables, None)
    chance = latest_chance(tables["stress_predictions"], tables["stress_scores"])
    return ledger(market, tables, None if chance is None else chance.model)


def _charts(market: Market, tables: Tables) -> dict[str, Chart]:
    charts = {}
    if market.monthly and agreement(tables["sfri"]):
        charts["real-time"] = real_time_chart(tables["sfri"])
    if market.stress is not None and len(tables.get("event_scores", ())):
        charts["warned"] = event_chart(tables["event_scores"])
    return charts


TRUST = Part(
    "trust",
    "How far to trust it",
    "answers/trust.html.j2",
    _shown,
    charts=_charts,
    needed=lambda market: INDEX if market.monthly else (),
    wanted=lambda market: (
        *(FORECASTS if market.monthly and market.forecasting is not None else ()),
        *(DAILY if market.stress else ()),
    ),
)
