"""Simulated paths of several markets, and on how many of them enough markets are beyond bounds.

    e_{m,t} = sigma_{m,t} z_{m,k(t)},   r_{m,t} = mu_m + e_{m,t},                              (1)
    sigma_{m,t+1}^2 = omega_m + (a+_m [e >= 0] + a-_m [e < 0]) e_{m,t}^2 + beta_m sigma_{m,t}^2  (2)

as in `garch`, with z drawn from past days: all markets of a step take theirs from the same day
k(t), so that they fall together as they have fallen together.
"""

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel


@kernel
def paths_beyond(
    residuals: FloatArray,
    draws: IntArray,
    parameters: FloatArray,
    variances: FloatArray,
    squares: FloatArray,
    losses: FloatArray,
    breadth: int,
) -> int:
    """Paths on which at least ``breadth`` markets are beyond both bounds.

    Args:
        residuals: z, ``(n_days, n_markets)``.
        draws: k of each path and step, ``(n_paths, n_steps)``.
        parameters: (mu, omega, a+, a-, beta) of each market, ``(n_markets, 5)``.
        variances: sigma^2 of the first step, ``(n_markets,)``.
        squares: sum of squared returns to be exceeded, ``(n_markets,)``.
        losses: deepest fall of the summed returns from a high, start included, to be undercut.
        breadth: markets.
    """
    n_markets = len(variances)
    variance, total = np.empty(n_markets), np.empty(n_markets)
    level, high, deepest = np.empty(n_markets), np.empty(n_markets), np.empty(n_markets)
    found = 0
    for path in range(draws.shape[0]):
        for m in range(n_markets):
            variance[m], total[m] = variances[m], 0.0
            level[m], high[m], deepest[m] = 0.0, 0.0, 0.0
        for step in range(draws.shape[1]):
            day = draws[path, step]
            for m in range(n_markets):
                e = np.sqrt(variance[m]) * residuals[day, m]  # (1)
                move = parameters[m, 0] + e
                response = parameters[m, 2] if e >= 0 else parameters[m, 3]
                variance[m] = (
                    parameters[m, 1] + response * e * e + parameters[m, 4] * variance[m]
                )  # (2)
                total[m] += move * move
                level[m] += move
                high[m] = max(high[m], level[m])
                deepest[m] = min(deepest[m], level[m] - high[m])
        beyond = 0
        for m in range(n_markets):
            if total[m] > squares[m] and deepest[m] < losses[m]:
                beyond += 1
        if beyond >= breadth:
            found += 1
    return found
