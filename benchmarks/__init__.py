"""Timings of the package, as ratios measured in one run. Start with ``python -m benchmarks``."""
