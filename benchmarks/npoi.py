"""The NPOI over millions of stored posts: SQL over the Parquet files against the same in pandas.

Each runs in a process of its own, which reports its time and the peak of its memory:
``python -m benchmarks.npoi sql|pandas FOLDER``.
"""

import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.settings import Settings
from benchmarks.timing import Findings, progress, shown
from sfr_pipeline.opinion.npoi import npoi_tables
from sfr_pipeline.opinion.npoi_parts import OMEGA
from sfr_pipeline.storage.tables.opinion import INTERACTIONS, POSTS, SENTIMENT, VARIANTS

FIRST_MONTH = "2011-01"
# Of a month's posts in a real forum: reads have a median near 500, four in ten have no comment.
MEDIAN = {"reads": 491, "likes": 2, "comments": 2, "shares": 1}
SPREAD = {"reads": 1.3, "likes": 1.2, "comments": 1.2, "shares": 1.0}
ZERO = {"reads": 0.0, "likes": 0.6, "comments": 0.42, "shares": 0.8}
MISSING = {"reads": 0.01, "likes": 0.4, "comments": 0.01, "shares": 0.05}


def index_in_sql(settings: Settings) -> Findings:
    """Time both, check that they agree, and compare."""
    n_posts, n_months, repetitions = settings.pick(
        full=(3_000_000, 180, 3), quick=(300_000, 180, 1), tiny=(450, 9, 1)
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, n_posts, n_months)
        runs: dict[str, list[dict[str, float]]] = {"sql": [], "pandas": []}
        for number in range(repetitions):
            for way, done in runs.items():
                done.append(_in_own_process(way, folder))
            progress(number + 1, repetitions, "runs of the NPOI")
        _require_agreement(*(pd.read_parquet(_result(folder, way)) for way in runs))
    rows = []
    for measure, label in (("wall", "time"), ("cpu", "processor time"), ("peak", "peak memory")):
        ours, theirs = (statistics.median(run[measure] for run in done) for done in runs.values())
        text = [f"{value / 2**20:.0f} MiB" for value in (ours, theirs)]
        if measure != "peak":
            text = [shown(value) for value in (ours, theirs)]
        rows.append((f"{n_posts:,} posts", label, *text, f"{theirs / ours:.1f}"))
    return Findings(
        "NPOI from Parquet",
        ("posts", "measure", "SQL", "pandas", "pandas / SQL"),
        tuple(rows),
        f"{n_months} months, three variants, reading and joining both tables included; the "
        f"indices agree. SQL works on all {os.cpu_count()} cores of the machine, pandas on one: "
        "compare processor time for a like measure. Memory is the whole process at its highest, "
        "imports included.",
    )


def generate(folder: Path, n_posts: int, n_months: int, seed: int = 0) -> None:
    """Tables ``posts`` and ``sentiment`` as the store lays them out, one file a month."""
    rng = np.random.default_rng(seed)
    texts = pa.array([f"第{number}条 大盘今天又跌了，明天能不能反弹" for number in range(5000)])
    n = n_posts // n_months
    for number, month in enumerate(pd.period_range(FIRST_MONTH, periods=n_months, freq="M")):
        seconds = np.sort(rng.integers(0, month.days_in_month * 86_400, n))
        start = np.datetime64(month.start_time, "us")
        # Numbers grow with time, as a forum's do, and leave gaps for other boards.
        ids = 30_000_000 + 9_000_000 * number + np.sort(rng.choice(9_000_000, n, replace=False))
        named = {
            "post_id": pa.array(ids.astype(str)),
            "published_at": pa.array(start + seconds.astype("timedelta64[s]")),
        }
        posts = {
            **named,
            "bar": pa.repeat("600519", n),
            "kind": pa.repeat(0, n),
            "text": texts.take(pa.array(rng.integers(0, len(texts), n))),
            "text_is_full": pa.repeat(False, n),
            **{name: _counts(rng, name, n) for name in INTERACTIONS},
            "automatic": pa.nulls(n, pa.bool_()),
            "retrieved_at": pa.nulls(n, pa.timestamp("us")),
            "origin": pa.repeat("https://forum.example", n),
        }
        positive, negative, neutral = rng.dirichlet([1, 1, 1], n).T
        sentiment = {
            **named,
            "p_positive": positive,
            "p_negative": negative,
            "p_neutral": neutral,
            "score": positive - negative,
            "scorer": pa.repeat("benchmark@0/fp32", n),
        }
        for table, columns in ((POSTS, posts), (SENTIMENT, sentiment)):
            path = folder / table.name / f"month={month}" / "part-0.parquet"
            path.parent.mkdir(parents=True)
            content = pa.table(columns, schema=table.arrow_schema())
            pq.write_table(content.sort_by("post_id"), path, compression="zstd")


