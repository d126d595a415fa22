"""Tables of the index leg: the index with its parts, vintages, regimes, events, and comparison."""

import pandas as pd

from sfr_pipeline.storage.contract import Column, Rule, Table, ordered, sums_to
from sfr_pipeline.storage.tables.columns import (
    DIMENSION,
    INDICATOR,
    MODE,
    MONTH,
    TOLERANCE,
    Z,
    complementary,
    number,
    share,
)
from sfr_pipeline.storage.tables.index_panel import INDEX_PANEL_TABLES

SFRI = Table(
    name="sfri",
    description="Systemic financial risk index: the weighted sum of the indicators' scores, with "
    "bands, the factor behind the weights and the equal-weight benchmark.",
    columns=(
        MODE,
        MONTH,
        number(
            "sfri",
            "Systemic financial risk index; higher means more risk. In mode paper today's view of "
            "the month from the full sample, with what speaks of the month even if it was "
            "published later; the newest vintage in sfri_vintages keeps to what had been published "
            "by the month's end, and so has another value",
            Z,
        ),
        number("band_low", "Lower bound by draws of the loadings from their posterior", Z),
        number("band_high", "Upper bound by draws of the loadings from their posterior", Z),
        number(
            "bootstrap_low",
            "Lower bound by block bootstrap with re-estimation (paper mode only)",
            Z,
            nullable=True,
        ),
        number(
            "bootstrap_high",
            "Upper bound by block bootstrap with re-estimation (paper mode only)",
            Z,
            nullable=True,
        ),
        number("equal_weight", "Index with equal weights, the benchmark", Z),
        number("factor_filtered", "Common factor given the data up to the month", Z),
        number(
            "factor_smoothed", "Common factor given all data (paper mode only)", Z, nullable=True
        ),
        Column(
            "percentile",
            "double",
            "Share of the months known to the estimate in which the index was not higher",
            "per cent",
            minimum=0,
            maximum=100,
        ),
        Column("n_indicators", "int", "Indicators available in the month", minimum=1),
        Column(
            "effective_indicators",
            "double",
            "Effective number of indicators, 1 / sum of squared weights",
            minimum=1 - TOLERANCE,
        ),
        share("negative_loadings", "Share of the available indicators with a negative loading"),
    ),
    key=("mode", "ref_date"),
    rules=(ordered("band_low", "band_high"), ordered("bootstrap_low", "bootstrap_high")),
)

SFRI_WEIGHTS = Table(
    name="sfri_weights",
    description="Loading and weight of each available indicator: weights are shares of the "
    "absolute loadings.",
    columns=(
        MODE,
        MONTH,
        INDICATOR,
        DIMENSION,
        number("loading", "Time-varying loading on the factor"),
        share("weight", "Weight in the index"),
    ),
    key=("mode", "ref_date", "indicator"),
    rules=(sums_to(1.0, "weight", by=("mode", "ref_date"), tolerance=TOLERANCE),),
)

SFRI_CONTRIBUTIONS = Table(
    name="sfri_contributions",
    description="Contribution of each indicator to the index, and to its change against the "
    "month before, split exactly into an indicator and a weight effect.",
    columns=(
        MODE,
        MONTH,
        INDICATOR,
        DIMENSION,
        number("contribution", "Weight times score; the contributions sum to the index", Z),
        number(
            "indicator_effect",
            "Part of the month's change that the score's move explains, in real_time with the "
            "month's re-scaling in it",
            Z,
            nullable=True,
        ),
        number(
            "weight_effect",
            "Part of the month's change that its changed weight explains, entry and exit included",
            Z,
            nullable=True,
        ),
    ),
    key=("mode", "ref_date", "indicator"),
)

DIMENSION_INDICES = Table(
    name="dimension_indices",
    description="Risk index of each dimension, with weights renormalised within it, and the "
    "dimension's contribution to the whole.",
    columns=(
        MODE,
        MONTH,
        DIMENSION,
        number(
            "dimension_index",
            "Index of the dimension; missing where it has no indicator",
            Z,
            nullable=True,
        ),
        number("contribution", "Contribution to the index; the dimensions sum to it", Z),
        Column(
            "weight",
            "double",
            "Weight of the dimension in the index",
            minimum=0,
            maximum=1 + TOLERANCE,
        ),
        Column("n_indicators", "int", "Indicators available in the dimension", minimum=0),
    ),
    key=("mode", "ref_date", "dimension"),
    rules=(sums_to(1.0, "weight", by=("mode", "ref_date"), tolerance=TOLERANCE),),
)

