"""Posts of every format are the same posts, and what is not read of a folder is named."""

import gzip
import json

import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.export_files import export_tables
from sfr_pipeline.opinion.exports import exports_in, read_exports
from sfr_pipeline.opinion.posts import validate_all
from sfr_pipeline_tests.opinion.exported import MONTHS, NOW, read, validated
from sfr_pipeline_tests.vendors.writing import workbook

HEADER = ["published_at", "text", "reads", "likes"]
ROWS = [
    ["2020-01-05 10:00:00", "大盘, 上涨; 今天", "1,480", 3],
    ["2020-02-07 09:30:00", "NA", "1.2万", None],
    ["2020-03-01 00:00:00", '他说 "卖"\n走人', 5, 0],
]
TEXTS = ["大盘, 上涨; 今天", "NA", '他说 "卖" 走人']


def delimited(separator, encoding, rows=ROWS):
    lines = [
        separator.join(
            '"' + ("" if cell is None else str(cell)).replace('"', '""') + '"' for cell in row
        )
        for row in [HEADER, *rows]
    ]
    return "\n".join(lines).encode(encoding)


def objects(rows=ROWS):
    return [dict(zip(HEADER, row, strict=True)) for row in rows]


def lines(rows=ROWS):
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in objects(rows)).encode()


FILES = {
    "a.csv": delimited(",", "utf-8"),
    "b.CSV": delimited(";", "gb18030"),
    "c.tsv": delimited("\t", "utf-8-sig"),
    "d.txt": delimited("|", "utf-16"),
    "e.xls": delimited("\t", "gb18030"),
    "f.csv": b"sep=;\n" + delimited(";", "utf-8"),
    "g.csv.gz": gzip.compress(delimited(",", "gb18030")),
    "h.jsonl": lines(),
    "i.ndjson": b"\n" + lines() + b"\n\n",
    "j.json": json.dumps(objects()).encode(),
    "k.json": json.dumps(objects(), ensure_ascii=False, indent=2).encode("gb18030"),
    "l.jsonl.gz": gzip.compress(lines()),
}


@pytest.mark.parametrize("name", FILES)
def test_text_of_any_form_holds_the_same_posts(tmp_path, name):
    (tmp_path / name).write_bytes(FILES[name])
    posts = validated(tmp_path).posts
    assert posts["text"].tolist() == TEXTS
    assert posts["reads"].tolist() == [1480, 12_000, 5]
    assert posts["likes"].fillna(-1).tolist() == [3, -1, 0]
    assert set(posts["origin"]) == {name}


@pytest.mark.parametrize("name", ["posts.xlsx", "posts.XLSX", "posts.csv"])
def test_a_workbook_is_read_sheet_by_sheet_whatever_it_calls_itself(tmp_path, name):
    times = [[pd.Timestamp(row[0]).to_pydatetime(), *row[1:]] for row in ROWS]
    sheets = {
        "一月": [HEADER, times[0], [None] * 4],
        "说明": [["exported by", "nobody"]],
        "rest": [[], HEADER, *times[1:]],
        "blank": [],
    }
    (tmp_path / name).write_bytes(workbook(sheets))
    passed_over = []
    rows = read_exports(tmp_path, {}, "1", passed_over=passed_over)
    posts = validate_all(rows, MONTHS, NOW).posts
    assert posts["text"].tolist() == TEXTS
    assert posts["reads"].tolist() == [1480, 12_000, 5]
    assert posts["origin"].unique().tolist() == [f"{name}, sheet '一月'", f"{name}, sheet 'rest'"]
    assert [one.name for one in passed_over] == [f"{name}, sheet '说明'", f"{name}, sheet 'blank'"]
    assert "has no column published_at" in passed_over[0].why
    assert "has no columns" in passed_over[1].why


def test_equal_rows_of_two_sheets_are_two_posts(tmp_path):
    sheets = {"one": [HEADER, ROWS[0]], "two": [HEADER, ROWS[0]]}
    (tmp_path / "a.xlsx").write_bytes(workbook(sheets))
    assert len(validated(tmp_path).posts) == 2


def test_numbers_of_a_workbook_are_whole_and_long_ones_are_told(tmp_path):
    header = ["post_id", *HEADER]
    rows = [[1480.0, *ROWS[0][:2], 1234.0, 2], [1.23456789012345e17, *ROWS[1][:2], 1, 2]]
    (tmp_path / "a.xlsx").write_bytes(workbook({"one": [header, *rows]}))
    result = validated(tmp_path)
    assert (result.posts["post_id"].item(), result.posts["reads"].item()) == ("1480", 1234)
    assert "was rounded by a spreadsheet" in result.rejected["reason"].item()


def test_objects_have_the_fields_of_all_and_what_is_none_is_refused_by_its_line(tmp_path):
    good = {"published_at": "2020-01-05", "text": "a", "post_id": 2**60 + 1}
    late = {"published_at": "2020-01-06", "text": "b", "shares": 4}
    text = "\n".join([json.dumps(good), "{broken", json.dumps(late), "[1]"])
    (tmp_path / "a.jsonl").write_text(text, "utf-8")
    result = validated(tmp_path)
    assert result.posts["shares"].fillna(-1).tolist() == [-1, 4]
    assert result.posts["post_id"][0] == str(2**60 + 1)
    assert result.rejected["raw"].tolist() == ['{"line": 2}', '{"line": 4}']
    (tmp_path / "a.jsonl").unlink()
    (tmp_path / "a.json").write_text(json.dumps([good, 7, late], indent=1), "utf-8")
    result = validated(tmp_path)
    assert (len(result.posts), result.rejected["raw"].tolist()) == (2, ['{"line": 7}'])


