"""Measure everything that needs a GPU: ``python -m benchmarks.gpu --help``."""

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.gpu import agreement, device, fits, sentiment
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.fit_file import MOST_BYTES, load, save
from benchmarks.gpu.tiny import tiny_works
from benchmarks.gpu.works import Works
from benchmarks.timing import Findings
from sfr_pipeline.engine.device import alone_on, resolved
from sfr_pipeline.errors import DeviceError, SfrError
from sfr_pipeline.threads import processors

RESULTS = Path(__file__).parents[1] / "results_gpu_run.md"
SECONDS = 300.0
LEAST = 1.0  # less is no time for a part
KEPT = 0.07  # share of the time for what has begun when that of its part is over

Part = Callable[[Bench, float], Findings]
# In their order, each with the share of the time after which it begins nothing more; the last one
# gets what the others leave.
PARTS: Mapping[str, tuple[Part, float]] = {
    "device": (device.two_processes, 0.1),
    "agreement": (agreement.agreement, 0.1),
    "sentiment": (sentiment.reading, 0.15),
    "default": (fits.default_fits, 0.3),
    "full": (fits.full_fits, 1.0),
}
ON_PROCESSORS: Mapping[str, tuple[Part, float]] = {"processors": (fits.reference, 1.0)}


@dataclass
class Measured:
    """What a run found.

    Attributes:
        findings: of the parts that were run, by name.
        seconds: that each took.
        left_out: parts for which there was no time.
    """

    findings: dict[str, Findings] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and do what it asks for; returns the exit status."""
    options = _options(arguments)
    try:
        if options.write:
            return _write(options)
        bench, parts = _asked(options)
        measured = measure(bench, parts, options.seconds)
    except SfrError as error:
        print(f"python -m benchmarks.gpu: {error}", file=sys.stderr)
        return 1
    output = options.output or (RESULTS if bench.has_gpu and not options.only else None)
    if output is not None:
        output.write_text(_page(bench, measured), encoding="utf-8")
        bench.say(f"written to {output}")
    wrong = [found.title for found in measured.findings.values() if found.failed]
    for title in wrong:
        print(f"python -m benchmarks.gpu: not as it must be: {title}", file=sys.stderr)
    return 1 if wrong else 0


def measure(bench: Bench, parts: Mapping[str, tuple[Part, float]], seconds: float) -> Measured:
    """Run parts one after the other until time is over.

    Args:
        bench: the run.
        parts: by name, each with its share of the time.
        seconds: for all of them.
    """
    measured = Measured()
    for name, (part, share) in parts.items():
        left = bench.begun + seconds - time.monotonic()
        if left < LEAST:
            bench.say(f"{name} is left out: time is over")
            measured.left_out.append(name)
            continue
        begun = time.monotonic()
        # Two measurements at once would be worth nothing.
        asks_itself = part is device.two_processes
        with nullcontext() if asks_itself else alone_on(bench.device, bench.say):
            found = part(bench, min(share * seconds, max(left - KEPT * seconds, 0.0)))
        measured.findings[name], measured.seconds[name] = found, time.monotonic() - begun
        print(f"\n{found.markdown()}\n", flush=True)
    return measured


def _write(options: argparse.Namespace) -> int:
    from benchmarks.gpu.gather import write

    works = write(options.write, options.market, options.warehouse)
    counts = (
        f"{sum(stack.n_fits for stack in works.stacks(name)):,} fits of profile {name}"
        for name in works.profiles
    )
    size = options.write.stat().st_size / 1e6
    print(" ".join([f"{options.write}: {size:.1f} MB, {', '.join(counts)}.", *works.left_out]))
    return 0


def _asked(options: argparse.Namespace) -> tuple[Bench, Mapping[str, tuple[Part, float]]]:
    """The run that is asked for, and its parts.

    Raises:
        DeviceError: it needs a GPU, and there is none.
        StorageError: its fits can't be read.
    """
    parts = {name: PARTS[name] for name in PARTS if name in (options.only or PARTS)}
    if options.tiny:
        return Bench("cpu", _through_a_file(tiny_works()), tiny=True), parts
    if options.processors:
        return Bench("cpu", load(options.fits)), ON_PROCESSORS
    name = resolved(options.device)
    if name == "cpu":
        raise DeviceError(
            "torch sees no GPU on this machine: install a build of torch for its GPU, and look at "
            "what 'python -c \"import torch; print(torch.version.cuda)\"' says. On a processor "
            "--tiny shows that everything runs, and --processors measures how fast it trains"
        )
    return Bench(name, load(options.fits)), parts


def _through_a_file(works: Works) -> Works:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fits.npz"
        save(works, path)
        return load(path)


def _page(bench: Bench, measured: Measured) -> str:
    """All findings, with the machine that they were found on."""
    taken = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in measured.seconds.items())
    about = [
        f"{_card(bench)}, {processors()} processors. torch {version('torch')}, transformers "
        f"{version('transformers')}, NumPy {version('numpy')}, Python "
        f"{platform.python_version()}. {date.today():%Y-%m-%d}.",
        f"Seconds of each part: {taken}.",
    ]
    if bench.tiny:
        about.append("A tiny run: it shows that everything runs, and nothing about speed.")
    if measured.left_out:
        about.append(f"Left out, for time was over: {', '.join(measured.left_out)}.")
    sections = [found.markdown() for found in measured.findings.values()]
    return "\n\n".join(["# A run of `python -m benchmarks.gpu`", *about, *sections]) + "\n"


def _card(bench: Bench) -> str:
    if not bench.has_gpu:
        return "No GPU"
    import torch

    found = torch.cuda.get_device_properties(bench.device)
    return f"{found.name}, {found.total_memory / 1e9:.0f} GB, CUDA {torch.version.cuda}"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description=(
            "Measures everything that needs a GPU, from a bare checkout: torch, transformers, "
            "NumPy, pandas, pyarrow and scikit-learn are enough, and no network is asked. First "
            "write a file of fits where the whole package is installed and a market has been run, "
            "then carry it to the machine with the GPU."
        ),
        epilog=(
            "examples:\n"
            "  python -m benchmarks.gpu --write fits.npz --market us\n"
            "  python -m benchmarks.gpu --fits fits.npz"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help=f"write the fits of a market, at most {MOST_BYTES / 1e6:.0f} MB, and measure nothing",
    )
    what.add_argument(
        "--tiny",
        action="store_true",
        help="made-up fits and sizes that show on a processor that everything runs, in seconds",
    )
    what.add_argument(
        "--processors",
        action="store_true",
        help="measure the default fits on the processors of this machine alone",
    )
    parser.add_argument("--fits", type=Path, metavar="FILE", help="the file of fits to measure")
    parser.add_argument("--market", default="us", help="of --write (default: us)")
    parser.add_argument(
        "--warehouse",
        type=Path,
        metavar="DIR",
        help="of --write, with the market's tables (default: that of the workspace)",
    )
    parser.add_argument(
        "--device", default="auto", help="auto, cuda or cuda:1 (default: the first GPU)"
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=PARTS,
        metavar="PART",
        help=f"run this part alone; may be given several times: {', '.join(PARTS)}",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        help=f"for all parts together (default: {SECONDS:.0f}); what has begun is finished",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"for the results (default: {RESULTS.name} beside the benchmarks, of a whole run on "
        "a GPU)",
    )
    options = parser.parse_args(arguments)
    if not (options.write or options.tiny or options.fits):
        parser.error("name the file of fits: --fits FILE (--write FILE makes one)")
    return options


if __name__ == "__main__":
    raise SystemExit(main())
