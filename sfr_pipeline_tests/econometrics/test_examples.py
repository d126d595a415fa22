"""The examples in docstrings and on the page of the models run as they stand."""

import doctest
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline_tests.econometrics.simulation import simulate

PAGE = Path(__file__).resolve().parents[2] / "docs" / "models.md"


@pytest.mark.parametrize(
    "module", ["bds", "garch", "markov_switching", "transfer_entropy", "tvp_favar_model"]
)
def test_examples_of_the_docstrings_are_true(module):
    result = doctest.testmod(import_module(f"sfr_pipeline.econometrics.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_the_page_runs_as_one_notebook_on_a_file_of_ones_own(tmp_path, monkeypatch):
    first, *others = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
    assert len([line for line in first.splitlines() if line.strip()]) <= 10
    months = pd.period_range("2012-01", periods=90, freq="M")
    own = pd.DataFrame(simulate(90, n_series=3).panel, months)
    own.columns = ["spread", "volatility", "capital_ratio"]
    own["capital_ratio"] *= -1
    own.iloc[:20, 2] = np.nan
    own.to_csv(tmp_path / "indicators.csv", index_label="month")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("PYTHONPATH", str(PAGE.parents[1]))
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([first, *others])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "capital_ratio" in done.stdout
    assert "Markov-switching autoregression" in done.stdout
    weights = pd.read_csv(tmp_path / "weights.csv", index_col=0)
    assert weights.sum(axis=1).to_numpy() == pytest.approx(1)
    assert len(pd.read_csv(tmp_path / "index.csv")) == 90
