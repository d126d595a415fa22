"""The instruments of the market `world` as yfinance writes them, with its three rows of head."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline_tests.vendors.writing import rng, text

COLUMNS = ["Close", "High", "Low", "Open", "Volume"]


class Instrument(NamedTuple):
    """A ticker of Yahoo, its first level, and what a usual day does to it.

    `beta` is its share in the common shock; a yield moves by points, not by per cent.
    """

    symbol: str
    level: float
    daily: float
    beta: float
    kind: str = "price"  # price, bound (currencies and goods), yield or vix
    digits: int = 2
    volume: float = 0.0
    first: str | None = None


STOCKS = [
    Instrument(symbol, level, daily, 0.8, volume=volume)
    for symbol, level, daily, volume in (
        ("^GSPC", 1108.0, 0.011, 3.2e9),
        ("^IXIC", 2006.0, 0.013, 2.9e9),
        ("^DJI", 10409.0, 0.0105, 2.4e8),
        ("^RUT", 560.0, 0.014, 2.1e9),
        ("^FTSE", 4510.0, 0.011, 7.5e8),
        ("^GDAXI", 4018.0, 0.0125, 7.9e7),
        ("^FCHI", 3596.0, 0.0125, 8.8e7),
        ("^N225", 10825.0, 0.0135, 1.1e8),
        ("^HSI", 12801.0, 0.0135, 1.6e9),
        ("^KS11", 821.0, 0.0125, 4.2e5),
        ("^BSESN", 6026.0, 0.013, 1.2e4),
        ("^AXJO", 3300.0, 0.010, 6.4e8),
        ("^BVSP", 22445.0, 0.016, 4.4e6),
        ("^MXX", 8818.0, 0.0115, 1.7e8),
        ("^GSPTSE", 8293.0, 0.0098, 2.2e8),
        ("000001.SS", 1517.0, 0.0145, 1.5e5),
        ("EEM", 18.9, 0.015, 4.1e7),
    )
]
OTHERS = [
    Instrument("^IRX", 2.1, 0.02, -0.2, "yield", 3),
    Instrument("^FVX", 3.2, 0.05, -0.4, "yield", 3),
    Instrument("^TNX", 4.3, 0.05, -0.4, "yield", 3),
    Instrument("^TYX", 5.0, 0.045, -0.4, "yield", 3),
    Instrument("TLT", 44.6, 0.008, -0.4, digits=4, volume=1.1e7),
    Instrument("LQD", 54.9, 0.0042, 0.1, digits=4, volume=6.0e6),
    Instrument("HYG", 39.5, 0.006, 0.6, digits=4, volume=1.4e7, first="2007-04-11"),
    Instrument("EURUSD=X", 1.26, 0.006, 0.2, "bound", 6),
    Instrument("GBPUSD=X", 1.79, 0.006, 0.3, "bound", 6),
    Instrument("AUDUSD=X", 0.76, 0.0075, 0.4, "bound", 6),
    Instrument("JPY=X", 107.0, 0.0062, 0.2, "bound", 4),
    Instrument("CL=F", 62.5, 0.022, 0.4, "bound", volume=3.0e5),
    Instrument("GC=F", 416.0, 0.011, 0.0, digits=1, volume=1.5e5),
    Instrument("HG=F", 2.85, 0.016, 0.4, "bound", 4, 6.0e4),
    Instrument("^VIX", 18.0, 0.0, 0.0, "vix"),
]
INSTRUMENTS = (*STOCKS, *OTHERS)


def _common(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The scale of each day, 1 in the quadratic mean, and the shock that all share."""
    random = rng("world common")
    log, logs = 0.0, np.empty(n)
    jumps = random.random(n) < 0.0022
    for i in range(n):
        log = 0.985 * log + random.normal(0, 0.055) + (random.uniform(0.4, 0.9) if jumps[i] else 0)
        logs[i] = log
    scale = np.exp(np.clip(logs, -0.5, 1.7))
    scale /= np.sqrt(np.mean(scale**2))
    shock = random.standard_normal(n) * scale - np.where(jumps, 2.5, 0.0)
    return scale, shock


def _levels(one: Instrument, scale: np.ndarray, shock: np.ndarray) -> np.ndarray:
    own = rng(f"world {one.symbol}").standard_t(6, len(scale)) / np.sqrt(1.5) * scale
    moves = one.beta * shock + np.sqrt(1 - one.beta**2) * own
    levels = np.empty(len(scale))
    if one.kind == "vix":
        return 20 * scale**0.9 * np.exp(0.03 * np.tanh(own))
    level = one.level
    for i, move in enumerate(moves):
        if one.kind == "yield":
            level = 0.9995 * level + 0.0005 * one.level + one.daily * move
            level = max(level, 0.6 - level)  # reflected: a floor would be a stale price
        else:
            # Weak reversion keeps twenty years of made-up prices within a plausible range.
            slow, drift = (0.004, 0.0) if one.kind == "bound" else (0.0006, 0.0002)
            pull = drift - slow * np.log(level / one.level)
            level *= float(np.exp(np.clip(one.daily * move + pull, -0.2, 0.2)))
        levels[i] = level
    return levels


def frames(first: str) -> dict[str, pd.DataFrame]:
    """The days of each instrument from `first` on: Close, High, Low, Open, Volume by day."""
    days = pd.bdate_range(first, "2024-12-31")
    scale, shock = _common(len(days))
    made = {}
    for one in INSTRUMENTS:
        random = rng(f"world days {one.symbol}")
        close = _levels(one, scale, shock)
        usual = one.daily * (one.level if one.kind == "yield" else 1) / 3
        share = 0.02 if one.kind == "vix" else usual / (one.level if one.kind == "yield" else 1)
        spread = share * scale
        before = np.concatenate([[close[0]], close[:-1]])
        opened = before * (1 + spread * random.normal(0, 0.4, len(days)))
        high = np.maximum(opened, close) * (1 + spread * np.abs(random.normal(0, 1, len(days))))
        low = np.minimum(opened, close) * (1 - spread * np.abs(random.normal(0, 1, len(days))))
        traded = np.round(one.volume * scale**0.4 * random.uniform(0.75, 1.3, len(days)))
        frame = pd.DataFrame(
            dict(zip(COLUMNS, (close, high, low, opened), strict=False)), index=days
        ).round(one.digits)
        frame["Volume"] = traded.astype("int64")
        made[one.symbol] = frame if one.first is None else frame.loc[one.first :]
    return made


def yfinance_like_world(folder: Path, first: str = "2004-01-02") -> dict[str, pd.DataFrame]:
    """Write `^GSPC.csv` and so on, as `yf.download(symbol).to_csv()` does, into a folder.

    Days go from `first` to the end of 2024, those of high yield bonds from 2007-04-11: a study that
    learns on years before 1998 needs an earlier one.

    Returns:
        By symbol the days as written: Close, High, Low, Open, Volume, indexed by day.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = frames(first)
    for symbol, frame in made.items():
        head = [["Price", *COLUMNS], ["Ticker", *[symbol] * 5], ["Date", *[None] * 5]]
        days = frame.index.strftime("%Y-%m-%d")
        body = ([day, *row] for day, row in zip(days, frame.itertuples(index=False), strict=True))
        (folder / f"{symbol}.csv").write_bytes(text([*head, *body]))
    return made
