"""Measures the systemic financial risk of a market and warns of it."""

__version__ = "0.2.0"
