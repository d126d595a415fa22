"""Posts that a BERT reads by the product's own scorer, beside what its products could do."""

import time

from benchmarks.gpu.bench import Bench
from benchmarks.random_bert import posts, tokens
from benchmarks.timing import Findings
from sfr_pipeline.opinion.precision import Precision, candidates, plain
from sfr_pipeline.opinion.scorer import encode, in_precision
from sfr_pipeline.opinion.shards import WINDOW

N_POSTS = 200_000
REPETITIONS = 10


def reading(bench: Bench, seconds: float) -> Findings:
    """Read posts until all are read or time is over, in windows as the pipeline does.

    Args:
        bench: the run.
        seconds: that it may take.
    """
    import torch

    until = time.monotonic() + seconds
    loaded = bench.loaded
    precision: Precision = "bf16" if "bf16" in candidates(loaded.network, bench.device) else "fp32"
    scorer = in_precision(loaded, precision, bench.device)
    made = posts(100 if bench.tiny else N_POSTS)
    size = 50 if bench.tiny else WINDOW
    scorer.probabilities(made[:size])  # kernels are loaded when they are first used
    bench.memory()
    bench.say(f"reading {len(made):,} posts in {precision}")
    n_read, n_tokens, took, tokenizing = 0, 0, 0.0, 0.0
    for first in range(0, len(made), size):
        window = made[first : first + size]
        took += bench.timed(lambda window=window: scorer.probabilities(window))  # type: ignore[misc]
        n_read += len(window)
        n_tokens += sum(map(tokens, window))
        if time.monotonic() > until:
            break
    memory = bench.memory()
    window = made[:size]
    tokenizing = bench.timed(lambda: encode(loaded.tokenizer, window, loaded.longest))
    tokenizing *= n_read / len(window)
    with torch.random.fork_rng([]):
        speed = n_tokens * bench.sizes.flops_a_token / took / 1e12
        alone = n_tokens * bench.sizes.flops_a_token / (took - tokenizing) / 1e12
        largest = _largest_product(bench)
        in_shape = _products_in_shape(bench, scorer.budget)
    rows = [
        ("posts read", f"{n_read:,} of {len(made):,}"),
        ("posts a second, tokenizing included", f"{n_read / took:,.0f}"),
        ("posts a second of the tokenizer alone", f"{n_read / tokenizing:,.0f}"),
        ("TFLOP/s of the model's products, tokenizing included", f"{speed:.3g}"),
        ("the same without the time of the tokenizer", f"{alone:.3g}"),
        ("TFLOP/s of its bf16 products on their own, in batches", f"{in_shape:.3g}"),
        ("TFLOP/s of one large bf16 product", f"{largest:.3g}"),
        ("share of the large product, tokenizing included", f"{speed / largest:.1%}"),
        ("the same without the time of the tokenizer", f"{alone / largest:.1%}"),
        ("largest memory of the device", memory),
    ]
    over = "" if n_read == len(made) else " Time was over before all posts were read."
    return Findings(
        f"Sentiment: BERT, {bench.sizes.layers} layers of {bench.sizes.hidden}, random weights, "
        f"{precision}",
        ("what", "found"),
        tuple(rows),
        f"Windows of {size:,} posts, median 22 and 99th percentile 128 tokens, batches of "
        f"{scorer.budget:,} tokens; the tokenizer was timed on one window. FLOPs are those of the "
        f"matrix products.{over}",
    )


def _largest_product(bench: Bench) -> float:
    """TFLOP/s of a product of two large square matrices in bf16."""
    import torch

    size = 256 if bench.tiny else 8192
    left, right = (torch.randn(size, size, device=bench.device).bfloat16() for _ in range(2))

    def product() -> None:
        for _ in range(REPETITIONS):
            left @ right

    bench.timed(product)
    return 2 * size**3 * REPETITIONS / bench.timed(product) / 1e12


def _products_in_shape(bench: Bench, budget: int) -> float:
    """TFLOP/s of the model's products on a full batch."""
    run = bench.sizes.bare_products(plain, bench.device)
    run(budget)
    return bench.sizes.flops_a_token * budget / bench.timed(lambda: run(budget)) / 1e12
