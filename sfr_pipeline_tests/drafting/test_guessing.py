"""Guesses: what words and sizes say, and that a name which says two things says nothing."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.drafting import words
from sfr_pipeline.drafting.guessing import guess
from sfr_pipeline.drafting.reading import Column

MONTHS = pd.date_range("2001-01-31", periods=120, freq="ME")
NOISE = np.random.default_rng(3).normal(size=120)


def guessed(name, values, frequency="monthly", unit=None, index=MONTHS):
    return guess(Column(name, unit, frequency, pd.Series(values, index), "f.csv"), set())


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("Corporate bond spread", 1), ("CDS_premium_5y", 1), ("VIX", 1), ("unemploymentRate", 1),
        ("Non-performing loans", 1), ("NPL ratio", 1), ("Stock volatility", 1),
        ("Oil vol", 1), ("Volume", None),
        ("Default rate", 1), ("Credit spread", 1), ("Net capital outflows", 1),
        ("GDP growth", -1), ("International reserves", -1), ("Bank capital ratio", -1),
        ("Consumer confidence", -1), ("Industrial production", -1), ("Employment", -1),
        ("Term spread", None), ("Growth of non-performing loans", None), ("Bank credit", None),
        ("Credit to GDP", None), ("Debt (% of GDP)", None), ("Excess reserves", None),
        ("Policy rate", None), ("Mystery", None), ("Interbanker", None),
    ],
)  # fmt: skip
def test_only_clear_words_give_a_direction(name, direction):
    found = words.direction_of(name)
    assert (found[0] if found else None) == direction


@pytest.mark.parametrize(
    ("name", "dimension"),
    [
        ("Interbank rate", "money"), ("Bank deposits", "institutions"), ("House prices",
        "real_estate"), ("Exchange rate BRL/USD", "foreign_exchange"), ("Equity index", "stock"),
        ("10y government bond yield", "bond"), ("Retail sales", "economy"), ("Mystery", None),
        ("house70_new_yoy", "real_estate"), ("m2_yoy", "economy"),
    ],
)  # fmt: skip
def test_words_give_a_dimension(name, dimension):
    found = words.dimension_of(name)
    assert (found.value if found else None) == dimension


@pytest.mark.parametrize(
    ("name", "bare", "unit"),
    [
        ("Bank credit (BRL billion)", "Bank credit", "BRL billion"),
        ("Unemployment rate, %", "Unemployment rate", "per cent"),
        ("Debt (% of GDP)", "Debt", "per cent of GDP"), ("Yield [bp]", "Yield", "basis points"),
        ("Prices (2015 = 100)", "Prices", "2015 = 100"), ("Gold (USD)", "Gold", "USD"),
        ("Inflation (YoY)", "Inflation (YoY)", None), ("Sales (SA)", "Sales (SA)", None),
        ("Brazil, total", "Brazil, total", None),
    ],
)  # fmt: skip
def test_a_unit_stands_in_brackets_or_after_a_comma(name, bare, unit):
    assert words.name_and_unit(name) == (bare, unit)


@pytest.mark.parametrize(
    ("name", "values", "unit", "transform"),
    [
        ("Policy rate", 5 + NOISE / 4, "per cent", ("level",)),
        ("Default rate", 0.05 + NOISE / 400, "fraction", ("level",)),
        ("Bond spread", 2 + NOISE / 4, "percentage points", ("level",)),
        ("Bond spread", 200 + 25 * NOISE, "basis points", ("level",)),
        ("Retail prices", 100 * np.exp(0.01 * np.arange(120)), "index", ("year_on_year",)),
        ("Bankruptcies", np.exp(NOISE), "unit of the file", ("log",)),
        ("Bankruptcies", 50 + NOISE, "unit of the file", ("level",)),
        ("Balance", np.arange(120) - 20.0, "unit of the file", ("difference: 12",)),
        ("Balance", NOISE, "unit of the file", ("level",)),
    ],
)
def test_words_and_sizes_give_unit_and_transform(name, values, unit, transform):
    found = guessed(name, values)
    assert (found.unit, found.transform) == (unit, transform)


def test_what_the_file_says_of_the_unit_counts():
    found = guessed("Policy rate", 5 + NOISE / 4, unit="% p.a.")
    assert (found.unit, found.unit_why) == ("per cent p.a.", None)


def test_daily_series_are_averaged_first():
    days = pd.bdate_range("2001-01-01", periods=120)
    assert guessed("Policy rate", 5 + NOISE / 4, "daily", index=days).transform == (
        "month_mean", "level",
    )  # fmt: skip


def test_bounds_hold_the_values_and_ten_times_as_much():
    values = 5 + NOISE / 4
    found = guessed("Policy rate", values)
    low, high = found.valid_range
    assert low == -high
    assert 10 * values.max() <= high < 20 * values.max()
    assert found.typical == pytest.approx((np.median(values) / 10, np.median(values) * 10), rel=0.1)
    growing = guessed("Retail prices", 100 * np.exp(0.01 * np.arange(120)))
    assert growing.valid_range[0] == 0
    assert guessed("Balance", NOISE).typical is None


@pytest.mark.parametrize(
    ("months", "skips"), [([1], (1,)), ([1, 2], (1, 2)), ([], ()), ([4, 5, 6], ())]
)
def test_a_month_that_never_has_a_value_is_one_that_the_publisher_skips(months, skips):
    index = MONTHS[~MONTHS.month.isin(months)]
    assert guessed("Retail sales", 50 + NOISE[: len(index)], index=index).skips == skips


def test_lags_are_rather_too_long():
    assert guessed("Retail sales", 50 + NOISE).release_lag == 30
    assert guessed("Bond yield", 5 + NOISE / 4).release_lag == 1
    assert guessed("Bond yield", 5 + NOISE / 4, "quarterly").release_lag == 60


@pytest.mark.parametrize(
    ("name", "lag"),
    [("FX reserves", 30), ("Foreign reserves, bonds", 30), ("FX reserve", 30), ("FX vol", 1),
     ("Federal Reserve policy rate", 1)],
)  # fmt: skip
def test_reserves_are_no_series_of_a_market(name, lag):
    assert guessed(name, 50 + NOISE).release_lag == lag


def test_identifiers_are_plain_and_their_own():
    taken = set()
    for name in ("Índice de preços", "Indice de precos", "3M rate", "货币", "x" * 99):
        taken.add(words.identifier(name, taken))
    assert words.identifier("NO", set()) == "no_2"
    assert words.identifier("Null", {"null_2"}) == "null_3"
    assert taken == {"indice_de_precos", "indice_de_precos_2", "s_3m_rate", "series", "x" * 40}
