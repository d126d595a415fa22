"""Random numbers of the sandbox: one seed, and a stream of its own for every named part.

A part keeps its numbers when another is added, removed or reordered.
"""

from zlib import crc32

import numpy as np

SEED = 20100104


def stream(*part: str | int) -> np.random.Generator:
    """Generator of a part, named by words and numbers; the same name gives the same numbers."""
    words = [crc32(str(word).encode()) for word in part]
    return np.random.default_rng(np.random.SeedSequence([SEED, *words]))
