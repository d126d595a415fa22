"""The torch modules, one architecture a file, as short as its paper's section.

Belongs here: what turns a window into raw outputs. Does not belong here: how it is trained
(`sfr_pipeline.training.fitting`), and what its inputs mean.

An architecture is named as the records of the models name it, ``module:Class``. Importing this
package does not import torch; using a name does, and so does ``Network``, from which one's own
architecture is derived (docs/own_network.md).
"""

from typing import TYPE_CHECKING, Any

from sfr_pipeline.evaluation.models import load

if TYPE_CHECKING:
    from sfr_pipeline.networks.network import Network


def __getattr__(name: str) -> Any:
    if name == "Network":
        from sfr_pipeline.networks.network import Network

        return Network
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def architecture(name: str) -> "type[Network]":
    """The class of an architecture.

    Args:
        name: ``module:Class``.

    Raises:
        ValueError: there is no such network.
    """
    from sfr_pipeline.networks.network import Network

    try:
        found = load(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"there is no network {name!r}: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Network)):
        raise ValueError(f"{name!r} is no network: derive it from {Network.__qualname__}")
    return found


def build(name: str, n_features: int, window: int, **options: Any) -> "Network":
    """A network with fresh weights from torch's global generator.

    Args:
        name: ``module:Class``.
        n_features: variables a time step.
        window: time steps.
        options: keyword arguments of the class; all take ``n_outputs`` (1) and ``dropout``.

    Returns:
        A module from ``(batch, window, n_features)`` to raw outputs ``(batch, n_outputs)``.

    Raises:
        ValueError: no network of this name, or a size that it can't have.
    """
    return architecture(name)(n_features, window, **options)
