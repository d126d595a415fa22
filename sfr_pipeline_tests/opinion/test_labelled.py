"""Labelled files are text as written, of any format that posts come in."""

import openpyxl
import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.labelled import read_labelled

N, U, P = "negative", "neutral", "positive"
NUMBERS = {"0": N, "1": U, "2": P}


def put(folder, text, encoding="utf-8", name="labelled.csv"):
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_numbers_beside_an_empty_cell_stay_whole(tmp_path, encoding, separator):
    rows = ["text,label", "大盘下跌，亏损严重,0", "没有变化,1", "等消息,", "大盘上涨，看多,2"]
    found = read_labelled(put(tmp_path, "\n".join(rows).replace(",", separator), encoding), NUMBERS)
    assert found.labels == [N, U, P]
    assert found.texts == ["大盘下跌，亏损严重", "没有变化", "大盘上涨，看多"]
    assert found.remarks == ("rows without a label, left out: 1",)


def test_a_text_that_reads_like_nothing_is_a_text(tmp_path):
    found = read_labelled(put(tmp_path, "text,label\nNA,pos\nnull,neg\nnan,neu\n,pos\nb,NA\n"))
    assert (found.texts, found.labels) == (["NA", "null", "nan"], [P, N, U])
    assert found.remarks == (
        "rows without a text, left out: 1",
        "rows without a label, left out: 1",
    )


@pytest.mark.parametrize(
    ("written", "classes"),
    [
        (("00", "01", "02"), {"00": N, "01": U, "02": P}),
        (("FALSE", "none", "TRUE"), {"FALSE": N, "none": U, "TRUE": P}),
        (("0.0", "1.0", "2.0"), NUMBERS),
        (("-1", "0", "1"), {"-1": N, "0": U, "1": P}),
    ],
)
def test_labels_are_as_written(tmp_path, written, classes):
    text = "text,label\n" + "".join(f"t{label},{label}\n" for label in written)
    assert read_labelled(put(tmp_path, text), classes).labels == [N, U, P]


def test_a_workbook_and_parquet_hold_the_same(tmp_path):
    rows = [("a", 0), ("b", 1), ("NA", 2), ("c", None)]
    book = openpyxl.Workbook()
    book.active.append(["note"])
    sheet = book.create_sheet("judged")
    for row in [("text", "label"), *rows]:
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    pd.DataFrame(rows, columns=["text", "label"]).to_parquet(tmp_path / "a.parquet")
    for name in ("a.xlsx", "a.parquet"):
        found = read_labelled(tmp_path / name, NUMBERS)
        assert (found.texts, found.labels) == (["a", "b", "NA"], [N, U, P])
        assert found.remarks[-1] == "rows without a label, left out: 1"
    assert "sheet 'Sheet'" in read_labelled(tmp_path / "a.xlsx", NUMBERS).remarks[0]


def test_names_that_say_their_meaning_need_no_class(tmp_path):
    path = put(tmp_path, "text,label\na,pos\nb,1\nc,neg\n")
    assert read_labelled(path, {"1": U, "neg": P}).labels == [P, U, P]


def test_what_cannot_be_used_is_refused_and_the_remedy_works(tmp_path):
    text = "text,label\nb,neg\na, with a comma,pos\n"
    with pytest.raises(SourceError, match=r"line 3: it has more .* fields .* into quotes"):
        read_labelled(put(tmp_path, text))
    mended = text.replace("a, with a comma", '"a, with a comma"')
    assert read_labelled(put(tmp_path, mended)).texts == ["b", "a, with a comma"]
    with pytest.raises(SourceError, match=r"unknown meaning \(7\): name every label.*--classes"):
        read_labelled(put(tmp_path, "text,label\na,7\n"))
    assert read_labelled(put(tmp_path, "text,label\na,7\n"), {"7": P}).labels == [P]
    with pytest.raises(SourceError, match="no row with both a text and a label"):
        read_labelled(put(tmp_path, "text,label\na,\n"))
