import re
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import DistilBertConfig, DistilBertForSequenceClassification
from transformers.utils.logging import enable_progress_bar

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.opinion import SentimentModel
from sfr_pipeline.opinion import precision, scorer
from sfr_pipeline.opinion.batching import batches
from sfr_pipeline.opinion.precision import MAXIMUM_DRIFT, choose, classifier
from sfr_pipeline.opinion.probes import PROBES
from sfr_pipeline.opinion.scorer import load_scorer
from sfr_pipeline_tests.opinion.test_probes import cautious
from sfr_pipeline_tests.opinion.tiny import NAMES, random_bert, reading_bert, save
from sfr_pipeline_tests.seeding import seeded

MODEL = SentimentModel(checkpoint="team/tiny", folder="tiny", language="zh", precision="fp32")


def lengths_mixed(n=50, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 200, int(length)).tolist() for length in rng.integers(2, 40, n)]


def by_transformers(model, encoded):
    with torch.inference_mode():
        return torch.cat([model(input_ids=torch.tensor([post])).logits for post in encoded])


def logits(forward, encoded, budget=300):
    found = torch.empty(len(encoded), 3)
    with torch.inference_mode():
        for batch in batches(encoded, budget):
            found[batch.posts] = forward(batch)
    return found


@pytest.fixture(scope="module")
def reading(tmp_path_factory):
    root = tmp_path_factory.mktemp("reading")
    save(cautious(), root / "tiny")
    return root


def test_the_packed_pass_equals_that_of_transformers():
    model, encoded = random_bert(layers=3), lengths_mixed()
    expected = by_transformers(model, encoded)
    found = logits(classifier(model, "fp32", "cpu"), encoded)
    assert expected.std() > 0.1
    assert (found - expected).abs().max() < 1e-5


@pytest.mark.parametrize(("name", "tolerance"), [("bf16", 0.1), ("int8", 0.1)])
def test_other_precisions_stay_near(name, tolerance):
    model, encoded = random_bert(hidden=64), lengths_mixed()
    expected = by_transformers(model, encoded)
    found = logits(classifier(model, name, "cpu"), encoded)
    difference = (found - expected).abs().max()
    assert 0 < difference < tolerance * expected.abs().max()


def test_an_int8_score_does_not_depend_on_the_rest_of_its_batch():
    model, encoded = random_bert(hidden=64), lengths_mixed()
    forward = classifier(model, "int8", "cpu")
    together, alone = logits(forward, encoded), logits(forward, encoded, budget=1)
    assert (together - alone).abs().max() < 1e-4


def test_another_architecture_is_read_too():
    config = DistilBertConfig(
        vocab_size=200, dim=32, hidden_dim=64, n_layers=2, n_heads=4, num_labels=3
    )
    with seeded():
        model = DistilBertForSequenceClassification(config).eval()
    encoded = lengths_mixed(20)
    found = logits(classifier(model, "fp32", "cpu"), encoded)
    assert (found - by_transformers(model, encoded)).abs().max() < 1e-5
    with pytest.raises(SourceError, match="not for distilbert on cpu"):
        classifier(model, "int8", "cpu")


def test_rows_are_in_the_order_of_the_texts_and_sum_to_one(reading):
    loaded = load_scorer(MODEL, reading)
    texts = ["明天" * (place % 30) + ("涨" if place % 3 else "跌") for place in range(200)]
    found = loaded.probabilities(texts)
    assert found.dtype == np.float32
    assert np.allclose(found.sum(axis=1), 1, atol=1e-6)
    one_by_one = np.vstack([loaded.probabilities([text]) for text in texts])
    assert np.allclose(found, one_by_one, atol=1e-6)
    assert loaded.probabilities([]).shape == (0, 3)


def test_hostile_texts_are_read(reading):
    loaded = load_scorer(MODEL, reading)
    texts = ["", "\x00", "\ud800", "好" * 10_000_000, "🙂", "<script>", "\u202eنص"]
    found = loaded.probabilities(texts)
    assert np.isfinite(found).all()
    # Only the beginning is read, as far as the model's places go.
    assert np.allclose(found[3], loaded.probabilities(["好" * 62])[0], atol=1e-6)


def test_a_model_of_two_classes_gives_no_neutral(tmp_path):
    model = reading_bert()
    rows = model.classifier.weight[[2, 1]].detach(), model.classifier.bias[[2, 1]].detach()
    with seeded():
        model.classifier = torch.nn.Linear(32, 2)
    model.classifier.weight.data, model.classifier.bias.data = rows
    model.config.id2label = {0: "negative", 1: "positive"}
    save(model, tmp_path / "tiny")
    found = load_scorer(MODEL, tmp_path).probabilities(["大涨", "大跌"])
    assert (found[:, 2] == 0).all()
    assert (found[:, 0] > 0.5).tolist() == [True, False]


