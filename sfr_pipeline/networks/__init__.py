"""The torch modules, one architecture a file, as short as its paper's section.

Belongs here: what turns a window into raw outputs. Does not belong here: how it is trained
(`sfr_pipeline.training.fitting`), and what its inputs mean.

Importing this package does not import torch; `build` and `NETWORKS[name]` do.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

# Each lies in the module of its name.
_CLASSES = {
    "transformer": "Transformer",
    "cnn": "CNN",
    "bilstm": "BiLSTM",
    "tcn": "TCN",
    "cnn_bilstm": "CNNBiLSTM",
}

# Those that consist of layers that `stacking` knows.
STACKABLE = frozenset({"transformer"})


class _Networks(Mapping[str, "type[nn.Module]"]):
    """Names to classes, whose modules are imported when they are looked up."""

    def __getitem__(self, name: str) -> "type[nn.Module]":
        network: type[nn.Module] = getattr(import_module(f"{__name__}.{name}"), _CLASSES[name])
        return network

    def __iter__(self) -> Iterator[str]:
        return iter(_CLASSES)

    def __len__(self) -> int:
        return len(_CLASSES)


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
    if name not in _CLASSES:
        raise ValueError(f"there is no network {name!r}: choose one of {', '.join(NETWORKS)}")
    return NETWORKS[name](n_features, window, **options)
