"""Exports that cannot be used are named, and rows that cannot be read are refused one by one."""

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.texts import MAX_CHARACTERS
from sfr_pipeline_tests.opinion.exported import CSV, read, validated


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        (
            "when,text\n1,2\n",
            {},
            r"no column published_at \(looked for as 'published_at'\); it has",
        ),
        ("published_at,body\n1,2\n", {}, "no column text .*forum.exports.columns"),
        ("published_at,text\n1,2\n", {"reads": "views"}, "no column reads .looked for as 'views'"),
        ("published_at,text\n1,2\n", {"views": "reads"}, "columns names views: what it can name"),
        ("<html><table>", {}, "is a web page, not a table"),
        ("published_at,text,text\n1,2,3\n", {}, "several columns called text: rename"),
        (
            'published_at,text\n2020-01-01,a\n2020-01-01,"a\n2020-01-01,a\n',
            {},
            "row that begins in line 3 never closes",
        ),
        ("", {}, "can't be read as CSV: it has no header"),
        (b"published_at,text\n2020-01-01,\xff\xfe\n", {}, "neither UTF-8 nor GB18030"),
    ],
)
def test_a_csv_file_that_cannot_be_used_is_named(tmp_path, content, columns, message):
    content = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "posts.csv").write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        read(tmp_path, columns)
    assert "posts.csv" in str(caught.value) or "columns names" in str(caught.value)


def test_a_parquet_file_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "posts.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(SourceError, match=r"posts\.parquet can't be read as Parquet"):
        read(tmp_path)
    times = pa.array(["2020-01-01"])
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")]
    )
    for columns, names, message in (
        ([times, broken], ["published_at", "text"], "can't be read as Parquet: export it again"),
        ([times] * 3, ["published_at", "text", "text"], "several columns called text: rename"),
        ([], [], "has no column"),
    ):
        pq.write_table(pa.table(columns, names=names), tmp_path / "posts.parquet")
        with pytest.raises(SourceError, match=rf"posts\.parquet.* {message}"):
            read(tmp_path)


def test_a_name_that_no_table_can_hold_is_an_error(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xffposts.csv"
    try:
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(CSV)
    except OSError:
        pytest.skip("this file system takes no such name")
    with pytest.raises(SourceError, match=r"udcffposts\.csv.*rename it") as caught:
        read(tmp_path)
    str(caught.value).encode()


def test_rows_that_do_not_fit_the_header_are_refused_one_by_one(tmp_path):
    text = """published_at,text,reads
2020-01-01,a,1
2020-01-02,b,with a comma,2

2020-01-03
2020-01-04,"he said "sell" today",3
2020-01-05,"c, d",4
"""
    (tmp_path / "posts.csv").write_text(text, encoding="utf-8")
    result = validated(tmp_path)
    assert result.posts["text"].tolist() == ["a", "c, d"]
    rejected = result.rejected
    assert rejected["position"].tolist() == [2, 3, 4]
    assert rejected["reason"].tolist() == [
        "it has more or fewer fields than the header",
        "it has more or fewer fields than the header",
        "its quotes do not match (a quote within a value must stand twice)",
    ]
    assert [json.loads(raw) for raw in rejected["raw"]] == [{"line": 3}, {"line": 5}, {"line": 6}]
    assert rejected["post_id"].isna().all()


def test_a_value_of_ten_million_characters_is_read(tmp_path):
    (tmp_path / "posts.csv").write_text(
        "published_at,text\n2020-01-01," + "天" * 10_000_000, encoding="utf-8"
    )
    assert validated(tmp_path).posts["text"].str.len().tolist() == [MAX_CHARACTERS]


def test_a_missing_or_empty_folder_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"there is no folder .*exports"):
        read(tmp_path / "exports")
    with pytest.raises(SourceError, match=r"holds no file of posts \(\.csv, "):
        read(tmp_path)


def test_null_bytes_and_quotes_in_a_csv_stop_nothing(tmp_path):
    text = 'published_at,text\n2020-01-01,"a ""b"" \x00<script>"\n2020-01-01,👍🏽 שלום\n'
    (tmp_path / "posts.csv").write_text(text, encoding="utf-8")
    assert validated(tmp_path).posts["text"].tolist() == ['a "b" <script>', "👍🏽 שלום"]
