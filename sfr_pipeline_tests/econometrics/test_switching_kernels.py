"""Claims about the compiled recursions of the Markov-switching autoregression."""

import numpy as np
import pytest

from sfr_pipeline.econometrics.kernels.matrices import solve
from sfr_pipeline.econometrics.kernels.switching import ergodic, hamilton_filter, kim_smoother
from sfr_pipeline.econometrics.kernels.switching_climb import climb, expectation_maximisation
from sfr_pipeline.econometrics.kernels.switching_gradient import look_around, point_at, theta_at
from sfr_pipeline.econometrics.regime_estimation import Specification, curvature

SIZES = {
    "the paper's": Specification(2, 1, "intercept", True),
    "Hamilton's": Specification(2, 4, "mean", False),
    "three regimes": Specification(3, 2, "intercept", True),
    "three regimes, common variance": Specification(3, 1, "intercept", False),
    "three regimes in mean form": Specification(3, 1, "mean", True),
}
each_size = pytest.mark.parametrize("spec", SIZES.values(), ids=SIZES.keys())


def task_and_theta(spec, n_periods=90, seed=0):
    """A series with some persistence, and parameters away from any optimum."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=n_periods) * np.where(np.arange(n_periods) % 40 < 25, 0.5, 2.0)
    for t in range(1, n_periods):
        values[t] += 0.6 * values[t - 1]
    return spec.task(values), 0.5 * rng.normal(size=spec.n_params)


def derivative(function, theta):
    """Central differences, with the error of order step ** 2 taken out (Richardson)."""

    def central(step):
        steps = step * np.eye(len(theta))
        pairs = [(function(theta + one), function(theta - one)) for one in steps]
        return np.array([(above - below) / (2 * step) for above, below in pairs])

    return (4 * central(1e-3) - central(2e-3)) / 3


def plain_probabilities(task, point):
    """Filter, smoother and log-likelihood in plain NumPy, by forward and backward messages.

    The states are walked through with a dense transition matrix, and nothing is divided by a
    predicted probability.
    """
    y, lags, paths = task.series
    levels = (
        point.location[paths[:, 0]] - point.location[paths[:, 1:]] @ point.ar[: paths.shape[1] - 1]
    )
    variances = point.variances[paths[:, 0]]
    shocks = (y - lags @ point.ar)[:, None] - levels
    density = np.exp(-0.5 * shocks**2 / variances) / np.sqrt(2 * np.pi * variances)
    follows = (paths[:, None, :-1] == paths[None, :, 1:]).all(axis=2)
    chain = follows * point.transition[paths[:, 0]][:, paths[:, 0]]
    forward = np.linalg.matrix_power(chain, 4096)[0]
    filtered, llf = [], 0.0
    for t, eta in enumerate(density):
        joint = (forward if t == 0 else filtered[-1] @ chain) * eta
        llf += np.log(joint.sum())
        filtered.append(joint / joint.sum())
    backward = [np.ones(len(paths))]
    for eta in density[:0:-1]:
        message = chain @ (eta * backward[-1])
        backward.append(message / message.sum())
    smoothed = np.array(filtered) * np.array(backward[::-1])
    return llf, np.array(filtered), smoothed / smoothed.sum(axis=1, keepdims=True)


@each_size
def test_filter_and_smoother_equal_plain_forward_and_backward_messages(spec):
    task, theta = task_and_theta(spec)
    point = point_at(theta, task.k, spec.order, task.n_variances)
    shape = (len(task.series.y), len(task.series.paths))
    predicted, filtered, smoothed = np.empty(shape), np.empty(shape), np.empty(shape)
    llf = hamilton_filter(task.series, point, predicted, filtered)
    moves = kim_smoother(point.transition, task.series.paths, predicted, filtered, smoothed)
    plain_llf, plain_filtered, plain_smoothed = plain_probabilities(task, point)
    assert llf == pytest.approx(plain_llf, abs=1e-10)
    np.testing.assert_allclose(filtered, plain_filtered, atol=1e-13)
    np.testing.assert_allclose(smoothed, plain_smoothed, atol=1e-12)
    # a move out of a regime for every period in it but the last
    of_regime = smoothed[:-1].reshape(len(smoothed) - 1, task.k, -1).sum(axis=(0, 2))
    np.testing.assert_allclose(moves.sum(axis=1), of_regime, rtol=1e-12)


@each_size
def test_the_gradient_by_fishers_identity_is_that_of_numerical_differentiation(spec):
    task, theta = task_and_theta(spec)

    def llf(point):
        return look_around(task, point).llf

    _, slope, _ = look_around(task, theta)
    np.testing.assert_allclose(slope, derivative(llf, theta), atol=1e-8)


@each_size
def test_the_hessian_is_that_of_numerical_differentiation_of_the_likelihood(spec):
    task, theta = task_and_theta(spec)

    def llf(point):
        return look_around(task, point).llf

    twice = derivative(lambda point: derivative(llf, point), theta)
    np.testing.assert_allclose(curvature(task, theta), twice, atol=1e-5)


@each_size
def test_theta_and_parameters_map_to_each_other(spec):
    task, theta = task_and_theta(spec)
    point = point_at(theta, task.k, spec.order, task.n_variances)
    np.testing.assert_allclose(point.transition.sum(axis=1), 1, atol=1e-14)
    np.testing.assert_allclose(theta_at(point, task.n_variances), theta, atol=1e-12)


def test_em_never_loses_likelihood():
    """In the intercept form, but for the ergodic start, which the maximisation leaves out."""
    task, theta = task_and_theta(SIZES["the paper's"], n_periods=400)
    points = [expectation_maximisation(task, theta, 1e-3, rounds) for rounds in range(40)]
    reached = [look_around(task, p).llf for p in points]
    assert np.diff(reached).min() > -0.01
    assert reached[-1] > reached[0] + 1


@each_size
def test_a_climb_ends_where_the_slope_is_zero_or_points_out_of_the_bounds(spec):
    task, theta = task_and_theta(spec, n_periods=300)
    start = expectation_maximisation(task, theta, 1e-3, 8)
    llf, top = climb(task, start, 500, 1e-14)
    again, slope, _ = look_around(task, top)
    assert again == llf >= look_around(task, start).llf
    low, high = top <= task.lower, top >= task.upper
    assert np.abs(slope[~low & ~high]).max() < 1e-4
    assert (slope[low] < 1e-6).all()
    assert (slope[high] > -1e-6).all()


def test_ergodic_shares_are_those_after_many_moves():
    transition = np.array([[0.9, 0.07, 0.03], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]])
    after = np.linalg.matrix_power(transition, 5000)[1]
    np.testing.assert_allclose(ergodic(transition), after, atol=1e-13)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_solve_agrees_with_lapack(n):
    rng = np.random.default_rng(n)
    matrix, right = rng.normal(size=(n, n)), rng.normal(size=n)
    matrix[0, 0] = 0.0 if n > 1 else matrix[0, 0]  # a pivot is needed
    before = matrix.copy()
    np.testing.assert_allclose(solve(matrix, right), np.linalg.solve(matrix, right), rtol=1e-9)
    np.testing.assert_array_equal(matrix, before)


def test_a_period_that_no_regime_explains_leaves_finite_numbers():
    spec = SIZES["the paper's"]
    task, theta = task_and_theta(spec)
    task.series.y[40] += 1e4
    llf, slope, _ = look_around(task, theta)
    assert np.isfinite(llf)
    assert np.isfinite(slope).all()
