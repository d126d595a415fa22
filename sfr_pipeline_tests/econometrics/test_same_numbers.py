"""The same numbers from any count of threads and any kernel of the linear algebra."""

import os
import platform
import subprocess
import sys

import numpy as np
import pytest

ESTIMATES = """
import sys
import numpy as np, pandas as pd
from sfr_pipeline.econometrics import GARCH, bds, transfer_entropy
from sfr_pipeline.econometrics.volatility import garch_volatility_real_time
from sfr_pipeline.evaluation.auroc import auroc_of_counts
from sfr_pipeline.evaluation.bootstrap import block_counts
from sfr_pipeline.evaluation.forecast_tests import diebold_mariano
from sfr_pipeline.evaluation.joint_tests import mcs_p_values, spa_p_value

rng = np.random.default_rng(0)
days = pd.bdate_range("2015-01-01", periods=1000)
returns = pd.Series(rng.standard_t(5, 1000) * np.where(days.year < 2017, 1.0, 2.5), days)
returns *= 1 + 0.5 * np.sin(np.arange(1000) / 40)
losses = rng.standard_normal((240, 6)) ** 2
test = bds(returns[:300], permutations=49)
found = transfer_entropy(returns[:300], returns[:300].shift(fill_value=0.0), surrogates=49)
fits = [GARCH(returns).fit(), GARCH(returns, asymmetric=True, shocks="t").fit()]
parts = [
    garch_volatility_real_time(returns).dropna(),
    *(fit.params for fit in fits), *(fit.std_errors for fit in fits),
    *test.table().to_numpy().T, found.surrogates, [found.estimate],
    auroc_of_counts(
        losses[:, 0] > 1.5, losses[:, 1:], block_counts(240, 12, 100, np.random.default_rng(0))
    ).ravel(),
    mcs_p_values(losses, 3), [spa_p_value(losses[:, 0], losses[:, 1:], 3)],
    diebold_mariano(*losses[:, :2].T, 3),
]
np.save(sys.argv[1], np.concatenate(parts))
"""


def estimates(path, **settings):
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    subprocess.run([sys.executable, "-c", ESTIMATES, str(path)], env=environment, check=True)
    return np.load(path)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="names kernels of that processor")
def test_estimates_do_not_depend_on_threads_or_linear_algebra(tmp_path):
    one = estimates(tmp_path / "one.npy", OPENBLAS_NUM_THREADS=1, OMP_NUM_THREADS=1)
    other = estimates(
        tmp_path / "other.npy",
        OPENBLAS_NUM_THREADS=2,
        OMP_NUM_THREADS=2,
        OPENBLAS_CORETYPE="Nehalem",
    )
    assert other == pytest.approx(one, rel=1e-10, abs=1e-12, nan_ok=True)
