"""The cells of an instrument's prices as bars by day, and what makes an instrument of no use.

Belongs here: the days and numbers of files in nobody's layout, and what any bars must be. Does not
belong here: where the cells stand (`price_files`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.drafting.dates import DayFirst, Moment, is_date, read_dates
from sfr_pipeline.drafting.numbers import (
    Cell,
    Decimal,
    decimal_of,
    is_missing,
    is_number,
    needs_telling,
    number,
)
from sfr_pipeline.sources.cells import FIRST_DATE
from sfr_pipeline.sources.files.checks import SPARSE, abridged
from sfr_pipeline.sources.files.layouts.interface import PRICE_FIELDS

VOLUMES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
# A year of closes, below which nothing can be measured.
LEAST_CLOSES = 250


class Unusable(Exception):
    """Why an instrument is left out."""


class Column(NamedTuple):
    """Cells of one instrument, by field, each with its row."""

    symbol: str
    dates: list[Cell]
    fields: dict[str, list[Cell]]


def conventions(
    file: str, columns: Sequence[Column], day_first: DayFirst, decimal: Decimal | None
) -> tuple[dict[str, Moment], Decimal]:
    """What the dates of a file mean, and what divides its decimals."""
    written = {cell.text: cell for column in columns for cell in column.dates if cell.text}
    days = [(cell.row, text) for text, cell in written.items() if is_date(text)]
    prices = [
        cell
        for column in columns
        for name, cells in column.fields.items()
        if name != "volume"
        for cell in cells
    ]
    told = not needs_telling(cell.text for cell in prices)
    numbers = [] if told else [cell for cell in prices if is_number(cell.text)]
    return read_dates(file, days, day_first), decimal_of(file, numbers, decimal)


def frame_of(column: Column, dates: dict[str, Moment], decimal: Decimal) -> pd.DataFrame:
    """The bars of a column of cells, as of `_Held`.

    Raises:
        Unusable: a cell can't be read.
    """
    undated = [cell for cell in column.dates if cell.text not in dates]
    if any(cell.text for cell in undated):
        cell = next(cell for cell in undated if cell.text)
        raise Unusable(f"'{abridged(cell.text)}' in row {cell.row} is no day: correct it")
    if any(dates[cell.text].span != "day" for cell in column.dates if cell.text):
        raise Unusable("its dates are of months or quarters, and prices must be daily")
    fields = {
        name: _volumes(cells) if name == "volume" else _numbers(cells, decimal)
        for name, cells in column.fields.items()
    }
    return pd.DataFrame(fields).assign(
        day=[dates[cell.text].start if cell.text else pd.NaT for cell in column.dates],
        row=[cell.row for cell in column.dates],
    )


def bars_of(frame: pd.DataFrame) -> pd.DataFrame:
    """The bars of an instrument, by day.

    Args:
        frame: as of `_Held`.

    Raises:
        Unusable: it can't be used.
    """
    if "adjusted" in frame:
        frame = _adjusted(frame)
    frame = frame.dropna(subset=["day", "close"])
    frame["day"] = pd.to_datetime(frame["day"])
    if "volume" in frame:
        frame["volume"] = frame["volume"].where(frame["volume"] >= 0)
    today = pd.Timestamp(clock.today())
    frame = frame[(frame["day"] <= today) & (frame["day"] >= FIRST_DATE)]
    frame = frame.sort_values("day", kind="stable")
    if (twice := frame.duplicated("day")).any():
        day = frame.loc[twice, "day"].iloc[0]
        first, second, *_ = frame.loc[frame["day"] == day, "row"]
        raise Unusable(f"{day:%Y-%m-%d} stands in rows {first} and {second}: keep one")
    if len(frame) < LEAST_CLOSES:
        raise Unusable(f"it has {len(frame)} closes, and {LEAST_CLOSES}, a year, are needed")
    if (gap := frame["day"].diff().dt.days.median()) > SPARSE["daily"]:
        raise Unusable(f"its closes lie {gap:.0f} days apart: give daily ones")
    if frame["close"].nunique() == 1:
        raise Unusable(f"all of its closes are {frame['close'].iloc[0]:g}")
    return frame.set_index("day").reindex(columns=list(PRICE_FIELDS))


def _adjusted(frame: pd.DataFrame) -> pd.DataFrame:
    """Bars on the scale of the adjusted close."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = frame["adjusted"] / frame["close"]
    moved = {name: frame[name] * factor for name in ("open", "high", "low") if name in frame}
    return frame.assign(**moved, close=frame["adjusted"])


def _numbers(cells: Sequence[Cell], decimal: Decimal) -> np.ndarray:
    """Numbers of a column, NaN where they are missing.

    Raises:
        Unusable: one is none.
    """
    texts = pd.Series([cell.text for cell in cells], dtype=object)
    plain = texts if decimal == "point" else texts.where(~texts.str.contains("[.,]"))
    values = pd.to_numeric(plain, errors="coerce").to_numpy(float, copy=True)
    for place in np.flatnonzero(~np.isfinite(values)):
        cell = cells[int(place)]
        try:
            values[place] = number(cell.text, decimal)
        except ValueError:
            raise Unusable(
                f"'{abridged(cell.text)}' in row {cell.row} is no number: correct it, or empty the "
                "cell"
            ) from None
    return values


def _volumes(cells: Sequence[Cell]) -> np.ndarray:
    """Volumes, NaN where there is none that can be read: 1,234,567 and 1.23M alike."""
    values = np.full(len(cells), np.nan)
    for place, cell in enumerate(cells):
        if is_missing(cell.text):
            continue
        text = cell.text.replace(",", "").replace(" ", "")
        factor = VOLUMES.get(text[-1:].lower(), 1.0)
        try:
            values[place] = float(text.rstrip("kKmMbBtT")) * factor
        except ValueError:
            continue
    return values