DIMENSION_CORRELATIONS = Table(
    name="dimension_correlations",
    description="Correlation of each dimension's index with the whole (the paper's Table 4).",
    columns=(
        MODE,
        DIMENSION,
        Column(
            "correlation",
            "double",
            "Correlation of levels",
            minimum=-1 - TOLERANCE,
            maximum=1 + TOLERANCE,
        ),
        Column(
            "correlation_of_changes",
            "double",
            "Correlation of monthly changes",
            minimum=-1 - TOLERANCE,
            maximum=1 + TOLERANCE,
        ),
        Column("n_months", "int", "Months in which both exist", minimum=2),
        Column("last_month", "date", "Last month in which both exist"),
    ),
    key=("mode", "dimension"),
)

SFRI_VINTAGES = Table(
    name="sfri_vintages",
    description="The whole index as it stood at the end of each month, re-estimated from what "
    "was available then. What its last vintage says of a past month is today's view of what was "
    "published by then; mode paper of table sfri is another: it holds what speaks of the month, "
    "whenever that was published, and volatilities of models fitted to the full sample.",
    columns=(
        Column("as_of", "date", "Last day of the month at whose end the estimate was made"),
        MONTH,
        number(
            "sfri",
            "Index of ref_date as it stood in as_of. In the newest as_of today's view of the "
            "month from what had been published by its end; mode paper of sfri also has what was "
            "published later, and so another value",
            Z,
        ),
        number("equal_weight", "Equal-weight index of ref_date as it stood in as_of", Z),
        number("factor", "Smoothed factor of ref_date as it stood in as_of", Z),
        Column("n_indicators", "int", "Indicators available in ref_date", minimum=1),
    ),
    key=("as_of", "ref_date"),
    rules=(ordered("ref_date", "as_of"),),
    partition_column="as_of",
)

# Of a score by the old scaling, which may be large, some digits cancel.
SPLIT = 1e-12
PARTS = ("new_data", "revised_data", "scaling", "weights")


def _parts_sum_to_the_change(frame: pd.DataFrame) -> "pd.Series[bool]":
    parts = frame[list(PARTS)]
    size = parts.abs().max(axis=1).clip(lower=1.0)
    return (parts.sum(axis=1) - frame["change"]).abs() > SPLIT * size


INDEX_NEWS = Table(
    name="index_news",
    description="What changed the index from one month's vintage to the next one's, indicator by "
    "indicator. Of a month that both have: from its estimate in the vintage before to that in "
    "as_of. Of the newest month: from the month before, as the vintage before had it. The first "
    "vintage has no news.",
    columns=(
        Column("as_of", "date", "Last day of the month at whose end the later estimate was made"),
        MONTH,
        INDICATOR,
        DIMENSION,
        number(
            "new_data",
            "Part of values that the vintage before did not have, at its weights and scaling; "
            "of an indicator that joins or ends with them its whole contribution",
            Z,
        ),
        number(
            "revised_data",
            "Part of values that the vintage before had otherwise, at its weights and scaling",
            Z,
        ),
        number("scaling", "Part of re-estimated means and standard deviations", Z),
        number("weights", "Part of re-estimated weights", Z),
        number("change", "Change of the indicator's contribution to the index", Z),
    ),
    key=("as_of", "ref_date", "indicator"),
    rules=(
        ordered("ref_date", "as_of"),
        Rule(
            f"{', '.join(PARTS)} sum to change (tolerance {SPLIT:g} of the largest, or of 1)",
            _parts_sum_to_the_change,
        ),
    ),
    partition_column="as_of",
)

REGIMES = Table(
    name="regimes",
    description="Low- and high-risk regimes of the index by a Markov-switching autoregression, "
    "and forecasts of regime and index beyond the last month (horizon above 0).",
    columns=(
        MODE,
        MONTH,
        Column(
            "horizon", "int", "Months ahead of the last data; 0 for estimates", "months", minimum=0
        ),
        number("sfri", "The index, or its forecast mean", Z),
        number("sfri_low", "Lower bound of the forecast", Z, nullable=True),
        number("sfri_high", "Upper bound of the forecast", Z, nullable=True),
        number(
            "sfri_next",
            "Mean forecast of the next month's index, made from the index as it stood in the month "
            "(real-time estimates only)",
            Z,
            nullable=True,
        ),
        share("probability_low", "Probability of the low-risk regime given the past and the month"),
        share(
            "probability_high", "Probability of the high-risk regime given the past and the month"
        ),
        share(
            "smoothed_low",
            "Probability of the low-risk regime given the full sample (paper mode only)",
            nullable=True,
        ),
        share(
            "smoothed_high",
            "Probability of the high-risk regime given the full sample (paper mode only)",
            nullable=True,
        ),
    ),
    key=("mode", "ref_date"),
    rules=(
        complementary("probability_low", "probability_high"),
        complementary("smoothed_low", "smoothed_high"),
        ordered("sfri_low", "sfri_high"),
    ),
)

