"""Trains the sandbox's classifier: a tiny BERT with the file layout of the real checkpoints.

    python -m sfr_pipeline.sandbox.train [--out DIR]

It reads sentences of the sandbox's own grammar (others than the forum's posts), so it is of use
there only. One thread and fixed seeds: on one machine, every run writes the same bytes.
"""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sfr_pipeline.sandbox.sentences import Tone, Writer, characters
from sfr_pipeline.sandbox.streams import stream

if TYPE_CHECKING:
    import torch
    from transformers import BertForSequenceClassification, BertTokenizer

CHECKPOINT = Path(__file__).with_name("checkpoint")

# Neither the order of the table's columns nor the alphabet's: whoever trusts an order is found out.
LABELS: tuple[Tone, ...] = ("neutral", "positive", "negative")

SENTENCES, HELD_OUT = 9_000, 2_000
EPOCHS, BATCH, LEARNING_RATE = 3, 64, 2e-3
# Without a slow start and short steps, some starting weights never leave the first plateau.
WARM_UP, LONGEST_GRADIENT = 0.2, 1.0
# Characters replaced by the unknown one, so that words from outside the grammar do no harm.
UNKNOWN_SHARE = 0.05
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ASCII = tuple(chr(code) for code in range(33, 127) if not chr(code).isupper())


def sentences(part: str, count: int) -> tuple[list[str], np.ndarray]:
    """Sentences and their labels (positions in ``LABELS``), every tone as often.

    None of them is a sentence that models are probed with: a test sees to it.
    """
    writer = Writer(stream("classifier", part))
    labels = np.arange(count) % len(LABELS)
    return [writer.post(LABELS[label]) for label in labels], labels


def make_tokenizer() -> "BertTokenizer":
    """Tokenizer whose vocabulary is the grammar's characters and ASCII, each within words too."""
    from transformers import BertTokenizer

    single = list(dict.fromkeys((*ASCII, *(c.lower() for c in characters() if not c.isspace()))))
    inner = [f"##{character}" for character in ASCII if character.isalnum()]
    words = [*SPECIAL, *single, *inner]
    vocabulary = {word: position for position, word in enumerate(words)}
    return BertTokenizer(vocab=vocabulary, model_max_length=512)


def make_model(vocabulary: int) -> "BertForSequenceClassification":
    """The untrained network: two layers of 64 units."""
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=512,
        hidden_dropout_prob=0.0,  # characters struck out do as much, and cost less
        attention_probs_dropout_prob=0.0,
        id2label={number: str(label) for number, label in enumerate(LABELS)},
        label2id={str(label): number for number, label in enumerate(LABELS)},
    )
    return BertForSequenceClassification(config)


def train(out: Path, count: int = SENTENCES, epochs: int = EPOCHS) -> float:
    """Train on `count` sentences, save to `out`, and return the accuracy on held-out ones."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums are split up by thread, and their last bits with them
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(stream("classifier", "weights").integers(2**31)))
            tokenizer = make_tokenizer()
            model = make_model(len(tokenizer))
            _fit(model, tokenizer, count, epochs)
            texts, labels = sentences("held out", HELD_OUT)
            accuracy = float((predict(model, tokenizer, texts).argmax(1) == labels).mean())
    finally:
        torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    # Weights come readable for their owner alone; a checkpoint is for all who have the checkout.
    (out / "model.safetensors").chmod(0o644)
    (out / "vocab.txt").write_text("".join(f"{word}\n" for word, _ in vocabulary), "utf-8")
    return accuracy


def predict(
    model: "BertForSequenceClassification", tokenizer: "BertTokenizer", texts: list[str]
) -> np.ndarray:
    """Probabilities in the order of ``LABELS``, ``(n_texts, 3)``."""
    import torch

    model.eval()
    out = np.empty((len(texts), len(LABELS)), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    with torch.inference_mode():
        for at in range(0, len(texts), 128):
            chosen = order[at : at + 128]
            batch = tokenizer([texts[index] for index in chosen], padding=True, return_tensors="pt")
            out[chosen] = model(**batch).logits.softmax(-1).numpy()
    return out


def _fit(
    model: "BertForSequenceClassification", tokenizer: "BertTokenizer", count: int, epochs: int
) -> None:
    import torch
    from torch.nn.utils.rnn import pad_sequence

    texts, labels = sentences("training", count)
    tokens = [torch.tensor(ids) for ids in tokenizer(texts)["input_ids"]]
    rng = stream("classifier", "batches")
    steps = epochs * -(-count // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=LEARNING_RATE, total_steps=steps, pct_start=WARM_UP
    )
    model.train()
    start, step = time.monotonic(), 0
    for epoch in range(epochs):
        total = 0.0
        for chosen in _batches(rng, [len(ids) for ids in tokens]):
            ids = pad_sequence([tokens[index] for index in chosen], batch_first=True)
            loss = model(
                input_ids=_with_unknowns(rng, ids, tokenizer.unk_token_id),
                attention_mask=(ids != tokenizer.pad_token_id).long(),
                labels=torch.from_numpy(labels[chosen]),
            ).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), LONGEST_GRADIENT)
            optimizer.step()
            schedule.step()
            total += loss.item() * len(chosen)
            step += 1
        spent = time.monotonic() - start
        print(
            f"epoch {epoch + 1}/{epochs}: loss {total / count:.3f}, "
            f"{(epoch + 1) * count / spent:,.0f} sentences/s, "
            f"{spent / step * (steps - step):.0f} s left",
            flush=True,
        )


def _batches(rng: np.random.Generator, lengths: list[int]) -> list[np.ndarray]:
    """Batches of similar lengths in random order."""
    jitter = np.array(lengths) + rng.uniform(0, 4, len(lengths))
    order = np.argsort(jitter, kind="stable")
    batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
    return [batches[number] for number in rng.permutation(len(batches))]


def _with_unknowns(rng: np.random.Generator, ids: "torch.Tensor", unknown: int) -> "torch.Tensor":
    import torch

    struck = torch.from_numpy(rng.random(tuple(ids.shape)) < UNKNOWN_SHARE)
    return torch.where(struck & (ids >= len(SPECIAL)), unknown, ids)


def main() -> None:
    """Train and save the checkpoint, and say how good it is."""
    parser = argparse.ArgumentParser(
        prog="python -m sfr_pipeline.sandbox.train",
        description="Train the tiny classifier of the sandbox market.",
    )
    parser.add_argument("--out", type=Path, default=CHECKPOINT, help="folder to save to")
    out = parser.parse_args().out
    accuracy = train(out)
    print(f"held-out accuracy {accuracy:.4f} on {HELD_OUT} sentences; saved to {out}")


if __name__ == "__main__":
    main()
