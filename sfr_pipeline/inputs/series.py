"""Raw series and published indices of a market: fetched once a run, into tables.

Belongs here: asking files and sources, and the tables ``series`` and ``missing_series``. Does not
belong here: what is made of the series, see ``combination``.

The table ``series`` has one value a series and period, the newest. With the day of its delivery
added, a row is one of an archive of all deliveries.
"""

from typing import Literal, NamedTuple

import pandas as pd

from sfr_pipeline import sources
from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.files import lacking, may_be_asked, read_files
from sfr_pipeline.markets import Market, Series
from sfr_pipeline.markets.reference import Reference
from sfr_pipeline.sources.files.checks import PERIODS
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.units import wrong_size
from sfr_pipeline.sources.live import client

Cause = Literal["no_source", "not_asked", "failed"]
NO_SOURCE = "no file, and no open source is named"
NOT_ASKED = "no file, and SFR_FILES_ONLY forbids to ask"


class SeriesTables(NamedTuple):
    """What was delivered, and what was not.

    Attributes:
        series: rows of table ``series``.
        missing: rows of table ``missing_series``.
    """

    series: pd.DataFrame
    missing: pd.DataFrame


def fetch_series(market: Market) -> SeriesTables:
    """Fetch every raw series and published index of a market, from its file or its open source.

    No source is asked twice for one code. The index rests on the series of its indicators; of
    everything else that a source does not deliver, ``missing`` says so, and what needs it decides.

    Raises:
        SourceError: any file is bad, or the source of a series that the index is made of does not
            deliver.
    """
    imports = read_files(market).series
    frames, missing, open_series = [], [], []
    for entry in market.sourced_series:
        if imports is not None and entry.id in imports:
            frames.append(_rows(entry, imports.read(entry.id), imports.provenance(entry.id)))
        elif may_be_asked(entry):
            open_series.append(entry)
        elif entry.source is None:
            missing.append(_missing(market, entry, "no_source", NO_SOURCE))
        else:
            missing.append(_missing(market, entry, "not_asked", NOT_ASKED))
    needed = _needed(market, imports)
    answers: dict[tuple[str, str], pd.DataFrame | SourceError] = {}
    with client.remembering():  # codes share tables of a source
        # What may stop the run comes first, so that nothing is asked in vain.
        for entry in sorted(open_series, key=lambda entry: entry.id not in needed):
            try:
                frames.append(_fetched(entry, answers))
            except SourceError as error:
                if entry.id in needed:
                    raise
                missing.append(_missing(market, entry, "failed", str(error)))
    return SeriesTables(
        pd.concat(frames, ignore_index=True)
        if frames
        else pd.DataFrame(columns=["series", "ref_date", "value", "available_at", "source"]),
        pd.DataFrame(missing, columns=["series", "name", "cause", "reason", "remedy"]),
    )


def _needed(market: Market, imports: Imports | None) -> set[str]:
    """Series that the index is made of: those of the indicators that can be had, and what goes on.

    An indicator of which one series has neither file nor source needs no other one either.
    """
    used = {
        series.id: series
        for indicator in market.indicators
        if not lacking(market, indicator, imports)
        for series in market.series_of(indicator)
    }
    later = {series.continuation.series for series in used.values() if series.continuation}
    return used.keys() | later


def _fetched(
    entry: Series | Reference, answers: dict[tuple[str, str], pd.DataFrame | SourceError]
) -> pd.DataFrame:
    """Rows of a series from its open source; a code that was asked for before is not asked again.

    Raises:
        SourceError: the source does not deliver what the catalogue says.
    """
    name, code = str(entry.source), str(entry.code)
    if (name, code) not in answers:
        try:
            answers[name, code] = sources.source(name).fetch_series([code])
        except SourceError as error:
            answers[name, code] = error
    answer = answers[name, code]
    if isinstance(answer, SourceError):
        raise answer
    source = f"{name}: {code}"
    _check(entry, answer, source)
    return _rows(entry, answer, source)


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


def _rows(entry: Series | Reference, delivered: pd.DataFrame, source: str) -> pd.DataFrame:
    """Rows of table ``series``: dated by the last day of the period.

    Args:
        entry: of the catalogue.
        delivered: ``date``, ``value`` and, where anything is known of it, ``available_at``; what
            that does not say was published after the release lag.
        source: provenance for readers.

    Raises:
        SourceError: two values of one period.
    """
    delivered = delivered.dropna(subset="value").sort_values("date", ignore_index=True)
    period = pd.DatetimeIndex(delivered["date"]).to_period(PERIODS[entry.frequency])
    if period.has_duplicates:
        raise SourceError(
            f"series {entry.id} has two values for {period[period.duplicated()][0]}: is its "
            f"frequency really {entry.frequency}? See the catalogue"
        )
    rows = pd.DataFrame(
        {
            "series": entry.id,
            "ref_date": period.to_timestamp(how="end").normalize(),
            "value": delivered["value"],
        }
    )
    available_at = rows["ref_date"] + pd.Timedelta(days=entry.release_lag)
    if "available_at" in delivered:
        known = pd.to_datetime(delivered["available_at"]).dt.normalize()
        available_at = known.fillna(available_at)
    return rows.assign(available_at=available_at, source=source)


def _missing(
    market: Market, entry: Series | Reference, cause: Cause, reason: str
) -> dict[str, str]:
    """A row of table ``missing_series``."""
    hint = f" ({entry.vendor})" if entry.vendor else ""
    remedies = ["try again later"] if cause == "failed" else []
    if market.files is not None:
        remedies.append(f"put {entry.id}.csv into {market.files}{hint}")
    elif cause == "not_asked":
        remedies.append("unset SFR_FILES_ONLY")
    return {
        "series": entry.id,
        "name": entry.name,
        "cause": cause,
        "reason": reason,
        "remedy": ", or ".join(remedies),
    }
