"""What a market's YAML may say of one measured thing: its input, its transforms, its place."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from sfr_pipeline.markets.model import Identifier, Model
from sfr_pipeline.markets.series import SeriesInput

# How a daily measure becomes a monthly value; a daily indicator starts its transforms with one.
AGGREGATIONS = ("month_mean", "month_end", "garch_volatility")

TransformName = Literal[
    "level",
    "log",
    "difference",
    "log_difference",
    "month_on_month",
    "year_on_year",
    "rolling_sd",
    "month_mean",
    "month_end",
    "garch_volatility",
]
MeasureName = Literal[
    "close",
    "portfolio",
    "drawdown",
    "range",
    "realized_volatility",
    "relative_volume",
    "relative_return",
    "beta",
    "dispersion",
    "correlation",
]


RELATIVE_MEASURES = ("beta", "relative_return")
SINGLE_MEASURES = ("close", "range", "relative_volume")
CROSS_SECTION_MEASURES = ("correlation", "dispersion")


class PriceInput(Model):
    """A measure computed from daily prices up to each day.

    Attributes:
        measure: name of a function of ``econometrics.measures``.
        symbols: instruments it is computed from.
        market: instrument that relative measures compare with.
        window: trailing trading days, where the measure has a window.
    """

    measure: MeasureName
    symbols: list[str] = Field(min_length=1)
    market: str | None = None
    window: int | None = Field(default=None, gt=1)

    @model_validator(mode="after")
    def _fits_the_measure(self) -> "PriceInput":
        if (self.measure in RELATIVE_MEASURES) != (self.market is not None):
            needs = "needs" if self.measure in RELATIVE_MEASURES else "takes no"
            raise ValueError(f"{self.measure} {needs} 'market', an instrument to compare with")
        several = len(self.symbols) > 1
        if several and self.measure in SINGLE_MEASURES:
            raise ValueError(f"{self.measure} is of one symbol, not of {len(self.symbols)}")
        if not several and self.measure in CROSS_SECTION_MEASURES:
            raise ValueError(f"{self.measure} needs several symbols")
        return self

    def __str__(self) -> str:
        """Provenance, as the ``indicators`` table shows it."""
        against = f" against {self.market}" if self.market else ""
        return f"prices: {self.measure} of {', '.join(self.symbols)}{against}"


def _input_kind(value: Any) -> str:
    named = isinstance(value, dict) and "measure" in value
    return "prices" if named or isinstance(value, PriceInput) else "series"


Input = Annotated[
    Annotated[PriceInput, Tag("prices")] | Annotated[SeriesInput, Tag("series")],
    Discriminator(_input_kind),
]


class Transform(Model):
    """One step from the delivered value to the one that is standardised.

    In YAML either a name (``log``) or a name with its parameter (``difference: 12``).
    """

    name: TransformName
    parameter: int | Literal["log_return", "difference"] | None = None

    def __str__(self) -> str:
        """Read like the catalogue: ``difference 12``."""
        return self.name if self.parameter is None else f"{self.name} {self.parameter}"

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, dict) and len(value) == 1 and "name" not in value:
            ((name, parameter),) = value.items()
            return {"name": name, "parameter": parameter}
        return value

    @model_validator(mode="after")
    def _parameter_fits(self) -> "Transform":
        if self.name == "garch_volatility":
            if not isinstance(self.parameter, str):
                raise ValueError("garch_volatility needs 'log_return' or 'difference'")
        elif self.name in ("difference", "log_difference", "rolling_sd"):
            if not isinstance(self.parameter, int) or self.parameter < 1:
                raise ValueError(f"{self.name} needs a number of months, such as '{self.name}: 12'")
        elif self.parameter is not None:
            raise ValueError(f"{self.name} takes no parameter")
        return self


def _sign(value: Any) -> Any:
    """What a file says of a direction, where every scalar is a text: +1 is 1."""
    return {"1": 1, "+1": 1, "-1": -1}.get(value, value) if isinstance(value, str) else value


Direction = Annotated[Literal[-1, 1], BeforeValidator(_sign)]


class Measured(Model):
    """Something measured every month; its frequency and release lag are those of its series.

    Attributes:
        id: short name, key of the tables.
        name: what a reader is shown.
        unit: of the value as delivered.
        input: where the value comes from.
        transform: steps from the delivered value to the one that is standardised.
        why: the economics behind the choice.
    """

    id: Identifier
    name: str
    unit: str
    input: Input
    transform: list[Transform] = Field(min_length=1)
    why: str

    @model_validator(mode="after")
    def _aggregated_first(self) -> "Measured":
        if any(step.name in AGGREGATIONS for step in self.transform[1:]):
            raise ValueError(f"{', '.join(AGGREGATIONS)} may only come first")
        return self


class Indicator(Measured):
    """One indicator of the index.

    Attributes:
        dimension: one of the market's dimensions.
        direction: +1 where a higher transformed value means more risk, -1 where less.
        undecided: which of the two nobody has decided yet; what is given stands in for it.
    """

    dimension: str
    direction: Direction
    # Left out of the stored catalogue where empty, so that it is no change of any other.
    undecided: list[Literal["direction", "dimension"]] = Field(
        default_factory=list, exclude_if=lambda names: not names
    )


def undecided_notes(indicators: Sequence[Indicator]) -> list[str]:
    """What stands in a catalogue without anybody having decided it, in sentences."""
    notes = []
    for what in ("direction", "dimension"):
        names = [one.name for one in indicators if what in one.undecided]
        if names:
            notes.append(
                f"To be decided is the {what} of {len(names)} of {len(indicators)} indicators "
                f"({', '.join(names)}): what is shown rests on stand-ins. Decide in the catalogue, "
                "and take it out of 'undecided'."
            )
    return notes
