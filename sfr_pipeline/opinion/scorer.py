"""A sentiment model that reads texts: tokens in, probabilities out.

Belongs here: putting checkpoint, labels, precision and probes together, and reading texts in an
order that wastes nothing. Does not belong here: the cache and the stream of posts (`scoring`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.sentiments import LABELS, Label
from sfr_pipeline.opinion.batching import Batch, batches
from sfr_pipeline.opinion.checkpoint import locate, reading_digest
from sfr_pipeline.opinion.labels import label_order
from sfr_pipeline.opinion.precision import (
    Classifier,
    Precision,
    PrecisionChoice,
    candidates,
    choose,
    classifier,
)
from sfr_pipeline.opinion.probes import PROBES, probe

if TYPE_CHECKING:
    from sfr_pipeline.markets.opinion import SentimentModel

# 99 of 100 forum posts are shorter, and the first sentences of the others carry their tone.
MAXIMUM_TOKENS = 128
# No sane text spends so many characters on 128 tokens; beyond, a post of megabytes costs seconds.
MAXIMUM_CHARACTERS = 20_000
# Products reach their full speed with some thousand tokens; more only pushes data out of the
# processor's cache, while a GPU asks for more.
TOKENS_A_BATCH = {"cpu": 2048, "cuda": 65_536}
TOKENS_MEASURED = 256


@dataclass(frozen=True)
class Scorer:
    """A model that is ready to read.

    Attributes:
        scorer_id: checkpoint, revision, digest of how texts are read, and precision:
            ``name@revision+digest/precision``.
        choice: how the precision was chosen.
        tokenizer: of transformers.
        forward: maps a batch to logits.
        order: output of each label.
        budget: tokens a batch.
        longest: tokens of a text that are read.
        device: as torch names it.
    """

    scorer_id: str
    choice: PrecisionChoice
    tokenizer: Any
    forward: Classifier
    order: Mapping[Label, int]
    budget: int
    longest: int
    device: str = "cpu"

    @property
    def description(self) -> str:
        """Model and precision in a sentence for the log."""
        return f"sentiment is read by {self.scorer_id}; precision {self.choice}"

    def probabilities(
        self, texts: Sequence[str], done: Callable[[int], object] | None = None
    ) -> np.ndarray:
        """Probabilities of each text: positive, negative, neutral.

        All texts are sorted by length together, so give thousands at a time, and streams in
        windows. A model without a neutral class gives 0 there.

        Args:
            texts: to read; empty ones too.
            done: told the number of texts read after each batch.

        Returns:
            Single precision, shape (n_texts, 3), rows in the order of the texts.
        """
        encoded = encode(self.tokenizer, texts, self.longest)
        return _read(self.forward, encoded, self.order, self.budget, self.device, done)


@dataclass(frozen=True)
class Loaded:
    """A model in memory, of no precision yet.

    Attributes:
        identity: checkpoint and revision, with the start of the digest of all that else decides
            how texts are read: config, tokenizer, order of the labels, tokens read.
        tokenizer: of transformers.
        network: a transformers sequence classifier in single precision.
        order: output of each label.
        longest: tokens of a text that are read.
    """

    identity: str
    tokenizer: Any
    network: Any
    order: Mapping[Label, int]
    longest: int


def load(model: "SentimentModel", root: Path) -> Loaded:
    """Read a model's files.

    Args:
        model: the catalogue's entry.
        root: of the workspace.

    Raises:
        SourceError: the files are missing or no classifier.
        CatalogueError: the meaning of its outputs is unclear.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    checkpoint = locate(model, root)
    folder = checkpoint.folder
    try:
        # Weights that are missing are drawn from the random numbers of the whole process.
        with _without_progress_bars(), torch.random.fork_rng([]):
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            network, found = AutoModelForSequenceClassification.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                dtype=torch.float32,
                output_loading_info=True,
            )
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise SourceError(
            f"{folder} can't be read as a sequence classifier of transformers "
            f"({str(error).splitlines()[0]}): download it again, all its files"
        ) from error
    if found["missing_keys"]:
        raise SourceError(
            f"the weights in {folder} lack {', '.join(sorted(found['missing_keys'])[:3])}: it is "
            "a model without a sentiment classifier, to be fine-tuned first; use another checkpoint"
        )
    order = label_order(network.config.id2label, model.labels, checkpoint.identity)
    longest = min(
        MAXIMUM_TOKENS, network.config.max_position_embeddings, tokenizer.model_max_length
    )
    reading = reading_digest(folder, sorted(order.items()), longest, MAXIMUM_CHARACTERS)
    identity = f"{checkpoint.identity}+{reading[:8]}"
    return Loaded(identity, tokenizer, network.eval(), order, longest)


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    """Let transformers draw none, for a log is no terminal; it has one switch for a process."""
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars
    from transformers.utils import logging

    shown, hub_hides = logging.is_progress_bar_enabled(), are_progress_bars_disabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # turns on those of the hub too
        if hub_hides:
            disable_progress_bars()


