"""One table of scores: each question's headline model beside doing nothing, and its hardest rival.

Belongs here: rows of that table, drawn from the legs' tables of scores with the verdicts that stand
there. Does not belong here: tests and intervals (`evaluation`), all other models (the evidence).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sfr_pipeline.evaluation.models import benchmark, headline, name_of, references
from sfr_pipeline.markets import Market
from sfr_pipeline.report.forecasting.verdict import (
    LEG as FORECASTING,
)
from sfr_pipeline.report.forecasting.verdict import (
    LEVEL,
    headline_forecaster,
    headline_scores,
)
from sfr_pipeline.report.forecasting.verdict import (
    group_of as forecasts_of,
)
from sfr_pipeline.report.formats import as_float
from sfr_pipeline.report.parts import Tables
from sfr_pipeline.report.stress.verdict import DECIDABLE, latest_chance
from sfr_pipeline.report.stress.verdict import LEG as STRESS
from sfr_pipeline.report.stress.verdict import group_of as stress_of
from sfr_pipeline.report.stress.volatility_verdict import (
    AHEAD,
    PANEL_NAMES,
    QLIKE,
    SQUARED,
    outer_ends,
)
from sfr_pipeline.report.stress.volatility_verdict import LEG as VOLATILITY
from sfr_pipeline.report.stress.volatility_verdict import group_of as volatility_of
from sfr_pipeline.storage.tables.volatility import PANELS

# Words of columns ``beats_no_change`` and ``beats_bar``.
WORDS = {"yes": "better", "no": "worse", "undecided": "undecided"}
# What a verdict on one of two says of the other.
TURNED = {"better": "worse", "worse": "better"}
INDEX = "The index in 1 month"
ALONE = "better by its own test, not with account for all tried"
NOT_SCORED = float("nan")


@dataclass(frozen=True)
class Score:
    """One row of the table.

    Attributes:
        question: what is forecast.
        model: name of the model whose forecast the report shows.
        against: name of what it is held against.
        idle: whether that is doing nothing.
        measure: what the value is, and which side is better.
        value: of the measure.
        low: lower end of its 95 % interval; NaN where there is none.
        high: upper end.
        word: better, worse or undecided.
        but: why it is undecided although its own test is not, or what another loss says where it
            says otherwise; empty where there is nothing of both.
        over: how much it was judged on.
    """

    question: str
    model: str
    against: str
    idle: bool
    measure: str
    value: float
    low: float
    high: float
    word: str
    over: str
    but: str = ""


@dataclass(frozen=True)
class Coverage:
    """How many outcomes the intervals held that were told beforehand.

    Attributes:
        what: was told.
        half: share within what should hold half of them; NaN where it is not scored.
        most: share within what should hold nine of ten.
        over: how many outcomes, and of what.
    """

    what: str
    half: float
    most: float
    over: str


def scorecard(market: Market, tables: Tables) -> list[Score]:
    """Rows of all questions that a market has scores of.

    Args:
        market: the catalogue.
        tables: frames by name: ``forecast_scores`` and ``forecast_fan``, ``volatility_scores``,
            ``stress_scores`` and ``stress_predictions``; what is missing, or empty, has no rows.
    """
    return [*_index(market, tables), *_volatility(market, tables), *_stress(market, tables)]


def _index(market: Market, tables: Tables) -> Iterator[Score]:
    if market.forecasting is None or not {"forecast_scores", "forecast_fan"} <= tables.keys():
        return
    rows = headline_scores(tables["forecast_scores"])
    model = headline_forecaster(tables["forecast_scores"], tables["forecast_fan"])
    if model is None or model not in set(rows["model"]):
        return
    row = rows[rows["model"] == model].iloc[0]
    idle, bar = benchmark(FORECASTING).id, str(row["bar"])
    for rival, ratio, ends, verdict, p_value in (
        (idle, "rmse_ratio", "ratio", "beats_no_change", "p_no_change"),
        (bar, "bar_ratio", "bar", "beats_bar", "p_bar"),
    ):
        # What a model is held against is not held against itself, nor told twice.
        if model == rival or (rival == idle and ratio == "bar_ratio"):
            continue
        yield Score(
            question=INDEX,
            model=name_of(FORECASTING, model),
            against=name_of(FORECASTING, rival),
            idle=rival == idle,
            measure="ratio of RMSE, below 1 is better",
            value=float(row[ratio]),
            low=as_float(row[f"{ends}_low"]),
            high=as_float(row[f"{ends}_high"]),
            word=WORDS[str(row[verdict])],
            over=f"{row['n_forecasts']:,} months",
            but=ALONE if _alone(row, verdict, p_value) else "",
        )


def _alone(row: "pd.Series[Any]", verdict: str, p_value: str) -> bool:
    """Whether a model's own test decides what is undecided among all that were tried."""
    return str(row[verdict]) == "undecided" and as_float(row[p_value]) < LEVEL


