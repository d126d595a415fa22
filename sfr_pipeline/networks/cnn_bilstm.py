"""The daily paper's own network (section III, Figure 1): CNN -> BiLSTM -> attention -> output.

The paper weighs the time steps by attention and then writes y = sigma(W_o h_T + b_o), with h_T
"the output of BiLSTM at the last time step". Here the weighted mean goes into the output layer:
otherwise attention would have no effect. The sigmoid belongs to the loss.
"""

import torch
from torch import Tensor, nn

from sfr_pipeline.networks.cnn import MultiScale
from sfr_pipeline.networks.network import Network


class CNNBiLSTM(Network):
    """Multi-scale convolutions, a BiLSTM over what they found, attention over its time steps.

    Args:
        n_features: variables a time step.
        window: time steps, at least 2; pooling halves them before the LSTM.
        n_outputs: raw outputs.
        channels: of each kernel length.
        kernels: lengths of the convolutions.
        hidden: width of each direction of the LSTM, and of the attention.
        dropout: before the LSTM and before the output layer.
    """

    def __init__(
        self,
        n_features: int,
        window: int,
        n_outputs: int = 1,
        channels: int = 8,
        kernels: tuple[int, ...] = (3, 5, 7),
        hidden: int = 12,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.scales = MultiScale(n_features, channels, kernels)
        self.lstm = nn.LSTM(channels * len(kernels), hidden, batch_first=True, bidirectional=True)
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
        """Importance of each pooled time step, ``(batch, window // 2)``, adding up to 1."""
        return self._read(x)[1].squeeze(-1)

    def _read(self, x: Tensor) -> tuple[Tensor, Tensor]:
        found = self.scales(x.transpose(1, 2)).transpose(1, 2)
        states, _ = self.lstm(self.dropout(found))
        return states, torch.softmax(self.score(states), dim=1)
