"""Does anything beat no change? What was found, in words, from the tables of early warning."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import Leg, benchmark, contender, name_of
from sfr_pipeline.forecasting.beginning import why_no_verdict
from sfr_pipeline.markets import Market
from sfr_pipeline.report.formats import as_float, labelled, verdict_lines

LEG: Leg = "forecasting"
LEVEL = 0.05


@dataclass(frozen=True)
class Rival:
    """A model of the headline group against no change.

    Attributes:
        ratio: its RMSE over that of no change.
        ratio_low: 2.5 % quantile of the ratio over block-bootstrap samples.
        ratio_high: 97.5 % quantile.
        p_value: two-sided, Diebold-Mariano.
    """

    model: str
    name: str
    ratio: float
    ratio_low: float
    ratio_high: float
    p_value: float


@dataclass(frozen=True)
class NextMonth:
    """The contender's forecast of the month after the latest origin, with its 90 % interval."""

    name: str
    month: pd.Timestamp
    forecast: float
    low: float
    high: float


@dataclass(frozen=True)
class ForecastingSummary:
    """Does anything beat no change, one month ahead, in real time?

    Attributes:
        better: models that beat no change at the 5 % level, best first.
        worse: models that no change beats, best first.
        undecided: all others, best first.
        n_forecasts: forecasts of no change that were scored.
        n_models: models that were held against no change.
        p_spa: does any of them beat no change, with account for how many were tried? (Hansen's
            studentised test of superior predictive ability.)
        verdict: what was found, in words.
        next_month: None where there is no fan.
    """

    better: tuple[Rival, ...]
    worse: tuple[Rival, ...]
    undecided: tuple[Rival, ...]
    n_forecasts: int
    n_models: int
    p_spa: float
    verdict: str
    next_month: NextMonth | None


def headline_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Rows of table ``forecast_scores`` that the verdict rests on, the lowest RMSE first.

    One month ahead, real time, the basket fixed at the origin, all months.
    """
    return group_of(scores, "real_time", "basket")


def group_of(
    scores: pd.DataFrame, protocol: str, target: str, split: str = "test", horizon: int = 1
) -> pd.DataFrame:
    """Rows of one group of table ``forecast_scores``, all months, the lowest RMSE first."""
    rows = scores[
        (scores["protocol"] == protocol)
        & (scores["target"] == target)
        & (scores["split"] == split)
        & (scores["horizon"] == horizon)
        & (scores["period"] == "all")
    ]
    return rows.sort_values(["rmse", "model"]).reset_index(drop=True)


def forecasting_summary(tables: Mapping[str, pd.DataFrame]) -> ForecastingSummary:
    """Does anything beat no change?

    Args:
        tables: frames by name: ``forecast_scores``, and ``forecast_fan`` where there is one.

    Raises:
        EstimationError: the headline group lacks no change, or any model beside it.
    """
    headline = headline_scores(tables["forecast_scores"])
    is_benchmark = headline["model"] == benchmark(LEG).id
    if not is_benchmark.any():
        raise EstimationError(
            "forecast_scores has no real-time row of no change, by which all others are judged: "
            "materialize forecast_scores again"
        )
    rivals = headline[~is_benchmark]
    if rivals.empty:
        raise EstimationError(
            "forecast_scores holds no model beside no change, so there is nothing to judge: "
            "materialize forecasts and forecast_scores again"
        )
    of = {
        verdict: tuple(_rival(row) for row in rows.to_dict("records"))
        for verdict, rows in rivals.groupby("beats_no_change")
    }
    better, worse, undecided = (of.get(verdict, ()) for verdict in ("yes", "no", "undecided"))
    shared = headline[is_benchmark].iloc[0]
    n_forecasts, p_spa = int(shared["n_forecasts"]), float(shared["p_spa"])
    return ForecastingSummary(
        better=better,
        worse=worse,
        undecided=undecided,
        n_forecasts=n_forecasts,
        n_models=len(rivals),
        p_spa=p_spa,
        verdict=_verdict(better, worse, undecided, n_forecasts, p_spa),
        next_month=_next_month(tables["forecast_fan"]) if "forecast_fan" in tables else None,
    )


def p_text(p_value: float) -> str:
    """Format a p-value as it stands after "p": never zero."""
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"


def as_lines(market: Market, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """What the command line says of early warning: the next month, and the verdict."""
    if market.forecasting is None or "forecast_scores" not in tables:
        return []
    if "forecasts" in tables and (waits := why_no_verdict(market, tables)):
        return labelled("early warning", waits)
    found, ahead = forecasting_summary(tables), []
    if (coming := found.next_month) is not None:
        ahead = labelled(
            "next month",
            f"{coming.forecast:+.2f} in {coming.month:%B %Y}, 90 % interval {coming.low:+.2f} to "
            f"{coming.high:+.2f} ({coming.name})",
        )
    return [*ahead, *verdict_lines("early warning", found.verdict, "forecast_scores")]


def _rival(row: Mapping[str, object]) -> Rival:
    return Rival(
        model=str(row["model"]),
        name=name_of(LEG, str(row["model"])),
        ratio=as_float(row["rmse_ratio"]),
        ratio_low=as_float(row["ratio_low"]),
        ratio_high=as_float(row["ratio_high"]),
        p_value=as_float(row["p_no_change"]),
    )


def _verdict(
    better: tuple[Rival, ...],
    worse: tuple[Rival, ...],
    undecided: tuple[Rival, ...],
    n_forecasts: int,
    p_spa: float,
) -> str:
    """True whatever the result: what the single tests say, then what is left of it together."""
    n_models = len(better) + len(worse) + len(undecided)
    tried = "1 model" if n_models == 1 else f"{n_models} models"
    where = f"no change in real time, one month ahead, over {n_forecasts} forecasts"
    account = f"with account for all {n_models} tried"
    spa = f"SPA p {p_text(p_spa)}"
    if better:
        verb = "beats" if len(better) == 1 else "beat"
        found = "; ".join(_in_words(rival) for rival in better)
        opening = f"{len(better)} of {tried} {verb} {where}: {found}"
        holds = p_spa < LEVEL
        together = (
            f"{account} this holds ({spa})" if holds else f"{account} it is not confirmed ({spa})"
        )
    else:
        closest = min((*worse, *undecided), key=lambda rival: rival.ratio)
        opening = f"None of {tried} beats {where}: the closest is {_in_words(closest)}"
        together = (
            f"yet {account} there is skill that no single test confirms ({spa})"
            if p_spa < LEVEL
            else f"nor does any {account} ({spa})"
        )
    others = ", ".join(
        f"{len(rivals)} {words}"
        for rivals, words in ((undecided, "undecided"), (worse, "worse than no change"))
        if rivals
    )
    return "; ".join(filter(None, (opening, together, others))) + "."


def _in_words(rival: Rival) -> str:
    return f"{rival.name} (RMSE ratio {rival.ratio:.3f}, p {p_text(rival.p_value)})"


def _next_month(fan: pd.DataFrame) -> NextMonth | None:
    own = contender(LEG)
    rows = fan[(fan["model"] == own.id) & (fan["horizon"] == 1)]
    if rows.empty:
        return None
    row = rows.iloc[-1]
    return NextMonth(
        name=own.name,
        month=row["ref_date"],
        forecast=float(row["forecast"]),
        low=float(row["low_90"]),
        high=float(row["high_90"]),
    )
