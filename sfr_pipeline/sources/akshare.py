"""Chinese series from open sites through AKShare: EastMoney, ChinaBond, ChinaMoney, NBS, Sina ...

AKShare scrapes web sites. It sets no timeouts, ignores error statuses, names most columns by
position and turns unreadable numbers into missing ones. Here copies of its modules are given a
``Session`` to send through, what EastMoney sent is compared with what was asked for, and every
series passes ``checks``. ``akshare_tables`` says which functions and columns are read.
"""

import datetime as dt
import importlib.util
import json
import time
import warnings
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import SeriesKey
from sfr_pipeline.sources.akshare_tables import NBS, PRICES, SERIES, SITES, TABLES, Table
from sfr_pipeline.sources.live import client, exchange, limits
from sfr_pipeline.sources.live.archive import Response
from sfr_pipeline.sources.live.checks import LayoutError, check_columns, period_end, tidy
from sfr_pipeline.sources.live.exchange import Session
from sfr_pipeline.sources.live.refusals import NoAnswerError, RefusedError

AVAILABLE_SERIES = {
    **{SeriesKey("prices", code): text for code, (text, _) in PRICES.items()},
    **{
        SeriesKey("series", code): f"{series.text}, {series.unit}: AKShare "
        + ", ".join(dict.fromkeys(TABLES[table].function for table, _ in series.terms))
        for code, series in SERIES.items()
    },
}

FIELDS = ["open", "high", "low", "close", "volume"]
SHORTEST_PIECE = 28  # days; the docstring of repo_rate_hist allows no more than a month
SECONDS_A_PIECE = 5.0  # on top of one call's limit: a history in pieces is one request each


def fetch_series(codes: Sequence[str]) -> pd.DataFrame:
    """Series in long form: date (last day of a month or quarter, or the day), code, value.

    Raises:
        SourceError: a code that is not available, a site that does not answer, or an answer that
            does not pass the checks.
    """
    with client.remembering():  # codes share tables
        frames = [_series(code).assign(code=code) for code in codes]
    return pd.concat(frames, ignore_index=True)[["date", "code", "value"]]


def fetch_prices(codes: Sequence[str]) -> pd.DataFrame:
    """Daily prices of indices in long form: date, code, open, high, low, close, volume.

    Raises:
        SourceError: as ``fetch_series``.
    """
    with client.remembering():
        frames = [_prices(code).assign(code=code) for code in codes]
    return pd.concat(frames, ignore_index=True)[["date", "code", *FIELDS]]


def _series(code: str) -> pd.DataFrame:
    if code not in SERIES:
        raise SourceError(f"AKShare holds no series '{code}' that this project knows")
    series = SERIES[code]
    columns = [_column(code, *term) for term in series.terms]
    total = pd.concat(columns, axis=1, join="inner").sum(axis=1) * series.factor + series.shift
    return tidy(
        f"akshare {code}", list(total.index), list(total), unit=series.unit,
        low=series.low, high=series.high, frequency=TABLES[series.terms[0][0]].frequency,
    )  # fmt: skip


def _column(code: str, name: str, column: str) -> pd.Series:
    """One column of a table by date, judged before anything is computed from it."""
    table = TABLES[name]
    frame = _table(name)
    what = f"akshare {code}, column {column} of {table.function}"
    tidied = tidy(
        what, list(frame[table.date]), list(frame[column]), unit="any unit",
        frequency=table.frequency,
    )  # fmt: skip
    return tidied.set_index("date")["value"]


def _prices(code: str) -> pd.DataFrame:
    if code not in PRICES:
        raise SourceError(f"AKShare holds no prices '{code}' that this project knows")
    columns = [_column(code, code, column) for column in PRICES[code][1]]
    frame = pd.concat(columns, axis=1, keys=FIELDS).sort_index().rename_axis("date").reset_index()
    frame = frame.dropna(subset="close")
    if (frame["close"] <= 0).any():
        worst = frame[frame["close"] <= 0].iloc[0]
        raise SourceError(
            f"akshare {code}: the index is {worst['close']:g} on {worst['date']:%Y-%m-%d}"
        )
    whole = frame[(frame[["open", "high", "low"]] > 0).all(axis=1)]
    between = whole["close"].between(whole["low"] * 0.999, whole["high"] * 1.001)
    if (~between).mean() > 0.02:
        # The functions name columns by position: two that changed places show only here.
        raise LayoutError(
            f"akshare {code}: closes lie outside low to high: columns changed places?"
        )
    return frame


def _table(name: str) -> pd.DataFrame:
    table = TABLES[name]
    frame = pd.concat(_pieces(table), ignore_index=True)
    if table.only is not None:
        column, value = table.only
        kept = frame[frame[column] == value]
        if kept.empty:
            known = ", ".join(map(str, frame[column].unique()[:9]))
            raise LayoutError(f"akshare {table.function}: no {column} '{value}', only {known}")
        frame = kept
    return frame


