"""The Transformer encoder (Vaswani et al. 2017) with one forecast at its end.

Table 7 of the monthly paper: input -> linear projection -> positional encoding -> encoder layers
-> fully connected output; model dimension 64, four heads, two layers, dropout .05.

Leading axes are left alone throughout, so that networks can be stacked (`stacking`).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from sfr_pipeline.networks.network import Network


class Norm(nn.LayerNorm):
    """Layer normalisation whose denominator can be held constant for relevance."""

    def forward(self, x: Tensor, frozen: bool = False) -> Tensor:
        """Normalise the last axis."""
        if not frozen:
            return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        centred = x - x.mean(-1, keepdim=True)
        deviation = (centred.square().mean(-1, keepdim=True) + self.eps).sqrt()
        return centred / deviation.detach() * self.weight + self.bias


class Attention(nn.Module):
    """Multi-head self-attention: softmax(Q K' / sqrt(d_k)) V, heads concatenated and projected."""

    def __init__(self, d_model: int, heads: int) -> None:
        super().__init__()
        if d_model % heads:
            raise ValueError(f"d_model {d_model} is no multiple of heads {heads}")
        self.heads = heads
        self.query = nn.Linear(d_model, d_model)
        self.key_value = nn.Linear(d_model, 2 * d_model)
        self.project = nn.Linear(d_model, d_model)

    def forward(self, x: Tensor, asking: Tensor, frozen: bool) -> tuple[Tensor, Tensor]:
        """Let the steps ``asking`` read all steps of ``x``; returns what they read and weights."""
        query = self.query(asking).unflatten(-1, (self.heads, -1)).transpose(-3, -2)
        pairs = self.key_value(x).unflatten(-1, (2, self.heads, -1)).transpose(-4, -2)
        key, value = pairs.unbind(-3)
        weights = softmax(query @ key.mT / math.sqrt(query.shape[-1]))
        if frozen:
            weights = weights.detach()
        return self.project((weights @ value).transpose(-3, -2).flatten(-2)), weights


class Layer(nn.Module):
    """Attention and a position-wise feed-forward network, each followed by Add & Norm."""

    def __init__(self, d_model: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(d_model, heads)
        self.feed_forward = nn.Sequential(
            nn.Linear(d_model, 4 * d_model), nn.ReLU(), nn.Linear(4 * d_model, d_model)
        )
        self.norms = nn.ModuleList([Norm(d_model), Norm(d_model)])
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, asking: Tensor, frozen: bool) -> tuple[Tensor, Tensor]:
        """Returns the steps ``asking`` after the layer, and their attention weights."""
        read, weights = self.attention(x, asking, frozen)
        x = self.norms[0](asking + self.dropout(read), frozen)
        return self.norms[1](x + self.dropout(self.feed_forward(x)), frozen), weights


class Transformer(Network):
    """Reads a window and forecasts from its last time step.

    The last step has read all others through attention, is the month that the forecast is made
    in, and its row of weights says which months it read; a mean over steps has no such row. As
    nothing else of the last layer is used, that layer is computed for the last step alone.

    Args:
        n_features: variables a time step.
        window: time steps.
        n_outputs: forecasts.
        d_model: width.
        heads: of attention; a divisor of ``d_model``.
        layers: encoder layers; the feed-forward networks are four times as wide as ``d_model``.
        dropout: on the sum with the positions and on each sub-layer's output, as in section 5.4
            of Vaswani et al.
    """

    stackable = True

    positions: Tensor

    def __init__(
        self,
        n_features: int,
        window: int,
        n_outputs: int = 1,
        d_model: int = 64,
        heads: int = 4,
        layers: int = 2,
        dropout: float = 0.05,
    ) -> None:
        super().__init__()
        self.embed = nn.Linear(n_features, d_model)
        self.register_buffer("positions", sinusoids(window, d_model), persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(d_model, heads, dropout) for _ in range(layers))
        self.output = nn.Linear(d_model, n_outputs)

    def forward(self, x: Tensor, frozen: bool = False) -> Tensor:
        """Raw outputs.

        Args:
            x: ``(batch, window, n_features)``.
            frozen: treat attention weights and the denominators of layer normalisation as
                constants when differentiating. The outputs are the same; input times gradient is
                then conservative layer-wise relevance propagation (Ali et al. 2022, ICML): it adds
                up to the output, less what biases and positions contribute.

        Returns:
            ``(batch, n_outputs)``.
        """
        return self._encode(x, frozen)[0]

    def attention_weights(self, x: Tensor) -> list[Tensor]:
        """Attention weights of each layer, ``(batch, heads, asking, window)``, rows adding up to 1.

        All steps ask but in the last layer, where the last step alone does.
        """
        return self._encode(x, frozen=False)[1]

    def _encode(self, x: Tensor, frozen: bool) -> tuple[Tensor, list[Tensor]]:
        x = self.dropout(self.embed(x) + self.positions)
        all_weights = []
        for layer in self.layers:
            x, weights = layer(x, x[..., -1:, :] if layer is self.layers[-1] else x, frozen)
            all_weights.append(weights)
        return self.output(x[..., -1, :]), all_weights


def softmax(scores: Tensor) -> Tensor:
    """Softmax over the last axis, by its formula.

    On a CPU it takes a fifth of the time of torch.softmax, which is made for rows far longer than
    a window of six.
    """
    exponentials = torch.exp(scores - scores.detach().amax(-1, keepdim=True))
    return exponentials / exponentials.sum(-1, keepdim=True)


def sinusoids(window: int, d_model: int) -> Tensor:
    """Positional encoding, ``(window, d_model)``: sines and cosines of falling frequency."""
    rate = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10_000.0) / d_model))
    angle = torch.arange(window)[:, None] * rate
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)[:, :d_model]
