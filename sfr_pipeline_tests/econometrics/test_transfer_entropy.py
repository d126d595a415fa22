"""Claims about transfer entropy: its value, and that its test has the right size."""

import json
from collections import Counter
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from sfr_pipeline.econometrics.surrogates import surrogate_orders
from sfr_pipeline.econometrics.transfer_entropy import (
    TransferEntropy,
    against_surrogates,
    even_quantile_codes,
    plug_in,
    quantile_codes,
    transfer_entropy,
)
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.forecasting.diagnostics import ENTROPY_SETTINGS, MIN_SHIFT, SURROGATES

PRIMARY = ENTROPY_SETTINGS[0]
N_MONTHS = 180


def codes_of(series, coding):
    """Codes by the name of the reference file: quantiles, or bins of the same width."""
    if coding == "q5,95":
        return quantile_codes(series, [0.05, 0.95])
    if coding == "quant8":
        return even_quantile_codes(series, 8)
    edges = np.linspace(series.min(), series.max(), 9)[1:-1]
    return np.searchsorted(edges, series)


def test_estimates_equal_those_of_rtransferentropy(shared_data):
    folder = shared_data / "econometrics" / "transfer_entropy"
    inputs = {
        "coupled": pd.read_csv(folder / "input_coupled_1000.csv"),
        "spread_sp": pd.read_csv(folder / "input_spread_sp500_monthly_180.csv").iloc[:, 1:],
    }
    text = (folder / "output_RTransferEntropy.json").read_text(encoding="utf-8")
    for case in json.loads(text)["point"]:
        name, coding, lags = case["case"].replace("k= ", "k=").split()
        x, y = (codes_of(series, coding) for series in inputs[name].to_numpy().T)
        forth, back = (
            plug_in(*pair, lags=int(lags.removeprefix("k="))) for pair in [(x, y), (y, x)]
        )
        assert (forth, back) == pytest.approx((case["x_to_y"], case["y_to_x"]), rel=0, abs=1e-12)


def by_definition(source, target, lags):
    """Sum of p(y, past, source past) log2 [p(y | past, source past) / p(y | past)]."""
    words = [
        (target[t], tuple(target[t - lags : t]), tuple(source[t - lags : t]))
        for t in range(lags, len(target))
    ]
    joint = Counter(words)
    pasts = Counter((past, other) for _, past, other in words)
    own = Counter((now, past) for now, past, _ in words)
    alone = Counter(past for _, past, _ in words)
    return sum(
        count / len(words) * np.log2(count * alone[past] / (pasts[past, other] * own[now, past]))
        for (now, past, other), count in joint.items()
    )


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=5, max_size=40),
)
def test_estimate_is_that_of_the_definition(lags, pairs):
    source, target = np.array(pairs).T
    expected = by_definition(source.tolist(), target.tolist(), lags)
    assert plug_in(source, target, lags) == pytest.approx(expected, abs=1e-12)


def test_a_delayed_copy_of_coin_tosses_carries_one_bit_one_way():
    source = np.random.default_rng(0).integers(0, 2, 100_000)
    target = np.roll(source, 1)
    assert plug_in(source, target) == pytest.approx(1, abs=1e-3)
    assert plug_in(target, source) == pytest.approx(0, abs=1e-3)


def test_what_the_target_knows_of_itself_is_no_transfer():
    # The source is the target: nothing can be added to the own past.
    series = np.random.default_rng(0).integers(0, 3, 500)
    assert plug_in(series, series, lags=2) == pytest.approx(0, abs=1e-12)


def test_an_order_gives_what_the_reordered_source_gives():
    rng = np.random.default_rng(0)
    source, target = rng.integers(0, 8, (2, 90))
    orders = rng.permuted(np.tile(np.arange(90), (12, 1)), axis=1)
    together = plug_in(source, target, 3, orders)
    assert together.tolist() == [plug_in(source[order], target, 3)[0] for order in orders]


@pytest.mark.parametrize(("lags", "bins"), [(1, 3), (3, 8), (5, 12)])
def test_tables_hashes_and_the_definition_count_alike(lags, bins):
    source, target = np.random.default_rng(lags).integers(0, bins, (2, 200))
    found = plug_in(source, target, lags)
    assert found == pytest.approx(by_definition(source.tolist(), target.tolist(), lags), abs=1e-12)


