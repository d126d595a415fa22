"""What a market's YAML may say of its stress leg: sub-markets, features, stress labels."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from sfr_pipeline.markets.model import Identifier, Model

Share = Annotated[float, Field(gt=0, lt=1)]
Symbols = Annotated[list[str], Field(min_length=1)]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


OneOrMoreSymbols = Annotated[Symbols, BeforeValidator(_listed)]


class SubMarket(Model):
    """A part of the financial system with a daily return, as the mean over its instruments.

    Attributes:
        id: short name, the beginning of its features' names.
        name: what a reader is shown.
        symbols: instruments, each carried to the days of the calendar.
        returns: 'log' of the close; 'yield', minus ``duration`` times the change of a yield in per
            cent; 'simple', change over the last close but at least ``floor``, for futures whose
            price may fall to zero and below.
        duration: years, for 'yield'.
        floor: lowest denominator, in the unit of the price, for 'simple'.
        clip: largest size of a 'simple' return.
        tick: size of a 'log' return above which it counts as a false quote and as no move; for
            currencies.
    """

    id: Identifier
    name: str
    symbols: Symbols
    returns: Literal["log", "yield", "simple"] = "log"
    duration: float | None = Field(default=None, gt=0)
    floor: float | None = Field(default=None, gt=0)
    clip: float | None = Field(default=None, gt=0)
    tick: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _parameters_fit(self) -> "SubMarket":
        needed = {"log": set(), "yield": {"duration"}, "simple": {"floor", "clip"}}[self.returns]
        given = {
            name
            for name in ("duration", "floor", "clip", "tick")
            if getattr(self, name) is not None
        }
        if missing := sorted(needed - given):
            raise ValueError(f"'{self.returns}' returns need {' and '.join(missing)}")
        may = needed | ({"tick"} if self.returns == "log" else set())
        if surplus := sorted(given - may):
            raise ValueError(f"'{self.returns}' returns take no {' and no '.join(surplus)}")
        return self


class Volume(Model):
    """The traded volume of an instrument, held against its year.

    Attributes:
        id: short name, the beginning of its feature's name.
        symbol: instrument.
    """

    id: Identifier
    symbol: str


class Level(Model):
    """A daily level that enters as changes and ranks, never raw.

    Attributes:
        id: short name, the beginning of its features' names.
        symbol: instrument whose close it is; or
        series: id of the daily series that it is, by the day on which each value became known.
    """

    id: Identifier
    symbol: str | None = None
    series: Identifier | None = None

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        if (self.symbol is None) == (self.series is None):
            raise ValueError("give 'symbol', an instrument, or 'series', a daily series")
        return self


class LabelSettings(Model):
    """The formulas' constants; by default those of the trial on real data that fixed the labels.

    Attributes:
        horizons: trading days ahead of the labels F.
        window: trading days whose outcomes make a threshold of F.
        min_outcomes: completed outcomes before a sub-market joins, and earlier days before a rank.
        volatility_quantile: of completed volatilities, to be exceeded.
        loss_quantile: of completed losses, to be undercut.
        breadth: sub-markets that must be beyond their thresholds.
        composite_quantile: of the earlier composite, for D90.
        stressed_from: stress of a sub-market from which it counts for the breadth of D90.
        balanced_window: trading days of the median, for D50.
        volatility_days: of the realised volatility in D.
        high_days: days of the high that a drawdown is measured from.
        decay: of the correlation's exponential weights.
        episode_gap: calm days up to which two runs of stress are one episode.
    """

    horizons: tuple[int, ...] = (5, 21, 63)
    window: int = Field(default=2520, ge=252)
    min_outcomes: int = Field(default=504, ge=60)
    volatility_quantile: Share = 0.85
    loss_quantile: Share = 0.15
    breadth: int = Field(default=2, ge=1)
    composite_quantile: Share = 0.9
    stressed_from: Share = 0.8
    balanced_window: int = Field(default=1260, ge=252)
    volatility_days: int = Field(default=21, ge=2)
    high_days: int = Field(default=252, ge=2)
    decay: Share = 0.94
    episode_gap: int = Field(default=21, ge=1)


class FeatureSettings(Model):
    """Windows of the features.

    Attributes:
        volatility_days: realised volatility is of so many days each.
        correlation_days: window of the average correlation.
        rank_days: window of the ranks of levels.
        volume_days: window that a day's volume is held against.
        carry: trading days for which a missing close is taken to be the last one; delivered
            histories of currencies lack weeks at a time.
    """

    volatility_days: tuple[int, ...] = (1, 5, 22, 66)
    correlation_days: int = Field(default=63, ge=10)
    rank_days: int = Field(default=1260, ge=252)
    volume_days: int = Field(default=252, ge=21)
    carry: int = Field(default=21, ge=0)


class StressSettings(Model):
    """The stress leg of a market.

    Attributes:
        start: first trading day of the panel.
        end: last one, where prices outlast a sample that ends with its monthly series; by default
            the sample's end.
        chosen: why these days and these test years, in a sentence with the number of episodes;
            written before any score is looked at.
        calendar: instruments on whose trading days everything is laid, those on which any of them
            trades.
        sub_markets: parts of the financial system; labels count them.
        companions: parts that give features but do not count, having no breadth of their own.
        volumes: instruments whose volume is a feature.
        rates: levels of interest, in per cent.
        implied: option markets' volatilities, in per cent.
        cross_section: instruments whose correlation and dispersion are features.
        first_test_year: of the walk-forward protocol.
        development_end: last year on whose scores choices may rest.
        left_out: what cannot be had, by symbol or name, and why.
    """

    start: dt.date
    end: dt.date | None = None
    chosen: str | None = None
    calendar: OneOrMoreSymbols
    sub_markets: list[SubMarket] = Field(min_length=1)
    companions: list[SubMarket] = Field(default_factory=list)
    volumes: list[Volume] = Field(default_factory=list)
    rates: list[Level] = Field(default_factory=list)
    implied: list[Level] = Field(default_factory=list)
    cross_section: list[str] = Field(default_factory=list)
    first_test_year: int
    development_end: int
    left_out: dict[str, str] = Field(default_factory=dict)
    labels: LabelSettings = LabelSettings()
    features: FeatureSettings = FeatureSettings()

    @model_validator(mode="after")
    def _in_order(self) -> "StressSettings":
        if not self.start.year < self.first_test_year <= self.development_end:
            raise ValueError(
                f"start {self.start}, first_test_year {self.first_test_year} and development_end "
                f"{self.development_end} must follow one another"
            )
        if self.end is not None and self.end.year < self.first_test_year:
            raise ValueError(
                f"end {self.end} lies before first_test_year {self.first_test_year}: no day would "
                "be tested"
            )
        if self.labels.breadth > len(self.sub_markets):
            raise ValueError(
                f"a breadth of {self.labels.breadth} needs as many sub-markets, and there are "
                f"{len(self.sub_markets)}"
            )
        return self

    def symbols(self) -> dict[str, tuple[int | str, ...]]:
        """Every instrument that is used, and where in the settings it is named last."""
        used: dict[str, tuple[int | str, ...]] = {}
        for group in ("sub_markets", "companions"):
            for position, part in enumerate(getattr(self, group)):
                used |= dict.fromkeys(part.symbols, (group, position, "symbols"))
        for group in ("volumes", "rates", "implied"):
            for position, item in enumerate(getattr(self, group)):
                if item.symbol is not None:
                    used[item.symbol] = (group, position, "symbol")
        used |= dict.fromkeys(self.cross_section, ("cross_section",))
        used |= dict.fromkeys(self.calendar, ("calendar",))
        return used

    def series(self) -> dict[str, tuple[int | str, ...]]:
        """Every raw series that is used, and where in the settings it is named last."""
        return {
            item.series: (group, position, "series")
            for group in ("rates", "implied")
            for position, item in enumerate(getattr(self, group))
            if item.series is not None
        }

    def ids(self) -> list[str]:
        """Names that features begin with; a volume may share that of its sub-market."""
        groups = (self.sub_markets, self.companions, self.rates, self.implied)
        return [item.id for group in groups for item in group]
