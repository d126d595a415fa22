"""The bidirectional LSTM: the window read forwards and backwards.

Daily paper, section III. The paper prints h_t as the sum of both directions; they are concatenated
here, as is usual, so that the output layer can weigh them apart.
"""

import torch
from torch import Tensor, nn

from sfr_pipeline.networks.network import Network


class BiLSTM(Network):
    """One bidirectional LSTM layer and a fully connected output.

    Args:
        n_features: variables a time step.
        window: time steps; the network runs over any number.
        n_outputs: raw outputs.
        hidden: width of each direction.
        dropout: before the output layer.
    """

    def __init__(
        self,
        n_features: int,
        window: int,
        n_outputs: int = 1,
        hidden: int = 12,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.lstm = nn.LSTM(n_features, hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * hidden, n_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, window, n_features)`` to raw outputs ``(batch, n_outputs)``."""
        # The state that each direction ends with: it has seen the whole window.
        _, (ends, _) = self.lstm(x)
        return self.output(self.dropout(torch.cat([ends[0], ends[1]], dim=-1)))
