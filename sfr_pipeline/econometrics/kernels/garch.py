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
BEYOND = 1.01  # what omega and v are to each other: equation (5)
# Variances are multiplied up before one logarithm is taken: so many of them stay within what a
# float can hold, from 1e-8 to 1e8 each.
TOGETHER = 16
ROUNDING = 1e-10  # likelihoods that differ by less than this differ by rounding
GAIN = 1e-18  # a climb is over where a step promises no more log-likelihood than this
LEAP = 0.05  # longest step, by any coordinate: a longer one may leave for the hill of a lower top


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
def of_freedom(nu: float) -> tuple[float, float]:
    """What a day of equation (4) owes to nu alone: its constant, and the slope of that."""
    half, more = nu / 2, (nu + 1) / 2
    constant = math.lgamma(more) - math.lgamma(half) - 0.5 * math.log(math.pi * (nu - 2))
    slope = 0.5 * (digamma(more) - digamma(half) - 1 / (nu - 2))
    return constant, slope


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
        above = e * e if e >= 0 else 0.0
        below, before = e * e - above, found[t]
    return found


@kernel
def likelihood(
    theta: FloatArray, returns: FloatArray, backcast: float, floor: FloatArray, score: FloatArray
) -> float:
    """Sum of l_t, equations (3) and (4); its gradient is filled in.

    Args:
        theta, returns, backcast, floor: as in `variances`.
        score: slopes by theta, ``(6,)``.
    """
    mu, omega, up, down, beta, nu = theta[0], theta[1], theta[2], theta[3], theta[4], theta[5]
    normal = math.isinf(nu)
    spread = 1.0 if normal else nu - 2
    # Slopes of sigma_t^2, from equation (2), and of the sum: by mu, omega, a+, a- and beta.
    slope, total = np.zeros(5), np.zeros(5)
    above, below, before, by_mu = backcast / 2, backcast / 2, backcast, 0.0
    squares, weighted, logs, log_tails, product, tails = 0.0, 0.0, 0.0, 0.0, 1.0, 1.0
    for t in range(len(returns)):
        variance = omega + up * above + down * below + beta * before
        slope[0], slope[1] = by_mu + beta * slope[0], 1.0 + beta * slope[1]
        slope[2], slope[3] = above + beta * slope[2], below + beta * slope[3]
        slope[4] = before + beta * slope[4]
        if variance < floor[t]:
            variance = floor[t]
            for i in range(5):
                slope[i] = 0.0
        e, inverse = returns[t] - mu, 1 / variance
        z2 = e * e * inverse
        q = z2 / spread
        # The weight of a shock: 1, or less the farther out under t-shocks.
        weight = 1.0 if normal else (nu + 1) / (spread * (1 + q))
        by_variance = 0.5 * (weight * z2 - 1) * inverse
        for i in range(5):
            total[i] += by_variance * slope[i]
        total[0] += weight * e * inverse
        squares, weighted = squares + z2, weighted + weight * q
        product, tails = product * variance, tails * (1 + q)
        if t % TOGETHER == TOGETHER - 1:
            logs, product = logs + math.log(product), 1.0
            log_tails, tails = log_tails + math.log(tails), 1.0
        above = e * e if e >= 0 else 0.0
        below = e * e - above
        before, by_mu = variance, -2 * (up if e >= 0 else down) * e
    for i in range(5):
        score[i] = total[i]
    logs, log_tails, n = logs + math.log(product), log_tails + math.log(tails), len(returns)
    score[5] = 0.0
    if normal:
        return -0.5 * (n * math.log(2 * math.pi) + logs + squares)
    constant, by_nu = of_freedom(nu)
    score[5] = n * by_nu + 0.5 * (weighted - log_tails)
    return n * constant - 0.5 * (logs + (nu + 1) * log_tails)


@kernel
def unbox(place: FloatArray, theta: FloatArray) -> None:
    """Fill theta of equation (5) from a place in the box."""
    persistence, share, negative = place[2], place[3], place[4]
    theta[0], theta[1] = place[0], math.exp(place[1]) * (BEYOND - persistence)
    theta[2] = 2 * persistence * share * (1 - negative)
    theta[3] = 2 * persistence * share * negative
    theta[4] = persistence * (1 - share)
    theta[5] = math.inf if place[5] == 0 else 1 / place[5]


@kernel
def boxed_likelihood(
    place: FloatArray, returns: FloatArray, backcast: float, floor: FloatArray, gradient: FloatArray
) -> float:
    """Likelihood at a place in the box; its gradient there is filled in, by slopes of (5)."""
    theta, score = np.empty(SIZE), np.empty(SIZE)
    unbox(place, theta)
    value = likelihood(theta, returns, backcast, floor, score)
    p, s, w = place[2], place[3], place[4]
    shock = 2 * ((1 - w) * score[2] + w * score[3])
    gradient[0] = score[0]
    gradient[1] = theta[1] * score[1]
    gradient[2] = s * shock + (1 - s) * score[4] - math.exp(place[1]) * score[1]
    gradient[3] = p * (shock - score[4])
    gradient[4] = 2 * p * s * (score[3] - score[2])
    gradient[5] = 0.0 if place[5] == 0 else -score[5] / place[5] ** 2
    return value


