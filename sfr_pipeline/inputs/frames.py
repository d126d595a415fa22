"""Frames as tables hold them: long, with the last day of a month as its date."""

from collections.abc import Mapping

import pandas as pd


def month_ends(months: pd.PeriodIndex) -> pd.DatetimeIndex:
    """Last days of months."""
    return months.to_timestamp("M").normalize()


def months_of(dates: pd.Series | pd.Index) -> pd.PeriodIndex:
    """Months of dates."""
    return pd.PeriodIndex(dates, freq="M")


def long(frames: Mapping[str, pd.DataFrame], column: str) -> pd.DataFrame:
    """Stack frames of months by ``column`` into rows of ref_date, ``column`` and their values."""
    rows = pd.DataFrame(
        {name: frame.stack(future_stack=True) for name, frame in frames.items()}
    ).rename_axis(["ref_date", column])
    rows = rows.reset_index()
    return rows.assign(ref_date=month_ends(months_of(rows["ref_date"])))


def wide(rows: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    """Spread rows into one frame, months by ``column``, in the order of first appearance."""
    frame = rows.pivot(index="ref_date", columns=column, values=value)
    return frame.set_axis(months_of(frame.index), axis=0)
