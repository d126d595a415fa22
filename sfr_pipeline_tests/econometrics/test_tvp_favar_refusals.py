"""What a TVP-FAVAR refuses, and how it says so."""

import numpy as np
import pytest

from sfr_pipeline.econometrics.tvp_favar import (
    TvpFavarSettings,
    estimate,
)
from sfr_pipeline.errors import EstimationError
from sfr_pipeline_tests.econometrics.estimates import macro_block
from sfr_pipeline_tests.econometrics.simulation import (
    simulate,
)


@pytest.mark.parametrize(
    ("perturb", "message"),
    [
        (
            lambda x: x.__setitem__((slice(None), 4), 2.5),
            r"does not move in series 4 \(counted from 0\).*: leave out",
        ),
        (
            lambda x: x.__setitem__((10, 4), np.inf),
            r"infinite in series 4.*, periods 10.*: mend that",
        ),
        (
            lambda x: x.__setitem__((10, 4), -np.inf),
            r"infinite in series 4.*, periods 10.*: mend that",
        ),
        (lambda x: x.__setitem__(10, np.nan), r"no series .* in 10 \(counted from 0\), though"),
        (
            lambda x: x.__setitem__(0, np.nan),
            r"in 0 \(counted from 0\), though.*: begin the sample after that, or fill it",
        ),
        (
            lambda x: x.__setitem__(slice(None), np.nan),
            "no series of the panel has an observation: lengthen",
        ),
    ],
)
def test_unusable_panels_are_refused_with_the_remedy(perturb, message):
    panel = simulate(n_periods=40).panel
    perturb(panel)
    with pytest.raises(EstimationError, match=message):
        estimate(panel)


@pytest.mark.parametrize("shape", [(40,), (2, 40, 8)])
def test_what_is_no_panel_is_refused(shape):
    with pytest.raises(EstimationError, match=r"a panel is .n_periods, n_series., not of shape"):
        estimate(np.ones(shape))


def test_a_macro_block_with_gaps_is_refused():
    macro = macro_block(40)
    macro[3, 1] = np.nan
    with pytest.raises(EstimationError, match="macro block has gaps: fill them or drop"):
        estimate(simulate(n_periods=40).panel, macro)


def test_a_sample_shorter_than_the_lags_is_refused():
    with pytest.raises(EstimationError, match="5 periods are too few for 4 lags"):
        estimate(simulate(n_periods=5).panel, settings=TvpFavarSettings(lags=4))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"lags": 0}, "lags must be a whole number from 1, not 0"),
        ({"lags": 1.5}, "lags must be a whole number from 1, not 1.5"),
        ({"component_tolerance": 0.0}, "component_tolerance must be positive"),
        ({"regularization": -1e-9}, "regularization must not be negative"),
        ({"variance_decay": 0.0}, r"variance_decay must lie in \(0, 1\], not 0.0"),
        ({"covariance_decay": 1.5}, r"covariance_decay must lie in \(0, 1\], not 1.5"),
        ({"loading_forgetting": -0.1}, r"loading_forgetting must lie in \(0, 1\], not -0.1"),
        ({"coefficient_forgetting": np.nan}, r"coefficient_forgetting must lie .* not nan"),
        ({"initial_variance": 0.0}, "initial_variance must be positive, not 0.0"),
        ({"initial_covariance": -1.0}, "initial_covariance must be positive, not -1.0"),
        ({"loading_prior_variance": 0.0}, "loading_prior_variance must be positive"),
        ({"factor_prior_variance": -4.0}, "factor_prior_variance must be positive"),
        ({"variance_floor": 0.0}, "variance_floor must be positive"),
    ],
)
def test_silly_settings_are_refused_by_name(setting, message):
    with pytest.raises(EstimationError, match=message):
        TvpFavarSettings(**setting)
