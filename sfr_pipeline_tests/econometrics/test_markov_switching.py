"""Claims about ``MarkovSwitching`` as a library: what it takes, how results are labelled."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics import MarkovSwitching, regime_estimation
from sfr_pipeline.errors import EstimationError

MONTHS = pd.period_range("2005-01", periods=160, freq="M")


@pytest.fixture(scope="module")
def series():
    rng = np.random.default_rng(4)
    spread = np.where(np.arange(160) % 60 < 40, 0.4, 2.0)
    return pd.Series(spread * rng.normal(size=160), MONTHS, name="spread")


@pytest.fixture(scope="module")
def results(series):
    return MarkovSwitching(series).fit(starts=20)


def test_probabilities_bear_the_periods_of_the_series(series, results):
    for frame in (results.smoothed_marginal_probabilities, results.filtered_marginal_probabilities):
        pd.testing.assert_index_equal(frame.index, series.index[1:])
        assert list(frame.columns) == [0, 1]
    again = MarkovSwitching(series).filter(results.estimates)
    pd.testing.assert_frame_equal(again, results.filtered_marginal_probabilities)


@pytest.mark.parametrize(
    ("index", "first"),
    [
        (MONTHS, pd.Period("2018-05", "M")),
        (MONTHS.to_timestamp("M").normalize(), pd.Timestamp("2018-05-31")),
        (pd.RangeIndex(160), 160),
    ],
    ids=["periods", "days", "numbers"],
)
def test_forecasts_bear_the_periods_that_follow(series, results, index, first):
    relabelled = series.set_axis(index)
    ahead = MarkovSwitching(relabelled).forecast(results.estimates, 3, quantile_levels=(0.1, 0.9))
    assert ahead.mean.index[0] == first
    assert ahead.mean.index.equals(ahead.quantiles.index)
    assert ahead.mean.index.equals(ahead.regime_probabilities.index)
    assert list(ahead.quantiles.columns) == [0.1, 0.9]
    plain = results.forecast(3, quantile_levels=(0.1, 0.9))
    np.testing.assert_array_equal(ahead.quantiles, plain.quantiles)


def test_days_without_a_frequency_are_forecast_by_number(series, results):
    days = pd.DatetimeIndex(np.sort(np.random.default_rng(0).choice(9000, 160, replace=False)))
    ahead = MarkovSwitching(series.set_axis(days)).forecast(results.estimates, 2)
    assert list(ahead.mean.index) == [1, 2]


def test_nullable_numbers_are_numbers(series, results):
    nullable = MarkovSwitching(series.astype("Float64")).fit(starts=20)
    pd.testing.assert_series_equal(nullable.params, results.params)


def refused(series):
    return {
        "reversed": (series[::-1], "ascend"),
        "a period twice": (series.set_axis([MONTHS[0], *MONTHS[:-1]]), "holds 2005-01 twice"),
        "a frame": (series.to_frame(), "must be a pandas Series"),
        "an array": (series.to_numpy(), "must be a pandas Series"),
        "text": (series.astype(str), "not numbers"),
        "a hole": (series.astype("Float64").where(series.index != MONTHS[7]), "1 missing"),
    }


@pytest.mark.parametrize("case", refused(pd.Series(0.0, MONTHS)))
def test_what_is_no_series_in_time_order_is_refused_with_a_remedy(series, case):
    given, cause = refused(series)[case]
    with pytest.raises(EstimationError, match=cause):
        MarkovSwitching(given)


def test_parameters_and_standard_errors_stand_under_one_name(results):
    assert list(results.params.index) == list(results.bse.index)
    assert results.params["p[0->0]"] == results.estimates.transition[0, 0]
    assert results.bse["sigma2[1]"] == results.errors.variances[1]


def test_what_is_printed_fits_on_a_screen(series, results):
    assert len(repr(results).splitlines()) < 30
    assert len(repr(MarkovSwitching(series))) < 160


def test_the_chart_shows_the_series_and_the_probability(results):
    above, below = results.plot().axes
    np.testing.assert_array_equal(above.lines[0].get_ydata(), results.endog.iloc[1:])
    assert below.get_ylim() == (0.0, 1.0)


def test_every_start_is_told_of(results):
    assert 2 <= results.n_agreeing <= results.n_starts == 20


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_no_bit_of_an_estimate_depends_on_the_number_of_threads(
    series, results, cores, monkeypatch
):
    monkeypatch.setattr(regime_estimation, "processors", lambda: cores)
    other = MarkovSwitching(series).fit(starts=20)
    assert other.params.to_numpy().tobytes() == results.params.to_numpy().tobytes()
    assert other.bse.to_numpy().tobytes() == results.bse.to_numpy().tobytes()
    assert other.n_agreeing == results.n_agreeing
