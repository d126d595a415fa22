"""In which arithmetic a model runs on this machine, chosen by measurement.

Belongs here: how matrix products are computed in each precision, which precisions the processor
is made for, and the choice among them. Half of a model's time on a processor can hang on the
form its weights are stored in, so they are brought into the kernel's own form once, at the start.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.batching import Batch
from sfr_pipeline.opinion.packed_bert import Linear, PackedBert, is_plain_bert

if TYPE_CHECKING:
    from torch import Tensor

Precision = Literal["fp32", "bf16", "int8"]
Classifier = Callable[[Batch], "Tensor"]

# A precision may move a probability of a probe sentence by this much against single precision;
# bf16 moves those of a BERT by some thousandths.
MAXIMUM_DRIFT = 0.02
MEASURED_SECONDS = 0.3  # for each candidate


@dataclass(frozen=True)
class PrecisionChoice:
    """Which precision was chosen, and why.

    Attributes:
        precision: the one to use.
        tokens_per_second: of each candidate; empty where the precision was given.
        drift: largest difference of a probability to single precision on the probe sentences.
    """

    precision: Precision
    tokens_per_second: Mapping[Precision, float]
    drift: Mapping[Precision, float]

    def __str__(self) -> str:
        if not self.tokens_per_second:
            return f"{self.precision}, as the market's YAML says"
        return f"{self.precision}, measured on this machine: " + "; ".join(
            f"{name} {rate:,.0f} tokens/s, drift {self.drift[name]:.4f}"
            for name, rate in self.tokens_per_second.items()
        )


def classifier(model: Any, precision: Precision, device: str) -> Classifier:
    """Make a model's forward pass in a precision.

    Args:
        model: a transformers sequence classifier in single precision.
        precision: of the products; bf16 holds for everything, int8 for the products alone.
        device: as torch names it.

    Raises:
        SourceError: int8 for another architecture than BERT or on a GPU.
    """
    import torch

    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    if precision not in possible(model, device):
        raise SourceError(
            f"int8 is made for BERT on the processor, not for {model.config.model_type} on "
            f"{device}: set sentiment.precision to auto, bf16 or fp32"
        )
    if not is_plain_bert(model.config):
        return _EqualLengths(model, dtype, device)

    def linear(weight: "Tensor", bias: "Tensor") -> Linear:
        if precision == "int8":
            return _int8(weight, bias)
        weight, bias = weight.to(device, dtype), bias.to(device, dtype)
        if precision == "bf16" and device == "cpu" and torch.backends.mkldnn.is_available():
            return prepacked(weight, bias)
        return plain(weight, bias)

    return PackedBert(model, linear, dtype, device)


class _EqualLengths:
    """The forward pass of any other architecture, one stretch of equal lengths at a time."""

    def __init__(self, model: Any, dtype: Any, device: str) -> None:
        from copy import deepcopy

        self.model = deepcopy(model).to(device, dtype)
        self.device = device

    def __call__(self, batch: Batch) -> "Tensor":
        import torch

        tokens = torch.from_numpy(batch.tokens).to(self.device)
        parts = tokens.split([posts * length for posts, length in batch.stretches])
        logits = [
            self.model(input_ids=part.view(shape)).logits
            for part, shape in zip(parts, batch.stretches, strict=True)
        ]
        return torch.cat(logits).float()


def plain(weight: "Tensor", bias: "Tensor") -> Linear:
    """A product as torch computes it."""
    import torch

    return lambda x: torch.nn.functional.linear(x, weight, bias)


def prepacked(weight: "Tensor", bias: "Tensor") -> Linear:
    """A product in oneDNN's own layout of the weight.

    The plain form lays the weight out anew at each call, and takes a pass of its own for the
    bias: together a fifth of the time. These are the operators that torch.compile emits.
    """
    import torch

    operators = torch.ops.mkldnn
    packed = operators._reorder_linear_weight(weight.contiguous())
    return lambda x: operators._linear_pointwise(x, packed, bias, "none", [], "")


def _int8(weight: "Tensor", bias: "Tensor") -> Linear:
    """A product in eight bits: each output's weights and each token have a scale of their own.

    A scale for the whole batch would be faster, and would let a post's score depend on its
    neighbours there.
    """
    import torch

    def quantized(rows: "Tensor") -> tuple["Tensor", "Tensor"]:
        scale = rows.abs().amax(1, keepdim=True).clamp_(min=1e-12) / 127
        return torch.round(rows / scale).to(torch.int8), scale

    whole, by_output = quantized(weight)
    across, by_output = whole.t().contiguous(), by_output.squeeze(1)

    def product(x: "Tensor") -> "Tensor":
        tokens, by_token = quantized(x)
        exact = torch._int_mm(tokens, across).float()
        return torch.addcmul(bias, exact.mul_(by_token), by_output)

    return product


def possible(model: Any, device: str) -> list[Precision]:
    """Precisions that exist for an architecture, fast on this machine or not."""
    eight_bits: list[Precision] = (
        ["int8"] if device == "cpu" and is_plain_bert(model.config) else []
    )
    return ["fp32", "bf16", *eight_bits]


def candidates(model: Any, device: str) -> list[Precision]:
    """Precisions that this machine is made for, single precision first."""
    import torch

    if device != "cpu":
        return ["fp32", "bf16"] if torch.cuda.get_device_capability(device)[0] >= 8 else ["fp32"]
    able = torch.cpu.get_capabilities()
    fast = {
        "fp32": True,
        "bf16": able.get("amx_bf16") or able.get("avx512_bf16"),
        "int8": able.get("avx512_vnni"),
    }
    return [name for name in possible(model, device) if fast[name]]


def choose(
    made: Mapping[Precision, Classifier],
    probabilities: Callable[[Classifier], np.ndarray],
    batches: Sequence[Batch],
) -> PrecisionChoice:
    """Choose the fastest of the precisions that stay true to single precision.

    Args:
        made: a forward pass for each candidate, ``fp32`` among them.
        probabilities: of the probe sentences by a forward pass.
        batches: of the model's own tokens, to take the time of.
    """
    read = {name: probabilities(forward) for name, forward in made.items()}
    drift = {name: float(np.abs(found - read["fp32"]).max()) for name, found in read.items()}
    rate: dict[Precision, float] = {}
    for name, forward in made.items():
        tokens, start, elapsed = 0, time.perf_counter(), 0.0
        for batch in cycle(batches):
            forward(batch).sum().item()  # waits for a GPU
            tokens += len(batch.tokens)
            elapsed = time.perf_counter() - start
            if elapsed >= MEASURED_SECONDS:
                break
        rate[name] = tokens / elapsed
    true = [name for name in made if drift[name] <= MAXIMUM_DRIFT] or ["fp32"]
    return PrecisionChoice(max(true, key=rate.__getitem__), rate, drift)
