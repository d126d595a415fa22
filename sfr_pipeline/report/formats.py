"""Numbers, dates and shares as readers see them, in the report and on the command line."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

# Characters of a line of a terminal's summary, and of the label that it begins with.
WIDTH, LABEL_WIDTH = 100, 15


def probability_text(probability: float) -> str:
    """Format in per cent; certainty is never claimed."""
    if probability > 0.99:
        return "> 99 %"
    return f"{100 * probability:.0f} %" if probability >= 0.01 else "< 1 %"


def number(value: float | None, digits: int = 2) -> str:
    """Format with its sign, minus as a true one; a dash where there is nothing."""
    if value is None or pd.isna(value):
        return "–"
    return f"{value:+.{digits}f}".replace("-", "−")


def fixed(value: float | None, digits: int = 3) -> str:
    """Format with a sign only where it is negative; a dash where there is nothing."""
    if value is None or pd.isna(value):
        return "–"
    return f"{value:.{digits}f}".replace("-", "−")


def plain(value: float) -> str:
    """Format to four significant digits; a dash where there is nothing."""
    return "–" if pd.isna(value) else f"{value:,.4g}".replace("-", "−")


def share(value: float) -> str:
    """Format in per cent; a dash where there is nothing."""
    return "–" if pd.isna(value) else f"{100 * value:.0f} %"


def refit_text(months: float | None) -> str:
    """How often a model is fitted again, from column ``refit_months`` of a table of scores."""
    if months is None or pd.isna(months):
        return "once"
    if months == 0:
        return "never, nothing is estimated"
    count, unit = (months / 12, "year") if months % 12 == 0 else (months, "month")
    return f"every {unit}" if count == 1 else f"every {count:.0f} {unit}s"


def listed(items: Sequence[str]) -> str:
    """One or more phrases as one: the last behind an "and"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def labelled(label: str, text: str, width: int = WIDTH) -> list[str]:
    """Lines of a terminal's summary: a label, and beside it the text, wrapped at ``width``."""
    beside = f"  {label:<{LABEL_WIDTH}}"
    return textwrap.wrap(text, width, initial_indent=beside, subsequent_indent=" " * len(beside))


def verdict_lines(label: str, verdict: str, scores: str) -> list[str]:
    """Lines of a terminal's summary: what was found, and the table in which all scores stand."""
    return labelled(label, f"{verdict} All scores: table {scores}.")


def as_float(value: object) -> float:
    """A number of a table's row; NaN where there is none."""
    return float("nan") if pd.isna(value) else float(value)  # type: ignore[arg-type]


FILTERS: Mapping[str, Callable[..., Any]] = {
    "number": number,
    "fixed": fixed,
    "plain": plain,
    "share": share,
    "percent": probability_text,
    "refit": refit_text,
    "p_value": lambda p: "< 0.001" if p < 0.001 else fixed(p),
    "month": lambda date: f"{date:%B %Y}",
    "day": lambda date: f"{date:%Y-%m-%d}",
}
