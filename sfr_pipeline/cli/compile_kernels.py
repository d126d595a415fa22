"""Command ``compile-kernels``: compile now what else is compiled at its first use."""

import argparse
import logging
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd

from sfr_pipeline.cli.arguments import Commands, add_command
from sfr_pipeline.errors import SettingError


def add_to(commands: Commands) -> None:
    """Add the command."""
    add_command(
        commands,
        "compile-kernels",
        "compile the numerical kernels now, rather than at their first use",
        run,
        needs_workspace=False,
    )


def run(options: argparse.Namespace) -> None:
    """Compile all parts, each in a process of its own as far as there are cores.

    Raises:
        SettingError: they can be kept nowhere.
    """
    from sfr_pipeline.econometrics.kernels.compiler import keeping_folder, kept_nowhere

    del options
    folder = keeping_folder()
    if folder is None:
        raise SettingError(kept_nowhere())
    print("Compiling the numerical kernels (once, some seconds) ...", flush=True)
    start = time.perf_counter()
    # Each process would say again that it compiles.
    silence = (logging.ERROR,)
    with ProcessPoolExecutor(
        mp_context=get_context("spawn"), initializer=logging.disable, initargs=silence
    ) as pool:
        for part in [pool.submit(part) for part in PARTS]:
            part.result()
    print(f"... compiled in {time.perf_counter() - start:.0f} s, kept in {folder}", flush=True)


def compile_favar() -> None:
    """What the TVP-FAVAR calls."""
    from sfr_pipeline.econometrics import TVPFAVAR

    results = TVPFAVAR(_panel()).fit()
    results.band(draws=2)
    results.bootstrap_band(replications=2)


def compile_switching() -> None:
    """What Markov switching calls."""
    from sfr_pipeline.econometrics import MarkovSwitching

    MarkovSwitching(_panel()[0].diff()[1:]).fit()


def compile_garch() -> None:
    """What GARCH calls."""
    from sfr_pipeline.econometrics import GARCH

    GARCH(_panel()[0].diff()[1:]).fit()


def compile_counts() -> None:
    """What counts near pairs, words and ranked pairs: BDS, transfer entropy, AUROC resamples."""
    from sfr_pipeline.econometrics import bds, transfer_entropy
    from sfr_pipeline.evaluation.auroc import auroc_of_counts

    panel = _panel()
    bds(panel[0], permutations=2)
    transfer_entropy(panel[0], panel[1], surrogates=2)
    auroc_of_counts(np.arange(len(panel)) % 2, panel.to_numpy(), np.ones((len(panel), 2), int))


def compile_paths() -> None:
    """What simulates paths of volatilities."""
    from sfr_pipeline.stress.simulation import paths_stressed

    ones, draws = np.ones((2, 2)), np.zeros((2, 3), int)
    paths_stressed(ones, draws, np.ones((2, 5)), ones[0], ones[0], -ones[0], breadth=2)


# The longest first: there may be fewer processes than parts.
PARTS: tuple[Callable[[], None], ...] = (
    compile_switching,
    compile_favar,
    compile_garch,
    compile_counts,
    compile_paths,
)


def _panel() -> pd.DataFrame:
    months = pd.period_range("2000-01", periods=240, freq="M")
    return pd.DataFrame(np.random.default_rng(0).standard_normal((240, 3)).cumsum(axis=0), months)
