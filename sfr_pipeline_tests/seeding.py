"""Torch's random numbers for tests, without a change of those that the whole process shares."""

from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed=0):
    """Draw from this seed inside; a decorator too."""
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        yield
