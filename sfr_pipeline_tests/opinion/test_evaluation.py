import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.opinion import SentimentModel
from sfr_pipeline.opinion import evaluation, precision, probes
from sfr_pipeline.opinion.evaluation import (
    drifts,
    evaluate,
    parse_classes,
    parse_labels,
    quality,
)
from sfr_pipeline.opinion.labelled import read_labelled
from sfr_pipeline.opinion.scorer import load
from sfr_pipeline_tests.opinion.test_probes import cautious
from sfr_pipeline_tests.opinion.tiny import NAMES, save

P, N, U = "positive", "negative", "neutral"


def write(path, rows):
    frame = pd.DataFrame(rows, columns=["text", "label"])
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", ["labelled.csv", "labelled.parquet"])
def test_duplicates_go_and_conflicts_are_left_out_whole(tmp_path, name):
    rows = [("a", "pos"), ("a", "pos"), ("b", "neg"), ("b", "neu"), ("b", "neg"), ("c", "Neutral")]
    found = read_labelled(write(tmp_path / name, rows))
    assert (found.texts, found.labels) == (["a", "c"], [P, U])
    assert (found.duplicates, found.conflicting) == (2, 1)


def test_numbers_need_a_mapping(tmp_path):
    path = write(tmp_path / "labelled.csv", [("a", 0), ("b", 1), ("c", 2)])
    with pytest.raises(SourceError, match=r"unknown meaning \(0, 1, 2\)"):
        read_labelled(path)
    classes = parse_classes("0=neg, 1=neutral,2=positive")
    assert read_labelled(path, classes).labels == [N, U, P]
    with pytest.raises(SourceError, match=r"unknown meaning \(2\)"):
        read_labelled(path, {"0": N, "1": U})
    with pytest.raises(SourceError, match="names no label"):
        parse_classes("0=good")


def test_files_without_the_columns_are_refused(tmp_path):
    pd.DataFrame({"body": ["a"], "label": ["pos"]}).to_csv(tmp_path / "x.csv")
    with pytest.raises(SourceError, match="no column text"):
        read_labelled(tmp_path / "x.csv")
    with pytest.raises(SourceError, match="can't be read"):
        read_labelled(tmp_path / "absent.csv")


def test_figures_of_a_case_done_by_hand():
    labels = [P, P, P, N, N, U]
    probabilities = np.array(
        [
            [0.8, 0.1, 0.1],  # right
            [0.4, 0.3, 0.3],  # right, score below .2
            [0.1, 0.7, 0.2],  # wrong
            [0.1, 0.8, 0.1],  # right
            [0.1, 0.3, 0.6],  # neutral, but the right sign
            [0.2, 0.2, 0.6],  # right
        ]
    )
    found = quality(labels, probabilities)
    assert found.accuracy == pytest.approx(4 / 6)
    # F1: positive 2*2/(3+2), negative 2*1/(2+2), neutral 2*1/(1+2)
    assert found.macro_f1 == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)
    assert found.baseline_accuracy == pytest.approx(1 / 2)
    assert found.baseline_macro_f1 == pytest.approx((2 * 3 / (3 + 6)) / 3)
    assert found.sign == pytest.approx(4 / 5)
    assert found.coverage == pytest.approx(3 / 5)
    assert found.sign_when_covered == pytest.approx(2 / 3)
    assert found.confusion.tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]


def test_labels_that_do_not_occur_do_not_lower_the_mean():
    found = quality([P, N], np.array([[0.9, 0.05, 0.05], [0.1, 0.8, 0.1]]))
    assert found.macro_f1 == 1


def test_drift_is_measured_against_single_precision():
    class Fixed:
        def __init__(self, values):
            self.values = np.array(values)

        def probabilities(self, texts):
            return self.values

    exact, other = [[0.5, 0.3, 0.2], [0.4, 0.35, 0.25]], [[0.5, 0.3, 0.2], [0.34, 0.41, 0.25]]
    [found] = drifts({"fp32": Fixed(exact), "bf16": Fixed(other)}, ["a", "b"])
    assert found.largest == pytest.approx(0.06)
    assert found.mean == pytest.approx(0.12 / 6)
    assert found.changed == 0.5


