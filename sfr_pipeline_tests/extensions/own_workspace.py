"""A workspace with extensions, found by this process for the length of a test."""

import sys
from contextlib import contextmanager

import pytest

from sfr_pipeline import extensions, sources
from sfr_pipeline.evaluation.models import own
from sfr_pipeline.extensions import _finding
from sfr_pipeline.workspace import ENVIRONMENT, FILE, MODULE

FOUND_ONCE = [
    function
    for module in (_finding, own, sources)
    for function in vars(module).values()
    if hasattr(function, "cache_clear")
]


@contextmanager
def anew():
    """Let everything be found anew inside, and forgotten after."""
    path, loaded = list(extensions.__path__), set(sys.modules)
    forget()
    try:
        yield
    finally:
        forget()
        extensions.__path__[:] = path
        for name in set(sys.modules) - loaded:
            if name.startswith(f"{extensions.__name__}."):
                vars(extensions).pop(name.removeprefix(f"{extensions.__name__}."), None)
                del sys.modules[name]


def forget():
    for function in FOUND_ONCE:
        function.cache_clear()


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace; gives a function that writes one of its extensions, by path and text."""
    (tmp_path / FILE).write_text(f"module_name: {MODULE}\n", encoding="utf-8")
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(name, text):
        path = tmp_path / "extensions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    with anew():
        yield write
