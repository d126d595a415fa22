"""PyTorch and the GPU: whether the build fits the machine, and whether a GPU can be used.

Torch is not imported here, a second's work: its file of versions is read, and only where a GPU
could be used is it asked, in a process of its own that may take some seconds.
"""

import ast
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sfr_pipeline.operation.doctor.finding import Finding

# That the driver's tool, and torch itself, may take.
SECONDS = 10.0
# Free memory of a GPU, in MB, below which training may find no room.
LITTLE_MEMORY = 2_000
ASK = "import torch; print(torch.cuda.device_count() if torch.cuda.is_available() else 0)"
QUERY = "--query-gpu=name,driver_version,memory.free"
START_PAGE = "the command that the start page of pytorch.org shows for Compute Platform"


@dataclass(frozen=True)
class Torch:
    """A build of torch.

    Attributes:
        version: of torch.
        cuda: version of CUDA that it is built for; None for processors alone.
    """

    version: str
    cuda: str | None


@dataclass(frozen=True)
class Gpu:
    """A GPU of the machine.

    Attributes:
        name: of its kind.
        driver: version of the driver.
        free: memory in MB that nobody uses.
    """

    name: str
    driver: str
    free: int


def look_at_torch(
    torch: Torch | None, gpus: Sequence[Gpu], usable: Callable[[], int | None], wanted: str
) -> Iterator[Finding]:
    """Whether torch fits the machine.

    Args:
        torch: the build that is installed, None without one.
        gpus: NVIDIA's of this machine.
        usable: asks torch how many it can use; None where it did not say.
        wanted: device that SFR_DEVICE names, ``auto`` where it names none.
    """
    if torch is None:
        yield Finding(
            "broken",
            "torch is not installed",
            shlex.join([sys.executable, "-m", "pip", "install", "torch"]),
        )
        return
    count: int | None = 0
    if torch.cuda and not gpus:
        yield Finding(
            "note",
            f"torch {torch.version} is the build for CUDA {torch.cuda}, gigabytes that a machine "
            "without an NVIDIA GPU has no use for",
            f"for the small one, {START_PAGE} CPU",
        )
    elif gpus and not torch.cuda:
        yield Finding(
            "note",
            f"torch {torch.version} is built for processors alone, and there is a {gpus[0].name}",
            f"to train networks on it, {START_PAGE} CUDA",
        )
    elif gpus:
        count = usable()
        yield _with_cuda(torch, gpus, count)
        for place, gpu in enumerate(gpus):
            if gpu.free < LITTLE_MEMORY:
                yield Finding(
                    "note",
                    f"GPU {place} ({gpu.name}) has {gpu.free} MB free: somebody else uses it",
                    "nvidia-smi",
                )
    else:
        yield Finding("ok", f"torch {torch.version}, for processors; there is no NVIDIA GPU")
    asked = re.fullmatch(r"cuda(?::(\d+))?", wanted)
    if asked and count is not None and int(asked[1] or 0) >= count:
        yield Finding(
            "broken",
            f"SFR_DEVICE={wanted} names a GPU that torch does not see: it sees {count}",
            "unset SFR_DEVICE",
        )


def _with_cuda(torch: Torch, gpus: Sequence[Gpu], count: int | None) -> Finding:
    here = f"torch {torch.version} for CUDA {torch.cuda}"
    if count is None:
        return Finding(
            "broken",
            f"{here} did not say within {SECONDS:.0f} s which GPUs it can use",
            shlex.join([sys.executable, "-c", ASK]),
        )
    if not count:
        return Finding(
            "broken",
            f"{here} can't use the {gpus[0].name}: its driver {gpus[0].driver} is too old for it, "
            "or CUDA_VISIBLE_DEVICES hides it",
            f"update the driver; or, for an older CUDA, {START_PAGE} CUDA",
        )
    return Finding("ok", f"{here} can use {count} of {len(gpus)} GPUs ({gpus[0].name})")


def installed_torch() -> Torch | None:
    """The build that is installed, by its file of versions."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    return torch_in((Path(spec.origin).parent / "version.py").read_text(encoding="utf-8"))


def torch_in(text: str) -> Torch:
    """The build that torch's file of versions tells of."""
    values = {}
    for line in ast.parse(text).body:
        if isinstance(line, ast.Assign | ast.AnnAssign) and isinstance(line.value, ast.Constant):
            target = line.targets[0] if isinstance(line, ast.Assign) else line.target
            values[ast.unparse(target)] = line.value.value
    cuda = values.get("cuda")
    return Torch(str(values["__version__"]), str(cuda) if cuda else None)


def gpus_here() -> tuple[Gpu, ...]:
    """NVIDIA's GPUs, as the driver's own tool names them; none where there is no such tool."""
    if shutil.which("nvidia-smi") is None:
        return ()
    return gpus_in(_said(["nvidia-smi", QUERY, "--format=csv,noheader,nounits"]) or "")


def gpus_in(said: str) -> tuple[Gpu, ...]:
    """The GPUs that the driver's tool lists; a free memory that it can't tell counts as 0."""
    parts = (line.split(", ") for line in said.splitlines())
    return tuple(
        Gpu(name, driver, int(free) if free.isdecimal() else 0)
        for name, driver, free in (part for part in parts if len(part) == 3)
    )


def usable_by_torch() -> int | None:
    """How many GPUs torch can use; None where it did not say in time."""
    said = (_said([sys.executable, "-W", "ignore", "-c", ASK]) or "").strip()
    return int(said) if said.isdecimal() else None


def _said(command: Sequence[str]) -> str | None:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
