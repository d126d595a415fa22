"""What a market's YAML may say: the models, and the rules that they hold it to."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from sfr_pipeline.markets.model import Identifier, Model, Month
from sfr_pipeline.markets.opinion import Forum, SentimentModel
from sfr_pipeline.sources import check_offer, synthetic_source

Location = tuple[int | str, ...]

# How a daily measure becomes a monthly value; a daily indicator starts its transforms with one.
AGGREGATIONS = ("month_mean", "month_end", "garch_volatility")

TransformName = Literal[
    "level",
    "log",
    "difference",
    "log_difference",
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


class Sample(Model):
    """Months that the market's tables cover, written YYYY-MM, both ends included."""

    start: Month
    end: Month
    first_vintage: Month

    @model_validator(mode="after")
    def _in_order(self) -> "Sample":
        if not self.start <= self.first_vintage <= self.end:
            raise ValueError(
                f"start {self.start}, first_vintage {self.first_vintage} and end {self.end} must "
                "follow one another"
            )
        return self


class Offer(Model):
    """A named thing that a source delivers."""

    source: str
    code: str

    @model_validator(mode="after")
    def _reachable(self) -> "Offer":
        check_offer(self.source, self.code, self._kind())
        return self

    def _kind(self) -> Literal["prices", "series"]:
        return "series"


class Instrument(Offer):
    """Something with a daily price."""

    symbol: str
    name: str
    unit: str

    def _kind(self) -> Literal["prices", "series"]:
        return "prices"


class SeriesInput(Offer):
    """A published series, or the spread of two from the same source.

    Attributes:
        minus: code of the series to subtract.
    """

    minus: str | None = None

    @model_validator(mode="after")
    def _both_reachable(self) -> "SeriesInput":
        if self.minus is not None:
            check_offer(self.source, self.minus, "series")
        return self

    def __str__(self) -> str:
        """Provenance, as the ``indicators`` table shows it."""
        return f"{self.source}: {self.code}" + (f" - {self.minus}" if self.minus else "")


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


class Indicator(Model):
    """One indicator of the index.

    Attributes:
        id: short name, key of the tables.
        name: what a reader is shown.
        dimension: one of the market's dimensions.
        direction: +1 where a higher transformed value means more risk, -1 where less.
        unit: of the value as delivered.
        frequency: of the value as delivered.
        input: where the value comes from.
        transform: steps from the delivered value to the one that is standardised.
        release_lag: days from the end of the period to its publication.
        why: the economics behind choice and direction.
    """

    id: Identifier
    name: str
    dimension: str
    direction: Literal[-1, 1]
    unit: str
    frequency: Literal["daily", "monthly"]
    input: Input
    transform: list[Transform] = Field(min_length=1)
    release_lag: int = Field(ge=0, le=400)
    why: str

    @model_validator(mode="after")
    def _transforms_fit_the_frequency(self) -> "Indicator":
        first, rest = self.transform[0].name, [step.name for step in self.transform[1:]]
        if self.frequency == "daily" and first not in AGGREGATIONS:
            raise ValueError(
                f"the transforms of a daily indicator begin with one of {', '.join(AGGREGATIONS)}"
            )
        if self.frequency == "monthly" and first in ("month_mean", "month_end"):
            raise ValueError(f"{first} is for daily indicators")
        if any(name in AGGREGATIONS for name in rest):
            raise ValueError(f"{', '.join(AGGREGATIONS)} may only come first")
        return self


class Event(Model):
    """A dated stress event, for reading the charts and for scoring warnings.

    Attributes:
        end: last day, where the event is an episode.
        status: 'verified' where the date was checked against a source, else 'unverified'.
    """

    id: Identifier
    name: str
    onset: dt.date
    end: dt.date | None = None
    severity: Literal["systemic", "severe", "moderate"]
    source: str
    status: Literal["verified", "unverified"]


