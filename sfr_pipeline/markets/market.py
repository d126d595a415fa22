"""What a market's YAML may say: the models, and the rules that they hold it to."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from sfr_pipeline import clock, settings
from sfr_pipeline.errors import SettingError
from sfr_pipeline.markets.forecasting import ForecastingSettings, Gap
from sfr_pipeline.markets.indicator import Indicator, Measured, PriceInput
from sfr_pipeline.markets.model import Identifier, Model, Month
from sfr_pipeline.markets.opinion import Forum, SentimentModel
from sfr_pipeline.markets.reference import Reference
from sfr_pipeline.markets.series import FREQUENCIES, Frequency, Series
from sfr_pipeline.markets.stress import StressSettings
from sfr_pipeline.sources import check_available, synthetic_source

# The environment variable that names the last month where a catalogue says 'end: latest'.
END = "SFR_END"


def last_complete_month(today: dt.date) -> str:
    """The month before that of ``today``, as YYYY-MM."""
    return f"{today.replace(day=1) - dt.timedelta(days=1):%Y-%m}"


class Sample(Model):
    """Months that the market's tables cover, written YYYY-MM, both ends included.

    ``end: latest`` means the month before the one that it is: a market that goes on needs no edit
    a month, and whoever keeps its catalogue loaded need not load it again. The environment variable
    SFR_END names another month, for files that end earlier.
    """

    start: Month
    until: Month | Literal["latest"] = Field(alias="end")
    first_vintage: Month

    @property
    def goes_on(self) -> bool:
        """Whether a month joins the sample when it is over."""
        return self.until == "latest"

    @property
    def end(self) -> str:
        """Last month of the sample, YYYY-MM."""
        if self.until != "latest":
            return self.until
        latest = last_complete_month(clock.today())
        wanted = settings.text(END)
        if not wanted:
            return latest
        try:
            TypeAdapter(Month).validate_python(wanted)
        except ValidationError as error:
            raise SettingError(
                f"{END}={wanted} is no month: write it like {END}={latest}"
            ) from error
        if wanted > latest:
            raise SettingError(f"{END}={wanted} is not over yet: {latest} is the last whole month")
        return wanted

    @model_validator(mode="after")
    def _in_order(self) -> "Sample":
        if not self.start <= self.first_vintage <= self.end:
            raise ValueError(
                f"start {self.start}, first_vintage {self.first_vintage} and end {self.end} must "
                "follow one another"
            )
        return self


class Instrument(Model):
    """Something with a daily price, from an open source or a file.

    Attributes:
        symbol: key of the tables, and what a file may call it.
        name: what a reader is shown.
        unit: of its price.
        source: module of ``sources`` that delivers it; without one it comes from a file alone.
        code: what to ask that source for, and another name that a file may call it by.
        known_as: what vendors call it in their files and in the names of these.
    """

    symbol: str
    name: str
    unit: str
    source: str | None = None
    code: str | None = None
    known_as: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _reachable(self) -> "Instrument":
        if (self.source is None) != (self.code is None):
            raise ValueError("'source' and 'code' go together: give both, or none for a file alone")
        if self.source is not None and self.code is not None:
            check_available(self.source, self.code, "prices")
        return self


class Event(Model):
    """A dated stress event, for reading the charts and for scoring warnings.

    Attributes:
        end: last day, where the event is an episode.
        status: 'verified' where the date was checked against a source, else 'unverified'.
        dimension: in which its stress should show first.
    """

    id: Identifier
    name: str
    onset: dt.date
    end: dt.date | None = None
    severity: Literal["systemic", "severe", "moderate"]
    source: str
    status: Literal["verified", "unverified"]
    dimension: Identifier | None = None


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
        winsorise: information sets under which outliers are drawn in; by default none.
        winsorise_at: distance from the median, in robust standard deviations, from which they are.
    """

    lags: int = Field(default=1, ge=1, le=12)
    min_observations: int = Field(default=24, ge=12)
    draws: int = Field(default=1000, ge=100)
    replications: int = Field(default=1000, ge=100)
    block_length: int = Field(default=6, ge=1)
    level: float = Field(default=0.9, gt=0.5, lt=1)
    forecast_months: int = Field(default=6, ge=1, le=24)
    seed: int = 20180131
    winsorise: list[Literal["paper", "real_time"]] = Field(default_factory=list)
    winsorise_at: float = Field(default=5.0, ge=1)


