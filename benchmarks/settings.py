"""How large the benchmarks are made, and what one of them needs from outside."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class Scale(StrEnum):
    """Sizes of the work and numbers of repetitions."""

    FULL = "full"
    QUICK = "quick"
    TINY = "tiny"

    @property
    def description(self) -> str:
        """What figures of this scale are worth."""
        return {
            Scale.FULL: "medians of several repetitions",
            Scale.QUICK: "a quick run: not for quoting",
            Scale.TINY: "a tiny run: it shows that everything runs, and nothing about speed",
        }[self]


@dataclass(frozen=True)
class Settings:
    """What every benchmark is given.

    Attributes:
        scale: how large it is.
        reference_code: folder with the published MATLAB code of Koop and Korobilis (2014).
    """

    scale: Scale = Scale.FULL
    reference_code: Path | None = None

    def pick(self, *, full: T, quick: T, tiny: T) -> T:
        """The value for the scale."""
        return {Scale.FULL: full, Scale.QUICK: quick, Scale.TINY: tiny}[self.scale]
