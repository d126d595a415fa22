"""The tiny classifier: reproducible from its script, and as good as its card says."""

import json
import re

import numpy as np
import pytest

from sfr_pipeline.opinion.probes import PROBES, probe
from sfr_pipeline.sandbox import train as room
from sfr_pipeline.sandbox.forum import make_forum
from sfr_pipeline.training.fitting import one_thread


def load(folder):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder)
    return model, AutoTokenizer.from_pretrained(folder)


@pytest.fixture(autouse=True)
def alone():
    """Threads that wait for one another on a busy machine make a network this small slow."""
    with one_thread():
        yield


@pytest.fixture(scope="module")
def shipped():
    return load(room.CHECKPOINT)


@pytest.fixture(scope="module")
def held_out():
    return room.sentences("held out", room.HELD_OUT)


def test_the_checkpoint_has_the_real_layout_and_is_small():
    files = {path.name: path.stat().st_size for path in room.CHECKPOINT.iterdir()}
    assert files.keys() == {
        "README.md",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt",
    }
    assert sum(files.values()) <= 2 * 2**20
    config = json.loads((room.CHECKPOINT / "config.json").read_text())
    assert config["id2label"] == {"0": "neutral", "1": "positive", "2": "negative"}
    vocabulary = (room.CHECKPOINT / "vocab.txt").read_text("utf-8").splitlines()
    assert len(vocabulary) == config["vocab_size"]


def test_it_is_as_good_as_its_card_says(shipped, held_out):
    texts, labels = held_out
    accuracy = (room.predict(*shipped, texts).argmax(1) == labels).mean()
    card = (room.CHECKPOINT / "README.md").read_text("utf-8")
    stated = float(re.search(r"Held-out accuracy \| ([\d.]+)", card)[1])
    assert accuracy == pytest.approx(stated, abs=0.002)
    assert 0.94 < accuracy < 0.995  # some sentences say nothing: nobody gets all of them


def test_it_reads_the_probes_rightly_without_having_seen_them(shipped):
    def probabilities(texts):
        found = room.predict(*shipped, list(texts))
        return found[:, [room.LABELS.index(tone) for tone in ("positive", "negative", "neutral")]]

    found = probe(probabilities, "zh", "the sandbox's classifier", has_neutral=True)
    assert (found.max(axis=1) > 0.5).all()
    seen = [
        sentence
        for part, count in (("training", room.SENTENCES), ("held out", room.HELD_OUT))
        for sentence in room.sentences(part, count)[0]
    ]
    assert len(seen) == room.SENTENCES + room.HELD_OUT
    assert not any(text in sentence for text, _ in PROBES["zh"] for sentence in seen)


def test_it_finds_the_tone_of_the_forums_posts(shipped):
    posts = make_forum("2020-01", "2021-06").posts
    found = room.predict(*shipped, posts["text"].tolist()).argmax(1)
    tone = np.array([{"neutral": 0, "positive": 1, "negative": -1}[name] for name in room.LABELS])
    assert (tone[found] == posts["tone"]).mean() > 0.94


def test_training_twice_writes_the_same_bytes(tmp_path):
    for name in ("once", "again"):
        room.train(tmp_path / name, count=384, epochs=1)
    for path in (tmp_path / "once").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


@pytest.mark.faults
def test_training_again_gives_the_shipped_model(tmp_path, shipped, held_out, capsys):
    texts, _ = held_out
    room.train(tmp_path)
    again, before = room.predict(*load(tmp_path), texts), room.predict(*shipped, texts)
    agreement = (again.argmax(1) == before.argmax(1)).mean()
    with capsys.disabled():
        print(f"\nretrained and shipped model agree on {agreement:.4f} of held-out sentences")
    # All of them on the machine that trained it. Elsewhere sums are rounded otherwise, and the two
    # may differ as models from different starting weights do: on 3 to 4 % of the sentences.
    assert agreement >= 0.94
