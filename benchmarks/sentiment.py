"""Reading posts: how fast, how near to the processor's limit, and in how much memory."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.timing import Findings, progress
from sfr_pipeline.opinion.batching import batches
from sfr_pipeline.opinion.cache import ScoreCache
from sfr_pipeline.opinion.precision import PrecisionChoice, classifier
from sfr_pipeline.opinion.scorer import MAXIMUM_TOKENS, TOKENS_A_BATCH, Scorer
from sfr_pipeline.opinion.scoring import WINDOW, Scoring

# Tokens of forum posts: median 22, 99th percentile 128 (the rest is cut).
MEDIAN, SPREAD = 22, np.log(128 / 22) / 2.326
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = 21_128  # of the Chinese BERT
FIRST_CHARACTER = 0x4E00
ARRIVAL_BATCH = 32


def reading(quick: bool = False) -> Findings:
    """BERT-base with random weights, read as most programs do and as this project does."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = BertForSequenceClassification(BertConfig(vocab_size=VOCABULARY, num_labels=3)).eval()
    halved = BertForSequenceClassification(model.config).eval().to(torch.bfloat16)
    tokenizer = _tokenizer()
    posts = _posts(WINDOW)
    by_length = sorted(posts, key=len)
    budget = TOKENS_A_BATCH["cpu"]
    scorer = Scorer(
        "benchmark",
        PrecisionChoice("bf16", {}, {}),
        tokenizer,
        classifier(model, "bf16", "cpu"),
        {"positive": 0, "negative": 1, "neutral": 2},
        budget,
        MAXIMUM_TOKENS,
    )
    rounds = 2 if quick else 8
    encoded = [[0] * min(len(post) + 2, MAXIMUM_TOKENS) for post in by_length]
    cut = [batch.posts for batch in batches(encoded, budget)]
    # Batches from all over the window, two for each round, so that every length has its part.
    chosen = [cut[int((place + 0.5) / (2 * rounds) * len(cut))] for place in range(2 * rounds)]
    plain, packed = _products(False), _products(True)
    seconds: dict[str, list[float]] = {name: [] for name in ("arrival", "sorted", "own")}
    counts: dict[str, int] = dict.fromkeys(seconds, 0)
    products: dict[str, float] = {"plain": 0.0, "packed": 0.0, "sorted": 0.0}
    tokens = 0
    scorer.probabilities(by_length[:100])
    for turn in range(rounds):
        arrived = posts[turn * ARRIVAL_BATCH : (turn + 1) * ARRIVAL_BATCH]
        seconds["arrival"].append(
            _timed(lambda some=arrived: _by_transformers(model, tokenizer, some))
        )
        counts["arrival"] += len(arrived)
        for batch in chosen[turn], chosen[turn + rounds]:
            own = [by_length[place] for place in batch]
            some = own[:ARRIVAL_BATCH]
            seconds["own"].append(_timed(lambda own=own: scorer.probabilities(own)))
            seconds["sorted"].append(
                _timed(lambda some=some: _by_transformers(halved, tokenizer, some))
            )
            counts["own"] += len(own)
            counts["sorted"] += len(some)
            size = sum(len(encoded[place]) for place in batch)
            tokens += size
            products["plain"] += _timed(lambda size=size: plain(size))
            products["packed"] += _timed(lambda size=size: packed(size))
            size = sum(len(encoded[place]) for place in batch[:ARRIVAL_BATCH])
            products["sorted"] += _timed(lambda size=size: plain(size))
        progress(turn + 1, rounds, "rounds")
    rate = {name: counts[name] / sum(taken) for name, taken in seconds.items()}
    share = {name: taken / sum(seconds["own"]) for name, taken in products.items()}
    share["sorted"] = products["sorted"] / sum(seconds["sorted"])
    speed = tokens * FLOPS_A_TOKEN / products["packed"] / 1e12
    ways = (
        ("arrival", "arrival order, batches of 32, fp32 (transformers)", "", ""),
        ("sorted", "sorted, batches of 32, bf16 (transformers)", f"{share['sorted']:.0%}", ""),
        ("own", "this project, bf16", f"{share['plain']:.0%}", f"{share['packed']:.0%}"),
    )
    return Findings(
        "Reading posts: BERT-base, random weights, median 22 and 99th percentile 128 tokens",
        ("way", "posts/s", "times the first", "share of plain products", "of prepacked products"),
        tuple(
            (name, f"{rate[key]:.1f}", f"{rate[key] / rate['arrival']:.1f}", first, second)
            for key, name, first, second in ways
        ),
        "One thread. A share is the time that the model's bf16 matrix products take on their own, "
        "in the same shapes and the same minutes, over the time of the whole: by torch's linear "
        "(plain), or with weights in the kernel's layout (prepacked, "
        f"{speed:.2f} TFLOP/s here), which is what this project runs.",
    )


