"""CSV as FRED writes it, for every program that reads plain text.

UTF-8 without a byte order mark, comma, LF; dates as ``2008-09-30``, moments with a ``T``; nothing
where a value is missing; numbers with the digits that give back the same number.
"""

from pathlib import Path

import pandas as pd
from pandas.api import types

from sfr_pipeline.exports.escaping import escaped

DATE, MOMENT = "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S.%f"


def write_table(path: Path, frame: pd.DataFrame, moments: frozenset[str] = frozenset()) -> None:
    """Write a frame.

    Args:
        path: file to write.
        frame: columns of dates, texts, numbers and truth values.
        moments: columns of datetimes that have a time of day.
    """
    shown = pd.DataFrame(
        {name: _shown(frame[name], str(name) in moments) for name in frame.columns}
    )
    shown.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def write_series(path: Path, values: pd.Series | pd.DataFrame) -> None:
    """Write series by date: column ``observation_date``, then one a series by its id.

    Args:
        path: file to write.
        values: with an index of dates.
    """
    write_table(path, values.rename_axis("observation_date").reset_index())


def _shown(values: pd.Series, moment: bool) -> pd.Series:
    if types.is_datetime64_any_dtype(values.dtype):
        return values.dt.strftime(MOMENT if moment else DATE)
    if types.is_bool_dtype(values.dtype):
        return values.map({True: "true", False: "false"})
    if types.is_numeric_dtype(values.dtype):
        return values
    return values.map(escaped, na_action="ignore")
