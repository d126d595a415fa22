"""Windows whose label no single variable tells: a spike means something in its context only."""

import numpy as np


def planted_signal(n_rows: int, seed: int, window: int = 16):
    """Windows ``(n_rows, window, 3)`` and labels ``(n_rows, 1)``.

    Variable 0 has a spike up or down somewhere in the window, variable 1 is high or low throughout,
    variable 2 is noise. The label is 1 where spike and level agree, so each alone says nothing.
    """
    rng = np.random.default_rng(seed)
    windows = 0.3 * rng.standard_normal((n_rows, window, 3))
    spike, level = rng.choice([-1.0, 1.0], size=(2, n_rows))
    places = rng.integers(window // 2, window, size=n_rows)
    windows[np.arange(n_rows), places, 0] += 3.0 * spike
    windows[:, :, 1] += level[:, None]
    return windows, (spike == level).astype(float)[:, None]
