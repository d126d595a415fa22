"""Tests of what asks live sources are held to the same rules as those of the sources."""

from sfr_pipeline_tests.sources.conftest import at_once, no_network, web

__all__ = ["at_once", "no_network", "web"]
