"""Reading posts: how fast, how near to the processor's limit, and in how much memory."""

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.random_bert import TINY, Bert, batches_of, posts, tokens
from benchmarks.settings import Settings
from benchmarks.timing import Findings, progress
from sfr_pipeline.opinion.precision import plain, prepacked
from sfr_pipeline.opinion.scorer import MAXIMUM_TOKENS, TOKENS_A_BATCH, in_precision
from sfr_pipeline.opinion.scoring import Scoring
from sfr_pipeline.opinion.shard_store import ShardStore
from sfr_pipeline.opinion.shards import WINDOW, Shard, texts_of
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables.opinion import INTERACTIONS, POSTS

FEW = 32
MARKET = "benchmark"


@dataclass
class _Tally:
    """Posts read in a way, the seconds that took, and those of its products alone."""

    posts: int = 0
    seconds: float = 0.0
    products: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def rate(self) -> float:
        return self.posts / self.seconds

    def share(self, form: str) -> str:
        return f"{self.products[form] / self.seconds:.0%}" if form in self.products else ""


def reading(settings: Settings) -> Findings:
    """A BERT with random weights, read as most programs do and as this project does."""
    import torch

    from sfr_pipeline.training.fitting import one_thread

    with one_thread(), torch.random.fork_rng([]):
        torch.manual_seed(0)
        return _reading(settings)


def _reading(settings: Settings) -> Findings:
    import torch

    rounds = settings.pick(full=8, quick=2, tiny=1)
    sizes = settings.pick(full=Bert(), quick=Bert(), tiny=TINY)
    loaded = sizes.loaded()
    halved = sizes.build().to(torch.bfloat16)
    scorer = in_precision(loaded, "bf16", "cpu")
    products = {form.__name__: sizes.bare_products(form) for form in (plain, prepacked)}
    made = posts(settings.pick(full=WINDOW, quick=WINDOW, tiny=200))
    # Batches from all over the sorted window, two a round, so that every length has its part.
    in_batches = batches_of(made, TOKENS_A_BATCH["cpu"])
    places = (np.arange(2 * rounds) + 0.5) / (2 * rounds) * len(in_batches)
    chosen = [in_batches[int(place)] for place in places]
    scorer.probabilities(made[:50])
    arrival, by_length, own = _Tally(), _Tally(), _Tally()
    n_tokens = 0
    for turn in range(rounds):
        arrived = made[turn * FEW : (turn + 1) * FEW]
        arrival.posts += len(arrived)
        arrival.seconds += _timed(_by_transformers, loaded.network, loaded.tokenizer, arrived)
        for batch in chosen[turn], chosen[turn + rounds]:
            for tally, some in ((by_length, batch[:FEW]), (own, batch)):
                size = sum(map(tokens, some))
                tally.posts += len(some)
                for form, run in products.items():
                    tally.products[form] += _timed(run, size)
            by_length.seconds += _timed(_by_transformers, halved, loaded.tokenizer, batch[:FEW])
            own.seconds += _timed(scorer.probabilities, batch)
            n_tokens += sum(map(tokens, batch))
        progress(turn + 1, rounds, "rounds")
    speed = n_tokens * sizes.flops_a_token / own.products["prepacked"] / 1e12
    ways = {
        "arrival order, batches of 32, fp32 (transformers)": arrival,
        "sorted by length, batches of 32, bf16 (transformers)": by_length,
        "this project, bf16": own,
    }
    return Findings(
        f"Reading posts: BERT, {sizes.layers} layers of {sizes.hidden}, random weights, median 22 "
        "and 99th percentile 128 tokens",
        ("way", "posts/s", "times the first", "share of plain products", "of prepacked products"),
        tuple(
            (
                name,
                f"{tally.rate:.1f}",
                f"{tally.rate / arrival.rate:.1f}",
                tally.share("plain"),
                tally.share("prepacked"),
            )
            for name, tally in ways.items()
        ),
        "One thread, the ways in turns. A share is the time that the model's bf16 matrix products "
        "take on their own, in the same shapes, over the time of the whole: by torch's linear "
        f"(plain), or with weights in the kernel's own layout (prepacked, {speed:.2f} TFLOP/s "
        "here), which is how this project computes them.",
    )


