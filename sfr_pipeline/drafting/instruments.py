"""What is guessed of instruments: how returns are formed, who counts, from when they are judged.

Belongs here: the rules. They are told to users in docs/own_market.md. Does not belong here: how
files are read (`price_files`), and how it is written down (`prices_text`).
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline.drafting import words
from sfr_pipeline.drafting.price_files import Bars
from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.stress import LabelSettings

Kind = Literal["log", "simple", "yield", "rate", "implied"]

# Sub-markets whose stress is counted; more of them do not make it more systemic.
MOST_SUB_MARKETS = 8
# Correlation of daily returns from which two are one part of the financial system.
ALIKE, COMMON_DAYS = 0.8, 250
# Share of closes at weekends from which an instrument's days are no calendar for the others.
WEEKENDS = 0.02
# Years before the first test: labels and ranks need two each, networks and calibration the others.
BEFORE_TESTS, FEWEST_BEFORE_TESTS = 8, 7
# Test years that are left for the longer wait.
USUAL_TESTS = 4
# Names of levels of interest and of implied volatility, which are no prices.
YIELDS = (
    r"yields?|tnx|irx|fvx|tyx|bunds?|gilts?|libor|shibor|euribor|sofr|(?:interest|bill|repo) rate"
)
IMPLIED = r"vix|vxn|rvx|vxo|vstoxx|vdax|vhsi|implied vol\w*|volatility index"
TENORS = {"irx": 0.25, "fvx": 5.0, "tnx": 10.0, "tyx": 30.0}
# In per cent a year: what a level of interest can be.
INTEREST = (-3.0, 60.0)
# Duration of a par bond by its years, roughly; of shorter ones a price hardly moves.
DURATIONS = ((25.0, 17.0), (15.0, 12.0), (8.0, 8.0), (4.0, 4.5), (1.5, 1.9))


class Instrument(NamedTuple):
    """An instrument with what is guessed of it.

    Attributes:
        id: of its sub-market, rate or volatility.
        symbol: as the files call it.
        kind: how its returns are formed, or which level it is.
        duration: years, of a yield.
        frame: its bars.
        why: of its place in the catalogue, for the comment beside it.
    """

    id: str
    symbol: str
    kind: Kind
    duration: float | None
    frame: pd.DataFrame
    why: str | None = None


class Leg(NamedTuple):
    """Who counts, and who gives features.

    Attributes:
        calendar: on whose days everything is laid.
        sub_markets: whose stress is counted, the calendar's own first.
        companions: whose returns are features alone.
        rates: levels of interest; of those with years in their name the returns are used too.
        implied: volatilities of options.
    """

    calendar: Instrument
    sub_markets: list[Instrument]
    companions: list[Instrument]
    rates: list[Instrument]
    implied: list[Instrument]


def guessed(bars: Bars, taken: set[str]) -> Instrument:
    """Guess what a price file does not say of an instrument.

    Args:
        bars: as the file has it.
        taken: identifiers that others have.
    """
    close = bars.frame["close"]
    own = words.identifier(bars.symbol, taken)
    kind: Kind = "log"
    duration = None
    if words.says(bars.symbol, IMPLIED):
        kind = "implied"
    elif words.says(bars.symbol, YIELDS) and close.between(*INTEREST).all():
        duration = _duration(bars.symbol)
        kind = "rate" if duration is None else "yield"
    elif (close <= 0).any():
        kind = "simple"
    return Instrument(own, bars.symbol, kind, duration, bars.frame)


def _duration(symbol: str) -> float | None:
    """Duration of a bond by the years that its yield's name says; None of bills and where none."""
    plain = words.plain(symbol)
    years = next((length for ticker, length in TENORS.items() if ticker in plain.split()), None)
    if years is None and (match := re.search(r"(\d{1,2}) ?(?:years?|yr|y)\b", plain)):
        years = float(match[1])
    if years is None:
        return None
    return next((duration for least, duration in DURATIONS if years >= least), None)


def chosen_leg(path: Path, instruments: Sequence[Instrument]) -> Leg:
    """Choose calendar and sub-markets.

    The calendar is that of the longest history among those that do not trade at weekends and end
    no earlier than most. Its instrument is the first sub-market; the others follow by the length of
    their histories, without those whose returns are nearly those of one that counts already.

    Raises:
        SourceError: nothing has a return.
    """
    priced = [one for one in instruments if one.kind in ("log", "simple", "yield")]
    if not priced:
        raise SourceError(
            f"{path}: its instruments are levels of interest or implied volatilities by their "
            "names, and stress shows in returns: add prices, or rename them"
        )
    ends = sorted(one.frame.index[-1] for one in priced)
    current = [one for one in priced if one.frame.index[-1] >= ends[len(ends) // 2]]
    calendar = max(current, key=lambda one: (not at_weekends(one), len(one.frame)))
    returns = pd.concat({one.id: _returns(one) for one in priced}, axis=1)
    correlation = returns.corr(min_periods=COMMON_DAYS).fillna(0.0)
    chosen: list[Instrument] = []
    companions: list[Instrument] = []
    for one in sorted(priced, key=lambda one: (one is not calendar, -len(one.frame))):
        twin = next(
            (
                (other, size)
                for other in chosen
                if abs(size := float(correlation.loc[one.id, other.id])) >= ALIKE
            ),
            None,
        )
        if twin is not None:
            why = f"guessed: moves with {twin[0].id} ({twin[1]:.2f}), and would count it twice"
            companions.append(one._replace(why=why))
        elif len(chosen) == MOST_SUB_MARKETS:
            companions.append(one._replace(why=f"guessed: beyond {MOST_SUB_MARKETS} sub-markets"))
        else:
            chosen.append(one)
    return Leg(
        calendar,
        chosen,
        companions,
        [one for one in instruments if one.kind in ("rate", "yield")],
        [one for one in instruments if one.kind == "implied"],
    )


def at_weekends(one: Instrument) -> bool:
    """Whether an instrument trades on Saturdays and Sundays too."""
    return bool((one.frame.index.day_of_week >= 5).mean() > WEEKENDS)


def _returns(one: Instrument) -> pd.Series:
    close = one.frame["close"]
    if one.kind == "log":
        return np.log(close).diff()
    return close.diff() if one.kind == "simple" else -close.diff()


def start_of(leg: Leg) -> pd.Timestamp:
    """The day from which as many sub-markets trade as make stress systemic."""
    begins = sorted(one.frame.index[0] for one in leg.sub_markets)
    enough = begins[breadth_of(leg) - 1]
    days = leg.calendar.frame.index
    return days[min(days.searchsorted(enough), len(days) - 1)]


def breadth_of(leg: Leg) -> int:
    """Sub-markets that must be in stress at once: two, or the only one that there is."""
    return min(LabelSettings().breadth, len(leg.sub_markets))


def judged_years(start: pd.Timestamp, last: pd.Timestamp) -> tuple[int, int]:
    """First year that is judged, and the last on whose scores choices may rest."""
    long = last.year - start.year >= BEFORE_TESTS + USUAL_TESTS
    first = start.year + (BEFORE_TESTS if long else FEWEST_BEFORE_TESTS)
    return first, max(first, (first + last.year) // 2)
