"""What is noticed of delivered rows as a whole, beside what becomes of each.

Belongs here: counts that can't be understood, identifiers that a spreadsheet has rounded, lost
characters, months without a post. Does not belong here: which rows are posts (`posts`).
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from sfr_pipeline.opinion.raw import without_text

# Spreadsheets keep so many digits of a number, and put zeros for the others.
DIGITS = 15
# Different texts that are kept, and shown; the number of all is kept as well.
MOST_KEPT, MOST_SHOWN = 1_000, 5
LONGEST = 20  # characters of a text that is shown
MOST_MONTHS = 12
# Stands where a program could not decode a character.
REPLACEMENT = "\ufffd"


class UnclearCounts:
    """Counts of posts that can't be understood, and so are missing.

    Attributes:
        n: how many.
        found: how many of each field and text, for the first different ones.
    """

    def __init__(self) -> None:
        self.n = 0
        self.found: dict[tuple[str, str], int] = {}

    def add(self, field: str, value: object, keep_texts: bool) -> None:
        """Add one.

        Args:
            field: that it was delivered in.
            value: found there.
            keep_texts: whether what may be a text can be shown.
        """
        self.n += 1
        text = str(value if keep_texts else without_text(field, value))
        key = field, text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        if key in self.found or len(self.found) < MOST_KEPT:
            self.found[key] = self.found.get(key, 0) + 1

    def told(self) -> str | None:
        """A sentence about them, the most frequent first; None where there is none."""
        if not self.n:
            return None
        ordered = sorted(self.found.items(), key=lambda one: (-one[1], one[0]))
        shown = ", ".join(
            f"{field} {text!r}" + (f" ({n:,} times)" if n > 1 else "")
            for (field, text), n in ordered[:MOST_SHOWN]
        )
        more = " and others" if len(ordered) > MOST_SHOWN else ""
        return (
            f"{self.n:,} counts of posts can't be understood and are taken as missing, their posts "
            f"are kept: {shown}{more}; correct them in the files if they are to count"
        )


class LongIds:
    """Whether a spreadsheet has rounded an origin's identifiers, by all that are long enough."""

    def __init__(self) -> None:
        self._long = self._zeroed = 0

    def add(self, ids: Iterable[str | None]) -> None:
        """Look at some of them."""
        for one in ids:
            if one is not None and len(one) > DIGITS and one.isdecimal():
                self._long += 1
                self._zeroed += ends_in_zeros(one)

    @property
    def are_rounded(self) -> bool:
        """Whether none of several has more than 15 digits that are not zeros at its end."""
        return 1 < self._long == self._zeroed


def ends_in_zeros(identifier: str | None) -> bool:
    """Whether it has more digits than a spreadsheet keeps, and nothing but zeros behind those."""
    return (
        isinstance(identifier, str)
        and len(identifier) > DIGITS
        and identifier.isdecimal()
        and not identifier[DIGITS:].strip("0")
    )


def damage_told(posts: int) -> str | None:
    """A sentence about posts that hold `REPLACEMENT`; None where there is none."""
    if not posts:
        return None
    return (
        f"{posts:,} posts hold U+FFFD in place of characters that were lost before, and are read "
        "as they are: export them again in UTF-8"
    )


def months_told(months: Sequence[str]) -> str | None:
    """A sentence about months, in order, of which no post was delivered; None where all have."""
    if not months:
        return None
    every = pd.PeriodIndex(months, freq="M")
    run = (pd.Series(every.astype("int64")).diff() != 1).cumsum()
    runs = [every[run == number] for number in run.unique()]
    shown = [str(one[0]) if len(one) == 1 else f"{one[0]} to {one[-1]}" for one in runs]
    more = f" and {len(shown) - MOST_MONTHS} spans more" if len(shown) > MOST_MONTHS else ""
    return (
        f"no post of {', '.join(shown[:MOST_MONTHS])}{more} was delivered, though there are some "
        "of before and after: add the files of these months if they are missing"
    )
