"""Tables of the index leg from series and prices to the panel that the index is estimated on."""

from dataclasses import replace

import pandas as pd

from sfr_pipeline.storage.contract import Column, Rule, Table, ordered
from sfr_pipeline.storage.tables.columns import DIMENSION, INDICATOR, MODE, MONTH, Z, number

INDICATORS = Table(
    name="indicators",
    description="Values of the indicators as delivered, in their own unit and frequency, with "
    "the date from which each could be known.",
    columns=(
        Column("ref_date", "date", "Day, or last day of the month, that the value speaks of"),
        INDICATOR,
        number("value", "Value as delivered", "unit of the indicator"),
        Column("available_at", "date", "First day on which the value could be known"),
        Column("source", "string", "Where the value comes from"),
    ),
    key=("ref_date", "indicator"),
    rules=(ordered("ref_date", "available_at"),),
)

INDICATOR_PANEL = Table(
    name="indicator_panel",
    description="Monthly indicators after transform, orientation and scaling. In real_time a row "
    "holds what had been published by the end of the month as it stood then, scaled on the past; "
    "panel_revisions has what became of it later.",
    columns=(
        MODE,
        MONTH,
        INDICATOR,
        DIMENSION,
        number("transformed", "Value after the indicator's transforms", "see indicator_statistics"),
        number(
            "oriented",
            "Transformed value, drawn in where winsorised, times direction: more means more risk",
            "as transformed",
        ),
        Column(
            "origin",
            "string",
            "Whether the value was published, interpolated between two others (paper mode), or "
            "carried on from an earlier month (real time)",
            allowed=("published", "interpolated", "carried"),
        ),
        Column("winsorised", "bool", "Whether an outlier was drawn in before orientation"),
        number(
            "score",
            "Oriented value, scaled to mean 0 and standard deviation 1; missing while the "
            "indicator's history is too short for a real-time estimate",
            Z,
            nullable=True,
        ),
    ),
    key=("mode", "ref_date", "indicator"),
)

_PANEL = {column.name: column for column in INDICATOR_PANEL.columns}

KNOWN_FROM = Column(
    "known_from", "date", "Last day of the first month at whose end the row read like this"
)


def _only_of_the_past(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["ref_date"] >= frame["known_from"]


def _whole_or_gone(frame: pd.DataFrame) -> "pd.Series[bool]":
    gone = frame["transformed"].isna()
    columns = ("oriented", "origin", "winsorised")
    return pd.concat([frame[name].isna() != gone for name in columns], axis=1).any(axis=1)


PANEL_REVISIONS = Table(
    name="panel_revisions",
    description="Rows of indicator_panel in real_time that read otherwise from some later month "
    "on, because values were revised. The panel as of a month is indicator_panel up to it, with "
    "the newest of these rows that were known by then in their place. Empty where nothing was "
    "ever revised.",
    columns=(
        KNOWN_FROM,
        MONTH,
        INDICATOR,
        DIMENSION,
        *(
            replace(_PANEL[name], nullable=True)
            for name in ("transformed", "oriented", "origin", "winsorised")
        ),
    ),
    key=("known_from", "ref_date", "indicator"),
    rules=(
        Rule("known_from is later than ref_date", _only_of_the_past),
        Rule("a row that is no longer there has no values at all", _whole_or_gone),
    ),
)

INDICATOR_STATISTICS = Table(
    name="indicator_statistics",
    description="Definition of each indicator and descriptive statistics of its scores in paper "
    "mode (the paper's Tables 2 and 3).",
    columns=(
        INDICATOR,
        Column("name", "string", "Name for readers"),
        DIMENSION,
        Column("direction", "int", "+1 where more means more risk, -1 where less", allowed=(-1, 1)),
        Column(
            "undecided",
            "string",
            "What nobody has decided yet, direction or dimension or both; empty where all is",
        ),
        Column("unit", "string", "Unit as delivered"),
        Column("frequency", "string", "Frequency as delivered"),
        Column("transform", "string", "Steps from the delivered to the standardised value"),
        Column("release_lag", "int", "Days from the period's end to publication", "days"),
        Column(
            "source",
            "string",
            "Series or measure of the catalogue; provenance stands in table indicators",
        ),
        Column("why", "string", "Economics behind choice and direction"),
        Column("first_month", "date", "First month with a value"),
        Column("last_month", "date", "Last month with a value"),
        Column("n_months", "int", "Months with a value", minimum=1),
        Column("n_interpolated", "int", "Months interpolated in paper mode", minimum=0),
        Column("n_carried", "int", "Months carried on from an earlier one in real time", minimum=0),
        Column("n_winsorised_paper", "int", "Months drawn in, in paper mode", minimum=0),
        Column("n_winsorised_real_time", "int", "Months drawn in, in real time", minimum=0),
        number("transformed_mean", "Mean after transform", "as transformed"),
        number("transformed_sd", "Standard deviation after transform", "as transformed"),
        number("mean", "Mean of the scores", Z),
        number("minimum", "Smallest score", Z),
        number("maximum", "Largest score", Z),
        number("skewness", "Skewness of the scores"),
        number("kurtosis", "Excess kurtosis of the scores"),
    ),
    key=("indicator",),
)

MISSING_INDICATORS = Table(
    name="missing_indicators",
    description="Indicators of the catalogue that are not in the index, in one mode or both, or "
    "not from their first value on, each with its reason; the weights are those of the others.",
    columns=(
        INDICATOR,
        Column("name", "string", "Name for readers"),
        DIMENSION,
        Column("reason", "string", "Why it is missing"),
        Column("remedy", "string", "What would bring it back"),
    ),
    key=("indicator",),
)

INDEX_PANEL_TABLES = (
    INDICATORS,
    INDICATOR_PANEL,
    PANEL_REVISIONS,
    INDICATOR_STATISTICS,
    MISSING_INDICATORS,
)
