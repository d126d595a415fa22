"""The tables of the forecasting leg: inputs, diagnostics, forecasts and their scores."""

from sfr_pipeline.storage.contract import Column, Table, ordered
from sfr_pipeline.storage.tables.columns import (
    MODE,
    MONTH,
    REFIT,
    SEED,
    Z,
    number,
    seed_spread,
    share,
)

PROTOCOL = Column(
    "protocol",
    "string",
    "How forecasts were made and are judged: paper (one 80/20 split in time order of the "
    "full-sample index, looks ahead) or real_time (expanding walk-forward on what was known at "
    "each origin)",
    allowed=("paper", "real_time"),
)
MODEL = Column("model", "string", "Forecaster; table models says what it is")
SPLIT = Column("split", "string", "Part of the sample", allowed=("train", "test"))
ORIGIN = Column("origin", "date", "Last day of the month at whose end the forecast was made")
HORIZON = Column("horizon", "int", "Months ahead", "months", minimum=1)


def _ratio_bounds(name: str) -> tuple[Column, Column]:
    """The 95 % interval of a ratio, see ``evaluation.forecast_tests.rmse_ratio_interval``."""
    return (
        number(f"{name}_low", "Lowest ratio that Coroneo and Iacone's test does not reject at 5 %"),
        number(f"{name}_high", "Highest such ratio; missing where there is none", nullable=True),
    )


WARNING_PANEL = Table(
    name="warning_panel",
    description="Inputs of early warning by month (the paper's Table 6): the index, public "
    "opinion, macro-state variables as means of daily data, and what the daily markets of the "
    "month's last days say.",
    columns=(
        MODE,
        MONTH,
        Column("variable", "string", "Identifier of the input"),
        Column("name", "string", "Name for readers"),
        Column(
            "role",
            "string",
            "index; opinion (NPOI); input (macro-state variable); gap, implied, rate (daily "
            "markets at the month's end against the month); end (an indicator of the index "
            "revalued at the month's last days less its value of the month, in real_time alone)",
            allowed=("index", "opinion", "input", "gap", "implied", "rate", "end"),
        ),
        number("value", "Its value; in real_time as known at the end of the month"),
    ),
    key=("mode", "ref_date", "variable"),
)

WARNING_LAG_ORDERS = Table(
    name="warning_lag_orders",
    description="Order of the vector autoregression of the warning panel by information criteria.",
    columns=(
        MODE,
        Column("lags", "int", "Order of the autoregression", "months", minimum=0),
        number("aic", "Akaike's criterion"),
        number("bic", "Schwarz's criterion"),
        Column("chosen_by_aic", "bool", "Whether AIC is lowest here"),
        Column("chosen_by_bic", "bool", "Whether BIC is lowest here"),
        Column("n_months", "int", "Months behind all of the orders", minimum=1),
    ),
    key=("mode", "lags"),
)

NONLINEARITY_TESTS = Table(
    name="nonlinearity_tests",
    description="BDS tests of the residuals of the vector autoregression (the paper's Table 8): "
    "what is left after linear dependence.",
    columns=(
        MODE,
        Column("variable", "string", "Identifier of the input"),
        Column(
            "form",
            "string",
            "How the statistic treats the sample's end: lebaron (all dimensions on the same "
            "points, as R's tseries) or kanzler (as statsmodels)",
            allowed=("lebaron", "kanzler"),
        ),
        Column("dimension", "int", "Embedding dimension m", minimum=2),
        number("distance", "Two points closer than this count as near", "standard deviations"),
        number("statistic", "BDS statistic, standard normal under independence in long samples"),
        share("p_normal", "Two-sided p-value by the normal distribution; too small in short ones"),
        share("p_bootstrap", "Two-sided p-value by permutations of the residuals"),
        Column("n_permutations", "int", "Permutations behind it", minimum=1),
        Column("lags", "int", "Order of the autoregression", "months", minimum=0),
        Column("n_months", "int", "Residuals", minimum=1),
    ),
    key=("mode", "variable", "form", "dimension", "distance"),
)

TRANSFER_ENTROPY = Table(
    name="transfer_entropy",
    description="Transfer entropy between the index and each input, both ways (the paper's "
    "Table 9), against surrogates in which the source is shifted in time.",
    columns=(
        MODE,
        Column(
            "setting",
            "string",
            "primary (one month of history, few quantile bins) or paper (three months, eight bins; "
            "has no power at this length)",
        ),
        Column("source", "string", "Variable whose past should inform"),
        Column("target", "string", "Variable that it should inform about"),
        Column("lags", "int", "History of source and target", "months", minimum=1),
        Column("bins", "int", "Quantile bins", minimum=2),
        number("transfer_entropy", "Plug-in estimate, biased upwards", "bits"),
        number("effective_transfer_entropy", "That less the mean of the surrogates", "bits"),
        number("surrogate_mean", "Mean over surrogates: the bias", "bits"),
        number("surrogate_sd", "Standard deviation over surrogates", "bits"),
        number("surrogate_low", "2.5 % quantile of the surrogates: no confidence interval", "bits"),
        number(
            "surrogate_high", "97.5 % quantile of the surrogates: no confidence interval", "bits"
        ),
        share("p_value", "Share of surrogates with at least as much, counting the estimate itself"),
        share("p_adjusted", "Benjamini and Hochberg's adjustment over the pairs of the setting"),
        Column(
            "n_surrogates",
            "int",
            "Surrogates: all circular shifts of the source by six months or more, then shifts with "
            "two arcs exchanged",
            minimum=1,
        ),
        Column("n_months", "int", "Months behind the estimate", minimum=1),
    ),
    key=("mode", "setting", "source", "target"),
    rules=(ordered("surrogate_low", "surrogate_high"),),
)