def _volatility(market: Market, tables: Tables) -> Iterator[Score]:
    if market.stress is None or "volatility_scores" not in tables:
        return
    scores, own = tables["volatility_scores"], headline(VOLATILITY).id
    for panel in PANELS:
        squared, qlike = (volatility_of(scores, panel, loss=loss) for loss in (SQUARED, QLIKE))
        pairs = [(own, rival.id) for rival in references(VOLATILITY) if rival.id != own]
        known = [row for pair in pairs if (row := _pair(squared, *pair)) is not None]
        # The table holds every model against the references alone: no change against ours.
        if (idle := _pair(squared, benchmark(VOLATILITY).id, own)) is not None:
            yield _of_losses(panel, idle, qlike, turned=True)
        if known:
            hardest = min(known, key=lambda row: outer_ends(row)[0])
            yield _of_losses(panel, hardest, qlike, turned=False)


def _volatility_of(panel: str) -> str:
    return f"Volatility of {PANEL_NAMES[panel]} in {AHEAD} trading days"


def _pair(rows: pd.DataFrame, model: str, rival: str) -> "pd.Series[Any] | None":
    own = rows[(rows["model"] == model) & (rows["rival"] == rival)].dropna(subset="gain")
    return None if own.empty else own.iloc[0]


def _of_losses(panel: str, row: "pd.Series[Any]", qlike: pd.DataFrame, turned: bool) -> Score:
    """A row of the table as a ratio of losses, ours over the rival's.

    Args:
        panel: of markets.
        row: of table ``volatility_scores``.
        qlike: rows of the panel by the other loss.
        turned: whether the row is the rival's against ours.
    """
    low, high = outer_ends(row)
    value, least, most = 1 - as_float(row["gain"]), 1 - high, 1 - low
    if turned:
        value, least, most = 1 / value, 1 / most, 1 / least
    model, rival = str(row["model"]), str(row["rival"])
    other = _pair(qlike, model, rival)
    verdict = str(row["verdict"])
    says = verdict if other is None else str(other["verdict"])
    if turned:
        verdict, says = (TURNED.get(word, word) for word in (verdict, says))
    return Score(
        question=_volatility_of(panel),
        model=headline(VOLATILITY).name,
        against=name_of(VOLATILITY, model if turned else rival),
        idle=turned,
        measure="ratio of squared errors of logs, below 1 is better",
        value=value,
        low=least,
        high=most,
        word=verdict,
        over=f"{row['n_days']:,} days",
        but="" if says == verdict else f"by QLIKE {says}",
    )


def _stress(market: Market, tables: Tables) -> Iterator[Score]:
    if market.stress is None or not {"stress_scores", "stress_predictions"} <= tables.keys():
        return
    rows = stress_of(tables["stress_scores"])
    chance = latest_chance(tables["stress_predictions"], tables["stress_scores"])
    if chance is None:
        return
    row = rows[rows["model"] == chance.model].iloc[0]
    naive = str(row["best_naive"])
    n_episodes = int(row["n_episodes"])
    for against, idle, measure, column in (
        (benchmark(STRESS).name, True, "Brier skill, above 0 is better", "brier_skill"),
        (name_of(STRESS, naive), False, "difference of AUROC, above 0 is better", "difference"),
    ):
        value, low, high = (as_float(row[f"{column}{end}"]) for end in ("", "_low", "_high"))
        if value != value:
            continue
        yield Score(
            question=f"Stress within {AHEAD} trading days",
            model=chance.name,
            against=against,
            idle=idle,
            measure=measure,
            value=value,
            low=low,
            high=high,
            word=_told_apart(low, high, n_episodes),
            over=f"{row['n_days']:,} days, {n_episodes} episode{'s' * (n_episodes != 1)}",
        )


def _told_apart(low: float, high: float, n_episodes: int) -> str:
    """Better or worse where the interval says so and there are episodes enough."""
    if n_episodes < DECIDABLE:
        return "undecided"
    return "better" if low > 0 else "worse" if high < 0 else "undecided"


def coverage(market: Market, tables: Tables) -> list[Coverage]:
    """Shares of outcomes within the intervals of the forecasts that the report shows.

    Args:
        market: the catalogue.
        tables: as `scorecard` reads them.
    """
    found = []
    if market.forecasting is not None and {"forecast_scores", "forecast_fan"} <= tables.keys():
        scores = tables["forecast_scores"]
        model = headline_forecaster(scores, tables["forecast_fan"])
        for months in sorted({int(months) for months in scores["horizon"]}):
            # A fan is held against what was published first.
            rows = forecasts_of(scores, "real_time", "published", horizon=months)
            own = rows[rows["model"] == model].dropna(subset="coverage")
            if len(own):
                what = f"The index in {months} month{'s' * (months != 1)}"
                over = f"{own['n_forecasts'].iloc[0]:,} months"
                found.append(Coverage(what, NOT_SCORED, float(own["coverage"].iloc[0]), over))
    if market.stress is not None and "volatility_scores" in tables:
        for panel in PANELS:
            rows = volatility_of(tables["volatility_scores"], panel)
            own = rows[rows["model"] == headline(VOLATILITY).id].dropna(subset="coverage_90")
            if len(own):
                row = own.iloc[0]
                shares = (as_float(row["coverage_50"]), as_float(row["coverage_90"]))
                what = _volatility_of(panel)
                found.append(Coverage(what, *shares, f"{row['n_days']:,} days"))
    return found
