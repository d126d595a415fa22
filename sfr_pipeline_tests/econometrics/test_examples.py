"""The examples in the docstrings run and print what they say."""

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("module", ["bds", "garch", "transfer_entropy"])
def test_examples_of_the_docstrings_are_true(module):
    result = doctest.testmod(import_module(f"sfr_pipeline.econometrics.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