FORECASTS = Table(
    name="forecasts",
    description="Every forecast of the index by every model and seed, beside what happened.",
    columns=(
        PROTOCOL,
        MODEL,
        SEED,
        SPLIT,
        ORIGIN,
        HORIZON,
        REFIT,
        Column("ref_date", "date", "Last day of the month that is forecast"),
        number("index_at_origin", "The index at the origin, as known then", Z),
        number("change", "Forecast change of the index", Z),
        number("forecast", "index_at_origin plus that change", Z),
        number(
            "low",
            "Lower bound of the 90 % interval, from past errors against the basket (forecast_fan: "
            "against published values); missing in paper and with too few errors",
            Z,
            nullable=True,
        ),
        number("high", "Upper bound of the same interval", Z, nullable=True),
        number(
            "actual_change",
            "What happened: in real_time the change of the basket fixed at the origin, in paper "
            "that of the index",
            Z,
            nullable=True,
        ),
        number(
            "published_change",
            "What a reader saw: change between first published values; in paper as actual_change",
            Z,
            nullable=True,
        ),
    ),
    key=("protocol", "model", "seed", "origin", "horizon"),
    rules=(ordered("low", "high"),),
)

FORECAST_SCORES = Table(
    name="forecast_scores",
    description="How good the forecasts were (the paper's Table 10) and whether any beats doing "
    "nothing: tests against the better naive row, no change and AR(1), intervals, seeds.",
    columns=(
        PROTOCOL,
        SPLIT,
        Column(
            "target",
            "string",
            "basket (headline in real_time), published (its companion) or index (paper)",
            allowed=("basket", "published", "index"),
        ),
        HORIZON,
        Column(
            "period",
            "string",
            "all, or without_systemic: without forecasts that reach into events of severity "
            "systemic in the catalogue (us: only Lehman to March 2009; severe ones stay), which "
            "flatters everybody and is no evidence",
            allowed=("all", "without_systemic"),
        ),
        MODEL,
        REFIT,
        Column("n_forecasts", "int", "Forecasts that are scored", minimum=2),
        number("mae", "Mean absolute error", Z),
        number("rmse", "Root mean squared error", Z),
        number("ia", "Index of agreement of the level forecasts (Willmott)"),
        number("tic", "Theil's inequality coefficient of the level forecasts"),
        number("var", "Variance of the errors"),
        Column(
            "bar",
            "string",
            "The naive model that the verdict is held against, the better one known in advance: "
            "the month's last values where the market has daily indicators, else no change",
        ),
        number("bar_ratio", "RMSE over that of the bar; below 1 is better"),
        *_ratio_bounds("bar"),
        share(
            "p_bar",
            "Two-sided p-value of equal squared errors against the bar (Coroneo and Iacone 2020, "
            "right for losses that stay apart for months); missing for the bar itself",
            nullable=True,
        ),
        share(
            "p_spa_bar",
            "Superior predictive ability (Hansen 2005, with Coroneo and Iacone's variance): does "
            "any model of the group beat the bar, with account for how many were tried?",
        ),
        Column(
            "beats_bar",
            "string",
            "yes: better with p_bar below 5 %, and p_spa_bar below 5 %; no: worse with p_bar below "
            "5 %; undecided otherwise; bar: the bar itself; in_sample: months of split train, to "
            "which models were fitted, so that no verdict stands",
            allowed=("yes", "no", "undecided", "bar", "in_sample"),
        ),
        Column(
            "why_undecided",
            "string",
            "Of beats_bar: own_test (p_bar is 5 % or more) or all_models (better by its own test, "
            "but p_spa_bar does not allow it); missing where it is decided",
            nullable=True,
            allowed=("own_test", "all_models"),
        ),
        number("rmse_ratio", "RMSE over that of no change; below 1 is better"),
        *_ratio_bounds("ratio"),
        number("skill", "1 - rmse_ratio"),
        number("r2_oos", "1 - sum of squared errors over that of no change"),
        number(
            "mase",
            "MAE over the mean of what was known at the origins of the mean absolute change over "
            "the same horizon, between values of the index at earlier origins",
        ),
        number(
            "t_no_change",
            "Coroneo and Iacone's statistic against no change; negative: better",
            nullable=True,
        ),
        share("p_no_change", "Its two-sided p-value; missing for no change itself", nullable=True),
        number("t_ar1", "The same against AR(1)", nullable=True),
        share("p_ar1", "Its two-sided p-value; missing for AR(1) itself", nullable=True),
        number(
            "dm_no_change",
            "Diebold and Mariano's older statistic against no change, HLN-corrected, with lags up "
            "to the horizon alone; shown for comparison, and decides nothing",
            nullable=True,
        ),
        share(
            "p_dm_no_change",
            "Its two-sided p-value, which rejects far too often where losses persist",
            nullable=True,
        ),
        share(
            "p_clark_west",
            "One-sided p-value against no change, for nested models; rejects too often where "
            "losses persist and decides nothing; missing for no change itself",
            nullable=True,
        ),
        share(
            "p_mcs",
            "p-value in the model confidence set of this group; without power in short samples, so "
            "staying in the set is no skill, and to leave it decides nothing",
        ),
        share(
            "p_spa",
            "p_spa_bar against no change instead of the bar. On split train no evidence",
        ),
        number(
            "direction_hits",
            "Share of forecasts with the right sign; missing where all are exactly no change",
            nullable=True,
        ),
        share(
            "p_direction",
            "Pesaran and Timmermann's test of the direction; rejects too often where both signs "
            "persist and decides nothing; 1 where all forecasts or outcomes have one sign, missing "
            "where direction_hits is",
            nullable=True,
        ),
        share(
            "coverage",
            "Share of outcomes inside the 90 % interval; missing in paper, which has none",
            nullable=True,
        ),
        *seed_spread("rmse", "RMSE", unit=Z),
        Column(
            "beats_no_change",
            "string",
            "yes: better with p_no_change and p_spa below 5 %; no: worse with p_no_change below "
            "5 %; undecided otherwise; benchmark: no change itself; in_sample: as in beats_bar",
            allowed=("yes", "no", "undecided", "benchmark", "in_sample"),
        ),
    ),
    key=("protocol", "split", "target", "horizon", "period", "model"),
    rules=(
        ordered("bar_low", "bar_high"),
        ordered("ratio_low", "ratio_high"),
        ordered("rmse_seed_min", "rmse_seed_max"),
    ),
)

