"""Try every source of a market once and tell what answered: the first thing to run with network.

Nothing is stored and no failure stops the next try. What counts as stale follows the catalogue's
frequency and release lag; whether the values are right is not judged beyond the checks that each
source applies to its answers.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import Market
from sfr_pipeline.sources import Kind, source
from sfr_pipeline.sources.live import client, limits
from sfr_pipeline.sources.live.checks import LayoutError
from sfr_pipeline.sources.live.refusals import NoAnswerError
from sfr_pipeline.sources.own_answers import BrokenSourceError

COLUMNS = [
    "id", "kind", "source", "code", "status", "first", "last", "values", "seconds", "problem",
]  # fmt: skip
# Days from one period's end to the next that is published. The statistics bureau has no Januaries.
PERIODS = {"daily": 1, "weekly": 7, "monthly": 62, "quarterly": 92}
GRACE = 10  # days: holidays, late releases
REFERENCE_LAG = 30  # days: of published indices the catalogue seldom knows the release lag


class Target(NamedTuple):
    """One thing to try."""

    id: str
    kind: Kind
    source: str | None
    code: str | None
    allowed_age: int


def targets(market: Market) -> list[Target]:
    """Everything that a market's catalogue may ask a source for."""
    prices = [
        Target(entry.symbol, "prices", entry.source, entry.code, PERIODS["daily"] + GRACE)
        for entry in market.prices
    ]
    series = [
        Target(
            entry.id, "series", entry.source, entry.code,
            PERIODS[entry.frequency] + entry.release_lag + GRACE,
        )
        for entry in market.series
    ]  # fmt: skip
    references = [
        Target(
            entry.id, "series", entry.source, entry.code,
            PERIODS[entry.frequency] + max(entry.release_lag, REFERENCE_LAG) + GRACE,
        )
        for entry in market.references
    ]  # fmt: skip
    return prices + series + references


def probe(
    market: Market, seconds: float = 60.0, say: Callable[[str], None] = print
) -> pd.DataFrame:
    """Ask each source of a market once for each of its codes.

    Args:
        market: its ``prices``, ``series`` and ``references`` are tried.
        seconds: each may take; those that a source asks for in many pieces may take what the
            source allows them.
        say: is given one line as each ends.

    Returns:
        One row each: id, kind, source, code, ``status``, first and last date, number of values,
        seconds, and the problem in a sentence. Status is 'ok', 'stale' (the last value is older
        than its release lag explains), 'layout changed', 'no answer', 'unusable' (the values do
        not pass the checks), 'broken' (a fault of this project, or of the code of a source that it
        does not ship) or 'needs a file'.
    """
    tried = targets(market)
    rows = []
    with client.remembering():
        for number, target in enumerate(tried, start=1):
            row = _try(target, seconds)
            rows.append(row)
            say(f"[{number}/{len(tried)}] {_line(row)}")
    return pd.DataFrame(rows, columns=COLUMNS)


def _try(target: Target, seconds: float) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(COLUMNS)
    row |= {"id": target.id, "kind": target.kind, "source": target.source, "code": target.code}
    if target.source is None:
        return row | {"status": "needs a file", "values": 0, "seconds": 0.0}
    began = time.monotonic()
    try:
        allowed = _allowed(target, seconds)
        with limits.limited(allowed, attempts=1):
            what = f"{target.source} {target.code}"
            frame = client.within(allowed, what, lambda: _fetch(target))
    except LayoutError as error:
        row |= {"status": "layout changed", "values": 0, "problem": str(error)}
    except NoAnswerError as error:
        row |= {"status": "no answer", "values": 0, "problem": str(error)}
    except BrokenSourceError as error:
        row |= {"status": "broken", "values": 0, "problem": str(error)}
    except SourceError as error:
        row |= {"status": "unusable", "values": 0, "problem": str(error)}
    except Exception as error:  # one series must not hide what the others say
        row |= {"status": "broken", "values": 0, "problem": f"{type(error).__name__}: {error}"}
    else:
        row |= _reach(target, frame)
    return row | {"seconds": round(time.monotonic() - began, 1)}


def _allowed(target: Target, seconds: float) -> float:
    allowance = getattr(source(str(target.source)), "allowance", None)
    return max(seconds, (allowance(str(target.code)) or 0.0) if allowance else 0.0)


def _fetch(target: Target) -> pd.DataFrame:
    module = source(str(target.source))
    fetch = module.fetch_prices if target.kind == "prices" else module.fetch_series
    return fetch([str(target.code)])


def _reach(target: Target, frame: pd.DataFrame) -> dict[str, object]:
    first, last = frame["date"].min(), frame["date"].max()
    age = (pd.Timestamp(clock.today()) - last).days
    stale = age > target.allowed_age
    return {
        "status": "stale" if stale else "ok",
        "first": first.date(),
        "last": last.date(),
        "values": len(frame),
        "problem": f"the last value is {age} days old, {target.allowed_age} are explained by "
        "frequency and release lag"
        if stale
        else None,
    }


def _line(row: dict[str, object]) -> str:
    name = f"{row['id']} ({row['source']} {row['code']})" if row["source"] else str(row["id"])
    if row["values"]:
        reach = f"{row['first']} to {row['last']}, {row['values']} values"
        return f"{name}: {row['status']}, {reach}, {row['seconds']} s"
    return f"{name}: {row['status']}, {row['seconds']} s"


def as_text(probed: pd.DataFrame) -> str:
    """Set the result of ``probe`` as a table for a terminal, its problems below."""
    if probed.empty:
        return "The market names nothing that a source could deliver."
    table = probed.drop(columns=["problem", "kind"]).astype(object)
    lines = [table.where(table.notna(), "").to_string(index=False)]
    counts = probed["status"].value_counts()
    lines.append("\n" + ", ".join(f"{count} {status}" for status, count in counts.items()))
    # Without a network every source has the same one.
    ids_of: dict[str, list[str]] = {}
    for row in probed.dropna(subset="problem").itertuples():
        problem = str(row.problem).removeprefix(f"{row.source} {row.code} ")
        ids_of.setdefault(problem, []).append(str(row.id))
    lines += [f"\n{', '.join(ids)}: {problem}" for problem, ids in ids_of.items()]
    return "\n".join(lines)


def nothing_answered(probed: pd.DataFrame) -> bool:
    """Whether sources were asked and none of them gave values."""
    asked = probed[probed["source"].notna()]
    return len(asked) > 0 and not asked["values"].astype(int).any()
