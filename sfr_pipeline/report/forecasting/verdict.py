"""Does anything beat the better naive row? What was found, in words, from early warning's tables.

That row, the bar, is the month's last values where the market has daily indicators, else no change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import Leg, benchmark, name_of
from sfr_pipeline.forecasting.beginning import why_no_verdict
from sfr_pipeline.markets import Market
from sfr_pipeline.report.formats import as_float, labelled, verdict_lines

LEG: Leg = "forecasting"
LEVEL = 0.05
# Behind the name of no change where it is the forecast that is shown.
NOTHING_BEATS_IT = ": no other forecast with intervals has had a lower error in real time"


@dataclass(frozen=True)
class Rival:
    """A model of the headline group against the bar.

    Attributes:
        ratio: its RMSE over that of the bar.
        ratio_low: lower bound of the ratio's 95 % interval.
        ratio_high: upper bound, NaN where there is none.
        p_value: two-sided, Coroneo and Iacone.
    """

    model: str
    name: str
    ratio: float
    ratio_low: float
    ratio_high: float
    p_value: float


@dataclass(frozen=True)
class NextMonth:
    """The headline forecast of the month after the latest origin, with its 90 % interval.

    Attributes:
        name: of the forecaster.
        no_change: whether it says that nothing changes.
    """

    name: str
    no_change: bool
    month: pd.Timestamp
    forecast: float
    low: float
    high: float


@dataclass(frozen=True)
class ForecastingSummary:
    """Does anything beat the bar, one month ahead, in real time?

    Attributes:
        bar: name of the naive model that the others are held against.
        better: models that beat it at the 5 % level, with account for all tried, best first.
        worse: models that it beats, best first.
        undecided: all others, best first.
        alone: those of the undecided that beat it by their own test, but not with account for all.
        n_forecasts: forecasts of the bar that were scored.
        n_models: models that were held against it.
        p_spa: does any of them beat it, with account for how many were tried? (Hansen's test of
            superior predictive ability.)
        verdict: what was found, in words.
        next_month: None where there is no fan.
    """

    bar: str
    better: tuple[Rival, ...]
    worse: tuple[Rival, ...]
    undecided: tuple[Rival, ...]
    alone: tuple[Rival, ...]
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


def headline_forecaster(scores: pd.DataFrame, fan: pd.DataFrame) -> str | None:
    """Id of the model whose forecast of the index is shown, wherever one is.

    Of those that have a fan it is the one with the lowest RMSE of the verdict's group. One without
    a score comes last.

    Args:
        scores: table ``forecast_scores``.
        fan: table ``forecast_fan``.

    Returns:
        None where there is no fan.
    """
    scored = headline_scores(scores).set_index("model")["rmse"]
    errors = pd.Series({model: scored.get(model, float("inf")) for model in fan["model"]})
    ranked = errors.sort_index().sort_values(kind="stable")
    return None if ranked.empty else str(ranked.index[0])


def forecasting_summary(tables: Mapping[str, pd.DataFrame]) -> ForecastingSummary:
    """Does anything beat the bar?

    Args:
        tables: frames by name: ``forecast_scores``, and ``forecast_fan`` where there is one.

    Raises:
        EstimationError: the headline group lacks the bar, or any model beside it.
    """
    headline = headline_scores(tables["forecast_scores"])
    is_bar = headline["model"] == headline["bar"]
    if not is_bar.any():
        raise EstimationError(
            "forecast_scores has no real-time row of the naive model by which all others are "
            "judged: materialize forecast_scores again"
        )
    rivals, shared = headline[~is_bar], headline[is_bar].iloc[0]
    bar = name_of(LEG, str(shared["bar"]))
    if rivals.empty:
        raise EstimationError(
            f"forecast_scores holds no model beside {in_sentence(bar)}, so there is nothing to "
            "judge: materialize forecasts and forecast_scores again"
        )
    of = {
        verdict: tuple(_rival(row) for row in rows.to_dict("records"))
        for verdict, rows in rivals.groupby("beats_bar")
    }
    better, worse, undecided = (of.get(verdict, ()) for verdict in ("yes", "no", "undecided"))
    alone = rivals[rivals["why_undecided"] == "all_models"].to_dict("records")
    found = ForecastingSummary(
        bar=bar,
        better=better,
        worse=worse,
        undecided=undecided,
        alone=tuple(_rival(row) for row in alone),
        n_forecasts=int(shared["n_forecasts"]),
        n_models=len(rivals),
        p_spa=float(shared["p_spa_bar"]),
        verdict="",
        next_month=_next_month(tables),
    )
    return replace(found, verdict=_verdict(found) + _against_no_change(rivals, bar))


def in_sentence(name: str) -> str:
    """A model's name inside a sentence: a capital that begins an abbreviation stays."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


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
            f"{coming.high:+.2f} ({coming.name}{NOTHING_BEATS_IT if coming.no_change else ''})",
        )
    return [*ahead, *verdict_lines("early warning", found.verdict, "forecast_scores")]


