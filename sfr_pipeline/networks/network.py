"""What every architecture says of itself."""

from typing import ClassVar

from torch import nn


class Network(nn.Module):
    """From windows ``(batch, window, n_features)`` to raw outputs ``(batch, n_outputs)``.

    Every architecture takes ``n_features`` and ``window``, and the options ``n_outputs`` (1) and
    ``dropout``.

    Attributes:
        version: of its numbers. Raise it with every change after which the same task gives other
            outputs (layers, sizes, defaults, initial weights, the order of random draws): fits that
            were kept before are then made again. A new name of something in the code needs none.
        stackable: whether it consists of layers that `stacking` knows.
    """

    version: ClassVar[int] = 1
    stackable: ClassVar[bool] = False
