"""The daily paper's own network (section III, Figure 1): CNN -> BiLSTM -> attention -> output.

The paper weighs the time steps by attention and then writes y = sigma(W_o h_T + b_o), with h_T
"the output of BiLSTM at the last time step". Here the weighted mean goes into the output layer:
otherwise attention would have no effect. The sigmoid belongs to the loss. The paper has "multiple
layers of convolution and pooling" and does not say how many: two here.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from sfr_pipeline.networks.cnn import MultiScale
from sfr_pipeline.networks.network import Network


class CNNBiLSTM(Network):
    """Layers of convolution and pooling, a BiLSTM over what they found, attention over its steps.

    Args:
        n_features: variables a time step.
        window: time steps, at least 2.
        n_outputs: raw outputs.
        channels: of each kernel length.
        kernels: lengths of the convolutions.
        hidden: width of each direction of the LSTM, and of the attention.
        dropout: before the LSTM and before the output layer.
        layers: of multi-scale convolutions and pooling, each of which halves the time steps; fewer
            where the window cannot be halved so often, so that a window of 2 days has one.

    Raises:
        ValueError: a window of one step.
    """

    version: ClassVar[int] = 2

    def __init__(
        self,
        n_features: int,
        window: int,
        n_outputs: int = 1,
        channels: int = 8,
        kernels: tuple[int, ...] = (3, 5, 7),
        hidden: int = 12,
        dropout: float = 0.2,
        layers: int = 2,
    ) -> None:
        super().__init__()
        if window < 2:
            raise ValueError(f"a window of {window} steps cannot be pooled: give at least 2")
        found = channels * len(kernels)
        halvings = min(layers, window.bit_length() - 1)
        widths = [n_features, *(found for _ in range(halvings))]
        self.scales = nn.Sequential(
            *(MultiScale(n_inputs, channels, kernels) for n_inputs in widths[:-1])
        )
        self.lstm = nn.LSTM(found, hidden, batch_first=True, bidirectional=True)
        self.score = nn.Sequential(
            nn.Linear(2 * hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1, bias=False)
        )
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * hidden, n_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, window, n_features)`` to raw outputs ``(batch, n_outputs)``."""
        states, weights = self._read(x)
        return self.output(self.dropout((weights * states).sum(1)))

    def attention_weights(self, x: Tensor) -> Tensor:
        """Importance of each pooled time step, adding up to 1, ``(batch, window // 2**layers)``."""
        return self._read(x)[1].squeeze(-1)

    def _read(self, x: Tensor) -> tuple[Tensor, Tensor]:
        found = self.scales(x.transpose(1, 2)).transpose(1, 2)
        states, _ = self.lstm(self.dropout(found))
        return states, torch.softmax(self.score(states), dim=1)