def _pieces(table: Table) -> list[pd.DataFrame]:
    """Ask for the whole history, piece by piece where a call may not span all of it.

    All pieces together have one limit, which grows where the site wants shorter ones.

    Raises:
        NoAnswerError: a piece did not come, or not all came in time.
    """
    if table.since is None:
        return [_ask(table, table.arguments)]
    start, today = _first_day(table), clock.today()
    frames, days, began = [], table.days or (today - start).days, time.monotonic()
    while start <= today:
        end = min(start + dt.timedelta(days=days), today)
        span = {"start_date": f"{start:%Y%m%d}", "end_date": f"{end:%Y%m%d}"}
        try:
            with limits.limited(began + _seconds(table, days) - time.monotonic()):
                frames.append(_ask(table, {**table.arguments, **span}))
        except _UnusableError:
            # How long a piece ChinaMoney and ChinaBond allow has changed before.
            if table.days is None or days <= SHORTEST_PIECE:
                raise
            days = max(days // 2, SHORTEST_PIECE)
            continue
        start = end + dt.timedelta(days=1)
    return frames


def _first_day(table: Table) -> dt.date:
    return dt.datetime.strptime(str(table.since), "%Y%m%d").date()


def _seconds(table: Table, days: int) -> float:
    """How long a table in pieces of so many days may take altogether."""
    pieces = (clock.today() - _first_day(table)).days // max(days, 1) + 1
    return limits.seconds_a_call() + SECONDS_A_PIECE * pieces


def allowance(code: str) -> float | None:
    """Seconds that a series may take where a site allows short pieces only.

    Args:
        code: of ``SERIES`` or ``PRICES``.

    Returns:
        None where no table of it comes in pieces: the limit of a single call holds.
    """
    tables = [table for table in _tables_of(code) if table.days is not None]
    return sum(_seconds(table, SHORTEST_PIECE) for table in tables) if tables else None


def sites(code: str) -> tuple[str, ...]:
    """The hosts that are asked for a code."""
    return tuple({SITES[table.function]: None for table in _tables_of(code)})


def _tables_of(code: str) -> list[Table]:
    names = dict(SERIES[code].terms) if code in SERIES else [code]
    return [TABLES[name] for name in names if name in TABLES]


class _UnusableError(NoAnswerError):
    """The site answered, but AKShare could make nothing of it."""


def _ask(table: Table, arguments: dict[str, str]) -> pd.DataFrame:
    module = _module(table.module)
    answered: list[Response] = []

    def work() -> pd.DataFrame:
        if table.function == NBS:
            _forget_nbs(module)
        try:
            frame = getattr(module, table.function)(**arguments)
        except RefusedError:
            raise
        except Exception:
            answered[:] = exchange.responses()
            _compare_with_request(table, answered)
            raise
        _compare_with_request(table, exchange.responses())
        return _upright(frame) if table.function == NBS else frame

    what = f"akshare {table.function}"
    try:
        with warnings.catch_warnings():  # some functions silence warnings for the whole process
            frame = client.call(what, arguments, work).value
    except NoAnswerError as error:
        if answered:
            raise _UnusableError(str(error)) from None
        raise
    if table.function == NBS:
        return _only_rows(what, table, frame)
    check_columns(what, table.columns, list(frame.columns))
    return frame


@cache
def _module(name: str) -> ModuleType:
    """A module of AKShare, executed once more for this project and held to ``client``'s limits.

    Whoever else uses AKShare in this process keeps it as it comes.
    """
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for library in ("requests", "curl_requests"):
        if hasattr(module, library):
            setattr(module, library, Session(getattr(module, library)))
    if hasattr(module, "get_tqdm"):  # no progress bars of pages
        module.get_tqdm = lambda: lambda pages, **_: pages
    return module


def _forget_nbs(module: Any) -> None:
    """Drop the session and the catalogue that the NBS module keeps, a failed one for ever."""
    module._NBS_SESSION = None
    for cached in (module._get_nbs_tree, module._get_nbs_root_id, module._get_nbs_indicators):
        cached.cache_clear()


def _compare_with_request(table: Table, responses: Sequence[Response]) -> None:
    """Compare the fields that EastMoney sent with those that AKShare asked for, in order."""
    for response in responses:
        asked = parse_qs(urlsplit(response.url).query).get("columns", ["ALL"])[0]
        if asked == "ALL":
            continue
        answer = json.loads(response.content)
        if not answer.get("result") or not answer["result"].get("data"):
            raise RefusedError(f"EastMoney sent no data: {answer.get('message')}")
        found = list(answer["result"]["data"][0])
        check_columns(f"akshare {table.function}, as sent", asked.split(","), found)


def _upright(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn the NBS table, indicators down and periods across, into one row a period."""
    if frame.empty:
        raise RefusedError("NBS sent an empty table")
    upright = frame.T.rename_axis("period").reset_index()
    upright.columns = [str(name) for name in upright.columns]
    return upright


def _only_rows(what: str, table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the indicators that are needed; a name that ends in * is a beginning."""
    kept = {"period": [period_end(period) for period in frame["period"]]}
    for row in table.columns:
        start = row.removesuffix("*")
        found = [
            name
            for name in frame.columns
            if name == row or (start != row and name.startswith(start))
        ]
        if not found:
            check_columns(f"{what} {table.arguments['path']}", [row], list(frame.columns[1:]))
        kept[row] = frame[found[0]].to_list()
    return pd.DataFrame(kept)