def load_scorer(model: "SentimentModel", root: Path, device: str = "cpu") -> Scorer:
    """Load a model, choose its precision, and let it read the probe sentences.

    Args:
        model: the catalogue's entry.
        root: of the workspace.
        device: as torch names it, ``cpu`` or ``cuda``.

    Raises:
        SourceError: the files are missing or no classifier, or the model misreads the probes.
        CatalogueError: the meaning of its outputs is unclear.
    """
    return build_scorer(load(model, root), model, device)


def build_scorer(loaded: Loaded, model: "SentimentModel", device: str) -> Scorer:
    """A scorer from a model in memory, its precision chosen and its probes passed.

    Args:
        loaded: the model.
        model: the catalogue's entry, for language and precision.
        device: as torch names it.

    Raises:
        SourceError: the model misreads the probe sentences.
    """
    if model.precision == "auto":
        probes = encode(
            loaded.tokenizer, [text for text, _ in PROBES[model.language]], loaded.longest
        )
        made = {
            name: in_precision(loaded, name, device) for name in candidates(loaded.network, device)
        }
        with _as_a_batch_is_read(device):
            choice = choose(
                {name: scorer.forward for name, scorer in made.items()},
                lambda forward: _read(forward, probes, loaded.order, _budget(device), device),
                list(batches(probes * 8, TOKENS_MEASURED)),
            )
        scorer = replace(made[choice.precision], choice=choice)
    else:
        scorer = in_precision(loaded, model.precision, device)
    probe(scorer.probabilities, model.language, scorer.scorer_id, "neutral" in loaded.order)
    return scorer


def in_precision(loaded: Loaded, precision: Precision, device: str) -> Scorer:
    """A scorer in a precision, which has not read the probes.

    Raises:
        SourceError: the architecture has no such precision on this device.
    """
    return Scorer(
        f"{loaded.identity}/{precision}",
        PrecisionChoice(precision, {}, {}),
        loaded.tokenizer,
        classifier(loaded.network, precision, device),
        loaded.order,
        _budget(device),
        loaded.longest,
        device,
    )


def _budget(device: str) -> int:
    return TOKENS_A_BATCH[device.partition(":")[0]]


def encode(tokenizer: Any, texts: Sequence[str], longest: int) -> list[list[int]]:
    """Tokens of each text, the first ``longest`` of them.

    Half a surrogate pair, which no tokenizer takes, is read as a question mark.
    """
    if not texts:
        return []
    clean = [text[:MAXIMUM_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]
    return tokenizer(
        clean,
        truncation=True,
        max_length=longest,
        return_attention_mask=False,
        return_token_type_ids=False,
    )["input_ids"]


def _read(
    forward: Classifier,
    encoded: Sequence[Sequence[int]],
    order: Mapping[Label, int],
    budget: int,
    device: str,
    done: Callable[[int], object] | None = None,
) -> np.ndarray:
    import torch

    found = np.zeros((len(encoded), len(LABELS)), dtype=np.float32)
    columns = [place for place, label in enumerate(LABELS) if label in order]
    outputs = [order[LABELS[place]] for place in columns]

    def read(batch: Batch) -> int:
        with torch.inference_mode():
            shares = torch.softmax(forward(batch), dim=1)[:, outputs]
            found[batch.posts[:, None], columns] = shares.cpu().numpy()
        return len(batch.posts)

    finished = 0
    for posts in _each(read, batches(encoded, budget), device):
        finished += posts
        if done is not None:
            done(finished)
    return found


def _each(read: Callable[[Batch], int], packed: Iterator[Batch], device: str) -> Iterator[int]:
    """Read batches, on a processor each by one of as many threads as torch would use.

    Sums of a batch then add up in the same order however many threads there are.
    """
    import torch

    threads = torch.get_num_threads()
    with _as_a_batch_is_read(device):
        if device != "cpu" or threads == 1:
            yield from map(read, packed)
            return
        # A thread that torch does not know yet would take all processors for a product.
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield from pool.map(read, packed)


def _as_a_batch_is_read(device: str) -> AbstractContextManager[None]:
    """One thread for each batch, where a processor reads it."""
    from sfr_pipeline.training.fitting import one_thread

    return one_thread() if device == "cpu" else nullcontext()
