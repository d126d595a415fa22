"""Probing asks the same sources: the same guards and the same web as in their tests."""

from sfr_pipeline_tests.sources.conftest import at_once, no_network, web

__all__ = ["at_once", "no_network", "web"]
