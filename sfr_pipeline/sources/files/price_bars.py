"""What the bars of an instrument must be, whatever the layout of their file.

Belongs here: days, numbers and volumes that a file may hold. Does not belong here: which file and
which instrument (`prices`), and what is odd about prices that can be read (`stress.quality`).
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.sources import cells
from sfr_pipeline.sources.files.checks import SPARSE, Row, abridged, check_rows, refuse
from sfr_pipeline.sources.files.layouts.interface import PRICE_FIELDS

FEW = 4  # closes, below which their distance says nothing


@dataclass(frozen=True)
class _Daily:
    """What a file of closes must be, for the checks that all files share."""

    id: str
    unit: str = "unit of the instrument"
    frequency: str = "daily"
    valid_range: tuple[float, float] | None = None
    typical: tuple[float, float] | None = None


def checked_bars(file: str, rows: pd.DataFrame, symbol: str, today: dt.date) -> pd.DataFrame:
    """One instrument's prices, days without a close left out.

    Args:
        file: its name, for messages.
        rows: as of `layouts.interface.FoundPrices`.
        symbol: of the instrument, for messages.
        today: nothing may speak of later days.

    Returns:
        ``date``, ascending, and ``open``, ``high``, ``low``, ``close``, ``volume``, NaN where the
        file does not say.

    Raises:
        SourceError: the first validation error, with file, row and remedy.
    """
    days = _days(file, rows["date"], today)
    values = {name: _numbers(file, rows[name]) for name in PRICE_FIELDS if name in rows}
    volume = values.get("volume", pd.Series(dtype=float))
    for row, value in volume[volume < 0].items():
        refuse(file, int(str(row)), f"a volume of {value:g} cannot be: correct it, or leave it out")
    frame = pd.DataFrame(values, index=rows.index).reindex(columns=list(PRICE_FIELDS))
    frame = frame.assign(date=days)[frame["close"].notna()]
    frame = frame.sort_values("date", kind="stable")
    if frame.empty:
        refuse(
            file,
            None,
            f'it holds no close of {symbol}: fill it, remove it, or write "ignore" and its name '
            "there into mapping.yaml",
        )
    twice = frame["date"].duplicated()
    for row, day in frame.loc[twice, "date"].items():
        first = frame.index[frame["date"] == day][0]
        refuse(
            file,
            int(str(row)),
            f"{day:%Y-%m-%d} of {symbol} stands in row {first} already: keep one of the two rows",
        )
    gap = frame["date"].diff().dt.days.median()
    if len(frame) >= FEW and gap > SPARSE["daily"]:
        refuse(file, None, f"closes of {symbol} lie {gap:.0f} days apart: give daily ones")
    return frame.reset_index(drop=True)


def _days(file: str, column: pd.Series, today: dt.date) -> pd.Series:
    """The days that the cells of a column name, each form of a day looked at once."""
    written = column.map(lambda cell: "" if cell is None else str(cell).strip())
    first = written.drop_duplicates()
    # The checks that all files share; values, here places, say which day belongs to which cell.
    rows = [Row(int(str(row)), cell, place) for place, (row, cell) in enumerate(first.items())]
    checked = check_rows(file, rows, _Daily("the closes"), today)
    day_of = dict(zip(first.iloc[checked["value"].astype(int)], checked["date"], strict=True))
    return written.map(day_of)


def _numbers(file: str, column: pd.Series) -> pd.Series:
    """The numbers of a column, by row; the first that is none is refused."""
    plain = np.array([isinstance(cell, float | int) for cell in column])
    numbers = pd.Series(np.nan, index=column.index)
    numbers[plain] = column[plain].astype(float)
    for row, cell in column[~plain].items():
        try:
            numbers[row] = cells.number(cell)
        except ValueError:
            refuse(
                file,
                int(str(row)),
                f"'{abridged(cell)}' is no number: write it plainly, such as 1234.5, without "
                "commas, per cent signs or words, or leave the cell empty",
            )
    for row, value in numbers[np.isinf(numbers)].items():
        refuse(file, int(str(row)), f"{value} is no price: correct it, or leave the cell empty")
    return numbers
