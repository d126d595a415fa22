"""The torch modules, one architecture a file, as short as its paper's section.

Belongs here: what turns a window into raw outputs. Does not belong here: how it is trained
(`sfr_pipeline.training.fitting`), and what its inputs mean.

Importing this package does not import torch; `build` and `NETWORKS[name]` do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Architecture:
    """What is to be known of a network before torch is imported.

    Attributes:
        class_name: in the module of the network's name.
        version: of its numbers. Raise it with every change after which the same task gives other
            outputs (layers, sizes, defaults, initial weights, the order of random draws): fits that
            were kept before are then made again. A new name of something in the code needs none.
        stackable: it consists of layers that `stacking` knows.
    """

    class_name: str
    version: int
    stackable: bool = False


ARCHITECTURES: Mapping[str, Architecture] = {
    "transformer": Architecture("Transformer", version=1, stackable=True),
    "cnn": Architecture("CNN", version=1),
    "bilstm": Architecture("BiLSTM", version=1),
    "tcn": Architecture("TCN", version=1),
    "cnn_bilstm": Architecture("CNNBiLSTM", version=1),
}

STACKABLE = frozenset(name for name, known in ARCHITECTURES.items() if known.stackable)


class _Networks(Mapping[str, "type[nn.Module]"]):
    """Names to classes, whose modules are imported when they are looked up."""

    def __getitem__(self, name: str) -> "type[nn.Module]":
        class_name = ARCHITECTURES[name].class_name
        network: type[nn.Module] = getattr(import_module(f"{__name__}.{name}"), class_name)
        return network

    def __iter__(self) -> Iterator[str]:
        return iter(ARCHITECTURES)

    def __len__(self) -> int:
        return len(ARCHITECTURES)


NETWORKS = _Networks()


def build(name: str, n_features: int, window: int, **options: Any) -> "nn.Module":
    """A network with fresh weights from torch's global generator.

    Args:
        name: one of `NETWORKS`.
        n_features: variables a time step.
        window: time steps.
        options: keyword arguments of the class; all take ``n_outputs`` (1) and ``dropout``.

    Returns:
        A module from ``(batch, window, n_features)`` to raw outputs ``(batch, n_outputs)``.

    Raises:
        ValueError: no network of this name, or a size that it can't have.
    """
    if name not in ARCHITECTURES:
        raise ValueError(f"there is no network {name!r}: choose one of {', '.join(NETWORKS)}")
    return NETWORKS[name](n_features, window, **options)
