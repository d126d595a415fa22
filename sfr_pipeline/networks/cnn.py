"""The convolutional network: local shapes of several lengths, wherever in the window they are.

Daily paper, section III: "multiple one-dimensional convolution kernels are applied to extract
features of different scales", h_t = ReLU(W_c * X_t + b_c), then max-pooling.
"""

import torch
from torch import Tensor, nn

from sfr_pipeline.networks.network import Network


class MultiScale(nn.Module):
    """One-dimensional convolutions of several lengths side by side, ReLU, max-pooling by two.

    Args:
        n_features: variables a time step.
        channels: of each kernel length.
        kernels: lengths, odd.
    """

    def __init__(self, n_features: int, channels: int, kernels: tuple[int, ...]) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            nn.Conv1d(n_features, channels, kernel, padding=kernel // 2) for kernel in kernels
        )
        self.pool = nn.MaxPool1d(2)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, n_features, window)`` to ``(batch, channels * scales, window // 2)``."""
        return self.pool(torch.relu(torch.cat([scale(x) for scale in self.scales], dim=1)))


class CNN(Network):
    """Multi-scale convolutions, a second convolution, the largest response of the window.

    Args:
        n_features: variables a time step.
        window: time steps, at least 2.
        n_outputs: raw outputs.
        channels: of each kernel length; the second layer has twice as many.
        kernels: lengths of the first layer.
        dropout: before the output layer.
    """

    def __init__(
        self,
        n_features: int,
        window: int,
        n_outputs: int = 1,
        channels: int = 8,
        kernels: tuple[int, ...] = (3, 5, 7),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.scales = MultiScale(n_features, channels, kernels)
        self.mix = nn.Conv1d(channels * len(kernels), 2 * channels, 3, padding=1)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * channels, n_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, window, n_features)`` to raw outputs ``(batch, n_outputs)``."""
        responses = torch.relu(self.mix(self.scales(x.transpose(1, 2))))
        return self.output(self.dropout(responses.amax(-1)))
