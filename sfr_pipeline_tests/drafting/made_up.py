"""A panel whose truth is known, as users have it: in three layouts and two ways of writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.cli.workspace_files import write_workspace

LEVELS = ("Bank credit (BRL billion)", "House prices (2015 = 100)")


@contextmanager
def own_workspace(root: Path) -> Iterator[Path]:
    """A workspace below a folder, in which this process works meanwhile."""
    folder = root / "mine, é"
    write_workspace(folder, ["us"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFR_WORKSPACE", str(folder))
        patch.delenv("SFR_IMPORTS", raising=False)
        yield folder


def panel(n_months=240, n_series=6, seed=20250101):
    """Series by month: rates and spreads around 6, and two levels that trend upwards.

    Names of beyond the first six hold no word that says anything.
    """
    rng = np.random.default_rng(seed)
    months = pd.period_range("2001-01", periods=n_months, freq="M")
    factor = 0.1 * rng.normal(size=n_months).cumsum()
    names = ["Corporate spread", "Unemployment rate, %", "Capital ratio", "Interbank rate", *LEVELS]
    names += [f"Series {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWX"]
    columns = {}
    for name in names[:n_series]:
        own = factor + rng.normal(size=n_months)
        level = 100 * np.exp(0.005 * np.arange(n_months) - 0.01 * own)
        columns[name] = np.round(level if name in LEVELS else 6 + 0.2 * own, 4)
    return pd.DataFrame(columns, months)


def wide(frame, folder):
    """A row a month, written 2001-01."""
    return _write(frame.rename_axis("Month").to_csv(), folder)


def long(frame, folder):
    """A row a value, in no order, written 2001M01."""
    rows = frame.set_axis(frame.index.strftime("%YM%m")).stack().reset_index()
    rows.columns = ["TIME_PERIOD", "Indicator", "OBS_VALUE"]
    shuffled = rows[["OBS_VALUE", "Indicator", "TIME_PERIOD"]].sample(frac=1, random_state=1)
    return _write(shuffled.to_csv(index=False), folder)


def transposed(frame, folder):
    """A row a series, written Jan-2001, with semicolons, decimal commas and a footnote."""
    columns = frame.set_axis(frame.index.strftime("%b-%Y")).T.rename_axis("Indicator name")
    text = columns.to_csv(sep=";", decimal=",")
    return _write(f"{text}Source: made up\n", folder, encoding="utf-8-sig")


LAYOUTS = (wide, long, transposed)


def _write(text, folder, encoding="utf-8"):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "panel.csv"
    path.write_text(text, encoding=encoding)
    return path
