"""Measures the systemic financial risk of a market and warns of it."""
