"""Asking files and sources for everything that a catalogue names, one item at a time.

Belongs here: which files and sources are asked, and what each answered. Does not belong here:
whether an answer is believed (`judging`), and what becomes of it (`receiving`).

Files take precedence over the sources, item by item. One item that does not come never costs
another: its answer is an error.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from sfr_pipeline import sources
from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.files import folder_of, may_be_asked, series_files
from sfr_pipeline.markets import Market, Series
from sfr_pipeline.markets.market import Instrument
from sfr_pipeline.markets.reference import Reference
from sfr_pipeline.sources.files import prices as price_files
from sfr_pipeline.sources.files.checks import PERIODS
from sfr_pipeline.sources.files.folder import Imports, files_only
from sfr_pipeline.sources.files.units import wrong_size
from sfr_pipeline.sources.live import client, refusals
from sfr_pipeline.sources.live.archive import sha256_of

LOG = logging.getLogger(__name__)

Kind = Literal["series", "price"]
Cause = Literal["no_source", "not_asked", "failed"]

# Sources that come with this project: asking them asks nobody, and once for all codes.
NOT_LIVE = ("bundled", "sandbox")
BARS = ("open", "high", "low", "close", "volume", "adjustment")


@dataclass(frozen=True)
class Item:
    """A series or an instrument."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Answer:
    """What was delivered of an item.

    Attributes:
        rows: ``field``, ``ref_date``, ``value``, ``available_at`` and ``assumed``, see table
            ``deliveries``.
        source: provenance for readers.
        sha256: of the raw answer or file.
    """

    rows: pd.DataFrame
    source: str
    sha256: str


@dataclass(frozen=True)
class NoAnswer:
    """Why nothing was delivered of an item.

    Attributes:
        cause: ``no_source``, ``not_asked`` or ``failed``.
        reason: one sentence.
        passing: whether asking again soon may help.
    """

    cause: Cause
    reason: str
    passing: bool = False


def _failed(error: SourceError) -> NoAnswer:
    passing = isinstance(error, refusals.NoAnswerError) and error.passing
    return NoAnswer("failed", str(error), passing)


def ask(market: Market) -> Iterator[tuple[Item, Answer | NoAnswer]]:
    """Ask for every series, published index and instrument of a market.

    No source is asked twice for one code, except that those that did not answer are asked once
    more when all others have.

    Raises:
        SourceError: the folder of files holds something that belongs to nothing.
    """
    with client.remembering():  # codes share tables of a source
        again = []
        for item, answer in _ask_once(market):
            if isinstance(answer, NoAnswer) and answer.passing:
                again.append(item)
            else:
                yield item, answer
    if not again:
        return
    names = ", ".join(item.name for item in again)
    LOG.warning("asking once more for what did not answer: %s", names)
    with client.remembering():
        for item, answer in _ask_once(market, only=frozenset(again)):
            yield item, answer


def _ask_once(
    market: Market, only: frozenset[Item] | None = None
) -> Iterator[tuple[Item, Answer | NoAnswer]]:
    yield from _prices(market, only)
    yield from _series(market, only)


# Series ---------------------------------------------------------------------------------------


def _series(
    market: Market, only: frozenset[Item] | None
) -> Iterator[tuple[Item, Answer | NoAnswer]]:
    imports = series_files(market)
    answers: dict[tuple[str, str], tuple[pd.DataFrame, str] | SourceError] = {}
    for entry in market.sourced_series:
        item = Item("series", entry.id)
        if only is not None and item not in only:
            continue
        yield item, _of_series(entry, imports, answers)