def test_a_list_of_objects_longer_than_what_is_read_at_once(tmp_path):
    many = [{"published_at": "2020-01-05", "text": str(i) + "天" * (i % 97)} for i in range(3_000)]
    many[5]["text"] = "天" * 200_000
    for name, text in (("a.json", json.dumps(many)), ("b.json", json.dumps(many, indent=3))):
        (tmp_path / name).write_text(text, "utf-8")
        (table,) = export_tables(tmp_path / name)
        found = pd.concat(table.frames(["text"], 700))
        assert found["text"].tolist() == [one["text"] for one in many]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", '{\n"posts": []}', "line 1 holds no whole object: write one object a line"),
        ("a.json", '[{"text": 1},\n{"text": }]', "can't be read from line 2 on"),
        ("a.json", '[{"text": 1}', "can't be read from line 1 on"),
        ("a.json", '[{"text": 1}]\nmore', "line 2 holds more"),
        ("a.json", "[]", "holds no object with a field"),
        ("a.jsonl", '{"a": 1}', "has no column published_at"),
        ("a.xlsx", "published_at,text\n", "is no workbook"),
        ("a.xlsx", b"PK\x03\x04 and no more", "cannot be opened as a workbook"),
        ("a.csv.gz", b"\x1f\x8b and no more", "cannot be read"),
        ("a.csv", "published_at,text\n2020-01-01,大盘上涨\n".encode() + b"2020-01-02,\xff\n",
         "line 3 holds the byte 0xff"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_named(tmp_path, name, content, message):
    content = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        read(tmp_path)
    assert str(tmp_path / name) in str(caught.value)


def test_posts_in_big5_are_refused(tmp_path):
    text = "published_at,text\n" + "2020-01-01,大盤上漲，明天繼續看好股市\n" * 5
    (tmp_path / "a.csv").write_bytes(text.encode("big5"))
    with pytest.raises(SourceError, match=r"a\.csv: its text is neither .* but Big5"):
        read(tmp_path)


def test_a_bad_byte_far_down_is_named_with_its_line(tmp_path):
    good = "2020-01-01,大盘上涨，明天继续看好\n" * 50_000
    content = "published_at,text\n" + good
    for encoding in ("utf-8", "gb18030"):
        (tmp_path / "a.csv").write_bytes(content.encode(encoding) + b"2020-01-02,\xff\n")
        with pytest.raises(SourceError, match="line 50002 holds the byte 0xff"):
            read(tmp_path)
    (tmp_path / "a.csv").write_bytes(content.encode("utf-16"))
    assert len(next(read_exports(tmp_path, {}, "1"))[1]) == 20_000


def test_what_is_not_read_of_a_folder_is_named(tmp_path):
    (tmp_path / "2019").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.csv").write_bytes(FILES["a.csv"])
    (tmp_path / "linked").symlink_to(tmp_path / "2019")
    for name in ("2019/m.csv", "z.jsonl"):
        (tmp_path / name).write_bytes(FILES["a.csv" if "csv" in name else "h.jsonl"])
    others = ("2019/~$m.xlsx", "old.zip", "posts.docx", "README.txt", ".DS_Store", "gone.csv")
    for name in others[:-1]:
        (tmp_path / name).write_text("About, posts", "utf-8")
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    passed_over = []
    found = exports_in(tmp_path, {}, passed_over)
    assert [(one.origin, one.table.how) for one in found] == [
        ("2019/m.csv", "text, UTF-8, commas"),
        ("z.jsonl", "JSON lines, UTF-8"),
    ]
    why = dict(passed_over)
    assert sorted(why) == sorted([*others, ".git", "linked"])
    for name, words in {
        "2019/~$m.xlsx": "has open",
        "old.zip": "unpack it",
        "posts.docx": "save it as one of these",
        "README.txt": "has no column published_at",
        ".git": "begins with a point",
        "linked": "a link to a folder",
        "gone.csv": "a link to none",
    }.items():
        assert words in why[name]


def test_a_folder_of_nothing_but_other_files_is_refused_with_their_names(tmp_path):
    (tmp_path / "a.txt").write_text("a note", "utf-8")
    (tmp_path / "b.zip").write_bytes(b"PK")
    with pytest.raises(SourceError, match=r"holds no file of posts .*b\.zip.*a\.txt") as caught:
        read(tmp_path)
    assert "unpack it" in str(caught.value)


def test_months_without_a_post_are_named_within_the_span_of_the_files(tmp_path):
    months = pd.period_range("2019-06", "2020-12", freq="M").astype(str)
    for name, month in (("a.csv", "2019-12"), ("b.csv", "2020-03"), ("c.csv", "2020-07")):
        (tmp_path / name).write_bytes(delimited(",", "utf-8", [[f"{month}-02", "x", 1, 1]]))
    result = validated(tmp_path, months=list(months))
    assert result.empty == ["2020-01", "2020-02", "2020-04", "2020-05", "2020-06"]
    assert "no post of 2020-01 to 2020-02, 2020-04 to 2020-06 was delivered" in result.remarks[0]
    # Of refused rows another table tells.
    (tmp_path / "d.csv").write_bytes(delimited(",", "utf-8", [["2020-04-02", "", 1, 1]]))
    assert "2020-04" not in validated(tmp_path, months=list(months)).empty
    # A run of one month knows the span by the rows of the others.
    assert validated(tmp_path, months=["2020-02"]).empty == ["2020-02"]
    assert validated(tmp_path, months=["2020-09"]).empty == []
