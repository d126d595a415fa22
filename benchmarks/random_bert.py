"""A BERT with random weights, its tokenizer and posts for it to read; all made here, no network."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sfr_pipeline.markets.sentiments import Label
from sfr_pipeline.opinion.batching import batches
from sfr_pipeline.opinion.packed_bert import Linear
from sfr_pipeline.opinion.scorer import MAXIMUM_TOKENS, Loaded

# Tokens of forum posts: median 22, 99th percentile 128 (the rest is cut).
MEDIAN, SPREAD = 22, np.log(128 / 22) / 2.326
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = 21_128  # of the Chinese BERT
FIRST_CHARACTER = 0x4E00


@dataclass(frozen=True)
class Bert:
    """Sizes of a BERT; by default those of BERT-base."""

    hidden: int = 768
    layers: int = 12
    heads: int = 12

    @property
    def products(self) -> tuple[tuple[int, int], ...]:
        """Matrix products of a text: inputs, outputs."""
        h = self.hidden
        return ((h, 3 * h), (h, h), (h, 4 * h), (4 * h, h)) * self.layers

    @property
    def flops_a_token(self) -> int:
        """Of all products."""
        return 2 * sum(rows * columns for rows, columns in self.products)

    def build(self) -> Any:
        """The classifier, its weights drawn from torch's global generator."""
        from transformers import BertConfig, BertForSequenceClassification

        config = BertConfig(
            vocab_size=VOCABULARY,
            hidden_size=self.hidden,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            intermediate_size=4 * self.hidden,
            id2label={0: "positive", 1: "negative", 2: "neutral"},
        )
        return BertForSequenceClassification(config).eval()

    def loaded(self) -> Loaded:
        """The classifier as the product holds a model that it has read from its files."""
        order: dict[Label, int] = {"positive": 0, "negative": 1, "neutral": 2}
        return Loaded("random@0", tokenizer(), self.build(), order, MAXIMUM_TOKENS)

    def bare_products(
        self, form: Callable[[Any, Any], Linear], device: str = "cpu"
    ) -> Callable[[int], None]:
        """The model's matrix products on their own in bf16, by number of tokens.

        Args:
            form: makes a product of a weight and a bias.
            device: as torch names it.
        """
        import torch

        def drawn(*shape: int) -> Any:
            return torch.randn(*shape).bfloat16().to(device)

        made = [
            (rows, form(drawn(columns, rows), drawn(columns))) for rows, columns in self.products
        ]

        def run(tokens: int) -> None:
            inputs = {
                rows: torch.ones(tokens, rows, dtype=torch.bfloat16, device=device)
                for rows, _ in self.products
            }
            with torch.inference_mode():
                for rows, product in made:
                    product(inputs[rows])

        return run


# Small enough to show in a second that everything runs.
TINY = Bert(hidden=32, layers=1, heads=2)


def posts(n: int) -> list[str]:
    """Random Chinese characters, one a token, in arrival order."""
    rng = np.random.default_rng(0)
    lengths = np.round(MEDIAN * np.exp(SPREAD * rng.standard_normal(n))).astype(int) - 2
    last = FIRST_CHARACTER + VOCABULARY - len(SPECIAL)
    return [
        "".join(map(chr, rng.integers(FIRST_CHARACTER, last, max(length, 1)))) for length in lengths
    ]


def tokens(post: str) -> int:
    """Of a post, as they are read."""
    return min(len(post) + 2, MAXIMUM_TOKENS)


def batches_of(some: list[str], budget: int) -> list[list[str]]:
    """The batches that this project makes of a window of posts.

    Args:
        some: the window.
        budget: tokens a batch.
    """
    encoded = [[0] * tokens(post) for post in some]
    return [[some[place] for place in batch.posts] for batch in batches(encoded, budget)]


def tokenizer() -> Any:
    """One token a character."""
    from transformers import BertTokenizer

    characters = (chr(FIRST_CHARACTER + place) for place in range(VOCABULARY - len(SPECIAL)))
    return BertTokenizer(vocab={token: i for i, token in enumerate([*SPECIAL, *characters])})
