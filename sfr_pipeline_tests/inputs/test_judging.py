"""What is not believed of a delivery, and what is."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.inputs.judging import doubt
from sfr_pipeline.sources.bundled import FRBNY_SERIES, fetch_prices, fetch_series

MONTHS = pd.date_range("2014-01-31", periods=120, freq="ME")
KNOWN = pd.Series(100 + np.random.default_rng(3).normal(size=120).cumsum(), MONTHS)


def test_the_same_again_and_what_goes_on_is_believed():
    assert doubt(KNOWN[:100], KNOWN[:100]) is None
    assert doubt(KNOWN[:100], KNOWN) is None
    assert doubt(KNOWN[:0], KNOWN) is None


def test_what_now_begins_later_is_not():
    told = doubt(KNOWN, KNOWN[24:])
    assert told == "24 of 120 known values, from 2014-01-31 to 2015-12-31, are not in it"
    assert "1 of 120" in str(doubt(KNOWN, KNOWN[1:]))


def test_what_ends_earlier_is_not():
    told = doubt(KNOWN, KNOWN[:114])
    assert told == (
        "it ends on 2023-06-30, and 6 known values after that, to 2023-12-31, are not in it"
    )


def test_half_an_answer_is_not_wherever_the_half_is():
    assert doubt(KNOWN, KNOWN[:60]) is not None
    assert doubt(KNOWN, KNOWN[60:]) is not None
    assert doubt(KNOWN, KNOWN[::2]) is not None


def test_a_value_that_its_publisher_withdraws_is_no_loss_of_history():
    assert doubt(KNOWN, KNOWN.drop(MONTHS[[50, 51]])) is None
    assert "3 of 120" in str(doubt(KNOWN, KNOWN.drop(MONTHS[[50, 51, 52]])))


def test_a_source_of_the_last_years_alone_may_drop_what_is_older_and_nothing_else():
    assert doubt(KNOWN[:100], KNOWN[40:110], rolling=True) is None
    assert doubt(KNOWN[:100], KNOWN[40:90], rolling=True) is not None


@pytest.mark.parametrize("factor", [100.0, 0.01, 1000.0, -1.0])
def test_another_unit_is_not(factor):
    assert "has the unit changed?" in str(doubt(KNOWN, KNOWN * factor))


def test_another_unit_from_now_on_is_not():
    later = KNOWN.copy()
    later[110:] *= 100.0
    assert "farther than ever before" in str(doubt(KNOWN[:110], later))
    rates = KNOWN - 100.0  # of either sign
    later = rates.copy()
    later[110:] = later[110:] * 100.0 + 50.0
    assert "farther than ever before" in str(doubt(rates[:110], later))


def test_an_index_on_a_new_base_is_news():
    assert doubt(KNOWN, KNOWN * 1.4) is None


def test_another_frequency_is_not():
    quarters = KNOWN[KNOWN.index.month % 3 == 0]
    assert doubt(quarters, KNOWN) == ("its newest values lie 31 days apart, and those known 92")


def _real_series():
    for code in FRBNY_SERIES:
        frame = fetch_series([f"frbny.{code}"])
        yield code, frame.set_index("date")["value"]
    for code in ("sp500", "wti", "nasdaq"):
        frame = fetch_prices([code])
        yield code, frame.set_index("date")["close"]


@pytest.mark.faults  # every shipped series, month by month
def test_nothing_that_happened_to_real_series_would_have_been_doubted():
    """Crashes, booms and oil at 12 dollars are news: as they came, they would be believed."""
    for code, values in _real_series():
        for end in pd.date_range("2000-01-31", values.index[-1], freq="6ME"):
            before, now = values[: end - pd.offsets.MonthEnd(1)], values[:end]
            assert doubt(before, now) is None, (code, end)
