"""GARCH(1,1) and GJR: likelihood, its slopes, and the climb to its top.

    r_t = mu + e_t,   e_t = sigma_t z_t,                                                        (1)
    sigma_t^2 = omega + a+ [e_{t-1} >= 0] e_{t-1}^2 + a- [e_{t-1} < 0] e_{t-1}^2
                + beta sigma_{t-1}^2,                                                           (2)
    l_t = -1/2 (log 2 pi + log sigma_t^2 + e_t^2 / sigma_t^2)                                   (3)

or, with standardised t-shocks of nu degrees of freedom and q_t = e_t^2 / ((nu - 2) sigma_t^2),

    l_t = lgamma((nu + 1)/2) - lgamma(nu/2)
          - 1/2 (log(pi (nu - 2)) + log sigma_t^2) - (nu + 1)/2 log(1 + q_t).                   (4)

GARCH has a+ = a- = alpha; GJR's gamma is a- - a+. Returns have unit variance here: bounds and
tolerances are in that unit.

The climb does not move in theta = (mu, omega, a+, a-, beta, nu), whose domain has slanting sides,
but in six coordinates whose domain is a box:

    (mu, log v, p, s, w, 1/nu),   omega = v (1.01 - p),
    a+ = 2 p s (1 - w),   a- = 2 p s w,   beta = p (1 - s):                                     (5)

persistence p, the share s of it that is due to shocks, and the share w of negative ones in that.
Nearly, v is the long-run variance, but there is one at p = 1 too. (In omega and p the likelihood of
returns without any ARCH is a bent ridge, which takes hundreds of steps.) A coordinate whose bounds
are equal is held: w = 1/2 makes it GARCH, 1/nu = 0 makes shocks normal.
"""

import math

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.kernels.compiler import kernel

SIZE = 6
# What omega and v are to each other: equation (5).
BEYOND = 1.01
# Variances are multiplied up before one logarithm is taken: so many of them stay within what a
# float can hold, from 1e-8 to 1e8 each.
TOGETHER = 16
# Step of differenced slopes, in units of the box.
DIFFERENCE = 1e-6
# Tops of the likelihood are told apart from rounding by this.
ROUNDING = 1e-10


@kernel
def digamma(x: float) -> float:
    """Slope of lgamma, for x > 0: its recurrence up to 10, from there the asymptotic series."""
    total = 0.0
    while x < 10:
        total -= 1 / x
        x += 1
    y = 1 / (x * x)
    series = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y / 132))))
    return total + math.log(x) - 0.5 / x - series


@kernel
def of_freedom(nu: float) -> tuple[float, float, float]:
    """What a day of equation (4) owes to nu alone: its constant, that one's slope, information."""
    half, more = nu / 2, (nu + 1) / 2
    constant = math.lgamma(more) - math.lgamma(half) - 0.5 * math.log(math.pi * (nu - 2))
    slope = 0.5 * (digamma(more) - digamma(half) - 1 / (nu - 2))
    step = 1e-4
    bend = (digamma(half + step) - digamma(half - step)) / (2 * step)
    bend -= (digamma(more + step) - digamma(more - step)) / (2 * step)
    information = bend / 4 + nu / (2 * (nu - 2) ** 2 * (nu + 3)) - 1 / ((nu - 2) * (nu + 1))
    return constant, slope, information


@kernel
def variances(
    theta: FloatArray, returns: FloatArray, backcast: float, floor: FloatArray
) -> FloatArray:
    """sigma_t^2 of equation (2), ``(n,)``.

    Args:
        theta: (mu, omega, a+, a-, beta, nu), nu infinite for normal shocks.
        returns: ``(n,)``.
        backcast: sigma_0^2, and e_0^2 too, half of it above and half below.
        floor: least variances, ``(n,)``.
    """
    mu, omega, up, down, beta = theta[0], theta[1], theta[2], theta[3], theta[4]
    found = np.empty(len(returns))
    above, below, before = backcast / 2, backcast / 2, backcast
    for t in range(len(returns)):
        found[t] = max(omega + up * above + down * below + beta * before, floor[t])
        e = returns[t] - mu
        above, below = (e * e, 0.0) if e >= 0 else (0.0, e * e)
        before = found[t]
    return found


@kernel
def expect(information: FloatArray, relatives: FloatArray, inverses: float, nu: float) -> None:
    """Make expected information of sums over t: slopes of log sigma_t^2, products, 1/sigma_t^2.

    The weights are moments of q / (1 + q), which has a beta distribution under t-shocks.
    """
    normal = math.isinf(nu)
    of_scale = 0.5 if normal else nu / (2 * (nu + 3))
    of_mean = 1.0 if normal else nu * (nu + 1) / ((nu - 2) * (nu + 3))
    of_both = 0.0 if normal else 3 / ((nu + 1) * (nu - 2) * (nu + 3))
    for i in range(5):
        for j in range(i + 1):
            information[i, j] *= of_scale
            information[j, i] = information[i, j]
        information[5, i] = information[i, 5] = of_both * relatives[i]
    information[0, 0] += of_mean * inverses