REGIME_PARAMETERS = Table(
    name="regime_parameters",
    description="Estimates of the Markov-switching autoregression (the paper's Table 5); in "
    "real_time those that stand behind the latest month.",
    columns=(
        MODE,
        Column("parameter", "string", "Name of the parameter, with its regime"),
        number("value", "Estimate"),
        number("standard_error", "Standard error, where there is one", nullable=True),
        Column("description", "string", "What the parameter says"),
        Column("estimated_as_of", "date", "Last month of the data behind the estimate"),
    ),
    key=("mode", "parameter"),
)

EVENTS = Table(
    name="events",
    description="Named stress events of the market, with the index around them.",
    columns=(
        Column("event", "string", "Identifier of the event"),
        Column("name", "string", "What happened"),
        Column("onset", "date", "First day"),
        Column("end", "date", "Last day, where the event is an episode", nullable=True),
        Column(
            "severity",
            "string",
            "Judgement of the catalogue",
            allowed=("systemic", "severe", "moderate"),
        ),
        Column("source", "string", "Where the date comes from"),
        Column(
            "status",
            "string",
            "Whether the date was checked against a source",
            allowed=("verified", "unverified"),
        ),
        number("sfri_before", "Real-time index of the month before the onset", Z, nullable=True),
        number(
            "sfri_peak",
            "Highest real-time index from the onset's month to six months later",
            Z,
            nullable=True,
        ),
        Column("peak_month", "date", "Month of that peak", nullable=True),
        Column(
            "peak_percentile",
            "double",
            "Percentile of the index at that peak, as known then",
            "per cent",
            nullable=True,
            minimum=0,
            maximum=100,
        ),
        Column(
            "dimension",
            "string",
            "Dimension in which the event's stress should show first",
            nullable=True,
        ),
        number(
            "dimension_peak",
            "Highest real-time index of that dimension from the onset's month to six months later",
            Z,
            nullable=True,
        ),
        Column("dimension_peak_month", "date", "Month of that peak", nullable=True),
        Column(
            "dimension_percentile",
            "double",
            "Share of the months up to that peak in which the dimension's real-time index was not "
            "higher",
            "per cent",
            nullable=True,
            minimum=0,
            maximum=100,
        ),
    ),
    key=("event",),
)

REFERENCE_COMPARISON = Table(
    name="reference_comparison",
    description="The index against published indices of financial stress: how they move together, "
    "which comes first, and whether their worst months are the same. A reference that could not be "
    "had has a reason in place of numbers. Published indices are as of today, revised ones too.",
    columns=(
        MODE,
        Column("reference", "string", "Identifier of the published index"),
        Column("name", "string", "Name for readers"),
        Column("source", "string", "Where its values come from"),
        Column("n_months", "int", "Months in which both exist", minimum=0),
        Column("first_month", "date", "First month in which both exist", nullable=True),
        Column("last_month", "date", "Last month in which both exist", nullable=True),
        Column(
            "correlation",
            "double",
            "Correlation of the index with monthly means of the reference",
            nullable=True,
            minimum=-1 - TOLERANCE,
            maximum=1 + TOLERANCE,
        ),
        Column(
            "best_lead",
            "int",
            "Months, from -6 to 6, by which the index comes before the reference where their "
            "correlation is highest; negative where it comes after",
            "months",
            nullable=True,
            minimum=-6,
            maximum=6,
        ),
        Column(
            "best_correlation",
            "double",
            "Correlation at that lead",
            nullable=True,
            minimum=-1 - TOLERANCE,
            maximum=1 + TOLERANCE,
        ),
        Column(
            "n_high",
            "int",
            "Months that count as high stress in each: the highest tenth",
            nullable=True,
            minimum=1,
        ),
        share(
            "high_in_common",
            "Share of the index's high-stress months that are such in the reference too; by chance "
            "it would be a tenth",
            nullable=True,
        ),
        share(
            "high_jaccard",
            "Months of high stress in both over those of high stress in either",
            nullable=True,
        ),
        Column(
            "high_odds_ratio",
            "double",
            "Odds of high stress in the reference where the index has it, over those where it has "
            "not; one half is added to each count",
            nullable=True,
            minimum=0,
        ),
        Column("reason", "string", "Why there are no numbers", nullable=True),
    ),
    key=("mode", "reference"),
)

INDEX_TABLES = (
    *INDEX_PANEL_TABLES,
    SFRI,
    SFRI_WEIGHTS,
    SFRI_CONTRIBUTIONS,
    DIMENSION_INDICES,
    DIMENSION_CORRELATIONS,
    SFRI_VINTAGES,
    INDEX_NEWS,
    REGIMES,
    REGIME_PARAMETERS,
    EVENTS,
    REFERENCE_COMPARISON,
)
