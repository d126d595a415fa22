"""Series as the catalogue uses them: continued by one another, combined, at one frequency.

Everything here is a function of the tables ``series`` and ``missing_series``; nobody is asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import Market, Series
from sfr_pipeline.markets.series import FREQUENCIES, SeriesInput
from sfr_pipeline.sources.files.checks import PERIODS


class Raw(NamedTuple):
    """A series, raw or combined of two.

    Attributes:
        frame: ``value`` and ``available_at``, indexed by the last day of each period, ascending.
        source: provenance for readers.
    """

    frame: pd.DataFrame
    source: str


def done_without(missing: pd.DataFrame) -> pd.DataFrame:
    """Rows of table ``missing_series``, by series, of those that nobody was to deliver.

    What needs one of these does without. What needs a series whose source failed stops instead,
    see ``continued``.
    """
    return missing[missing["cause"] != "failed"].set_index("series")


def continued(
    market: Market, names: Iterable[str], series: pd.DataFrame, missing: pd.DataFrame
) -> dict[str, Raw]:
    """Series by their ids, each with what continues it.

    Args:
        market: the catalogue.
        names: ids of the series that are wanted.
        series: table ``series``.
        missing: table ``missing_series``.

    Raises:
        SourceError: the source of a wanted series, or of what continues it, failed; or the tables
            are older than the catalogue.
    """
    by_id = {one.id: one for one in market.series}
    wanted = dict.fromkeys(names)
    later = {after.series for name in wanted if (after := by_id[name].continuation)}
    failed = missing[missing["cause"] == "failed"].set_index("series")["reason"]
    for name in (*wanted, *sorted(later - wanted.keys())):
        if name in failed:
            raise SourceError(failed[name])
    raw = {
        str(name): Raw(
            rows.set_index("ref_date")[["value", "available_at"]].sort_index(),
            rows["source"].iloc[0],
        )
        for name, rows in series[series["series"].isin(wanted.keys() | later)].groupby("series")
    }
    if unknown := [name for name in wanted if name not in raw]:
        raise SourceError(
            f"the table series has no {', '.join(unknown)} of market {market.name}, and "
            "missing_series does not say why: materialize both again"
        )
    return {name: _continued(by_id[name], raw) for name in wanted}


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


def combine(measured: SeriesInput, series: Sequence[Series], raw: Mapping[str, Raw]) -> Raw:
    """A series, or the difference or ratio of two, at the coarser frequency of theirs.

    Args:
        measured: which series, and how they are combined.
        series: their entries of the catalogue, in the order of ``measured.ids``.
        raw: see ``continued``.

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


def _coarsened(frame: pd.DataFrame, frequency: str, coarsest: str) -> pd.DataFrame:
    """The last value of each coarser period, if it is of that period's last month."""
    if frequency == coarsest:
        return frame
    period = pd.DatetimeIndex(frame.index).to_period(PERIODS[coarsest])
    last = frame[~period.duplicated(keep="last")]
    end = period[~period.duplicated(keep="last")].to_timestamp(how="end").normalize()
    reaches = pd.DatetimeIndex(last.index).to_period("M") == end.to_period("M")
    return last.set_axis(end)[reaches]