@kernel
def likelihood(
    theta: FloatArray,
    returns: FloatArray,
    backcast: float,
    floor: FloatArray,
    score: FloatArray,
    information: FloatArray,
) -> float:
    """Sum of l_t, equations (3) and (4).

    Args:
        theta, returns, backcast, floor: as in `variances`.
        score, information: filled with the gradient and its expected products, (6,) and (6, 6).
    """
    mu, omega, up, down, beta, nu = theta[0], theta[1], theta[2], theta[3], theta[4], theta[5]
    normal = math.isinf(nu)
    spread = 1.0 if normal else nu - 2
    score[:], information[:] = 0.0, 0.0
    # Slopes of sigma_t^2 by mu, omega, a+, a- and beta: equation (2) differentiated.
    slope, relative, relatives = np.zeros(5), np.zeros(5), np.zeros(5)
    above, below, before, by_mu = backcast / 2, backcast / 2, backcast, 0.0
    inverses, squares, weighted, logs, log_tails = 0.0, 0.0, 0.0, 0.0, 0.0
    product, tails = 1.0, 1.0
    for t in range(len(returns)):
        variance = omega + up * above + down * below + beta * before
        slope[0], slope[1] = by_mu + beta * slope[0], 1.0 + beta * slope[1]
        slope[2], slope[3] = above + beta * slope[2], below + beta * slope[3]
        slope[4] = before + beta * slope[4]
        if variance < floor[t]:
            variance, slope[:] = floor[t], 0.0
        e, inverse = returns[t] - mu, 1 / variance
        z2 = e * e * inverse
        q = z2 / spread
        # The weight of a shock: 1, or less the farther out under t-shocks.
        weight = 1.0 if normal else (nu + 1) / (spread * (1 + q))
        by_log = 0.5 * (weight * z2 - 1)
        for i in range(5):
            relative[i] = inverse * slope[i]
            relatives[i] += relative[i]
            score[i] += by_log * relative[i]
            for j in range(i + 1):
                information[i, j] += relative[i] * relative[j]
        score[0], inverses = score[0] + weight * e * inverse, inverses + inverse
        squares, weighted = squares + z2, weighted + weight * q
        product, tails = product * variance, tails * (1 + q)
        if t % TOGETHER == TOGETHER - 1:
            logs += math.log(product)
            log_tails += math.log(tails)
            product, tails = 1.0, 1.0
        above, below = (e * e, 0.0) if e >= 0 else (0.0, e * e)
        before, by_mu = variance, -2 * (up if e >= 0 else down) * e
    expect(information, relatives, inverses, nu)
    logs, log_tails, n = logs + math.log(product), log_tails + math.log(tails), len(returns)
    if normal:
        return -0.5 * (n * math.log(2 * math.pi) + logs + squares)
    constant, by_nu, information_of_nu = of_freedom(nu)
    score[5] = n * by_nu + 0.5 * (weighted - log_tails)
    information[5, 5] = n * information_of_nu
    return n * constant - 0.5 * (logs + (nu + 1) * log_tails)


@kernel
def unboxed(place: FloatArray) -> FloatArray:
    """theta of equation (5) at a place in the box."""
    persistence, share, negative = place[2], place[3], place[4]
    nu = np.inf if place[5] == 0 else 1 / place[5]
    omega = math.exp(place[1]) * (BEYOND - persistence)
    up = 2 * persistence * share * (1 - negative)
    down = 2 * persistence * share * negative
    return np.array([place[0], omega, up, down, persistence * (1 - share), nu])


@kernel
def slopes(place: FloatArray) -> FloatArray:
    """Slopes of equation (5): row of theta, column of the box, ``(6, 6)``."""
    p, s, w = place[2], place[3], place[4]
    by = np.zeros((SIZE, SIZE))
    by[0, 0] = 1.0
    by[1, 1], by[1, 2] = math.exp(place[1]) * (BEYOND - p), -math.exp(place[1])
    by[2, 2], by[2, 3], by[2, 4] = 2 * s * (1 - w), 2 * p * (1 - w), -2 * p * s
    by[3, 2], by[3, 3], by[3, 4] = 2 * s * w, 2 * p * w, 2 * p * s
    by[4, 2], by[4, 3] = 1 - s, -p
    by[5, 5] = 0.0 if place[5] == 0 else -1 / place[5] ** 2
    return by