def _rival(row: Mapping[str, object]) -> Rival:
    return Rival(
        model=str(row["model"]),
        name=name_of(LEG, str(row["model"])),
        ratio=as_float(row["bar_ratio"]),
        ratio_low=as_float(row["bar_low"]),
        ratio_high=as_float(row["bar_high"]),
        p_value=as_float(row["p_bar"]),
    )


def _verdict(found: ForecastingSummary) -> str:
    """True whatever the result: what the single tests say, and what is left of it together."""
    bar, n_models = in_sentence(found.bar), found.n_models
    tried = "1 model" if n_models == 1 else f"{n_models} models"
    where = f"{bar} in real time, one month ahead, over {found.n_forecasts} forecasts"
    account = f"with account for all {n_models} tried"
    spa = f"SPA p {p_text(found.p_spa)}"
    if found.better:
        verb = "beats" if len(found.better) == 1 else "beat"
        opening = f"{len(found.better)} of {tried} {verb} {where}: {_listed(found.better)}"
        together = f"{account} this holds ({spa})"
    elif found.alone:
        opening = f"None of {tried} beats {where}: {account} what single tests say is not confirmed"
        opening += f" ({spa})"
        together = f"by their own tests alone: {_listed(found.alone)}"
    else:
        closest = min((*found.worse, *found.undecided), key=lambda rival: rival.ratio)
        opening = f"None of {tried} beats {where}: the closest is {_in_words(closest)}"
        together = (
            f"yet {account} there is skill that no single test confirms ({spa})"
            if found.p_spa < LEVEL
            else f"nor does any {account} ({spa})"
        )
    others = ", ".join(
        f"{len(rivals)} {words}"
        for rivals, words in ((found.undecided, "undecided"), (found.worse, f"worse than {bar}"))
        if rivals
    )
    return "; ".join(filter(None, (opening, together, others))) + "."


def _against_no_change(rivals: pd.DataFrame, bar: str) -> str:
    """The same counts against no change, where that is not the bar itself."""
    first = benchmark(LEG)
    if bar == first.name:
        return ""
    counts = rivals["beats_no_change"].value_counts()
    better, worse = int(counts.get("yes", 0)), int(counts.get("no", 0))
    return f" Against {in_sentence(first.name)} {better} are better and {worse} worse."


def _listed(rivals: tuple[Rival, ...]) -> str:
    return "; ".join(_in_words(rival) for rival in rivals)


def _in_words(rival: Rival) -> str:
    return f"{rival.name} (RMSE ratio {rival.ratio:.3f}, p {p_text(rival.p_value)})"


def _next_month(tables: Mapping[str, pd.DataFrame]) -> NextMonth | None:
    if "forecast_fan" not in tables:
        return None
    fan = tables["forecast_fan"]
    chosen = headline_forecaster(tables["forecast_scores"], fan)
    rows = fan[(fan["model"] == chosen) & (fan["horizon"] == 1)]
    if chosen is None or rows.empty:
        return None
    row = rows.iloc[-1]
    return NextMonth(
        name=name_of(LEG, chosen),
        no_change=chosen == benchmark(LEG).id,
        month=row["ref_date"],
        forecast=float(row["forecast"]),
        low=float(row["low_90"]),
        high=float(row["high_90"]),
    )
