"""Claims about the BDS test."""

import json
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.tsa.stattools import bds as statsmodels_bds

from sfr_pipeline.econometrics.bds import bds
from sfr_pipeline.errors import EstimationError

INPUTS = ("input_sp500_last1000", "input_dspread_180")


def noise(n_periods, seed=0):
    return np.random.default_rng(seed).standard_normal(n_periods)


def logistic_map(n_periods):
    """Deterministic, and yet without linear dependence."""
    series = np.empty(n_periods)
    series[0] = 0.3
    for t in range(1, n_periods):
        series[t] = 4 * series[t - 1] * (1 - series[t - 1])
    return series


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize(("form", "program"), [("lebaron", "tseries"), ("kanzler", "statsmodels")])
def test_statistics_equal_those_of_the_reference_programs(shared_data, name, form, program):
    folder = shared_data / "econometrics" / "bds"
    series = pd.read_csv(folder / f"{name}.csv").iloc[:, 1]
    reference = json.loads((folder / f"output_{program}.json").read_text(encoding="utf-8"))[name]
    for column, distance in enumerate((0.5, 1.0, 1.5, 2.0)):
        result = bds(series, distance=distance, permutations=1)[form]
        expected = np.array(reference["stat"])[:, column]
        np.testing.assert_allclose(result.statistic, expected, rtol=0, atol=1e-9)
        if "p" in reference:
            expected = np.array(reference["p"])[:, column]
            np.testing.assert_allclose(result.p_normal, expected, rtol=1e-8)


@pytest.mark.parametrize("n_periods", [60, 64, 65, 200, 255, 257, 300])
def test_kanzler_form_equals_statsmodels_at_every_width_of_a_word(n_periods):
    series = noise(n_periods).cumsum().round(1)  # ties among them
    statistic, p_normal = statsmodels_bds(series, max_dim=4, distance=0.9)
    result = bds(series, max_dimension=4, distance=0.9, permutations=1)["kanzler"]
    np.testing.assert_allclose(result.statistic, statistic, atol=1e-10)
    np.testing.assert_allclose(result.p_normal, p_normal, atol=1e-12)


def test_lebaron_form_equals_its_definition_counted_by_hand():
    series, largest, dimension = noise(30, seed=4), 3, 2
    near = np.abs(np.subtract.outer(series, series)) < series.std(ddof=1)
    used = range(30 - largest + 1)
    c = np.mean([near[i, j] for i, j in combinations(used, 2)])
    c_2 = np.mean([near[i, j] and near[i + 1, j + 1] for i, j in combinations(used, 2)])
    k = np.mean([near[i, j] and near[j, h] for i, j, h in permutations(used, 3)])
    variance = 4 * (k**2 + 2 * k * c**2 + c**4 - 4 * k * c**2)
    expected = np.sqrt(len(used)) * (c_2 - c**2) / np.sqrt(variance)
    result = bds(series, max_dimension=largest, distance=1.0, permutations=1)["lebaron"]
    assert result.statistic[dimension - 2] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("form", ["lebaron", "kanzler"])
def test_permutations_are_statistics_of_the_permuted_series(form):
    series, seed = noise(80, seed=2), 11
    drawn = np.random.default_rng(seed).permuted(np.tile(np.arange(80), (40, 1)), axis=1)
    ordered = np.sort(series)
    observed, *permuted = (
        bds(values, distance=1.0, permutations=1)[form].statistic
        for values in (series, *ordered[drawn])
    )
    above = 1 + np.sum(np.array(permuted) >= observed, axis=0)
    below = 1 + np.sum(np.array(permuted) <= observed, axis=0)
    expected = np.minimum(1, 2 * np.minimum(above, below) / 41)
    result = bds(series, distance=1.0, permutations=40, seed=seed)[form]
    np.testing.assert_allclose(result.p_permutation, expected)


def test_permutations_hold_the_level_where_the_normal_distribution_does_not():
    tests = [
        bds(noise(100, seed), max_dimension=5, distance=0.7, permutations=99, seed=seed)["lebaron"]
        for seed in range(200)
    ]
    by_permutation = np.mean([test.p_permutation <= 0.05 for test in tests], axis=0)
    by_normal = np.mean([test.p_normal <= 0.05 for test in tests], axis=0)
    # 200 draws at 5 per cent: standard error 1.5 points.
    assert (by_permutation < 0.095).all()
    assert (by_permutation > 0.01).all()
    assert (by_normal > 0.12).all()


def test_chaos_without_linear_dependence_is_found():
    for result in bds(logistic_map(180), distance=0.5).values():
        assert (result.p_permutation <= 0.01).all()


def test_statistics_do_not_depend_on_the_units():
    series = noise(120)
    in_other_units = bds(1e6 * series - 3e6, permutations=19)
    for form, result in bds(series, permutations=19).items():
        np.testing.assert_allclose(result.statistic, in_other_units[form].statistic)
        np.testing.assert_array_equal(result.p_permutation, in_other_units[form].p_permutation)


def test_p_values_by_normal_are_two_sided():
    result = bds(noise(150, seed=5), permutations=1)["kanzler"]
    np.testing.assert_allclose(result.p_normal, 2 * norm.cdf(-np.abs(result.statistic)))


@pytest.mark.parametrize(
    ("series", "options", "reason"),
    [
        (np.ones(50), {}, "varies"),
        (np.append(noise(50), np.nan), {}, "gaps in the series"),
        (noise(13), {}, "cannot rest on 13 points"),
        (noise(50), {"max_dimension": 1}, "ask for 2 dimensions or more"),
        (noise(50), {"distance": 10.0}, "choose another distance"),
        (noise(50), {"distance": 1e-9}, "choose another distance"),
    ],
)
def test_what_cannot_be_tested_is_refused_with_its_cause(series, options, reason):
    with pytest.raises(EstimationError, match=reason):
        bds(series, **options)
