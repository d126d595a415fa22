"""Run the benchmarks: ``python -m benchmarks --help``."""

import argparse
import os
import platform
from collections.abc import Callable
from datetime import date
from pathlib import Path

# One thread, so that the figures compare across machines. It must be said before NumPy loads its
# libraries, which is why the benchmarks are imported in `main`.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
RESULTS = Path(__file__).with_name("results.md")

ITEMS = {
    "loops": "TVP-FAVAR, batched form against a plain loop over series",
    "octave": "TVP-FAVAR against the reference code (needs Octave and --reference-code)",
    "growth": "TVP-FAVAR on larger and larger panels",
    "vintages": "120 vintages",
    "bootstrap": "120 vintages x 1,000 block-bootstrap replications (the longest: about a minute)",
    "transfer": "a panel to Parquet and back, the store against plain pandas",
    "npoi": "public opinion index of 3,000,000 posts, SQL against pandas",
    "sentiment": "posts a second of a BERT-base classifier, against plain batches (minutes)",
    "entropy": "transfer entropy, 12 directions, 999 surrogates at T = 180, against a plain loop",
    "training": "50 fits of the monthly Transformer against a plain loop, and the daily CNN-BiLSTM "
    "(minutes)",
    "streaming": "peak memory of scoring 10,000 and 1,000,000 posts",
}


def main() -> None:
    """Parse the command line, run what it asks for, print it, and write it if asked."""
    arguments = _arguments()
    os.environ.update(dict.fromkeys(THREADS, "1"))

    from benchmarks.estimator import batched_against_loops, growth
    from benchmarks.npoi import index_in_sql
    from benchmarks.reference_code import against_octave
    from benchmarks.sentiment import reading, streaming
    from benchmarks.timing import Findings
    from benchmarks.training import training
    from benchmarks.transfer import store_against_pandas
    from benchmarks.transfer_entropy import surrogates_at_once
    from benchmarks.vintages import all_vintages, bootstrapped_vintages

    quick = arguments.quick
    runs: dict[str, Callable[[], Findings]] = {
        "loops": lambda: batched_against_loops(quick),
        "octave": lambda: against_octave(quick, arguments.reference_code),
        "growth": lambda: growth(quick),
        "vintages": lambda: all_vintages(quick),
        "bootstrap": lambda: bootstrapped_vintages(quick),
        "transfer": lambda: store_against_pandas(quick),
        "npoi": lambda: index_in_sql(quick),
        "sentiment": lambda: reading(quick),
        "entropy": lambda: surrogates_at_once(quick),
        "training": lambda: training(quick),
        "streaming": lambda: streaming(quick),
    }
    sections = [_machine(quick)]
    print(sections[0])
    for name in arguments.only or ITEMS:
        sections.append(runs[name]().markdown())
        print(f"\n{sections[-1]}", flush=True)
    if arguments.write:
        RESULTS.write_text("\n\n".join(["# Benchmarks", *sections]) + "\n", encoding="utf-8")
        print(f"\nwritten to {RESULTS}")


def _arguments() -> argparse.Namespace:
    items = "\n".join(f"  {name:<10} {what}" for name, what in ITEMS.items())
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
    parser.add_argument(
        "--quick", action="store_true", help="smaller sizes and fewer repetitions, some 10 seconds"
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
    return parser.parse_args()


def _machine(quick: bool) -> str:
    """Say what the figures were taken on; to be called once NumPy may be imported."""
    import numpy as np

    kind = "a quick run: not for quoting" if quick else "medians of several repetitions"
    return (
        f"{_processor()}, {os.cpu_count()} cores, one thread used unless a note says otherwise. "
        f"Python {platform.python_version()}, NumPy {np.__version__}. {date.today():%Y-%m-%d}, "
        f"{kind}."
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