def streaming(quick: bool = False) -> Findings:
    """Peak memory of scoring few and many posts, read by a stub in place of the model."""
    sizes = (10_000, 100_000 if quick else 1_000_000)
    found = [peak_memory(size) for size in sizes]
    return Findings(
        "Scoring as a stream: a stub reads the posts, the cache is filled",
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
    )
    peak, taken = done.stdout.split()
    return float(peak), float(taken)


class _Stub:
    """Reads as fast as its answer can be written down."""

    scorer_id = "stub@0/none"

    def probabilities(
        self, texts: Sequence[str], done: Callable[[int], object] | None = None
    ) -> np.ndarray:
        positive = np.array([len(text) % 10 / 20 for text in texts], dtype=np.float32)
        return np.column_stack([positive, np.float32(0.5) - positive, np.full_like(positive, 0.5)])


def _stream(n_posts: int, n_texts: int) -> None:
    """Score generated posts, then print the peak memory and the time of this process."""

    def made() -> Iterator[pd.DataFrame]:
        for start in range(0, n_posts, 5_000):
            ids = [str(number) for number in range(start, min(start + 5_000, n_posts))]
            texts = [f"帖子{int(number) % n_texts}：明天会不会继续反弹？" for number in ids]
            published = pd.Timestamp("2020-01-01 09:30:00")
            yield pd.DataFrame({"post_id": ids, "published_at": published, "text": texts})

    with tempfile.TemporaryDirectory() as folder, ScoreCache(Path(folder) / "cache") as cache:
        start = time.perf_counter()
        rows = sum(len(frame) for frame in Scoring(_Stub(), cache).frames(made()))
        taken = time.perf_counter() - start
    if rows != n_posts:
        raise RuntimeError(f"{rows} rows for {n_posts} posts")
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    print(int(peak) / 1024, taken)


def _posts(n: int) -> list[str]:
    """Random Chinese characters, one a token, in arrival order."""
    rng = np.random.default_rng(0)
    lengths = np.round(MEDIAN * np.exp(SPREAD * rng.standard_normal(n))).astype(int) - 2
    known = FIRST_CHARACTER + VOCABULARY - len(SPECIAL)
    return [
        "".join(map(chr, rng.integers(FIRST_CHARACTER, known, max(length, 1))))
        for length in lengths
    ]


def _tokenizer() -> Any:
    from transformers import BertTokenizer

    characters = (chr(FIRST_CHARACTER + place) for place in range(VOCABULARY - len(SPECIAL)))
    return BertTokenizer(vocab={token: i for i, token in enumerate([*SPECIAL, *characters])})


def _by_transformers(model: Any, tokenizer: Any, posts: list[str]) -> None:
    import torch

    with torch.inference_mode():
        inputs = tokenizer(
            posts, padding=True, truncation=True, max_length=MAXIMUM_TOKENS, return_tensors="pt"
        )
        torch.softmax(model(**inputs).logits.float(), dim=1)


SHAPES = ((768, 2304), (768, 768), (768, 3072), (3072, 768))
LAYERS = 12
FLOPS_A_TOKEN = 2 * LAYERS * sum(rows * columns for rows, columns in SHAPES)


def _products(packed: bool) -> Callable[[int], None]:
    """The model's matrix products on their own, by number of tokens."""
    import torch

    from sfr_pipeline.opinion.precision import prepacked

    made = []
    for rows, columns in SHAPES * LAYERS:
        weight = torch.randn(columns, rows, dtype=torch.bfloat16)
        bias = torch.randn(columns, dtype=torch.bfloat16)
        if packed:
            made.append((rows, prepacked(weight, bias)))
        else:
            made.append((rows, lambda x, w=weight, b=bias: torch.nn.functional.linear(x, w, b)))

    def run(tokens: int) -> None:
        inputs = {rows: torch.ones(tokens, rows, dtype=torch.bfloat16) for rows in (768, 3072)}
        with torch.inference_mode():
            for rows, product in made:
                product(inputs[rows])

    return run


def _timed(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


if __name__ == "__main__":
    _stream(int(sys.argv[1]), int(sys.argv[2]))
