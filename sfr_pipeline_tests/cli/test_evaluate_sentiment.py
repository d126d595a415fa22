"""Which model `evaluate-sentiment` takes, and which options it refuses together."""

import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.opinion import SentimentModel
from sfr_pipeline.opinion import evaluation

LABELS = {0: "neutral", 1: "positive", 2: "negative"}
LABELS_OPTION = ["--labels", "0=neutral,1=positive,2=negative"]


@pytest.fixture
def asked(monkeypatch):
    """The models that were asked for."""
    found = []
    monkeypatch.setattr(
        evaluation, "evaluate", lambda path, model, root, device, classes: found.append(model)
    )
    return found


def evaluate(*options):
    return main(["evaluate-sentiment", "x.csv", *options])


def test_a_market_lends_its_model(asked):
    assert evaluate("--market", "sandbox") == 0
    assert asked == [load_market("sandbox").sentiment]


def test_a_folder_is_found_from_where_the_command_is_given(tmp_path, monkeypatch, asked):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert evaluate("--checkpoint", "mine", "--language", "zh") == 0
    assert asked[0].folder == str(tmp_path / "mine")


def test_a_name_on_the_hub_comes_with_revision_and_labels(asked):
    hub = ["--checkpoint", "t/t", "--language", "zh", "--revision", "abc"]
    assert evaluate(*hub, *LABELS_OPTION) == 0
    assert asked == [SentimentModel(checkpoint="t/t", revision="abc", language="zh", labels=LABELS)]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "name a --market or a --checkpoint"),
        (["--market", "sandbox", "--checkpoint", "t/t"], "name a --market or a --checkpoint"),
        (["--market", "sandbox", *LABELS_OPTION], "a market has its own"),
        (["--market", "sandbox", "--revision", "abc"], "a market has its own"),
        (["--market", "us"], "market us has no sentiment model: name a --checkpoint"),
        (["--checkpoint", "t/t"], "--checkpoint needs --language"),
    ],
)
def test_contradictions_are_refused_with_the_remedy(options, says, asked, capsys):
    with pytest.raises(SystemExit) as stop:
        evaluate(*options)
    assert stop.value.code == 2
    assert says in capsys.readouterr().err
    assert asked == []