def test_labelled_series_give_the_estimate_of_their_codes_and_are_checked():
    months = pd.period_range("2000-01", periods=N_MONTHS, freq="M")
    (x, y), *_ = pairs(1, 0.5, coupling=0.6, seed=2)
    source, target = pd.Series(x, months), pd.Series(y, months).astype("Float64")
    found = transfer_entropy(source, target)
    codes = (even_quantile_codes(series, PRIMARY.bins) for series in (x, y))
    assert found.estimate == plug_in(*codes, PRIMARY.lags)[0]
    assert found.p_value == primary_p_value(x, y)
    assert len(repr(found)) < 100
    with pytest.raises(EstimationError, match="sort_index"):
        transfer_entropy(source[::-1], target[::-1])
    with pytest.raises(EstimationError, match="different periods"):
        transfer_entropy(source[1:], target)
    with pytest.raises(EstimationError, match="gaps"):
        transfer_entropy(source, target.where(target > 0))


def test_quantiles_belong_to_the_bin_below_and_hold_equal_shares():
    np.testing.assert_array_equal(quantile_codes([1, 2, 3, 4, 5], [0.5]), [0, 0, 0, 1, 1])
    # R's type 8 puts the quartiles of 1 .. 5 at 5/3, 3 and 13/3.
    np.testing.assert_array_equal(even_quantile_codes([1, 2, 3, 4, 5], 4), [0, 1, 1, 2, 3])
    series = np.random.default_rng(0).standard_normal(300)
    np.testing.assert_array_equal(np.bincount(even_quantile_codes(series, 3)), [100, 100, 100])


def test_the_estimate_counts_among_its_surrogates():
    result = TransferEntropy(0.3, np.array([0.1, 0.3, 0.3 - 1e-15, 0.5, 0.2]), nobs=9)
    assert result.p_value == pytest.approx(4 / 6)
    assert result.effective == pytest.approx(0.3 - 0.28)


@cache
def orders():
    return surrogate_orders(N_MONTHS, SURROGATES, min_shift=MIN_SHIFT)


def primary_p_value(source, target):
    codes = (even_quantile_codes(series, PRIMARY.bins) for series in (source, target))
    return against_surrogates(*codes, orders(), PRIMARY.lags).p_value


def pairs(n_pairs, persistence, coupling, seed):
    """Pairs (x, y) of AR(1) series of 180 months; y_t also answers to coupling times x_{t-1}."""
    shocks = np.random.default_rng(seed).standard_normal((2, n_pairs, N_MONTHS + 200))
    x = lfilter([1], [1, -persistence], shocks[0])
    drive = np.concatenate([np.zeros((n_pairs, 1)), x[:, :-1]], axis=1)
    y = lfilter([1], [1, -persistence], shocks[1] + coupling * drive)
    return zip(x[:, 200:], y[:, 200:], strict=True)


def test_independent_persistent_pairs_are_rejected_as_often_as_the_level_says():
    p_values = [primary_p_value(x, y) for x, y in pairs(500, 0.95, coupling=0, seed=5)]
    assert 0.02 < np.mean(np.array(p_values) <= 0.05) < 0.09


def test_shuffles_instead_of_surrogates_would_find_too_much():
    rng = np.random.default_rng(0)
    shuffled = rng.permuted(np.tile(np.arange(N_MONTHS), (199, 1)), axis=1)
    found = [
        against_surrogates(*(even_quantile_codes(s, PRIMARY.bins) for s in pair), shuffled).p_value
        for pair in pairs(200, 0.95, coupling=0, seed=5)
    ]
    assert np.mean(np.array(found) <= 0.05) > 0.12


def test_a_coupled_pair_is_found_in_its_direction_only():
    found = np.array(
        [
            (primary_p_value(x, y), primary_p_value(y, x))
            for x, y in pairs(50, 0.5, coupling=0.6, seed=2)
        ]
    )
    assert np.mean(found[:, 0] <= 0.01) > 0.9
    assert np.mean(found[:, 1] <= 0.05) < 0.2


def test_a_single_coupled_pair_among_twelve_survives_the_adjustment():
    # With the shifts of 180 months alone no p-value would be small enough.
    (x, y), *_ = pairs(1, 0.5, coupling=0.6, seed=2)
    assert 12 * primary_p_value(x, y) < 0.05
    assert 12 * 1 / (N_MONTHS - 2 * MIN_SHIFT + 2) > 0.05


@pytest.mark.parametrize(
    ("lags", "bins", "reason"),
    [(0, 3, "one lag or more"), (20, 3, "fewer than there are"), (12, 8, "too many histories")],
)
def test_what_cannot_be_estimated_is_refused_with_its_cause(lags, bins, reason):
    codes = np.arange(20) % bins
    with pytest.raises(EstimationError, match=reason):
        plug_in(codes, codes, lags)