def streaming(settings: Settings) -> Findings:
    """Peak memory of scoring few and many posts, read by a stub in place of the model."""
    sizes = settings.pick(full=(10_000, 1_000_000), quick=(10_000, 100_000), tiny=(10, 100))
    found = [peak_memory(size) for size in sizes]
    return Findings(
        "Scoring as a stream: a stub reads the posts in shards, which are kept",
        ("posts", "peak memory", "ratio", "time"),
        tuple(
            (f"{size:,}", f"{peak:.0f} MiB", f"{peak / found[0][0]:.3f}", f"{taken:.1f} s")
            for size, (peak, taken) in zip(sizes, found, strict=True)
        ),
        "Each in a process of its own; memory includes Python, pandas and pyarrow.",
    )


def peak_memory(n_posts: int, n_texts: int | None = None) -> tuple[float, float]:
    """Peak memory (MiB) and time (seconds) of a process that scores so many posts.

    All their texts differ, unless ``n_texts`` says how many do.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sentiment", str(n_posts), str(n_texts or n_posts)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    peak, taken = done.stdout.split()
    return float(peak), float(taken)


@dataclass(frozen=True)
class _Stub:
    """Reads as fast as its answer can be written down."""

    store: ParquetStore
    scorer_id: str = "stub@0/none"

    def __call__(self, shard: Shard, done: Callable[[int], object] | None = None) -> np.ndarray:
        rows = self.store.read_rows(MARKET, POSTS, shard.month, shard.first, shard.stop, ["text"])
        positive = np.array([len(text) % 10 / 20 for text in texts_of(rows)], dtype=np.float32)
        return np.column_stack([positive, np.float32(0.5) - positive, np.full_like(positive, 0.5)])


def _stream(n_posts: int, n_texts: int) -> None:
    """Score stored posts, then print the peak memory and the time of this process."""

    def made() -> Iterator[pd.DataFrame]:
        for start in range(0, n_posts, 5_000):
            ids = [f"{number:09d}" for number in range(start, min(start + 5_000, n_posts))]
            yield pd.DataFrame(
                {
                    "post_id": ids,
                    "published_at": pd.Timestamp("2020-01-01 09:30:00"),
                    "text": [f"帖子{int(id_) % n_texts}：明天会不会继续反弹？" for id_ in ids],
                    "bar": "600519",
                    "kind": 0,
                    "text_is_full": True,
                    **{name: pd.array([0] * len(ids), dtype="Int64") for name in INTERACTIONS},
                    "automatic": False,
                    "retrieved_at": pd.Timestamp("2020-02-01"),
                    "origin": "https://forum.example",
                }
            )

    month = "2020-01"
    with tempfile.TemporaryDirectory() as folder:
        store = ParquetStore(Path(folder))
        store.write_month(MARKET, POSTS, month, made())
        start = time.perf_counter()
        reader = _Stub(store)
        kept = ShardStore(Path(folder) / "cache", reader.scorer_id)
        rows = sum(map(len, Scoring(store, MARKET, [month], reader, kept).frames(month)))
        taken = time.perf_counter() - start
    if rows != n_posts:
        raise RuntimeError(f"{rows} rows for {n_posts} posts")
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    print(int(peak) / 1024, taken)


def _by_transformers(model: Any, tokenizer: Any, posts: list[str]) -> None:
    import torch

    with torch.inference_mode():
        inputs = tokenizer(
            posts, padding=True, truncation=True, max_length=MAXIMUM_TOKENS, return_tensors="pt"
        )
        torch.softmax(model(**inputs).logits.float(), dim=1)


def _timed(function: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


if __name__ == "__main__":
    _stream(int(sys.argv[1]), int(sys.argv[2]))