def test_the_id_names_checkpoint_weights_and_precision(reading):
    ids = {
        name: load_scorer(MODEL.model_copy(update={"precision": name}), reading).scorer_id
        for name in ("fp32", "bf16")
    }
    checkpoint, _, rest = ids["fp32"].partition("@")
    assert checkpoint == "team/tiny"
    assert re.fullmatch(r"[0-9a-f]{12}\+[0-9a-f]{8}/fp32", rest)
    assert ids["bf16"] == ids["fp32"].replace("fp32", "bf16")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_the_id_changes_with_every_file_that_decides_a_score(reading, tmp_path, name):
    folder = shutil.copytree(reading / "tiny", tmp_path / "tiny")
    before = load_scorer(MODEL, tmp_path).scorer_id
    assert before == load_scorer(MODEL, reading).scorer_id
    (folder / name).write_text((folder / name).read_text() + "\n")
    assert load_scorer(MODEL, tmp_path).scorer_id != before


def test_corrected_labels_make_another_scorer_of_the_other_sign(tmp_path, monkeypatch):
    monkeypatch.setattr(scorer, "probe", lambda *arguments: None)
    save(cautious({index: f"LABEL_{index}" for index in NAMES}), tmp_path / "tiny")
    wrong = {0: "neutral", 1: "negative", 2: "positive"}
    ids, found = [], []
    for labels in (wrong, NAMES):
        loaded = load_scorer(MODEL.model_copy(update={"labels": labels}), tmp_path)
        ids.append(loaded.scorer_id)
        found.append(float(np.subtract(*loaded.probabilities(["大涨"])[0, :2])))
    assert ids[0] != ids[1]
    assert found[0] == -found[1] < 0


def test_loading_writes_nothing_into_the_log(reading, capfd):
    enable_progress_bar()
    load_scorer(MODEL, reading)
    written = capfd.readouterr()
    assert written.out + written.err == ""


def test_auto_measures_and_says_so(reading, monkeypatch):
    monkeypatch.setattr(precision, "MEASURED_SECONDS", 0.01)
    loaded = load_scorer(MODEL.model_copy(update={"precision": "auto"}), reading)
    choice = loaded.choice
    assert "fp32" in choice.tokens_per_second
    assert choice.drift["fp32"] == 0
    true = [name for name, drift in choice.drift.items() if drift <= precision.MAXIMUM_DRIFT]
    fastest = max(true, key=choice.tokens_per_second.get)
    assert choice.precision == fastest
    assert loaded.scorer_id.endswith(f"/{fastest}")
    assert f"{fastest}, measured on this machine" in loaded.description


def test_a_precision_that_drifts_is_not_eligible(monkeypatch):
    monkeypatch.setattr(precision, "MEASURED_SECONDS", 0.0)
    exact = np.full((8, 3), 1 / 3)

    def slow(batch):
        torch.ones(1_000, 1_000) @ torch.ones(1_000, 1_000)
        return torch.zeros(1, 3)

    def fast(batch):
        return torch.zeros(1, 3)

    [batch] = batches([[1, 2, 3]], 10)
    for drift, expected in ((2 * MAXIMUM_DRIFT, "fp32"), (MAXIMUM_DRIFT / 2, "bf16")):
        shift = {slow: 0.0, fast: drift}
        chosen = choose(
            {"fp32": slow, "bf16": fast},
            lambda forward, shift=shift: exact + shift[forward],
            [batch],
        )
        assert chosen.precision == expected
        assert chosen.drift["bf16"] == pytest.approx(drift)


def test_given_precisions_are_not_measured(reading, monkeypatch):
    monkeypatch.setattr(scorer, "choose", None)
    assert load_scorer(MODEL, reading).choice.tokens_per_second == {}


def test_files_that_are_no_model_are_named(tmp_path):
    save(reading_bert(), tmp_path / "tiny")
    (tmp_path / "tiny" / "model.safetensors").write_bytes(b"cut off")
    with pytest.raises(SourceError, match="tiny can't be read"):
        load_scorer(MODEL, tmp_path)


def test_a_model_without_a_trained_classifier_is_refused(tmp_path):
    folder = save(reading_bert(), tmp_path / "tiny").folder
    weights = load_file(folder / "model.safetensors")
    weights = {name: value for name, value in weights.items() if "classifier" not in name}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(SourceError, match=r"lack classifier\.bias, classifier\.weight"):
        load_scorer(MODEL, tmp_path)


def test_probe_sentences_are_within_what_is_read(reading):
    loaded = load_scorer(MODEL, reading)
    texts = [text for text, _ in PROBES["zh"]]
    lengths = [len(tokens) for tokens in scorer.encode(loaded.tokenizer, texts, 64)]
    assert max(lengths) < 64