@kernel
def boxed_likelihood(
    place: FloatArray, returns: FloatArray, backcast: float, floor: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Likelihood, gradient and information at a place in the box."""
    score, information = np.empty(SIZE), np.empty((SIZE, SIZE))
    value = likelihood(unboxed(place), returns, backcast, floor, score, information)
    by = slopes(place)
    gradient, curvature = np.zeros(SIZE), np.zeros((SIZE, SIZE))
    for i in range(SIZE):
        for k in range(SIZE):
            gradient[i] += by[k, i] * score[k]
            for j in range(SIZE):
                for m in range(SIZE):
                    curvature[i, j] += by[k, i] * information[k, m] * by[m, j]
    return value, gradient, curvature


@kernel
def differenced(
    place: FloatArray,
    gradient: FloatArray,
    low: FloatArray,
    high: FloatArray,
    returns: FloatArray,
    backcast: float,
    floor: FloatArray,
) -> FloatArray:
    """Minus the Hessian in the box, from differences of the gradient, ``(6, 6)``."""
    curvature = np.zeros((SIZE, SIZE))
    for i in range(SIZE):
        if low[i] < high[i]:
            beside = place.copy()
            beside[i] += DIFFERENCE if place[i] + DIFFERENCE <= high[i] else -DIFFERENCE
            there = boxed_likelihood(beside, returns, backcast, floor)[1]
            curvature[i] = (gradient - there) / (beside[i] - place[i])
    return (curvature + curvature.T) / 2


@kernel
def uphill(
    gradient: FloatArray, curvature: FloatArray, free: BoolArray, damping: float
) -> tuple[bool, FloatArray]:
    """Solve (curvature + damping of its diagonal) step = gradient among the free by Cholesky.

    Returns:
        Whether the matrix is positive definite, and the step, 0 where not free.
    """
    step, lower = np.zeros(SIZE), np.zeros((SIZE, SIZE))
    for i in range(SIZE):
        for j in range(i + 1):
            known = curvature[i, j] if free[i] and free[j] else 0.0
            if i == j:
                known += damping * (abs(known) + 1e-6) if free[i] else 1.0
            for k in range(j):
                known -= lower[i, k] * lower[j, k]
            if i > j:
                lower[i, j] = known / lower[j, j]
            elif known > 0:
                lower[i, i] = math.sqrt(known)
            else:
                return False, step
    for i in range(SIZE):
        known = gradient[i] if free[i] else 0.0
        for k in range(i):
            known -= lower[i, k] * step[k]
        step[i] = known / lower[i, i]
    for i in range(SIZE - 1, -1, -1):
        for k in range(i + 1, SIZE):
            step[i] -= lower[k, i] * step[k]
        step[i] /= lower[i, i]
    return True, step


@kernel
def climb(
    place: FloatArray,
    low: FloatArray,
    high: FloatArray,
    returns: FloatArray,
    backcast: float,
    floor: FloatArray,
    exact: bool,
    gain: float,
    most: int,
) -> tuple[FloatArray, float, float]:
    """Climb the likelihood inside the box by damped steps (Levenberg and Marquardt).

    Args:
        place: start.
        low, high: bounds, ``(6,)``.
        returns, backcast, floor: as in `likelihood`.
        exact: whether curvature is minus the Hessian, which the last steps need, or the expected
            information, which is never negative and costs nothing beside the gradient.
        gain: the climb ends where a step promises no more than that.
        most: steps.

    Returns:
        The place reached, its likelihood, and the largest slope that the bounds leave free.
    """
    value, gradient, curvature = boxed_likelihood(place, returns, backcast, floor)
    free = inside(place, gradient, low, high)
    damping, stale, last = 0.0 if exact else 1e-3, exact, np.inf
    for _ in range(most):
        if stale:
            curvature = differenced(place, gradient, low, high, returns, backcast, floor)
            stale = False
        definite, step = uphill(gradient, curvature, free, damping)
        if definite:
            promised = dot(gradient, step)
            if promised <= gain:
                break
            new = np.minimum(np.maximum(place + step, low), high)
            found = boxed_likelihood(new, returns, backcast, floor)
            if found[0] >= value - ROUNDING * exact:
                # A Hessian serves for several steps, as long as each promises much less.
                stale, last = exact and promised > last / 100, promised
                place, value, gradient = new, found[0], found[1]
                if not exact:
                    curvature = found[2]
                free = inside(place, gradient, low, high)
                damping = 0.0 if damping < 1e-7 else damping / 10
                continue
        damping = max(10 * damping, 1e-6)
    slope = 0.0
    for i in range(SIZE):
        if free[i]:
            slope = max(slope, abs(gradient[i]))
    return place, value, slope


@kernel
def dot(left: FloatArray, right: FloatArray) -> float:
    """Inner product, added up in order."""
    total = 0.0
    for i in range(SIZE):
        total += left[i] * right[i]
    return total


@kernel
def inside(place: FloatArray, gradient: FloatArray, low: FloatArray, high: FloatArray) -> BoolArray:
    """Coordinates that are not held by a bound that the gradient points across."""
    free = np.empty(SIZE, np.bool_)
    for i in range(SIZE):
        at_low = place[i] <= low[i] and gradient[i] <= 0
        at_high = place[i] >= high[i] and gradient[i] >= 0
        free[i] = bool(low[i] < high[i]) and not (at_low or at_high)
    return free
