import itertools
import json
import shutil

import numpy as np
import pytest
import torch

from sfr_pipeline.errors import CatalogueError, SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.opinion import SentimentModel
from sfr_pipeline.opinion.checkpoint import SHIPPED
from sfr_pipeline.opinion.labels import label_order
from sfr_pipeline.opinion.probes import PROBES, probe
from sfr_pipeline.opinion.scorer import load_scorer
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.opinion.tiny import NAMES, reading_bert, save

WRONG = [
    dict(enumerate(names))
    for names in itertools.permutations(NAMES.values())
    if dict(enumerate(names)) != NAMES
]


def cautious(names=NAMES):
    """Takes for neutral what has no good or bad characters; whatever it reads, neutral is next."""
    model = reading_bert(names)
    with torch.no_grad():
        model.classifier.bias[0] = 0.5
    return model


def entry(**settings):
    return SentimentModel(checkpoint="a/b", folder="m", language="zh", precision="fp32", **settings)


def answers(polar_as_neutral=0, neutral_as_positive=0, order=(0, 1, 2)):
    """A model of English whose runner-up is neutral, and that takes some sentences wrongly."""
    rows = []
    for _, sign in PROBES["en"]:
        if sign == 0:
            wrong = neutral_as_positive > 0
            neutral_as_positive -= 1
            row = [0.6, 0.1, 0.3] if wrong else [0.2, 0.1, 0.7]
        else:
            wrong = sign < 0 and polar_as_neutral > 0
            polar_as_neutral -= wrong
            strong, weak, middle = (0.4, 0.1, 0.5) if wrong else (0.7, 0.05, 0.25)
            row = [strong, weak, middle] if sign > 0 else [weak, strong, middle]
        rows.append([row[place] for place in order])
    return np.array(rows)


def judged(found, has_neutral=True):
    return probe(lambda texts: found, "en", "a/b@1/fp32", has_neutral)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_tone_is_probed_in_each_language(language):
    signs = [sign for _, sign in PROBES[language]]
    assert [signs.count(sign) for sign in (1, -1, 0)] == [4, 4, 3]


def test_a_model_that_reads_passes(tmp_path):
    save(cautious(), tmp_path / "m")
    scorer = load_scorer(entry(), tmp_path)
    found = scorer.probabilities(["好好好", "跌跌跌", "明天"])
    assert found.argmax(axis=1).tolist() == [0, 1, 2]
    assert (found[:2].argsort(axis=1)[:, 1] == 2).all()


@pytest.mark.parametrize("names", WRONG)
def test_permuted_labels_are_caught(tmp_path, names):
    save(cautious(names), tmp_path / "m")
    with pytest.raises(SourceError, match="wrong order") as error:
        load_scorer(entry(), tmp_path)
    assert all(text in str(error.value) for text, _ in PROBES["zh"])
    assert "WRONG  " in str(error.value)


@pytest.mark.parametrize("names", WRONG)
def test_permuted_labels_of_the_sandbox_s_model_are_caught(tmp_path, names):
    shipped = load_market("sandbox").sentiment
    load_scorer(shipped, CHECKOUT)
    shutil.copytree(SHIPPED, tmp_path / "m")
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    config["id2label"] = {str(index): name for index, name in names.items()}
    (tmp_path / "m" / "config.json").write_text(json.dumps(config))
    with pytest.raises(SourceError, match="wrong order"):
        load_scorer(shipped.model_copy(update={"folder": "m"}), tmp_path)


@pytest.mark.parametrize("order", [(0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
@pytest.mark.parametrize("polar_as_neutral", [0, 2])
def test_permuted_labels_of_a_weak_model_are_caught(order, polar_as_neutral):
    judged(answers(polar_as_neutral))
    with pytest.raises(SourceError, match="wrong order"):
        judged(answers(polar_as_neutral, order=order))


def test_a_weak_model_has_little_room():
    judged(answers(polar_as_neutral=2, neutral_as_positive=1))
    with pytest.raises(SourceError, match="misreads 3 of 11"):
        judged(answers(polar_as_neutral=3))
    with pytest.raises(SourceError, match="misreads 2 of 11"):
        judged(answers(neutral_as_positive=2))
    one_sign_wrong = answers()
    one_sign_wrong[0] = [0.1, 0.2, 0.7]
    with pytest.raises(SourceError, match="misreads 1 of 11"):
        judged(one_sign_wrong)


def test_two_classes_need_not_be_neutral():
    found = answers()
    found[:, 2] = 0
    judged(found, has_neutral=False)
    with pytest.raises(SourceError, match="misreads 8 of 11"):
        judged(found[:, [1, 0, 2]], has_neutral=False)


def test_permuted_labels_of_the_catalogue_are_caught(tmp_path):
    save(cautious({index: f"LABEL_{index}" for index in NAMES}), tmp_path / "m")
    right = entry(labels=NAMES)
    assert load_scorer(right, tmp_path).probabilities(["大涨"]).argmax() == 0
    with pytest.raises(SourceError, match="wrong order"):
        load_scorer(entry(labels={0: "positive", 1: "neutral", 2: "negative"}), tmp_path)


@pytest.mark.parametrize("has_neutral", [True, False])
def test_scores_that_are_no_numbers_are_caught(has_neutral):
    with pytest.raises(SourceError, match="misreads 11 of 11"):
        judged(np.full((11, 3), np.nan), has_neutral)


@pytest.mark.parametrize(
    "names",
    [("Neutral", "POSITIVE", "negative"), ("中性", "正面", "负面"), ("neu", "Bullish", "bearish")],
)
def test_names_are_understood_in_any_case_and_in_chinese(names):
    order = label_order(dict(enumerate(names)), None, "m")
    assert order == {"neutral": 0, "positive": 1, "negative": 2}


def test_two_classes_have_no_neutral_output():
    assert label_order({0: "neg", 1: "pos"}, None, "m") == {"negative": 0, "positive": 1}


@pytest.mark.parametrize(
    ("names", "catalogue", "message"),
    [
        (["LABEL_0", "LABEL_1", "LABEL_2"], None, "says nothing"),
        (["good", "bad", "meh"], None, "is not understood"),
        (
            ["neutral", "positive", "negative"],
            {0: "neutral", 1: "negative", 2: "positive"},
            "output 1 of m is negative, its config says positive",
        ),
        (["LABEL_0", "LABEL_1", "LABEL_2"], {0: "neutral", 1: "positive"}, "one label of its own"),
        (["LABEL_0", "LABEL_1"], {0: "positive", 1: "positive"}, "one label of its own"),
        (["LABEL_0", "LABEL_1"], {0: "positive", 1: "neutral"}, "negative among them"),
        (["a", "b"], {0: "positive", 1: "negative", 2: "neutral"}, "one label of its own"),
        (["positive", "negative", "neutral", "neutral"], None, "one label of its own"),
    ],
)
def test_unclear_labels_are_refused(names, catalogue, message):
    with pytest.raises(CatalogueError, match=message):
        label_order(dict(enumerate(names)), catalogue, "m")