def _of_series(
    entry: Series | Reference,
    imports: Imports | None,
    answers: dict[tuple[str, str], tuple[pd.DataFrame, str] | SourceError],
) -> Answer | NoAnswer:
    try:
        if imports is not None and entry.id in imports:
            source = imports.provenance(entry.id)
            rows = series_rows(entry, imports.read(entry.id))
            return Answer(rows, source, imports.sha256(entry.id))
        if entry.source is None:
            return NoAnswer("no_source", "no file, and no open source is named")
        if not may_be_asked(entry):
            return NoAnswer("not_asked", "no file, and SFR_FILES_ONLY forbids to ask")
        delivered, sha256 = _fetched(str(entry.source), str(entry.code), answers)
        source = f"{entry.source}: {entry.code}"
        _check(entry, delivered, source)
        return Answer(series_rows(entry, delivered), source, sha256)
    except SourceError as error:
        return _failed(error)


def _fetched(
    name: str, code: str, answers: dict[tuple[str, str], tuple[pd.DataFrame, str] | SourceError]
) -> tuple[pd.DataFrame, str]:
    """What a source says of a code; one that was asked for before is not asked for again."""
    if (name, code) not in answers:
        try:
            with client.recorded() as hashes:
                delivered = sources.source(name).fetch_series([code])
            answers[name, code] = delivered, sha256_of(hashes, delivered)
        except SourceError as error:
            answers[name, code] = error
    answer = answers[name, code]
    if isinstance(answer, SourceError):
        raise answer
    return answer


def _check(entry: Series | Reference, rows: pd.DataFrame, source: str) -> None:
    if rows.empty:
        raise SourceError(
            f"{source} delivered nothing: try again later, or put {entry.id}.csv into the "
            "market's folder of files"
        )
    if entry.valid_range is not None:
        outside = rows[~rows["value"].between(*entry.valid_range) & rows["value"].notna()]
        if len(outside):
            day, value = outside["date"].iloc[0], outside["value"].iloc[0]
            low, high = entry.valid_range
            raise SourceError(
                f"{source}: {value:g} on {day:%Y-%m-%d} lies outside {low:g} to {high:g}, the "
                f"valid range of {entry.id} in {entry.unit}: has the unit changed? Put a file "
                "in its place, or widen valid_range in the catalogue"
            )
    if error := wrong_size(rows["date"], rows["value"], entry.typical, entry.unit):
        raise SourceError(f"{source}: {error}")


def series_rows(entry: Series | Reference, delivered: pd.DataFrame) -> pd.DataFrame:
    """Values of a series as the archive holds them: dated by the last day of the period.

    Args:
        entry: of the catalogue.
        delivered: ``date``, ``value`` and, where anything is known of it, ``available_at``; what
            that does not say was published after the release lag. Several values of a period are
            its vintages, if each has its own day of publication.

    Raises:
        SourceError: two values of one period that are no vintages, or a day of publication before
            its end.
    """
    delivered = delivered.dropna(subset="value").sort_values("date", ignore_index=True)
    period = pd.DatetimeIndex(delivered["date"]).to_period(PERIODS[entry.frequency])
    ref_date = period.to_timestamp(how="end").normalize()
    lagged = pd.Series(ref_date + pd.Timedelta(days=entry.release_lag))
    told = pd.Series(pd.NaT, index=delivered.index, dtype=lagged.dtype)
    if "available_at" in delivered:
        told = pd.to_datetime(delivered["available_at"]).dt.normalize()
    rows = pd.DataFrame(
        {
            "field": "value",
            "ref_date": ref_date,
            "value": delivered["value"],
            "available_at": told.fillna(lagged),
            "assumed": told.isna(),
        }
    )
    if early := list(rows[rows["available_at"] < rows["ref_date"]].itertuples()):
        raise SourceError(
            f"series {entry.id}: available_at {early[0].available_at:%Y-%m-%d} lies before the end "
            f"of the period, {early[0].ref_date:%Y-%m-%d}: correct one of them, or the frequency "
            "in the catalogue"
        )
    several = rows.duplicated("ref_date", keep=False)
    # Vintages of a period have each a day of publication; only that of the oldest may be unknown.
    unknown = rows[several & rows["assumed"]]
    if unknown.duplicated("ref_date").any() or rows.duplicated(["ref_date", "available_at"]).any():
        raise SourceError(
            f"series {entry.id} has two values for {period[period.duplicated()][0]}: is its "
            f"frequency really {entry.frequency}? See the catalogue"
        )
    return rows


