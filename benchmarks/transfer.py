"""A panel to Parquet and back: the store, with its contract and its safe writes, against pandas."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.panels import one_factor_panel
from benchmarks.settings import Settings
from benchmarks.timing import Findings, median_seconds, shown
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables import INDICATOR_PANEL

MARKET = "benchmark"


def store_against_pandas(settings: Settings) -> Findings:
    """Time writing and reading a long-format panel both ways."""
    sizes = settings.pick(
        full=[(180, 26, 15), (5000, 200, 3)],
        quick=[(180, 26, 3), (1000, 100, 3)],
        tiny=[(24, 3, 1)],
    )
    rows = []
    with tempfile.TemporaryDirectory() as name:
        store = ParquetStore(Path(name) / "store")
        plain = Path(name) / "plain.parquet"
        for n_periods, n_series, repetitions in sizes:
            frame = _long_panel(n_periods, n_series)
            work: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
                "write": (
                    partial(store.write, MARKET, INDICATOR_PANEL, frame),
                    partial(frame.to_parquet, plain, index=False, compression="zstd"),
                ),
                "read": (
                    partial(store.read, MARKET, INDICATOR_PANEL),
                    partial(pd.read_parquet, plain),
                ),
            }
            for step, functions in work.items():
                ours, theirs = median_seconds(*functions, repetitions=repetitions)
                size = f"{n_periods} x {n_series} ({len(frame):,} rows)"
                rows.append((size, step, shown(ours), shown(theirs), f"{ours / theirs:.2f}"))
    return Findings(
        "A panel to Parquet and back",
        ("panel", "step", "store", "pandas", "store / pandas"),
        tuple(rows),
        "Long format, zstd. The store also checks the contract, sorts by the key, and syncs the "
        "file to the disk before it moves it into place.",
    )


def _long_panel(n_periods: int, n_series: int) -> pd.DataFrame:
    """A panel as the table ``indicator_panel``, one row a month and indicator."""
    scores = one_factor_panel(n_periods, n_series).ravel()
    months = pd.date_range("1600-01-31", periods=n_periods, freq="ME", unit="us")
    names = np.array([f"x{i:03d}" for i in range(n_series)])
    return pd.DataFrame(
        {
            "mode": "paper",
            "ref_date": np.repeat(months, n_series),
            "indicator": np.tile(names, n_periods),
            "dimension": "market",
            "transformed": scores * 3 + 1,
            "oriented": scores * 3 + 1,
            "origin": "published",
            "winsorised": False,
            "score": scores,
        }
    )
