"""Numbers as they are printed: rounded, so that each stands for a range.

Belongs here: reading one number, and the range of a formula of several. A printed .83 stands for
.825 to .835; what is derived from it has a range too, and a contradiction is one that no number
within the ranges resolves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product


@dataclass(frozen=True)
class Printed:
    """One number of a table.

    Attributes:
        value: as printed; a percentage as a share.
        low: smallest number that rounds to it.
        high: largest.
    """

    value: float
    low: float
    high: float


def parse(text: str, exact: bool = False) -> Printed:
    """Read a printed number with the range that its last digit leaves.

    Args:
        text: such as ``0.83``, ``-1.1e-9`` or ``62.6%``.
        exact: whether it is a count, which is not rounded.

    Raises:
        ValueError: it is no number.
    """
    stripped = text.strip().replace("−", "-")
    scale = Decimal("0.01") if stripped.endswith("%") else Decimal(1)
    try:
        number = Decimal(stripped.removesuffix("%").strip())
    except InvalidOperation:
        number = Decimal("NaN")
    exponent = number.as_tuple().exponent
    # Words such as 'nan' are numbers to Decimal, and their exponent is a letter.
    if not isinstance(exponent, int):
        raise ValueError(text)
    half = Decimal(0) if exact else Decimal(5).scaleb(exponent - 1)
    value, low, high = (float(scale * end) for end in (number, number - half, number + half))
    return Printed(value, low, high)


def range_of(formula: Callable[..., float], *numbers: Printed) -> tuple[float, float]:
    """Lowest and highest value of a formula over all that the printed numbers may stand for.

    Exact for a formula that rises or falls throughout in each of its numbers, as all here do over
    ranges as narrow as those of rounding.

    Args:
        formula: takes as many numbers as are given.
        numbers: at whose ends it is evaluated.
    """
    corners = [formula(*corner) for corner in product(*((one.low, one.high) for one in numbers))]
    return min(corners), max(corners)


def text_of(value: float) -> str:
    """A number of a derivation: four digits that count."""
    return f"{value:.4g}"


def span_text(low: float, high: float) -> str:
    """A range for readers."""
    return f"{text_of(low)} to {text_of(high)}"
