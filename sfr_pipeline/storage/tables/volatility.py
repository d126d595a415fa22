"""The tables of volatility: how large it will be, and what forecasts of it are worth."""

from sfr_pipeline.storage.contract import Column, Table, ordered
from sfr_pipeline.storage.tables.columns import REFIT, SEED, number, share

PANELS = ("sub_markets", "stocks")
LOSSES = ("mse", "qlike", "qlike_variance")
# Of forecasts: 5, 25, 75 and 95 %.
BOUNDS = ("low_90", "low_50", "high_50", "high_90")
VERDICTS = ("better", "worse", "undecided")
# Lengths of bootstrap blocks, and lags of the test, in days.
BLOCKS = (63, 252)
LAGS = 63

PANEL = Column(
    "panel",
    "string",
    "Markets that are forecast together: the sub-markets of the catalogue, or the stocks of its "
    "cross-section",
    allowed=PANELS,
)
HORIZON = Column("horizon", "int", "Trading days ahead", "days", minimum=1)
MODEL = Column("model", "string", "Model; table models says what it is, under leg volatility")
YEARLY = "1/year^0.5"


def _volatility(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "double", description, YEARLY, nullable=nullable, minimum=0)


def _gain_bounds(block: int) -> tuple[Column, Column]:
    """Ends of the 95 % interval of a gain."""
    how = f"t quantile times the standard deviation over resamples of blocks of {block} days"
    return (
        number(f"gain_{block}_low", f"gain less {how}; missing with fewer than two blocks",
               nullable=True),
        number(f"gain_{block}_high", f"gain plus {how}", nullable=True),
    )  # fmt: skip


VOLATILITY_FORECASTS = Table(
    name="volatility_forecasts",
    description="How large the volatility of the coming days will be, as a fraction a year, by "
    "models that had not seen them. Of sub-markets every day from first_test_year on; of stocks "
    "the newest day alone. Their earlier days are judged in volatility_scores and not kept: twenty "
    "stocks would be millions of rows.",
    columns=(
        PANEL,
        HORIZON,
        MODEL,
        SEED,
        Column("date", "date", "Day at whose close everything used was known"),
        Column("market", "string", "Identifier of the sub-market, or symbol of the stock"),
        _volatility("forecast", "Realised volatility expected: exp of its expected log"),
        _volatility("low_90", "5 % bound, from the market's own errors that were known when the "
                    "year began", nullable=True),
        _volatility("low_50", "25 % bound", nullable=True),
        _volatility("high_50", "75 % bound", nullable=True),
        _volatility("high_90", "95 % bound", nullable=True),
        _volatility("threshold", "Past 85 % quantile of completed outcomes: above it the market is "
                    "in stress"),
        _volatility("actual", "Realised volatility of the days after; missing where they are not "
                    "over", nullable=True),
        REFIT,
    ),
    key=("panel", "horizon", "model", "seed", "date", "market"),
    rules=(ordered(*BOUNDS),),
)  # fmt: skip

VOLATILITY_SCORES = Table(
    name="volatility_scores",
    description="What forecasts of volatility are worth beside rivals: all models of a panel and "
    "horizon on the days of a market on which each of them says something. Losses are mse, the "
    "squared error of ln volatility; qlike, x - ln x - 1 with x the ratio of realised to forecast "
    "variance; and qlike_variance, the same once every model's variance has been multiplied by the "
    "mean x of the market's own past: the exponential of an expected log lies below an expected "
    "variance, and qlike punishes that. A market alone is judged over the whole period, a single "
    "seed over that of all markets. A market is judged once half a year of its own errors is "
    "known; days ahead on which no price moved have no log and are not judged.",
    columns=(
        PANEL,
        Column("market", "string", "Identifier of the market; all for means over the markets of "
               "each day"),
        HORIZON,
        Column("period", "string", "all; development (years up to the catalogue's development_end) "
               "or confirmation (later ones); or a half-decade such as 2000-2004"),
        MODEL,
        SEED,
        Column("rival", "string", "Model that it is held against: those that table models calls "
               "references"),
        Column("loss", "string", "mse, qlike or qlike_variance", allowed=LOSSES),
        Column("n_days", "int", "Days that are judged", minimum=1),
        number("value", "Mean loss of the model"),
        number("rival_value", "Mean loss of the rival"),
        number("gain", "1 - value / rival_value: above 0 the model is better", nullable=True),
        *(
            column
            for block in BLOCKS
            for column in _gain_bounds(block)
        ),
        number("statistic", f"Newey-West statistic of the difference of losses, {LAGS} lags; below "
               "0 the model is better", nullable=True),
        share("p_value", "Its two-sided p-value", nullable=True),
        REFIT,
        Column("rival_refit_months", "int", "The same of the rival", "months", nullable=True,
               minimum=0),
        Column("verdict", "string", "better or worse: p below .05 and both intervals of the gain "
               "on one side of 0; else undecided", allowed=VERDICTS),
        share("coverage_50", "Share of outcomes within the bounds of 50 %", nullable=True),
        share("coverage_90", "Share of outcomes within the bounds of 90 %", nullable=True),
    ),
    key=("panel", "market", "horizon", "period", "model", "seed", "rival", "loss"),
    rules=tuple(ordered(f"gain_{block}_low", f"gain_{block}_high") for block in BLOCKS),
)  # fmt: skip

VOLATILITY_TABLES = (VOLATILITY_FORECASTS, VOLATILITY_SCORES)
