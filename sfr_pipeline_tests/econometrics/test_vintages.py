import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest

from sfr_pipeline.econometrics.sfri import weights
from sfr_pipeline.econometrics.tvp_favar import TvpFavarResults, TvpFavarSettings, estimate
from sfr_pipeline.econometrics.vintages import estimate_vintages, vintage_mask
from sfr_pipeline.errors import EstimationError
from sfr_pipeline_tests.econometrics.simulation import simulate, with_gaps

N_PERIODS = 90
AS_OF = np.array([40, 47, 59, 60, 74, 89])


@pytest.fixture(scope="module")
def panel():
    """Gaps of all kinds; the fourth series starts so late that it joins in the vintage of 60."""
    panel = with_gaps(simulate(N_PERIODS, n_series=7, seed=11).panel, seed=11)
    late = np.insert(panel, 3, simulate(N_PERIODS, seed=12).panel[:, 0], axis=1)
    late[:37, 3] = np.nan
    return late


def vintages(panel, as_of=AS_OF, lags=1):
    settings = TvpFavarSettings(lags=lags)
    return estimate_vintages(panel, as_of, min_observations=24, settings=settings)


def assert_same_bits(one, other, n_vintages):
    for name in ("index", "equal_weight_index", "weights"):
        for i in range(n_vintages):
            assert np.array_equal(getattr(one, name)[i], getattr(other, name)[i]), name
    for ours, theirs in zip(one.estimates[:n_vintages], other.estimates[:n_vintages], strict=True):
        for field in dataclasses.fields(TvpFavarResults):
            assert np.array_equal(getattr(ours, field.name), getattr(theirs, field.name)), field


@pytest.mark.parametrize("lags", [1, 3])
@pytest.mark.parametrize("poison", [np.nan, 1e9, -1e9, np.inf])
def test_the_future_does_not_touch_a_bit_of_a_vintage(panel, poison, lags):
    clean = vintages(panel, lags=lags)
    for i, last in enumerate(AS_OF[:-1]):
        poisoned = panel.copy()
        poisoned[last + 1 :] = poison
        # Vintages that may see infinite values are refused, and rightly.
        as_of = np.minimum(AS_OF, last) if np.isinf(poison) else AS_OF
        dirty = vintages(poisoned, as_of, lags=lags)
        assert_same_bits(dirty, clean, i + 1)


def test_a_later_vintage_does_change_when_its_data_do(panel):
    poisoned = panel.copy()
    poisoned[60, 0] += 1.0
    clean, dirty = vintages(panel), vintages(poisoned)
    assert_same_bits(dirty, clean, 3)
    for i in (3, 4, 5):
        assert not np.array_equal(dirty.index[i], clean.index[i])


@pytest.mark.parametrize("lags", [1, 3])
def test_a_vintage_equals_an_estimate_on_the_panel_cut_at_its_period(panel, lags):
    together = vintages(panel, lags=lags)
    for i, last in enumerate(AS_OF):
        cut = panel[: last + 1]
        joined = np.flatnonzero((~np.isnan(cut)).sum(axis=0) >= 24)
        assert (3 in joined) == (last >= 60)
        alone = estimate(cut[:, joined], settings=TvpFavarSettings(lags=lags))
        weight = weights(alone.loadings_smoothed, alone.observed)
        ours = together.estimates[i]
        pairs = [
            (together.index[i], (weight * alone.scores).sum(axis=1)),
            (together.weights[i][:, joined], weight),
            (ours.factor_filtered, alone.factor_filtered),
            (ours.factor_smoothed, alone.factor_smoothed),
            (ours.factor_variance, alone.factor_variance),
            (ours.principal_component, alone.principal_component),
            (ours.coefficients, alone.coefficients),
            (ours.variance[:, joined], alone.variance),
            (ours.loadings_filtered[:, joined], alone.loadings_filtered),
        ]
        for one, other in pairs:
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


BITS = """
import hashlib, numpy as np
from sfr_pipeline.econometrics.sfri import bootstrap_band
from sfr_pipeline.econometrics.vintages import estimate_vintages
from sfr_pipeline_tests.econometrics.simulation import simulate, with_gaps
panel = with_gaps(simulate(80, n_series=26).panel)
vintages = estimate_vintages(panel, np.array([60, 79]), min_observations=24)
band = bootstrap_band(panel, replications=20, block_length=6, level=0.9, seed=0)
arrays = [vintages.estimates[1].factor_smoothed, vintages.estimates[0].loadings_smoothed, band.low]
print(hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest())
"""


@pytest.mark.faults
def test_no_bit_depends_on_the_linear_algebra_library_or_its_threads():
    seen = set()
    for threads, kernel in [("1", ""), ("2", ""), ("4", ""), ("1", "Haswell"), ("1", "Nehalem")]:
        changed = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        if kernel:
            changed["OPENBLAS_CORETYPE"] = kernel
        done = subprocess.run(
            [sys.executable, "-c", BITS],
            env=os.environ | changed,
            capture_output=True,
            text=True,
            check=True,
        )
        seen.add(done.stdout)
    assert len(seen) == 1


def test_the_complete_panel_is_a_vintage_like_any_other():
    complete = simulate(N_PERIODS).panel
    latest, alone = vintages(complete).estimates[-1], estimate(complete)
    assert np.array_equal(latest.factor_smoothed, alone.factor_smoothed)
    assert np.array_equal(latest.loadings_smoothed, alone.loadings_smoothed)


def test_each_vintage_ends_with_its_period(panel):
    result = vintages(panel)
    assert [len(index) for index in result.index] == list(AS_OF + 1)
    assert all(np.isfinite(index).all() for index in result.index)


def test_latest_picks_each_vintages_last_period(panel):
    result = vintages(panel)
    latest = result.latest("scores")
    assert latest.shape == (len(AS_OF), panel.shape[1])
    assert np.array_equal(latest[2], result.estimates[2].scores[59])


def test_equal_weight_index_is_the_mean_of_the_available_scores(panel):
    result = vintages(panel)
    for index, one in zip(result.equal_weight_index, result.estimates, strict=True):
        expected = np.nanmean(np.where(one.observed, one.scores, np.nan), axis=1)
        np.testing.assert_allclose(index, expected, atol=1e-13)


def test_a_series_joins_with_its_whole_history_once_it_has_enough_values():
    panel = np.array([[1.0, np.nan], [2.0, 1.0], [np.nan, 3.0], [3.0, 2.0]])
    for as_of, expected in [
        (1, [[1, 0], [1, 0]]),
        (2, [[1, 0], [1, 1], [0, 1]]),
        (3, [[1, 0], [1, 1], [0, 1], [1, 1]]),
    ]:
        mask = vintage_mask(panel, as_of, min_observations=2)
        np.testing.assert_array_equal(mask.astype(int), expected)


def test_a_vintage_without_a_usable_series_is_refused(panel):
    with pytest.raises(EstimationError, match="no series of the panel has an observation: length"):
        estimate_vintages(panel, np.array([10, 60]), min_observations=24)


def test_a_series_joins_once_it_has_moved(panel):
    pegged = panel.copy()
    pegged[:50, 0] = 1.5
    as_of = np.array([48, 49, 50])
    joined = [bool(mask[:, 0].any()) for mask in (one.observed for one in
              vintages(pegged, as_of).estimates)]  # fmt: skip
    assert joined == [False, False, True]
    without = pegged.copy()
    without[:, 0] = np.nan
    np.testing.assert_array_equal(
        vintages(pegged, as_of[:1]).index[0], vintages(without, as_of[:1]).index[0]
    )
