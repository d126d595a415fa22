"""Raw series of a market: from the user's files where there are any, else from open sources."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from sfr_pipeline import sources
from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import Market, Measured, Series
from sfr_pipeline.markets.series import FREQUENCIES, SeriesInput
from sfr_pipeline.sources.files.folder import Imports, files_only, imports_folder
from sfr_pipeline.sources.files.units import wrong_size

PERIODS = {"daily": "D", "monthly": "M", "quarterly": "Q"}


class Raw(NamedTuple):
    """A series, raw or combined of two.

    Attributes:
        frame: ``value`` and ``available_at``, indexed by the last day of each period, ascending.
        source: provenance for readers.
    """

    frame: pd.DataFrame
    source: str


def imports_of(market: Market) -> Imports | None:
    """The market's folder of files, if its catalogue names one.

    Raises:
        SourceError: the folder holds something that belongs to no series.
    """
    if market.files is None:
        return None
    return Imports(imports_folder(market.files), [*market.series, *market.references])


def has_source(series: Series) -> bool:
    """Whether a series may be asked of an open source."""
    return series.source is not None and not files_only()


def lacking(market: Market, measured: Measured, imports: Imports | None) -> list[Series]:
    """Series of something measured that neither a file nor an open source delivers."""
    return [
        series
        for series in market.series_of(measured)
        if not (imports is not None and series.id in imports) and not has_source(series)
    ]


def fetch(market: Market, names: Iterable[str], imports: Imports | None) -> dict[str, Raw]:
    """Fetch raw series, with what continues them.

    Args:
        market: the catalogue.
        names: ids of series that a file or an open source delivers.
        imports: the market's files.

    Raises:
        SourceError: a file or a source does not deliver what the catalogue says.
    """
    by_id = {series.id: series for series in market.series}
    wanted = dict.fromkeys(names)
    continued = {
        series.continuation.series for name in wanted if (series := by_id[name]).continuation
    }
    every = [by_id[name] for name in (*wanted, *sorted(continued - set(wanted)))]
    raw = {
        series.id: Raw(_completed(series, imports.read(series.id)), imports.provenance(series.id))
        for series in every
        if imports is not None and series.id in imports
    }
    raw |= _fetch_open([series for series in every if series.id not in raw and has_source(series)])
    return {name: _continued(by_id[name], raw) for name in wanted}


def combine(measured: SeriesInput, series: list[Series], raw: Mapping[str, Raw]) -> Raw:
    """A series, or the difference or ratio of two, at the coarser frequency of theirs.

    Raises:
        SourceError: a division by zero.
    """
    source = measured.formula({name: raw[name].source for name in measured.ids})
    coarsest = max((part.frequency for part in series), key=FREQUENCIES.index)
    first, *second = (_coarsened(raw[part.id].frame, part.frequency, coarsest) for part in series)
    if not second:
        return Raw(first, source)
    first, other = first.align(second[0], join="inner", axis=0)
    if measured.over is not None:
        if (zero := other["value"] == 0).any():
            raise SourceError(
                f"{measured.over} is 0 on {other.index[zero][0]:%Y-%m-%d}, and nothing can be "
                "divided by it: take 'minus' in place of 'over' in the catalogue"
            )
        value = first["value"] / other["value"]
    else:
        value = first["value"] - other["value"]
    # A value is known when both of its parts are.
    available_at = first["available_at"].where(
        first["available_at"] > other["available_at"], other["available_at"]
    )
    return Raw(pd.DataFrame({"value": value, "available_at": available_at}), source)


def _fetch_open(wanted: list[Series]) -> dict[str, Raw]:
    """Ask each source once for all series that it delivers."""
    raw = {}
    for name in dict.fromkeys(series.source for series in wanted):
        assert name is not None
        mine = [series for series in wanted if series.source == name]
        codes = list(dict.fromkeys(str(series.code) for series in mine))
        frame = sources.source(name).fetch_series(codes)
        for series in mine:
            source = f"{name}: {series.code}"
            rows = frame[frame["code"] == series.code]
            _check(series, rows, source)
            raw[series.id] = Raw(_completed(series, rows), source)
    return raw


def _check(series: Series, rows: pd.DataFrame, source: str) -> None:
    if rows.empty:
        raise SourceError(
            f"{source} delivered nothing: try again later, or put {series.id}.csv into the "
            "market's folder of files"
        )
    if series.valid_range is not None:
        outside = rows[~rows["value"].between(*series.valid_range) & rows["value"].notna()]
        if len(outside):
            day, value = outside["date"].iloc[0], outside["value"].iloc[0]
            low, high = series.valid_range
            raise SourceError(
                f"{source}: {value:g} on {day:%Y-%m-%d} lies outside {low:g} to {high:g}, the "
                f"valid range of {series.id} in {series.unit}: has the unit changed? Put a file "
                "in its place, or widen valid_range in the catalogue"
            )
    if fault := wrong_size(rows["date"], rows["value"], series.typical, series.unit):
        raise SourceError(f"{source}: {fault}")


def _completed(series: Series, rows: pd.DataFrame) -> pd.DataFrame:
    """Index by the last day of the period; published after the release lag if nothing else."""
    rows = rows.dropna(subset="value").sort_values("date")
    period = pd.DatetimeIndex(rows["date"]).to_period(PERIODS[series.frequency])
    index = period.to_timestamp(how="end").normalize()
    if index.has_duplicates:
        raise SourceError(
            f"series {series.id} has two values for {period[index.duplicated()][0]}: is its "
            f"frequency really {series.frequency}? See the catalogue"
        )
    by_rule = pd.Series(index + pd.Timedelta(days=series.release_lag), index)
    frame = pd.DataFrame({"value": rows["value"].to_numpy()}, index=index)
    frame["available_at"] = by_rule
    if "available_at" in rows:
        known = pd.Series(pd.DatetimeIndex(rows["available_at"]).normalize(), index)
        frame["available_at"] = known.fillna(by_rule)
    return frame


def _coarsened(frame: pd.DataFrame, frequency: str, coarsest: str) -> pd.DataFrame:
    """The last value of each coarser period, if it is of that period's last month."""
    if frequency == coarsest:
        return frame
    period = pd.DatetimeIndex(frame.index).to_period(PERIODS[coarsest])
    last = frame[~period.duplicated(keep="last")]
    end = period[~period.duplicated(keep="last")].to_timestamp(how="end").normalize()
    reaches = pd.DatetimeIndex(last.index).to_period("M") == end.to_period("M")
    return last.set_axis(end)[reaches]


def _continued(series: Series, raw: Mapping[str, Raw]) -> Raw:
    own, after = raw[series.id], series.continuation
    if after is None:
        return own
    start = pd.Timestamp(after.start)
    before = own.frame[own.frame.index < start]
    if after.series not in raw:
        # Not another reason to do without the series: its history still counts.
        return Raw(before, f"{own.source}, ends {start:%Y-%m-%d} for want of {after.series}")
    other = raw[after.series]
    later = other.frame[other.frame.index >= start]
    later = later.assign(value=later["value"] + after.add)
    source = f"{own.source}, from {start:%Y-%m-%d} {other.source}"
    return Raw(pd.concat([before, later]), source + (f" + {after.add:g}" if after.add else ""))
