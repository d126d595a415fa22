import numpy as np
import pytest

from sfr_pipeline.evaluation.intervals import error_quantiles, past_error_quantiles

BOUNDS = (0.05, 0.95)


@pytest.mark.parametrize("horizon", [1, 3, 6])
def test_an_interval_knows_only_errors_whose_outcome_had_come(horizon):
    errors = np.random.default_rng(0).normal(size=80)
    before = past_error_quantiles(errors, horizon, BOUNDS)
    for origin in (30, 50, 79):
        poisoned = errors.copy()
        poisoned[origin - horizon + 1 :] = 1e9
        after = past_error_quantiles(poisoned, horizon, BOUNDS)
        assert after[: origin + 1].tobytes() == before[: origin + 1].tobytes()
        # The newest error that is known does count.
        poisoned[: origin - horizon + 1] = -1e9
        assert past_error_quantiles(poisoned, horizon, BOUNDS)[origin, 0] == -1e9


def test_the_first_interval_comes_with_the_24th_known_error():
    quantiles = past_error_quantiles(np.arange(40.0), 3, BOUNDS)
    missing = np.isnan(quantiles).any(axis=1)
    # At origin 26 the errors of origins 0 to 23 are known.
    assert missing[:26].all()
    assert not missing[26:].any()


def test_quantiles_are_order_statistics_of_n_plus_1():
    errors = np.random.default_rng(1).permutation(np.arange(1.0, 40.0))
    assert error_quantiles(errors, (0.05, 0.25, 0.5, 0.75, 0.95)) == pytest.approx(
        [2, 10, 20, 30, 38]
    )


def test_a_level_that_few_errors_cannot_reach_has_no_quantile():
    errors = np.arange(1.0, 31.0)
    low, high = error_quantiles(errors, (0.01, 0.99))
    assert np.isnan([low, high]).all()
    assert not np.isnan(error_quantiles(np.arange(99.0), (0.01, 0.99))).any()


def test_each_column_has_the_quantiles_that_it_has_alone():
    errors = np.random.default_rng(6).normal(size=(90, 3))
    errors[:40, 1] = np.nan
    errors[5:, 2] = np.nan
    levels = (0.05, 0.25, 0.75, 0.95)
    found = error_quantiles(errors, levels)
    for column, own in zip(errors.T, found, strict=True):
        np.testing.assert_array_equal(own, error_quantiles(column, levels))
    assert np.isnan(found[2]).all()
    assert np.isfinite(found[:2]).all()


def test_unknown_errors_are_passed_over():
    errors = np.random.default_rng(2).normal(size=60)
    holed = np.insert(errors, [10, 20, 30], np.nan)
    assert error_quantiles(holed, BOUNDS) == pytest.approx(error_quantiles(errors, BOUNDS))
    assert np.isnan(error_quantiles(np.full(50, np.nan), BOUNDS)).all()


def test_today_s_quantiles_are_the_last_of_the_past_ones():
    errors = np.append(np.random.default_rng(3).normal(size=60), np.nan)
    last = past_error_quantiles(errors, 1, BOUNDS)[-1]
    assert last == pytest.approx(error_quantiles(errors, BOUNDS))


@pytest.mark.parametrize("shape", ["normal", "skewed"])
@pytest.mark.parametrize("horizon", [1, 6])
def test_intervals_cover_what_they_say_whatever_the_errors_shape(shape, horizon):
    rng = np.random.default_rng(4)
    covered, above, n = 0.0, 0.0, 0
    for _ in range(60):
        errors = rng.normal(size=120) if shape == "normal" else rng.exponential(size=120) ** 2
        low, high = past_error_quantiles(errors, horizon, BOUNDS).T
        known = ~np.isnan(low)
        covered += (known & (low <= errors) & (errors <= high)).sum()
        above += (known & (errors > high)).sum()
        n += known.sum()
    # At least 90 %, and with 24 to 119 errors not above 90 % + 2/25.
    assert 0.895 < covered / n < 0.95
    # Signed quantiles: each side misses about half.
    assert 0.025 < above / n < 0.055
