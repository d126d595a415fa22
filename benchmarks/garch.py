"""GARCH fits against ``arch``: speed, at a likelihood that is no lower."""

import warnings
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.settings import Settings
from benchmarks.timing import Findings, median_seconds, shown
from sfr_pipeline.econometrics.garch import GARCH

# Reader's name, our options, those of arch.
KINDS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("GARCH", {}, {}),
    ("GARCH, t-shocks", {"shocks": "t"}, {"dist": "t"}),
    ("GJR", {"asymmetric": True}, {"o": 1}),
    ("GJR, t-shocks", {"asymmetric": True, "shocks": "t"}, {"o": 1, "dist": "t"}),
)
LENGTHS = (600, 2500, 5000)


def garch_against_arch(settings: Settings) -> Findings:
    """Time fits of simulated daily returns of each kind and of several lengths."""
    from arch import arch_model

    repetitions = settings.pick(full=7, quick=3, tiny=1)
    rows = []
    for n_days in settings.pick(full=LENGTHS, quick=LENGTHS[:1], tiny=(300,)):
        returns = _returns(n_days)
        for name, ours, theirs in KINDS:
            here = GARCH(returns, **ours)

            def reference(options: dict[str, Any] = theirs, data: pd.Series = returns) -> Any:
                model = arch_model(data, rescale=False, **options)
                return model.fit(disp="off", show_warning=False)

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                own, other = median_seconds(here.fit, reference, repetitions=repetitions)
                gap = here.fit().loglikelihood - reference().loglikelihood
            rows.append(
                (name, str(n_days), shown(own), shown(other), f"{other / own:.0f} x", f"{gap:+.0e}")
            )
    return Findings(
        "GARCH(1,1) and GJR, fits of simulated daily returns",
        ("model", "days", "this package", "arch", "ratio", "log-likelihood, here less arch"),
        tuple(rows),
        "Here from two starts and to a gradient norm; arch from one start, to its tolerance.",
    )


def _returns(n_days: int) -> pd.Series:
    noise = np.random.default_rng(n_days).standard_t(6, n_days) * np.sqrt(4 / 6)
    returns, variance = np.empty(n_days), 1.0
    for t in range(n_days):
        returns[t] = np.sqrt(variance) * noise[t]
        response = 0.05 + 0.07 * (returns[t] < 0)
        variance = 0.02 + response * returns[t] ** 2 + 0.895 * variance
    return pd.Series(returns, pd.bdate_range("1995-01-02", periods=n_days), name="simulated")
