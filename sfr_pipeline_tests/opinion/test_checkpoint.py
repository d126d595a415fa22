import hashlib
import json
from fnmatch import fnmatch

import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import load_file

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.opinion import SentimentModel
from sfr_pipeline.opinion.checkpoint import locate, reading_digest, weights_digest
from sfr_pipeline_tests.opinion.tiny import reading_bert, save

MODEL = SentimentModel(checkpoint="team/finbert", revision="0" * 40, language="zh")


@pytest.fixture
def offline(monkeypatch, tmp_path):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))


def fake(folder, weights=b"weights"):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def test_the_folder_given_goes_before_the_models_folder(tmp_path):
    fake(tmp_path / "models" / "team" / "finbert", b"below models")
    fake(tmp_path / "mine", b"mine")
    found = locate(MODEL.model_copy(update={"folder": "mine"}), tmp_path)
    assert found.folder == tmp_path / "mine"
    assert locate(MODEL, tmp_path).folder == tmp_path / "models" / "team" / "finbert"


def test_a_local_folder_is_identified_by_its_weights_alone(tmp_path):
    fake(tmp_path / "models" / "team" / "finbert", b"abc")
    digest = hashlib.sha256(b"abc").hexdigest()
    assert locate(MODEL, tmp_path).identity == f"team/finbert@{digest[:12]}"


def test_weights_in_several_files_are_hashed_in_order(tmp_path):
    folder = fake(tmp_path / "a", b"abc")
    (folder / "model-0.safetensors").write_bytes(b"xyz")
    assert weights_digest(folder) == hashlib.sha256(b"xyzabc").hexdigest()


def test_the_hub_s_cache_is_used_at_the_pinned_revision(tmp_path, offline):
    snapshot = tmp_path / "hub" / "models--team--finbert" / "snapshots" / MODEL.revision
    fake(snapshot)
    found = locate(MODEL, tmp_path)
    assert found.folder == snapshot
    assert found.identity == f"team/finbert@{MODEL.revision}"


def test_without_network_the_message_is_what_to_do(tmp_path, offline):
    with pytest.raises(SourceError) as error:
        locate(MODEL, tmp_path)
    message = str(error.value)
    assert f"hf download team/finbert --revision {MODEL.revision} --local-dir" in message
    assert "models/team/finbert" in message
    assert "model.safetensors" in message


def test_a_missing_folder_is_no_reason_to_take_another(tmp_path, offline):
    fake(tmp_path / "models" / "team" / "finbert")
    with pytest.raises(SourceError, match="mine is no folder below"):
        locate(MODEL.model_copy(update={"folder": "mine"}), tmp_path)


@pytest.fixture
def hub(monkeypatch):
    """A hub, and what this machine's cache holds of it: folders by `local`, and what was asked."""

    class Hub:
        def __init__(self):
            self.cached = self.delivered = None
            self.asked = []

        def snapshot(self, name, revision, allow_patterns, local_files_only):
            self.asked.append("cache" if local_files_only else "hub")
            self.patterns = allow_patterns
            folder = self.cached if local_files_only else self.delivered
            if folder is None:
                raise OSError("nothing here")
            return str(folder)

    made = Hub()
    monkeypatch.setattr(huggingface_hub, "snapshot_download", made.snapshot)
    return made


@pytest.mark.parametrize("removed", ["config.json", "model.safetensors", "tokenizer.json"])
def test_an_interrupted_download_is_completed(tmp_path, hub, removed):
    hub.cached = fake(tmp_path / "cached")
    (hub.cached / removed).unlink()
    hub.delivered = fake(tmp_path / "delivered")
    assert locate(MODEL, tmp_path).folder == hub.delivered
    assert hub.asked == ["cache", "hub"]


def test_a_missing_part_of_the_weights_is_an_interrupted_download(tmp_path, hub):
    hub.cached = fake(tmp_path / "cached")
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (hub.cached / "model.safetensors.index.json").write_text(json.dumps(index))
    hub.delivered = fake(tmp_path / "delivered")
    assert locate(MODEL, tmp_path).folder == hub.delivered
    (hub.cached / "model-2.safetensors").write_bytes(b"the rest")
    assert locate(MODEL, tmp_path).folder == hub.cached


def test_a_repository_with_pickles_alone_is_named_with_what_to_do(tmp_path, hub):
    hub.cached = hub.delivered = fake(tmp_path / "snapshot")
    (hub.cached / "model.safetensors").unlink()
    with pytest.raises(SourceError, match=r"lack model\.safetensors") as error:
        locate(MODEL, tmp_path)
    assert hub.asked == ["cache", "hub"]
    message = str(error.value)
    assert f"hf download team/finbert --revision {MODEL.revision} --local-dir models/" in message
    assert "M.from_pretrained('models/team/finbert').save_pretrained(" in message


def test_parts_of_weights_and_every_kind_of_tokenizer_are_asked_for(tmp_path, hub):
    hub.cached = fake(tmp_path / "snapshot")
    locate(MODEL, tmp_path)
    for name in (
        "model-00001-of-00002.safetensors",
        "model.safetensors.index.json",
        "merges.txt",
        "spiece.model",
        "vocab.json",
        "added_tokens.json",
    ):
        assert any(fnmatch(name, pattern) for pattern in hub.patterns), name
    assert not any(fnmatch("pytorch_model.bin", pattern) for pattern in hub.patterns)


def test_a_name_that_the_hub_does_not_allow_is_no_crash(tmp_path, offline):
    with pytest.raises(SourceError, match="a/b/c is not on this machine"):
        locate(MODEL.model_copy(update={"checkpoint": "a/b/c"}), tmp_path)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "merges.txt", "spiece.model"])
def test_the_reading_digest_knows_every_file_that_decides_a_score(tmp_path, name):
    folder = fake(tmp_path / "m")
    before = reading_digest(folder, 128)
    assert reading_digest(folder, 128) == before
    assert reading_digest(folder, 64) != before
    (folder / "README.md").write_text("decides nothing")
    assert reading_digest(folder, 128) == before
    (folder / name).write_text("changed")
    assert reading_digest(folder, 128) != before


def test_the_hub_is_never_asked_for_whatever_is_newest(tmp_path, offline):
    with pytest.raises(SourceError, match="has no revision"):
        locate(MODEL.model_copy(update={"revision": None}), tmp_path)


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ("config.json", "no config.json"),
        ("model.safetensors", "interrupted download"),
        ("tokenizer.json", "the tokenizer's files is missing"),
    ],
)
def test_an_incomplete_folder_is_refused(tmp_path, removed, message):
    folder = fake(tmp_path / "models" / "team" / "finbert")
    (folder / removed).unlink()
    with pytest.raises(SourceError, match=message):
        locate(MODEL, tmp_path)


def test_pickled_weights_are_refused_and_the_conversion_in_the_message_works(tmp_path):
    folder = save(reading_bert(), tmp_path / "models" / "team" / "finbert").folder
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(SourceError, match="may run code") as error:
        locate(MODEL, tmp_path)
    code = str(error.value).split('python -c "')[1].rstrip('"')
    exec(code, {})
    assert locate(MODEL, tmp_path).folder == folder
    converted = load_file(folder / "model.safetensors")
    assert all(torch.equal(converted[name], weight) for name, weight in weights.items())
