"""Texts of any origin are read as posts are, and the page that shows it runs as it stands."""

import doctest
import re

import pandas as pd
import pytest

from sfr_pipeline.errors import DeviceError, EstimationError, SourceError
from sfr_pipeline.opinion import evaluate, own_texts, score
from sfr_pipeline.opinion.checkpoint import model_named
from sfr_pipeline.opinion.scorer import load_scorer
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.opinion import tiny
from sfr_pipeline_tests.worked_examples import blocks

READ_AS = {"language": "zh", "precision": "fp32"}
RISE, FALL = "重大利好，大盘大涨，满仓干", "崩盘了，割肉走人"


def test_examples_of_the_docstrings_are_true():
    result = doctest.testmod(own_texts)
    assert result.attempted > 0
    assert result.failed == 0


def test_texts_are_read_as_the_pipeline_reads_posts_under_the_index_given(tmp_path):
    index = pd.Index(["b", "a", "b", "c", "d", "e"], name="key")
    texts = pd.Series([RISE, None, f"  {RISE}\n", FALL, "\u200b ", FALL * 30], index)
    found = score(texts, "sandbox", **READ_AS)
    scorer = load_scorer(model_named("sandbox", "zh", precision="fp32"), tmp_path)
    expected = scorer.probabilities([RISE, FALL, FALL * 30])
    assert found.index.equals(index)
    read = found[["p_positive", "p_negative", "p_neutral"]].to_numpy()
    assert read[[0, 2, 3, 5]] == pytest.approx(expected[[0, 0, 1, 2]], abs=1e-6)
    assert list(found["empty"]) == [False, True, False, False, True, False]
    assert found.loc[found["empty"], ["p_positive", "score", "label"]].isna().all(axis=None)
    assert list(found["cut"]) == [False] * 5 + [True]
    assert found["score"].iloc[0] == read[0, 0] - read[0, 1]
    assert set(found["scorer"]) == {scorer.scorer_id}
    assert list(found["label"].dropna()) == ["positive", "positive", "negative", "negative"]


def test_a_text_of_just_as_many_tokens_as_are_read_is_not_cut():
    read = load_scorer(model_named("sandbox", "zh", precision="fp32"), CHECKOUT).longest
    inside = read - 2  # one before the text, one after
    found = score(["涨" * inside, "涨" * (inside + 1)], "sandbox", **READ_AS)
    assert list(found["cut"]) == [False, True]


def test_a_folder_in_another_language_is_read_without_plain_sentences(tmp_path):
    tiny.save(tiny.random_bert(seed=3), tmp_path / "mine")
    with pytest.raises(SourceError, match="read"):
        score([RISE], tmp_path / "mine", language="en")
    found = score([RISE], tmp_path / "mine", language=None)
    assert found.loc[0, ["p_positive", "p_negative", "p_neutral"]].sum() == pytest.approx(1)
    assert found.loc[0, "scorer"].endswith("/fp32")


def test_no_texts_are_no_rows():
    found = score(pd.Series([], dtype=str), "sandbox", **READ_AS)
    assert len(found) == 0
    assert "label" in found


def test_people_s_labels_are_counted_once_and_held_against_the_model_s():
    texts = pd.Series([RISE, RISE, FALL, "大盘", "大盘", "", "横盘"])
    people = pd.Series(["2", "2", "0", "1", "2", "1", None])
    classes = {"0": "negative", "1": "neutral", "2": "positive"}
    found = evaluate(texts, people, "sandbox", classes=classes, **READ_AS)
    assert (found.quality.n, found.duplicates, found.conflicting) == (2, 1, 1)
    assert found.quality.accuracy == 1
    assert found.confusion.loc["positive", "positive"] == 1
    assert found.confusion.to_numpy().sum() == 2
    assert "accuracy           1.000" in repr(found)
    with pytest.raises(SourceError, match=r"unknown meaning \(0, 1, 2\): .* classes="):
        evaluate(texts, people, "sandbox", **READ_AS)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: score("text", "sandbox", **READ_AS), EstimationError, r"or \[text\]"),
        (lambda: score(["a", 3], "sandbox", **READ_AS), EstimationError, "such as 3: convert"),
        (lambda: score(["a"], "sandbox", language="zh", device="mps"), DeviceError, "choose 'cpu'"),
        (
            lambda: score(["a"], "sandbox", language="zh", device="cuda:99"),
            DeviceError,
            r"torch sees \d+ GPUs",
        ),
        (lambda: score(["a"], "nowhere/model", language="zh"), SourceError, "has no revision"),
        (
            lambda: evaluate(pd.Series(["a"]), pd.Series(["neutral"], [5]), "sandbox", **READ_AS),
            EstimationError,
            "under the index of texts",
        ),
        (
            lambda: evaluate(
                pd.Series(["", None]), pd.Series(["neutral"] * 2), "sandbox", **READ_AS
            ),
            EstimationError,
            "no text with a label",
        ),
    ],
)
def test_what_is_no_text_no_device_and_no_checkpoint_is_refused(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_the_page_runs_as_it_stands(capsys):
    (block,) = blocks("opinion")
    names = {}
    exec(block, names)
    printed = capsys.readouterr().out
    assert list(names["read"]["label"].dropna()) == ["positive", "negative", "neutral"]
    assert re.search(r"2024-01 +0\.\d+ +2", printed)
    assert "macro-F1" in printed
