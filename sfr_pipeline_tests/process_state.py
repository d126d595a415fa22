"""What all code of a process shares, and whoever is tested must leave as it was.

A test that changes a setting of another library, or draws from its random numbers, decides how the
tests after it end; product code that does so decides the results of whoever uses it. `settings` and
`random_states` take what there is and `changes` compares; `conftest` does so around every test.
Only libraries that are loaded are looked at: `test_process_state` loads them all, so that a run of
all tests misses nothing.
"""

import csv
import decimal
import locale
import logging
import multiprocessing
import os
import random
import signal
import socket
import sys
import time
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

# Libraries change these when they are imported, which is between them and their users.
CHANGED_BY_IMPORTS = ("os.environ", "random", "sys.path", "warnings.filters")
# Dagster lets SIGTERM end a run as Ctrl-C does, and its logger hear everything, from the first run
# of a process on.
HANDLED = sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM})
DAGSTER_LOGGER = "dagster"


def settings():
    """Settings by name, comparable by ``==``."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    found = {
        "sys.modules": len(sys.modules),
        "csv.field_size_limit": csv.field_size_limit(),
        # Without the flags, in which any sum of decimals leaves its traces.
        "decimal.getcontext": decimal.getcontext().__reduce__()[1][:6],
        "locale": locale.setlocale(locale.LC_ALL),
        "multiprocessing.get_start_method": _start_method(),
        "numpy.geterr": np.geterr(),
        "numpy.get_printoptions": np.get_printoptions(),
        "os.environ": environ,
        "Path.cwd": Path.cwd(),
        "pandas.options": repr(pd.options.d),
        "signal.getsignal": [signal.getsignal(number) for number in HANDLED],
        "socket.getdefaulttimeout": socket.getdefaulttimeout(),
        "sys.path": list(sys.path),
        "sys.getrecursionlimit": sys.getrecursionlimit(),
        "time.tzname": time.tzname,
        "warnings.filters": list(warnings.filters),
        **{f"logging of {name}": state for name, state in _loggers()},
        **{f"threads of {name}": state for name, state in _threads(len(sys.modules))},
    }
    for library, take in _LIBRARIES.items():
        if library in sys.modules:
            taken = take(sys.modules[library])
            found |= {f"{library}.{name}": value for name, value in taken.items()}
    return found


def random_states():
    """States of the generators that a whole process shares, by name."""
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    states = {
        "sys.modules": len(sys.modules),
        "random": random.getstate(),
        "numpy.random": (name, keys.tobytes(), rest),
    }
    if torch := sys.modules.get("torch"):
        states["torch.random"] = torch.get_rng_state().numpy().tobytes()
    return states


def changes(before, after):
    """Names of what differs; what only one of the two knows does not count."""
    imported = before["sys.modules"] != after["sys.modules"]
    passed_over = {"sys.modules", *(CHANGED_BY_IMPORTS if imported else ())}
    known = (before.keys() & after.keys()) - passed_over
    return sorted(name for name in known if before[name] != after[name])


def _start_method():
    """What is chosen, without choosing it: the first is the default."""
    chosen = multiprocessing.get_start_method(allow_none=True)
    return chosen or multiprocessing.get_all_start_methods()[0]


def _loggers():
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger) and logger.name != DAGSTER_LOGGER:
            yield (
                logger.name,
                (
                    logger.level, list(logger.handlers), list(logger.filters), logger.propagate,
                    logger.disabled,
                ),
            )  # fmt: skip


@cache
def _controller(_modules):
    """Looks for the libraries of threads that are loaded, anew when modules have been imported."""
    return ThreadpoolController()


def _threads(n_modules):
    return [(each["filepath"], each["num_threads"]) for each in _controller(n_modules).info()]


def _of_matplotlib(matplotlib):
    return {"rcParams": dict(matplotlib.rcParams.copy())}


def _of_torch(torch):
    return {
        "get_default_dtype": torch.get_default_dtype(),
        "get_default_device": str(torch.get_default_device()),
        "get_num_threads": torch.get_num_threads(),
        "is_grad_enabled": torch.is_grad_enabled(),
        "is_inference_mode_enabled": torch.is_inference_mode_enabled(),
        "are_deterministic_algorithms_enabled": torch.are_deterministic_algorithms_enabled(),
        "get_float32_matmul_precision": torch.get_float32_matmul_precision(),
        "backends.cudnn": (
            torch.backends.cudnn.enabled,
            torch.backends.cudnn.deterministic,
            torch.backends.cudnn.benchmark,
        ),
    }


def _of_transformers(transformers_logging):
    return {"is_progress_bar_enabled": transformers_logging.is_progress_bar_enabled()}


def _of_hub(hub):
    return {"are_progress_bars_disabled": hub.utils.are_progress_bars_disabled()}


def _of_sklearn(sklearn):
    return {"get_config": sklearn.get_config()}


_LIBRARIES = {
    "matplotlib": _of_matplotlib,
    "torch": _of_torch,
    "transformers.utils.logging": _of_transformers,
    "huggingface_hub": _of_hub,
    "sklearn": _of_sklearn,
}
