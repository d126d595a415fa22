"""Claims about what Markov switching refuses, and how it says so."""

from dataclasses import replace

import numpy as np
import pytest

from sfr_pipeline.econometrics import regime_estimation
from sfr_pipeline.errors import EstimationError
from sfr_pipeline_tests.econometrics.regime_models import (
    MEAN_AR2,
    PAPER,
    filter_probabilities,
    fit,
    forecast,
    simulate,
)


def test_one_start_cannot_agree_with_itself(monkeypatch):
    monkeypatch.setattr(regime_estimation, "_ROUNDS", 1)
    with pytest.raises(EstimationError, match="raise starts, or give a longer sample"):
        fit(simulate(PAPER, 120)[0], starts=1)


def test_where_one_start_alone_reached_the_best_more_are_climbed_from():
    results = fit(simulate(PAPER, 180)[0], starts=1)
    assert results.n_starts > 1
    assert results.n_agreeing >= 2


def with_value(series, value):
    return np.concatenate([series[:5], [value], series[5:]])


NOISE = np.random.default_rng(0).normal(size=100)


@pytest.mark.parametrize(
    ("series", "cause"),
    [
        (with_value(NOISE, np.nan), "1 missing or infinite"),
        (with_value(NOISE, np.inf), "1 missing or infinite"),
        (NOISE[:20], "20 periods, too short"),
        (np.full(100, 3.7), "constant"),
        (np.zeros(100), "constant"),
        (0.9 ** np.arange(60), "without error"),
    ],
)
def test_a_series_that_supports_no_estimate_is_refused_with_its_cause(series, cause):
    with pytest.raises(EstimationError, match=cause):
        fit(series)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"k_regimes": 1}, "k_regimes=1"),
        ({"order": 0}, "order=0"),
        ({"starts": 0}, "starts=0"),
        ({"form": "median"}, "'median'"),
    ],
)
def test_an_argument_outside_its_range_is_named(arguments, named):
    with pytest.raises(EstimationError, match=named):
        fit(NOISE, **arguments)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"transition": PAPER.transition.T}, "transition must be 2 x 2"),
        ({"transition": np.eye(3)}, "transition must be 2 x 2"),
        ({"transition": np.eye(2)}, "one ergodic distribution"),
        ({"variances": np.array([0.1, -0.1])}, "variances must be 2 positive"),
    ],
)
def test_parameters_that_do_not_fit_together_are_refused(change, named):
    with pytest.raises(EstimationError, match=named):
        filter_probabilities(NOISE, replace(PAPER, **change))


def test_the_filter_refuses_a_series_without_a_period_after_the_lags():
    with pytest.raises(EstimationError, match="give at least 3"):
        filter_probabilities(NOISE[:2], MEAN_AR2)


@pytest.mark.parametrize(
    "arguments", [{"horizon": 0}, {"horizon": 2, "quantile_levels": (0.5, 1.0)}]
)
def test_a_forecast_outside_its_range_is_refused(arguments):
    with pytest.raises(EstimationError, match="at least 1 and quantile_levels inside"):
        forecast(PAPER, NOISE, **arguments)
