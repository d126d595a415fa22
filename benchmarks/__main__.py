"""Run the benchmarks: ``python -m benchmarks --help``."""

import argparse
import os
import platform
from datetime import date
from pathlib import Path

from benchmarks.items import ITEMS
from benchmarks.settings import Scale, Settings

# One thread, so that the figures compare across machines.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
RESULTS = Path(__file__).with_name("results.md")


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line, run what it asks for, print it, and write it if asked."""
    options = _options(arguments)
    settings = Settings(options.scale, options.reference_code)
    sections = [_machine(settings.scale)]
    print(sections[0])
    for name in options.only or ITEMS:
        sections.append(ITEMS[name].run(settings).markdown())
        print(f"\n{sections[-1]}", flush=True)
    if options.write:
        RESULTS.write_text("\n\n".join(["# Benchmarks", *sections]) + "\n", encoding="utf-8")
        print(f"\nwritten to {RESULTS}")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    items = "\n".join(f"  {name:<10} {item.what}" for name, item in ITEMS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Times the package against alternatives, in one thread, and prints ratios.",
        epilog=f"benchmarks:\n{items}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=ITEMS,
        metavar="NAME",
        help="run this benchmark alone; may be given several times",
    )
    scales = parser.add_mutually_exclusive_group()
    scales.add_argument(
        "--quick",
        action="store_const",
        dest="scale",
        const=Scale.QUICK,
        default=Scale.FULL,
        help="smaller sizes and fewer repetitions",
    )
    scales.add_argument(
        "--tiny",
        action="store_const",
        dest="scale",
        const=Scale.TINY,
        help="sizes that show no more than that everything runs, in seconds",
    )
    parser.add_argument(
        "--reference-code",
        type=Path,
        metavar="DIR",
        help="folder with the published MATLAB code of Koop and Korobilis (2014)",
    )
    parser.add_argument(
        "--write", action="store_true", help=f"write the findings to {RESULTS.name} as well"
    )
    options = parser.parse_args(arguments)
    if options.write and (options.only or options.scale != Scale.FULL):
        parser.error(f"{RESULTS.name} holds full runs of all benchmarks: --write goes alone")
    return options


def _machine(scale: Scale) -> str:
    """Say what the figures were taken on, and when."""
    import numpy as np

    return (
        f"{_processor()}, {os.cpu_count()} cores, one thread used unless a note says otherwise. "
        f"Python {platform.python_version()}, NumPy {np.__version__}. {date.today():%Y-%m-%d}, "
        f"{scale.description}."
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    # Before NumPy loads its libraries, and for the processes that some benchmarks start.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    main()
