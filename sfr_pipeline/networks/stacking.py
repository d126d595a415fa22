"""Several networks of one architecture as one, each with its own weights and its own inputs.

Small networks spend more time on calling operations than in them. Stacked, five of them share each
call. It can be done where a network consists of the layers below and of operations that leave
leading axes alone; what each network computes stays what it computes by itself.
"""

import copy
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

STEPS = 2**16


class StackedLinear(nn.Module):
    """Linear layers side by side: ``(networks, ..., n_inputs)`` to ``(networks, ..., outputs)``."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = _stacked([layer.weight for layer in layers])
        self.bias = _stacked([layer.bias for layer in layers])

    def forward(self, x: Tensor) -> Tensor:
        """Each network's rows times its own weights."""
        rows = x.reshape(len(x), -1, x.shape[-1])
        products = torch.baddbmm(self.bias[:, None], rows, self.weight.mT)
        return products.view(*x.shape[:-1], products.shape[-1])


class StackedNorm(nn.Module):
    """Layer normalisation with a scale and a shift for each network."""

    def __init__(self, layers: Sequence[nn.LayerNorm]) -> None:
        super().__init__()
        self.weight = _stacked([layer.weight for layer in layers])
        self.bias = _stacked([layer.bias for layer in layers])
        self.eps = layers[0].eps

    def forward(self, x: Tensor, frozen: bool = False) -> Tensor:
        """Normalise the last axis; a stack is trained, never explained."""
        assert not frozen
        leading = (len(x), *(1 for _ in x.shape[1:-1]), x.shape[-1])
        normal = layer_norm(x, x.shape[-1:], eps=self.eps)
        return torch.addcmul(self.bias.view(leading), normal, self.weight.view(leading))


class StackedDropout(nn.Module):
    """Dropout that draws for each network from a generator of its own.

    Sixteen random bits decide about a value, of which a draw of 64 gives four; drawing is a tenth
    of a training step otherwise. The share is therefore a multiple of 2^-16.
    """

    def __init__(self, share: float, generators: Sequence[torch.Generator]) -> None:
        super().__init__()
        self.dropped = round(share * STEPS)
        self.generators = generators

    def forward(self, x: Tensor) -> Tensor:
        """Drop values while training."""
        if not self.training or not self.dropped:
            return x
        draws = torch.empty(len(x), -(-x[0].numel() // 4), dtype=torch.int64, device=x.device)
        for row, generator in zip(draws, self.generators, strict=True):
            row.random_(-(2**63), None, generator=generator)
        values = draws.view(torch.int16)[:, : x[0].numel()].reshape(x.shape)
        kept = values >= self.dropped - STEPS // 2
        return x * kept * (STEPS / (STEPS - self.dropped))


def stacked(networks: Sequence[nn.Module], generators: Sequence[torch.Generator]) -> nn.Module:
    """A network that does for ``(networks, batch, ...)`` what each of some does for its own batch.

    Args:
        networks: of one architecture.
        generators: that their dropout draws from, one for each.

    Returns:
        A module whose parameters are those of the networks, stacked along a new first axis.

    Raises:
        ValueError: a layer with weights is none of those that can be stacked.
    """
    stack = copy.deepcopy(networks[0])
    for name, layer in networks[0].named_modules():
        layers = [network.get_submodule(name) for network in networks]
        if isinstance(layer, nn.Linear):
            stack.set_submodule(name, StackedLinear(cast("list[nn.Linear]", layers)))
        elif isinstance(layer, nn.LayerNorm):
            stack.set_submodule(name, StackedNorm(cast("list[nn.LayerNorm]", layers)))
        elif isinstance(layer, nn.Dropout):
            stack.set_submodule(name, StackedDropout(layer.p, generators))
        elif next(layer.parameters(recurse=False), None) is not None:
            raise ValueError(
                f"layer '{name}' of {type(networks[0]).__name__} is a {type(layer).__name__}, "
                "which can't be stacked: set 'stackable' of the network to False"
            )
    return stack


def _stacked(parameters: Sequence[Tensor]) -> nn.Parameter:
    return nn.Parameter(torch.stack([parameter.detach() for parameter in parameters]))
