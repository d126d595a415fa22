"""What a market's YAML may say of its raw series, and how indicators refer to them."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sfr_pipeline.markets.model import Identifier, Model
from sfr_pipeline.sources import check_available
from sfr_pipeline.sources.files.workbooks import ITEMS

Frequency = Literal["daily", "monthly", "quarterly"]

# From fine to coarse.
FREQUENCIES: tuple[Frequency, ...] = ("daily", "monthly", "quarterly")

# A quarter's figure must last until the next one, and that may come late.
DEFAULT_CARRY: dict[Frequency, int] = {"daily": 0, "monthly": 0, "quarterly": 3}


class SourcedSeries(Model):
    """Values over time that an open source delivers, or a file of their id.

    Attributes:
        id: short name, and name of the file that may deliver it.
        name: what a reader is shown.
        unit: of its values.
        source: module of ``sources`` that delivers it, or null: no open source is known.
        code: what to ask that source for.
        vendor: field of CSMAR or Wind, or page to download from, that fits.
        known_as: what vendors call it, ids and names: a column of a file so called is this series.
        valid_range: lowest and highest value that can be right, in ``unit``.
        typical: lowest and highest median size that can be right, in ``unit``: of the values of
            the last ten years without sign and zeros. It tells fractions from per cent, where
            ``valid_range`` has to let both pass.
        rolling: whether the source serves the last years alone. What it no longer serves is kept.
        note: what to know before using it.
    """

    id: Identifier
    name: str
    unit: str
    source: str | None
    code: str | None = None
    vendor: str | None = None
    known_as: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)
    valid_range: tuple[float, float] | None = None
    typical: tuple[float, float] | None = None
    rolling: bool = False
    note: str | None = None

    @property
    def names_outside(self) -> list[str]:
        """What it is called in files of vendors: ``known_as``, and its id at FRED."""
        at_fred = [self.code.removesuffix(".first")] if self.source == "fred" and self.code else []
        return [*self.known_as, *at_fred]

    @model_validator(mode="after")
    def _obtainable(self) -> Self:
        if (self.source is None) != (self.code is None):
            raise ValueError("'source' and 'code' go together: give both, or 'source: null' alone")
        if self.source is not None and self.code is not None:
            check_available(self.source, self.code, "series")
        elif self.vendor is None:
            raise ValueError("without an open source, 'vendor' must say where a file can be had")
        return self

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if self.valid_range is not None and not self.valid_range[0] < self.valid_range[1]:
            raise ValueError("valid_range must be [low, high] with low below high")
        if self.typical is not None and not 0 < self.typical[0] < self.typical[1]:
            raise ValueError("typical must be [low, high] with low above 0 and below high")
        return self


class Continuation(Model):
    """The series that stands in for another one from a day on, such as after the end of LIBOR.

    Attributes:
        series: id of the series that goes on.
        start: first day of which the other series speaks.
        add: what is added to its values, in the unit of both.
    """

    series: Identifier
    start: dt.date
    add: float = 0.0


class Series(SourcedSeries):
    """A raw series: what it is, and where it can be had.

    Attributes:
        frequency: of its values.
        release_lag: days from the end of the day, month or quarter to publication.
        workbook: item of an official workbook that holds it, see ``sources.files.workbooks``.
        carry: months for which, beyond the first, real time keeps the last published value, and
            paper mode bridges a gap; by default 3 for quarterly series, else 0.
        skips: months of the year, 1 to 12, that a monthly source never publishes.
        continuation: the series that goes on where this one ends.
    """

    frequency: Frequency
    release_lag: int = Field(ge=0, le=400)
    workbook: str | None = None
    carry: int | None = Field(default=None, ge=0, le=12)
    skips: list[Annotated[int, Field(ge=1, le=12)]] = Field(default_factory=list, max_length=11)
    continuation: Continuation | None = None

    @model_validator(mode="after")
    def _in_a_known_workbook(self) -> Self:
        if self.workbook is not None and self.workbook not in ITEMS:
            raise ValueError(f"no workbook holds '{self.workbook}': choose from {', '.join(ITEMS)}")
        return self

    @model_validator(mode="after")
    def _only_months_are_skipped(self) -> Self:
        if self.skips and self.frequency != "monthly":
            raise ValueError(f"'skips' is for monthly series, and this one is {self.frequency}")
        return self

    @property
    def months_carried(self) -> int:
        """``carry``, or its default."""
        return DEFAULT_CARRY[self.frequency] if self.carry is None else self.carry


class SeriesInput(Model):
    """A raw series, or the difference or ratio of two.

    Two series of different frequency meet at the coarser one: in each of its periods the last
    value of the finer series counts. A ratio over a quarterly growth rate is thus formed of
    published figures only, never of interpolated ones that may cross zero.

    Attributes:
        series: id of the series.
        minus: id of the series to subtract.
        over: id of the series to divide by.
    """

    series: Identifier
    minus: Identifier | None = None
    over: Identifier | None = None

    @model_validator(mode="after")
    def _one_operation(self) -> Self:
        if self.minus is not None and self.over is not None:
            raise ValueError("give 'minus' or 'over', not both")
        return self

    @property
    def ids(self) -> list[str]:
        """The series that are needed."""
        return [name for name in (self.series, self.minus, self.over) if name is not None]

    def __str__(self) -> str:
        """Read like a formula: ``shibor_3m - libor_3m``."""
        return self.formula({name: name for name in self.ids})

    def formula(self, text: dict[str, str]) -> str:
        """The formula with a text for each series."""
        if self.minus is not None:
            return f"{text[self.series]} - {text[self.minus]}"
        if self.over is not None:
            return f"{text[self.series]} / {text[self.over]}"
        return text[self.series]