FORECAST_FAN = Table(
    name="forecast_fan",
    description="The index of the coming months as forecast today, with intervals from past "
    "real-time errors at the same horizon.",
    columns=(
        MODEL,
        Column("ref_date", "date", "Last day of the month that is forecast"),
        ORIGIN,
        HORIZON,
        number("forecast", "Forecast of the index", Z),
        number("low_50", "Lower bound of the 50 % interval", Z),
        number("high_50", "Upper bound of the 50 % interval", Z),
        number("low_90", "Lower bound of the 90 % interval", Z),
        number("high_90", "Upper bound of the 90 % interval", Z),
        Column("n_errors", "int", "Past errors behind the intervals", minimum=1),
    ),
    key=("model", "ref_date"),
    rules=(ordered("low_90", "low_50", "high_50", "high_90"),),
)

FORECAST_EXPLANATIONS = Table(
    name="forecast_explanations",
    description="Which inputs moved the latest forecast.",
    columns=(
        MODEL,
        ORIGIN,
        Column(
            "method",
            "string",
            "contribution (ridge: coefficient times standardised input), relevance (Transformer: "
            "gradient times input with attention and normalisation held fixed), deletion (change "
            "of the forecast when the input is set to its training mean), attention (weight of "
            "each month of the window)",
            allowed=("contribution", "relevance", "deletion", "attention"),
        ),
        Column("variable", "string", "Input; 'all' for attention"),
        Column("lag", "int", "Months before the origin; 0 where not split by month", minimum=0),
        number("value", "Effect on the forecast change, or weight", Z),
    ),
    key=("model", "method", "variable", "lag"),
)

TRAINING_HISTORY = Table(
    name="training_history",
    description="Loss curves of the early-warning networks, in units of the standardised target.",
    columns=(
        PROTOCOL,
        MODEL,
        ORIGIN,
        SEED,
        Column("epoch", "int", "Pass over the training rows", minimum=1),
        number("training_loss", "Mean loss of the pass"),
        number(
            "validation_loss",
            "Loss of the validation months; missing where there are none",
            nullable=True,
        ),
    ),
    key=("protocol", "model", "origin", "seed", "epoch"),
)

FORECASTING_TABLES = (
    WARNING_PANEL,
    WARNING_LAG_ORDERS,
    NONLINEARITY_TESTS,
    TRANSFER_ENTROPY,
    FORECASTS,
    FORECAST_SCORES,
    FORECAST_FAN,
    FORECAST_EXPLANATIONS,
    TRAINING_HISTORY,
)
