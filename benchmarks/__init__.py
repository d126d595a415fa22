"""Timings of the package, as ratios measured in one run. Start with ``python -m benchmarks``.

What needs a GPU is apart: ``python -m benchmarks.gpu``.
"""
