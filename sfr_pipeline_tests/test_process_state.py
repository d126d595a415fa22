"""The guard around every test (`process_state`) sees what it is there to see."""

import csv
import decimal
import locale
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from functools import partial

import matplotlib
import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from threadpoolctl import threadpool_limits
from transformers.utils import logging as transformers_logging

from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.conftest import pytest_configure
from sfr_pipeline_tests.process_state import changes, random_states, settings
from sfr_pipeline_tests.seeding import seeded


@contextmanager
def put(setter, value, before):
    """A setting with another value."""
    setter(value)
    try:
        yield
    finally:
        setter(before)


def another_locale():
    before = locale.setlocale(locale.LC_ALL)
    other = "C.UTF-8" if before == "C" else "C"
    return put(lambda name: locale.setlocale(locale.LC_ALL, name), other, before)


@contextmanager
def another_time_zone():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


@contextmanager
def another_warnings_filter():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


CHANGED = {
    "csv.field_size_limit": lambda: put(csv.field_size_limit, 7, csv.field_size_limit()),
    "decimal.getcontext": lambda: decimal.localcontext(prec=5),
    "locale": another_locale,
    "logging of root": lambda: put(logging.root.setLevel, 7, logging.root.level),
    "matplotlib.rcParams": lambda: matplotlib.rc_context({"font.size": 7}),
    "numpy.geterr": lambda: np.errstate(all="raise"),
    "numpy.get_printoptions": lambda: np.printoptions(precision=2),
    "pandas.options": lambda: pd.option_context("display.precision", 2),
    "signal.getsignal": lambda: put(
        partial(signal.signal, signal.SIGUSR1), signal.SIG_IGN, signal.SIG_DFL
    ),
    "sklearn.get_config": lambda: sklearn.config_context(assume_finite=True),
    "socket.getdefaulttimeout": lambda: put(socket.setdefaulttimeout, 7, None),
    "sys.getrecursionlimit": lambda: put(sys.setrecursionlimit, 2_000, sys.getrecursionlimit()),
    "torch.get_default_dtype": lambda: put(torch.set_default_dtype, torch.float64, torch.float32),
    "torch.is_grad_enabled": torch.no_grad,
    "torch.backends.cudnn": lambda: torch.backends.cudnn.flags(deterministic=True),
    "warnings.filters": another_warnings_filter,
}


@pytest.mark.parametrize("name", CHANGED)
def test_one_changed_setting_is_named_and_no_other(name):
    before = settings()
    with CHANGED[name]():
        assert changes(before, settings()) == [name]
    assert changes(before, settings()) == []


def test_a_time_zone_and_the_environment_behind_it_are_named():
    before = settings()
    with another_time_zone():
        assert changes(before, settings()) == ["os.environ", "time.tzname"]


def test_another_folder_and_another_path_are_named(monkeypatch, tmp_path):
    before = settings()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert {"Path.cwd", "sys.path"} <= set(changes(before, settings()))


def test_another_number_of_threads_is_named():
    before = settings()
    with threadpool_limits(3):
        changed = changes(before, settings())
    assert changed
    assert all(name.startswith("threads of ") for name in changed if "torch.get" not in name)


def test_hidden_progress_bars_are_named():
    before = settings()
    shown = transformers_logging.is_progress_bar_enabled()
    change = transformers_logging.disable_progress_bar, transformers_logging.enable_progress_bar
    change[not shown]()
    changed = changes(before, settings())
    change[shown]()
    assert changed == [
        "huggingface_hub.are_progress_bars_disabled",
        "transformers.utils.logging.is_progress_bar_enabled",
    ]


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("random", random.random),
        ("numpy.random", np.random.random),
        ("torch.random", lambda: torch.rand(1)),
    ],
)
def test_a_draw_from_a_shared_generator_is_named(name, draw):
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    with seeded():
        before = random_states()
        draw()
        assert changes(before, random_states()) == [name]
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002


UNTIDY = """
import csv, random

def test_tidy():
    before = csv.field_size_limit(7)
    csv.field_size_limit(before)

def test_leaves_a_setting():
    csv.field_size_limit(7)

def test_draws():
    random.random()
"""


def test_a_test_that_leaves_something_changed_does_not_pass(tmp_path):
    (tmp_path / "test_untidy.py").write_text(UNTIDY)
    command = [sys.executable, "-m", "pytest", "-p", "sfr_pipeline_tests.conftest", "-n", "0"]
    done = subprocess.run(
        [*command, "--rootdir", tmp_path, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
    )
    assert "left changed for the tests to come: csv.field_size_limit" in done.stdout
    assert "drew from, or seeded, shared generators: random" in done.stdout
    assert "1 failed, 2 passed, 1 error" in done.stdout, done.stdout


def test_the_workspace_of_who_runs_the_tests_is_none_of_theirs(monkeypatch):
    for name in ("SFR_WAREHOUSE", "SFR_IMPORT", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "/of/who/runs/them")
    pytest_configure()
    assert "DAGSTER_HOME" not in os.environ
    assert not [name for name in os.environ if name.startswith("SFR_")]
