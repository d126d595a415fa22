"""What the tests of the TVP-FAVAR estimate from, and compare of it."""

import dataclasses

import numpy as np

from sfr_pipeline.econometrics.sfri import weights
from sfr_pipeline.econometrics.tvp_favar import (
    TvpFavarResults,
)
from sfr_pipeline_tests.econometrics.simulation import (
    autoregression,
)


def macro_block(n_periods, n_macro=2, seed=5):
    rng = np.random.default_rng(seed)
    return np.column_stack([autoregression(n_periods, rng, 0.7) for _ in range(n_macro)])


def index_of(results):
    weight = weights(results.loadings_smoothed, results.observed)
    return weight, (weight * results.scores).sum(axis=-1)


def assert_same_bits(one, other):
    for field in dataclasses.fields(TvpFavarResults):
        if field.name != "pseudo_inverses":
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name)), field.name
