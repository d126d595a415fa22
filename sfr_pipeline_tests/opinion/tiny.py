"""A BERT of a few thousand weights, set by hand so that it reads words."""

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

from sfr_pipeline.opinion.probes import PROBES
from sfr_pipeline_tests.seeding import seeded

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
GOOD, BAD = "涨好增强高利", "跌崩亏空降损滑割"
NAMES = {0: "neutral", 1: "positive", 2: "negative"}


def vocabulary():
    characters = sorted(
        {character for text, _ in PROBES["zh"] for character in text} | set("好坏涨跌看多明天的,.")
    )
    return {token: place for place, token in enumerate([*SPECIAL, *characters])}


def random_bert(layers=2, hidden=32, vocabulary_size=200, seed=0, **settings):
    """A BERT whose weights, biases included, are all random."""
    config = BertConfig(
        vocab_size=vocabulary_size,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=2 * hidden,
        max_position_embeddings=64,
        id2label=dict(NAMES),
        label2id={name: index for index, name in NAMES.items()},
        **settings,
    )
    with seeded(seed), torch.no_grad():
        model = BertForSequenceClassification(config).eval()
        for weight in model.parameters():
            weight.normal_(0, 0.2)
        for name, weight in model.named_parameters():
            if "LayerNorm.weight" in name:
                weight.add_(1)
    return model


def reading_bert(names=NAMES):
    """Counts good and bad characters: attention is even, everything else passes them through."""
    tokens = vocabulary()
    model = random_bert(layers=1, vocabulary_size=len(tokens))
    model.config.id2label = dict(names)
    hidden = model.config.hidden_size
    layer = model.bert.encoder.layer[0]
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        for name, weight in model.named_parameters():
            if "LayerNorm.weight" in name:
                weight.fill_(1)
        words = model.bert.embeddings.word_embeddings.weight
        # Unknown to the norm: every word has the same mean and size.
        words[:, 0], words[:, 1] = 1.0, -1.0
        for marks, place in ((GOOD, 2), (BAD, 4)):
            for character in marks:
                if character in tokens:
                    words[tokens[character]] = 0
                    words[tokens[character], place] = 1.0
                    words[tokens[character], place + 1] = -1.0
        layer.attention.self.value.weight.copy_(torch.eye(hidden))
        layer.attention.output.dense.weight.copy_(torch.eye(hidden))
        model.bert.pooler.dense.weight.copy_(torch.eye(hidden))
        outputs = {name: index for index, name in NAMES.items()}
        model.classifier.weight[outputs["positive"], 2] = 8.0
        model.classifier.weight[outputs["negative"], 4] = 8.0
    return model


@dataclass(frozen=True)
class Saved:
    folder: Path
    model: BertForSequenceClassification


def save(model, folder):
    """The model as its files, as a hub would deliver them."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer = BertTokenizer(vocab=vocabulary(), model_max_length=64)
    tokenizer.save_pretrained(folder)
    return Saved(folder, model)