class IndexSettings(Model):
    """How the index is estimated and its uncertainty measured.

    Attributes:
        lags: of the factor's VAR.
        min_observations: months of data before a series joins a real-time estimate.
        draws: of the loadings, for the posterior band.
        replications: of the block bootstrap.
        block_length: of the bootstrap, in months.
        level: probability content of the bands.
        forecast_months: how far regimes and index are forecast.
        seed: of everything random.
    """

    lags: int = Field(default=1, ge=1, le=12)
    min_observations: int = Field(default=24, ge=12)
    draws: int = Field(default=1000, ge=100)
    replications: int = Field(default=1000, ge=100)
    block_length: int = Field(default=6, ge=1)
    level: float = Field(default=0.9, gt=0.5, lt=1)
    forecast_months: int = Field(default=6, ge=1, le=24)
    seed: int = 20180131


class Market(Model):
    """One market: what is measured, from where, over which months.

    Attributes:
        forum: where posts come from; a market without one has no public-opinion leg.
        sentiment: the classifier that reads them.
        truth: source that knows what a synthetic market was made from.
    """

    name: Identifier
    title: str
    synthetic: bool = False
    sample: Sample
    dimensions: dict[Identifier, str] = Field(min_length=1)
    notes: list[str] = Field(default_factory=list)
    index: IndexSettings = IndexSettings()
    prices: list[Instrument] = Field(default_factory=list)
    indicators: list[Indicator] = Field(min_length=2)
    events: list[Event] = Field(default_factory=list)
    forum: Forum | None = None
    sentiment: SentimentModel | None = None
    truth: str | None = None

    @model_validator(mode="after")
    def _forum_is_read(self) -> "Market":
        if (self.forum is None) != (self.sentiment is None):
            raise ValueError("'forum' and 'sentiment' go together: posts need a model to read them")
        if self.truth is not None:
            synthetic_source(self.truth)
            if not self.synthetic:
                raise ValueError("a market with a known 'truth' is synthetic: say so")
        return self

    def first_partition(self) -> str:
        """First month of the tables that are stored month by month."""
        months = [self.sample.first_vintage, *([self.forum.first_month] if self.forum else [])]
        return min(months)

    def indicator_names(self) -> dict[str, str]:
        """Map each indicator to its name for readers, in the order of the catalogue."""
        return {indicator.id: indicator.name for indicator in self.indicators}

    def dimension_of(self) -> dict[str, str]:
        """Map each indicator to its dimension."""
        return {indicator.id: indicator.dimension for indicator in self.indicators}

    def faults(self) -> list[tuple[Location, str]]:
        """Find what is wrong between the parts: where, and a sentence."""
        faults = [
            *_duplicates("indicators", "id", self.indicators),
            *_duplicates("prices", "symbol", self.prices),
            *_duplicates("prices", "code", self.prices),
            *_duplicates("events", "id", self.events),
        ]
        used_dimensions = {indicator.dimension for indicator in self.indicators}
        faults += [
            (
                ("dimensions", name),
                "no indicator belongs to this dimension: add one, or leave it out",
            )
            for name in self.dimensions
            if name not in used_dimensions
        ]
        symbols = {instrument.symbol for instrument in self.prices}
        for position, indicator in enumerate(self.indicators):
            where: Location = ("indicators", position)
            if indicator.dimension not in self.dimensions:
                known = ", ".join(self.dimensions)
                faults.append(
                    (
                        (*where, "dimension"),
                        f"'{indicator.dimension}' is no dimension of this market: choose from "
                        f"{known}, or add it to 'dimensions'",
                    )
                )
            if isinstance(indicator.input, PriceInput):
                used = {*indicator.input.symbols, *filter(None, [indicator.input.market])}
                if unknown := sorted(used - symbols):
                    faults.append(
                        (
                            (*where, "input"),
                            f"{', '.join(unknown)} is not among this market's 'prices'",
                        )
                    )
        return faults


def _duplicates(group: str, field: str, items: Sequence[Model]) -> list[tuple[Location, str]]:
    first: dict[str, int] = {}
    faults: list[tuple[Location, str]] = []
    for position, item in enumerate(items):
        value = getattr(item, field)
        if value in first:
            message = f"'{value}' is already the {field} of entry {first[value] + 1} of '{group}'"
            faults.append(((group, position, field), message))
        first.setdefault(value, position)
    return faults
