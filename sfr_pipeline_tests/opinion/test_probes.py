import itertools

import numpy as np
import pytest

from sfr_pipeline.errors import CatalogueError, SourceError
from sfr_pipeline.markets.opinion import SentimentModel
from sfr_pipeline.opinion.labels import label_order
from sfr_pipeline.opinion.probes import PROBES, probe
from sfr_pipeline.opinion.scorer import load_scorer
from sfr_pipeline_tests.opinion.tiny import NAMES, reading_bert, save

WRONG = [
    dict(enumerate(names))
    for names in itertools.permutations(NAMES.values())
    if dict(enumerate(names)) != NAMES
]


def entry(**settings):
    return SentimentModel(checkpoint="a/b", folder="m", language="zh", precision="fp32", **settings)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_signs_are_probed_in_each_language(language):
    signs = [sign for _, sign in PROBES[language]]
    assert signs.count(1) >= 3
    assert signs.count(-1) >= 3


def test_a_model_that_reads_passes(tmp_path):
    save(reading_bert(), tmp_path / "m")
    scorer = load_scorer(entry(), tmp_path)
    positive, negative = scorer.probabilities(["好好好", "跌跌跌"])
    assert positive.argmax() == 0
    assert negative.argmax() == 1


@pytest.mark.parametrize("names", WRONG)
def test_permuted_labels_are_caught(tmp_path, names):
    save(reading_bert(names), tmp_path / "m")
    with pytest.raises(SourceError, match="wrong order") as error:
        load_scorer(entry(), tmp_path)
    assert all(text in str(error.value) for text, _ in PROBES["zh"])
    assert "WRONG  " in str(error.value)


def test_permuted_labels_of_the_catalogue_are_caught(tmp_path):
    save(reading_bert({index: f"LABEL_{index}" for index in NAMES}), tmp_path / "m")
    right = entry(labels=NAMES)
    assert load_scorer(right, tmp_path).probabilities(["大涨"]).argmax() == 0
    with pytest.raises(SourceError, match="wrong order"):
        load_scorer(entry(labels={0: "positive", 1: "neutral", 2: "negative"}), tmp_path)


def test_scores_that_are_no_numbers_are_caught():
    with pytest.raises(SourceError, match="misreads 8 of 8"):
        probe(lambda texts: np.full((len(texts), 3), np.nan), "en", "a/b@1/fp32")


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
