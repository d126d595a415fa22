"""What a cell means, in files and in answers of sites alike: nothing, a number, a possible date."""

import math
import re

import pandas as pd

MISSING = ("", ".", "-", "--", "nan", "na", "n/a", "#n/a", "null", "none", "nat", "<na>")
# Plain digits only: Python would also read 1_000, fullwidth digits and -nan.
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
# No series here begins earlier; spreadsheets turn empty cells and numbers into dates before it.
FIRST_DATE = pd.Timestamp("1910-01-01")


def is_missing(cell: object) -> bool:
    """Whether a cell holds nothing, or one of the words that stand for nothing."""
    return cell is None or str(cell).strip().lower() in MISSING


def number(cell: object) -> float:
    """The number in a cell, NaN where it is missing.

    Raises:
        ValueError: it holds something else, or a number too large to store.
    """
    if is_missing(cell):
        return math.nan
    text = str(cell).strip()
    if not NUMBER.fullmatch(text) or math.isinf(float(text)):
        raise ValueError(f"'{text}' is no number")
    return float(text)