def test_a_file_is_scored_and_the_answer_is_readable(tmp_path):
    save(cautious(), tmp_path / "tiny")
    rows = [("大涨", "positive"), ("好多涨", "positive"), ("暴跌", "negative"), ("明天", "neutral")]
    path = write(tmp_path / "labelled.csv", [*rows, rows[0]])
    model = SentimentModel(checkpoint="t/t", folder="tiny", language="zh", precision="fp32")
    text = evaluate(path, model, tmp_path)
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    assert "1 duplicates removed" in lines["sentences"]
    assert lines["accuracy"].split()[1] == "1.000"
    assert lines["right"].split()[3] == "1.000"
    assert lines["positive"].split() == ["positive", "2", "0", "0"]
    assert {"bf16", "int8"} <= set(lines)


@pytest.mark.parametrize(
    ("language", "texts", "warned"),
    [
        ("zh", ["Markets fall", "banks rise"], "reads Chinese, and 0% of the letters"),
        ("en", ["大涨", "暴跌 of it"], "reads English, and 50% of the letters"),
        ("zh", ["沪指大涨 A50", "暴跌"], None),
        ("en", ["Markets fall", "banks rise"], None),
    ],
)
def test_a_model_of_another_language_is_told_first(tmp_path, monkeypatch, language, texts, warned):
    # The tiny model passes for one of English too, whose probes it would misread.
    monkeypatch.setitem(probes.PROBES, "en", probes.PROBES["zh"])
    save(cautious(), tmp_path / "tiny")
    path = write(tmp_path / "labelled.csv", [(text, "positive") for text in texts])
    model = SentimentModel(checkpoint="t/t", folder="tiny", language=language, precision="fp32")
    first = evaluate(path, model, tmp_path).splitlines()[0]
    assert first.startswith("WARNING: the model ") == (warned is not None)
    assert warned is None or warned in first


def test_the_network_is_loaded_once(tmp_path, monkeypatch):
    save(cautious(), tmp_path / "tiny")
    loads = []
    monkeypatch.setattr(evaluation, "load", lambda *arguments: loads.append(1) or load(*arguments))
    path = write(tmp_path / "labelled.csv", [("大涨", "positive")])
    model = SentimentModel(checkpoint="t/t", folder="tiny", language="zh")
    evaluate(path, model, tmp_path)
    assert loads == [1]


def test_precisions_that_an_architecture_lacks_are_left_out(tmp_path, monkeypatch):
    save(cautious(), tmp_path / "tiny")
    monkeypatch.setattr(precision, "is_plain_bert", lambda config: False)
    path = write(tmp_path / "labelled.csv", [("大涨", "positive")])
    model = SentimentModel(checkpoint="t/t", folder="tiny", language="zh", precision="fp32")
    text = evaluate(path, model, tmp_path)
    assert "bf16 " in text
    assert "int8" not in text


def test_labels_of_outputs_are_numbers(capsys):
    assert parse_labels("0=neutral, 1=pos,2=neg") == NAMES
    with pytest.raises(SourceError, match="'a' is no number of an output: write --labels"):
        parse_labels("a=neutral")
    with pytest.raises(SourceError, match="names no label: write --labels"):
        parse_labels("0=good")


def test_real_labelled_files_are_read(shared_data):
    folder = shared_data / "forum" / "labelled"
    files = sorted(folder.glob("*.parquet"))
    assert len(files) >= 8
    for file in files:
        found = read_labelled(file)
        rows = len(pd.read_parquet(file))
        assert 0.5 * rows < len(found.texts) <= rows - found.duplicates - found.conflicting