def _counts(rng: np.random.Generator, name: str, n: int) -> pa.Array:
    counts = np.exp(rng.normal(math.log(MEDIAN[name]), SPREAD[name], n)).astype(np.int64)
    counts[rng.random(n) < ZERO[name]] = 0
    return pa.array(counts, mask=rng.random(n) < MISSING[name])


def _files(folder: Path, table: str) -> list[Path]:
    return sorted((folder / table).glob("month=*/part-0.parquet"))


def in_sql(folder: Path) -> pd.DataFrame:
    """The project's way."""
    return npoi_tables(_files(folder, "posts"), _files(folder, "sentiment"))["npoi"]


def in_pandas(folder: Path) -> pd.DataFrame:
    """The same index with the posts in memory, as an analyst would write it."""
    key = ["post_id", "published_at"]
    posts, sentiment = (
        pd.concat([pd.read_parquet(file, columns=columns) for file in _files(folder, table)])
        for table, columns in (("posts", [*key, *INTERACTIONS]), ("sentiment", [*key, "score"]))
    )
    frame = posts.merge(sentiment, on=key, how="left")
    month, _ = pd.factorize(frame["published_at"].dt.to_period("M"), sort=True)
    counts = frame[list(INTERACTIONS)].astype(float)
    monthly = counts.groupby(month)
    # The count that SQL's discrete quantile picks, unless a month's posts are a multiple of 100.
    usual = monthly.quantile(0.99, interpolation="higher").expanding().median()
    ends = {
        "paper": (counts.min().to_numpy(), counts.max().to_numpy()),
        "real_time": tuple(
            ends.to_numpy()[month] for ends in (monthly.min().cummin(), monthly.max().cummax())
        ),
        "robust": (0.0, np.log1p(usual.to_numpy()[month])),
    }
    omega = np.array([OMEGA[name] for name in INTERACTIONS])
    present = counts.notna().to_numpy() @ omega
    found = []
    for variant in VARIANTS:
        low, high = ends[variant]
        values = np.log1p(counts) if variant == "robust" else counts
        scaled = ((values - low) / (high - low)).clip(upper=1).fillna(0)
        weight = (pd.Series(scaled.to_numpy() @ omega) / present).fillna(0)
        grouped = weight.groupby(month)
        top = grouped.apply(lambda weights: weights.nlargest(math.ceil(len(weights) / 100)).sum())
        found.append(
            pd.DataFrame(
                {
                    "npoi": (weight * frame["score"]).groupby(month).mean(),
                    "mean_weight": grouped.mean(),
                    "top_weight_share": top / grouped.sum(),
                }
            )
        )
    return pd.concat(found, ignore_index=True)


def _require_agreement(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    for column in ("npoi", "mean_weight", "top_weight_share"):
        np.testing.assert_allclose(ours[column], theirs[column], rtol=1e-9, atol=1e-13)


def _result(folder: Path, way: str) -> Path:
    return folder / f"{way}.parquet"


def _in_own_process(way: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.npoi", way, str(folder)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _measured(way: str, folder: Path) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    frame = {"sql": in_sql, "pandas": in_pandas}[way](folder)
    figures = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "peak": _peak_memory(),
    }
    frame.to_parquet(_result(folder, way))
    return figures


def _peak_memory() -> float:
    """Peak of this process's resident memory in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # the other way would count what the parent held when it started us
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) * 1024
    peak = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    print(json.dumps(_measured(sys.argv[1], Path(sys.argv[2]))))