# Prices ---------------------------------------------------------------------------------------


def _prices(
    market: Market, only: frozenset[Item] | None
) -> Iterator[tuple[Item, Answer | NoAnswer]]:
    wanted = [one for one in market.prices if only is None or Item("price", one.symbol) in only]
    if not wanted:
        return
    filed = _filed(market)
    if isinstance(filed, SourceError):
        # Which of them it holds is not known: none is asked for elsewhere in its place.
        for one in wanted:
            yield Item("price", one.symbol), NoAnswer("failed", str(filed))
        return
    for symbol, rows in filed.groupby("symbol"):
        if symbol in {one.symbol for one in wanted}:
            name = rows["file"].iloc[0]
            yield (
                Item("price", str(symbol)),
                Answer(bar_rows(rows), f"file: {name}", rows["sha256"].iloc[0]),
            )
    held = set(filed["symbol"])
    lacking = [one for one in wanted if one.symbol not in held]
    for source in dict.fromkeys(one.source for one in lacking):
        instruments = [one for one in lacking if one.source == source]
        if source is None:
            answer = NoAnswer(
                "no_source",
                f"there is no file of it in {_price_folder(market)}, and no open source is named: "
                "put one there, or take it and what is measured from it out of the catalogue",
            )
            yield from ((Item("price", one.symbol), answer) for one in instruments)
        elif source in NOT_LIVE:
            yield from _asked_together(source, instruments)
        else:
            yield from (_asked_alone(market, one, source) for one in instruments)


def _filed(market: Market) -> pd.DataFrame | SourceError:
    """Prices in the market's files; an error where one of them is bad."""
    try:
        folder = folder_of(market)
        if folder is None:
            return pd.DataFrame(columns=["symbol"])
        return price_files.read_prices(folder, market.prices)
    except SourceError as error:
        return error


def _asked_together(
    name: str, instruments: Sequence[Instrument]
) -> Iterator[tuple[Item, Answer | NoAnswer]]:
    try:
        frame = sources.source(name).fetch_prices([str(one.code) for one in instruments])
    except SourceError as error:
        for one in instruments:
            yield Item("price", one.symbol), NoAnswer("failed", str(error))
        return
    for one in instruments:
        rows = frame[frame["code"] == one.code]
        answer = Answer(bar_rows(rows), f"{name}: {one.code}", sha256_of([], rows))
        yield Item("price", one.symbol), answer


def _price_folder(market: Market) -> str:
    return f"{market.files}/{price_files.FOLDER}" if market.files else "a folder of it"


def _asked_alone(market: Market, one: Instrument, name: str) -> tuple[Item, Answer | NoAnswer]:
    item, code = Item("price", one.symbol), str(one.code)
    if files_only():
        return item, NoAnswer(
            "not_asked",
            f"SFR_FILES_ONLY forbids to ask {name}: put a file into {_price_folder(market)}, "
            "unset SFR_FILES_ONLY, or take it and what is measured from it out of the catalogue",
        )
    try:
        with client.recorded() as hashes:
            frame = sources.source(name).fetch_prices([code])
        if frame.empty:
            raise SourceError(f"{name}: {code} delivered nothing: try again later")
    except SourceError as error:
        return item, _failed(error)
    return item, Answer(bar_rows(frame), f"{name}: {code}", sha256_of(hashes, frame))


def bar_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Bars as the archive holds them, a row a field: each is assumed to be known on its day.

    Args:
        frame: ``date`` and any of open, high, low, close, volume and adjustment, NaN where missing.
    """
    fields = [name for name in BARS if name in frame]
    rows = frame.melt("date", fields, var_name="field").dropna(subset="value")
    rows = rows.rename(columns={"date": "ref_date"})
    # Where nothing was paid out there is nothing to keep.
    rows = rows[(rows["field"] != "adjustment") | (rows["value"] != 1.0)]
    return rows.assign(available_at=rows["ref_date"], assumed=True).reset_index(drop=True)
