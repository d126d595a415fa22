"""What a market's YAML may say of its early warning: the inputs beside the index."""

from pydantic import Field, model_validator

from sfr_pipeline.markets.indicator import Input, Measured, PriceInput
from sfr_pipeline.markets.model import Identifier, Model, Month

# Prices whose squared return is taken, and measures that are a size of the day by themselves.
LEVELS = ("close", "portfolio")
SIZES = ("range", "dispersion")

# Variables of the warning panel whose names no input may take.
RESERVED = ("sfri", "npoi", "implied_realised", "implied_mean", "rate_gap")


# Months of training with which a ridge can choose its penalty in five folds, six months ahead.
LEAST_MONTHS = 36


class Gap(Model):
    """A daily measure whose last days, and last quarter, are held against its last month.

    Attributes:
        id: short name.
        name: what a reader is shown.
        input: measure of daily prices, or a daily series of positive values; of closes, portfolios
            and series the squared return is taken.
    """

    id: Identifier
    name: str
    input: Input

    @model_validator(mode="after")
    def _of_a_day(self) -> "Gap":
        known = (*LEVELS, *SIZES)
        if isinstance(self.input, PriceInput) and self.input.measure not in known:
            raise ValueError(
                f"a gap cannot be formed of {self.input.measure}: choose from {', '.join(known)}"
            )
        return self

    @property
    def squared(self) -> bool:
        """Whether it is formed of squared returns rather than of the measure itself."""
        return not isinstance(self.input, PriceInput) or self.input.measure in LEVELS


class ImpliedVolatility(Model):
    """An option market's forecast of volatility, held against what was realised.

    Attributes:
        series: daily series, per cent a year.
        of: whose volatility is implied: symbol of an instrument, or id of a daily series.
    """

    series: Identifier
    of: str


class ForecastingSettings(Model):
    """The forecasting leg of a market.

    Attributes:
        start: first month of training rows.
        min_months: months of training before the first forecast.
        inputs: monthly series that stand beside the index (the paper's Table 6).
        gaps: daily measures for the ridge on changes.
        implied_volatility: for the same, where the market has one.
        rate: daily yield whose month end is held against its month's mean, for the same.
    """

    start: Month
    min_months: int = Field(default=84, ge=LEAST_MONTHS)
    inputs: list[Measured] = Field(default_factory=list)
    gaps: list[Gap] = Field(default_factory=list)
    implied_volatility: ImpliedVolatility | None = None
    rate: Identifier | None = None
