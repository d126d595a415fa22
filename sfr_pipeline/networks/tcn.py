"""The temporal convolutional network (Bai, Kolter and Koltun 2018), a rival in the daily paper.

Weight normalisation is left out: three shallow blocks train without it.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from sfr_pipeline.networks.network import Network


class CausalConv(nn.Conv1d):
    """A dilated convolution whose output at a step sees that step and earlier ones only."""

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)`` in and out."""
        return super().forward(pad(x, ((self.kernel_size[0] - 1) * self.dilation[0], 0)))


class Block(nn.Module):
    """Two causal convolutions around a residual connection."""

    def __init__(
        self, n_inputs: int, channels: int, kernel: int, dilation: int, dropout: float
    ) -> None:
        super().__init__()
        self.path = nn.Sequential(
            CausalConv(n_inputs, channels, kernel, dilation=dilation),
            nn.ReLU(),
            nn.Dropout(dropout),
            CausalConv(channels, channels, kernel, dilation=dilation),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.skip = nn.Conv1d(n_inputs, channels, 1) if n_inputs != channels else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)`` in and out."""
        return torch.relu(self.path(x) + self.skip(x))


class TCN(Network):
    """Residual blocks of growing dilation, read at the last time step.

    With the defaults a step sees 29 steps: itself and 28 before it.

    Args:
        n_features: variables a time step.
        window: time steps; the network runs over any number.
        n_outputs: raw outputs.
        channels: of each block.
        kernel: length of the convolutions.
        dilations: one block each.
        dropout: after each convolution.
    """

    def __init__(
        self,
        n_features: int,
        window: int,
        n_outputs: int = 1,
        channels: int = 16,
        kernel: int = 3,
        dilations: tuple[int, ...] = (1, 2, 4),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        widths = [n_features, *(channels for _ in dilations)]
        self.blocks = nn.Sequential(
            *(
                Block(width, channels, kernel, dilation, dropout)
                for width, dilation in zip(widths, dilations, strict=False)
            )
        )
        self.output = nn.Linear(channels, n_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, window, n_features)`` to raw outputs ``(batch, n_outputs)``."""
        return self.output(self.blocks(x.transpose(1, 2))[:, :, -1])