@kernel
def learn(curvature: FloatArray, step: FloatArray, fall: FloatArray) -> None:
    """Let a curvature map a step to the fall of the gradient along it, as BFGS does.

    A fall that is no fall teaches nothing: curvature stays positive definite.
    """
    along = dot(fall, step)
    if not along > 0:
        return
    expected = np.zeros(SIZE)
    for i in range(SIZE):
        for j in range(SIZE):
            expected[i] += curvature[i, j] * step[j]
    before = dot(expected, step)
    for i in range(SIZE):
        for j in range(SIZE):
            curvature[i, j] += fall[i] * fall[j] / along - expected[i] * expected[j] / before


@kernel
def uphill(
    gradient: FloatArray, curvature: FloatArray, free: BoolArray, damping: float, step: FloatArray
) -> None:
    """Solve (curvature + damping of its diagonal) step = gradient among the free by Cholesky."""
    lower = np.zeros((SIZE, SIZE))
    for i in range(SIZE):
        for j in range(i + 1):
            known = curvature[i, j] if free[i] and free[j] else 0.0
            if i == j:
                known = (1 + damping) * known if free[i] else 1.0
            for k in range(j):
                known -= lower[i, k] * lower[j, k]
            lower[i, j] = math.sqrt(known) if i == j else known / lower[j, j]
    for i in range(SIZE):
        known = gradient[i] if free[i] else 0.0
        for k in range(i):
            known -= lower[i, k] * step[k]
        step[i] = known / lower[i, i]
    for i in range(SIZE - 1, -1, -1):
        for k in range(i + 1, SIZE):
            step[i] -= lower[k, i] * step[k]
        step[i] /= lower[i, i]


@kernel
def move(
    place: FloatArray, step: FloatArray, low: FloatArray, high: FloatArray, new: FloatArray
) -> None:
    """Fill in the place that a step leads to, no longer than a leap and inside the box."""
    longest = 0.0
    for i in range(SIZE):
        longest = max(longest, abs(step[i]))
    part = min(1.0, LEAP / longest)
    for i in range(SIZE):
        new[i] = min(max(place[i] + part * step[i], low[i]), high[i])


@kernel
def climb(
    place: FloatArray,
    low: FloatArray,
    high: FloatArray,
    returns: FloatArray,
    backcast: float,
    floor: FloatArray,
    most: int,
) -> tuple[float, float]:
    """Climb the likelihood inside the box by quasi-Newton steps, damped where they fail.

    Args:
        place: start, and in the end the place reached, ``(6,)``.
        low, high: bounds, ``(6,)``.
        returns, backcast, floor: as in `likelihood`.
        most: steps.

    Returns:
        The likelihood there, and the largest slope that the bounds leave free.
    """
    step, new, free = np.empty(SIZE), np.empty(SIZE), np.empty(SIZE, np.bool_)
    gradient, there, fall = np.empty(SIZE), np.empty(SIZE), np.empty(SIZE)
    curvature, damping = np.zeros((SIZE, SIZE)), 0.0
    for i in range(SIZE):
        curvature[i, i] = len(returns)
    value = boxed_likelihood(place, returns, backcast, floor, gradient)
    slope = inside(place, gradient, low, high, free)
    for _ in range(most):
        uphill(gradient, curvature, free, damping, step)
        promised = dot(gradient, step)
        if promised <= GAIN:
            break
        move(place, step, low, high, new)
        found = boxed_likelihood(new, returns, backcast, floor, there)
        for i in range(SIZE):
            step[i], fall[i] = new[i] - place[i], gradient[i] - there[i]
        learn(curvature, step, fall)
        # Near the top likelihoods are equal up to rounding; then the slope has to fall.
        level = found > value - ROUNDING and abs(dot(there, step)) < promised
        if found > value + ROUNDING or level:
            for i in range(SIZE):
                place[i] = new[i]
            value, damping = found, damping / 10
            gradient, there = there, gradient
            slope = inside(place, gradient, low, high, free)
        else:
            damping = max(10 * damping, 0.1)
    return value, slope


@kernel
def dot(left: FloatArray, right: FloatArray) -> float:
    """Inner product, added up in order."""
    total = 0.0
    for i in range(SIZE):
        total += left[i] * right[i]
    return total


@kernel
def inside(
    place: FloatArray, gradient: FloatArray, low: FloatArray, high: FloatArray, free: BoolArray
) -> float:
    """Fill in which coordinates are not held by a bound that the gradient points across.

    Returns:
        The largest slope of these.
    """
    slope = 0.0
    for i in range(SIZE):
        at_low = place[i] <= low[i] and gradient[i] <= 0
        at_high = place[i] >= high[i] and gradient[i] >= 0
        free[i] = not (at_low or at_high)
        if free[i]:
            slope = max(slope, abs(gradient[i]))
    return slope