class Market(Model):
    """One market: what is measured, from where, over which months.

    Attributes:
        files: folder below ``imports/`` whose files take precedence over the open sources, series
            by series.
        series: raw series, which all legs refer to by their ids.
        indicators: of the index; a market with a stress leg or posts may have none, and then no
            index and no early warning.
        forecasting: early warning; a market without it has no such leg.
        stress: discrimination of daily stress; a market without it has no such leg.
        references: published indices that the market's own is compared with.
        forum: where posts come from, a site or files; a market without one has no opinion leg.
        sentiment: the classifier that reads them.
        truth: source that knows what a synthetic market was made from.
    """

    name: Identifier
    title: str
    synthetic: bool = False
    sample: Sample
    files: Annotated[str, Field(pattern=r"^imports(/[A-Za-z0-9_-]+)+$")] | None = None
    dimensions: dict[Identifier, str] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)
    index: IndexSettings = IndexSettings()
    prices: list[Instrument] = Field(default_factory=list)
    series: list[Series] = Field(default_factory=list)
    indicators: list[Indicator] = Field(default_factory=list)
    forecasting: ForecastingSettings | None = None
    stress: StressSettings | None = None
    references: list[Reference] = Field(default_factory=list)
    events: list[Event] = Field(default_factory=list)
    forum: Forum | None = None
    sentiment: SentimentModel | None = None
    truth: str | None = None

    @model_validator(mode="after")
    def _forum_is_read(self) -> "Market":
        if (self.forum is None) != (self.sentiment is None):
            raise ValueError("'forum' and 'sentiment' go together: posts need a model to read them")
        if self.posts_alone and self.first_partition() > self.sample.end:
            raise ValueError(
                f"no month of the sample, which ends in {self.sample.end}, has posts, which begin "
                f"in {self.first_partition()}: move 'first_month' of the forum, or the sample"
            )
        if self.truth is not None:
            synthetic_source(self.truth)
            if not self.synthetic:
                raise ValueError("a market with a known 'truth' is synthetic: say so")
        return self

    @property
    def monthly(self) -> bool:
        """Whether the market has an index of systemic risk, and what follows from it."""
        return bool(self.indicators)

    @property
    def posts_alone(self) -> bool:
        """Whether public opinion is all that the market measures."""
        return self.forum is not None and not self.monthly and self.stress is None

    @property
    def partitioned(self) -> bool:
        """Whether any table is stored month by month."""
        return self.monthly or self.forum is not None

    @property
    def sourced_series(self) -> list[Series | Reference]:
        """Everything that has a file of its id or a source: raw series, then references."""
        return [*self.series, *self.references]

    def first_partition(self) -> str:
        """First month of the tables that are stored month by month."""
        months = [self.sample.first_vintage] if self.monthly or self.forum is None else []
        return min([*months, *([self.forum.first_month] if self.forum else [])])

    def indicator_names(self) -> dict[str, str]:
        """Map each indicator to its name for readers, in the order of the catalogue."""
        return {indicator.id: indicator.name for indicator in self.indicators}

    def dimension_of(self) -> dict[str, str]:
        """Map each indicator to its dimension."""
        return {indicator.id: indicator.dimension for indicator in self.indicators}

    def series_of(self, measured: Measured | Gap) -> list[Series]:
        """The raw series behind something measured; none where it comes from prices."""
        if isinstance(measured.input, PriceInput):
            return []
        by_id = {series.id: series for series in self.series}
        return [by_id[name] for name in measured.input.ids]

    def frequency_of(self, measured: Measured) -> Frequency:
        """Frequency of the value as delivered: the coarsest of its series, prices are daily."""
        frequencies = [series.frequency for series in self.series_of(measured)]
        return max(frequencies, key=FREQUENCIES.index, default="daily")

    def release_lag_of(self, measured: Measured) -> int:
        """Days from the end of the period to publication of the last series; none for prices."""
        return max((series.release_lag for series in self.series_of(measured)), default=0)

    def skips_of(self, measured: Measured) -> set[int]:
        """Months of the year, 1 to 12, for which there is never a value."""
        return {month for series in self.series_of(measured) for month in series.skips}

    def carry_of(self, measured: Measured) -> int:
        """Months for which the last published value is kept beyond the first."""
        return max((series.months_carried for series in self.series_of(measured)), default=0)
