"""What the daily leg expects of the next month: volatility by market, and the chance of stress.

Belongs here: the newest forecasts, held against each market's own past and the base rate. Does not
belong here: which model speaks (`volatility_verdict`, `stress.verdict`), nor what it is worth.
"""

from dataclasses import dataclass, replace

import pandas as pd

from sfr_pipeline.evaluation.models import headline
from sfr_pipeline.markets import Market
from sfr_pipeline.report.formats import listed, probability_text
from sfr_pipeline.report.parts import Tables
from sfr_pipeline.report.stress.findings import Latest
from sfr_pipeline.report.stress.verdict import latest_chance
from sfr_pipeline.report.stress.volatility_findings import Outlook
from sfr_pipeline.report.stress.volatility_verdict import (
    AHEAD,
    newest_outlook,
    sub_market_names,
)
from sfr_pipeline.report.stress.volatility_verdict import LEG as VOLATILITY
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.volatility import PANELS

# The label of a day itself that has a word in ordinary language: in stress, or not.
OF_THE_DAY = "D90"
# Trading days of a year, over which days of stress are counted.
YEAR = 252


@dataclass(frozen=True)
class MarketAhead:
    """Volatility expected of one market over the next month.

    Attributes:
        outlook: the forecast, its bounds and the threshold of stress, as fractions a year.
        percentile: per cent of the completed months of this market whose volatility was not
            higher than the forecast; NaN where none is over.
        since: first day whose month counts; None where none is over.
    """

    outlook: Outlook
    percentile: float
    since: pd.Timestamp | None


@dataclass(frozen=True)
class VolatilityAhead:
    """Volatility of the next month.

    Attributes:
        day: at whose close all forecasts were made.
        name: of the model.
        markets: in the catalogue's order.
        silent: names of markets without a forecast on that day, each with its last day that had
            one.
        sentence: which market stands highest in its own past.
    """

    day: pd.Timestamp
    name: str
    markets: tuple[MarketAhead, ...]
    silent: tuple[tuple[str, pd.Timestamp | None], ...]
    sentence: str


@dataclass(frozen=True)
class StressAhead:
    """The chance of stress within the next month.

    Attributes:
        chance: of the newest day, by the rule that scores best, beside the base rate.
        run: days in a row up to this one that were days of stress themselves; 0 on a calm day.
        last: the newest day of stress; None where there was none.
        of_year: days of stress among the last 252 trading days; None where the day has no label,
            or fewer days have one.
        sentence: the chance beside the base rate, and how the day itself was.
    """

    chance: Latest
    run: int
    last: pd.Timestamp | None
    of_year: int | None
    sentence: str


def volatility_ahead(market: Market, tables: Tables) -> VolatilityAhead | None:
    """Volatility that is expected of each market; None where nothing is forecast.

    Args:
        market: the catalogue, with a stress leg.
        tables: frames by name: ``volatility_forecasts``.
    """
    forecasts = tables["volatility_forecasts"]
    day, outlook = newest_outlook(market, forecasts)
    if day is None:
        return None
    own = forecasts[
        (forecasts["panel"] == PANELS[0])
        & (forecasts["model"] == headline(VOLATILITY).id)
        & (forecasts["seed"] == MEAN_OF_SEEDS)
        & (forecasts["horizon"] == AHEAD)
    ]
    rows = tuple(_market(row, own) for row in outlook if row.horizon == AHEAD)
    spoken = {row.outlook.market for row in rows}
    last = own.groupby("market")["date"].max()
    silent = tuple(
        (name, last.get(identifier))
        for identifier, name in sub_market_names(market).items()
        if identifier not in spoken
    )
    name = headline(VOLATILITY).name
    return VolatilityAhead(day, name, rows, silent, _volatility_told(day, rows))


def _market(row: Outlook, forecasts: pd.DataFrame) -> MarketAhead:
    over = forecasts[forecasts["market"] == row.market].dropna(subset="actual")
    if over.empty:
        return MarketAhead(row, float("nan"), None)
    below = float((over["actual"] <= row.forecast).mean())
    return MarketAhead(row, 100 * below, pd.Timestamp(over["date"].min()))


def _volatility_told(day: pd.Timestamp, rows: tuple[MarketAhead, ...]) -> str:
    """Where the forecast stands highest, and which markets it puts into stress."""
    known = [row for row in rows if row.since is not None]
    if not known:
        return f"No month after a forecast was over on {day:%Y-%m-%d}: no past to compare with."
    top = max(known, key=lambda row: row.percentile)
    told = (
        f"Over the {AHEAD} trading days after {day:%Y-%m-%d} the volatility of {top.outlook.name} "
        f"is expected at {100 * top.outlook.forecast:.1f} % a year, at or above "
        f"{top.percentile:.0f} % of its own spans of {AHEAD} trading days since {top.since:%Y}"
    )
    if len(known) > 1:
        told += ", the highest place of any market"
    beyond = [row.outlook.name for row in rows if row.outlook.forecast > row.outlook.threshold]
    if not beyond:
        return f"{told}; no forecast lies above the level at which stress begins."
    return f"{told}; above the level at which stress begins: {listed(beyond)}."


def stress_ahead(tables: Tables) -> StressAhead | None:
    """The chance of stress by the rule that scores best; None where none speaks.

    Args:
        tables: frames by name: ``stress_predictions`` and ``stress_scores``; ``stress_labels``
            tells of the day itself.
    """
    chance = latest_chance(tables["stress_predictions"], tables["stress_scores"])
    if chance is None:
        return None
    run, last, of_year = _days_of_stress(tables.get("stress_labels"), chance.day)
    found = StressAhead(chance, run, last, of_year, "")
    return replace(found, sentence=_stress_told(found))


def _days_of_stress(
    labels: pd.DataFrame | None, day: pd.Timestamp
) -> tuple[int, pd.Timestamp | None, int | None]:
    """Days of stress up to a day: in a row, the newest of them, and among those of a year."""
    if labels is None:
        return 0, None, None
    own = labels[(labels["label"] == OF_THE_DAY) & (labels["date"] <= day)].dropna(
        subset="stressed"
    )
    if own["date"].max() != day or len(own) < YEAR:
        return 0, None, None
    stressed = own.sort_values("date").set_index("date")["stressed"].astype(bool)
    calm_behind = (~stressed).iloc[::-1].cumsum()
    days = stressed.index[stressed]
    last = pd.Timestamp(days[-1]) if len(days) else None
    return int((calm_behind == 0).sum()), last, int(stressed.iloc[-YEAR:].sum())


def _stress_told(found: StressAhead) -> str:
    chance = found.chance
    times = chance.probability / chance.base_rate if chance.base_rate else float("nan")
    if times >= 1.2:
        beside = f"{times:.1f} times the base rate of {probability_text(chance.base_rate)}"
    elif times <= 0.8:
        beside = f"less than the base rate of {probability_text(chance.base_rate)}"
    else:
        beside = f"about the base rate of {probability_text(chance.base_rate)}"
    told = (
        f"The chance that stress comes within the {AHEAD} trading days after {chance.day:%Y-%m-%d} "
        f"is {probability_text(chance.probability)}, {beside} ({chance.name})."
    )
    if found.of_year is None:
        return told
    if found.run:
        days = "that day" if found.run == 1 else f"the last {found.run} days up to then"
        now = f"The market was in stress on {days}"
    elif found.last is not None:
        now = f"That day itself was none of stress; the last such day was {found.last:%Y-%m-%d}"
    else:
        return f"{told} No day up to then was one of stress."
    return f"{told} {now}; of the {YEAR} days up to then {found.of_year} were days of stress."
