"""Small files that become large when they are read: all of it is read, within little memory."""

import gzip
import io
import json
import re
import tracemalloc
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion import csv_rows, export_books, export_files, export_frames, export_json
from sfr_pipeline.sources.files import parquet
from sfr_pipeline_tests.opinion.exported import read

MB = 2**20


def frames(path):
    (table,) = export_files.export_tables(path)
    return table.frames(table.columns, 20_000)


@pytest.fixture
def short_rows(monkeypatch):
    for module in (csv_rows, export_json, export_books):
        monkeypatch.setattr(module, "LONGEST_ROW", 1_000)
    monkeypatch.setattr(export_files, "LONGEST_BYTES", 1_000)


def written(path, encoding):
    """Posts whose text of 100,000 bytes stands once, or nearly, and is said to repeat."""
    posts = pa.table({"published_at": ["2020-01-01"] * 2_000, "text": ["a" * 100_000] * 2_000})
    if encoding == "categories":
        texts = posts["text"].combine_chunks().dictionary_encode()
        posts = posts.set_column(1, "text", texts)
    dictionary = (
        {"use_dictionary": True}
        if encoding in ("dictionary", "categories")
        else {
            "use_dictionary": False,
            "column_encoding": {"text": encoding, "published_at": "PLAIN"},
        }
    )
    # A page is unpacked whole.
    pq.write_table(posts, path, write_batch_size=10, **dictionary)


@pytest.mark.parametrize("encoding", ["dictionary", "categories", "DELTA_BYTE_ARRAY", "PLAIN"])
def test_a_text_that_stands_once_and_repeats_is_never_unpacked_whole(
    tmp_path, monkeypatch, encoding
):
    path = tmp_path / "posts.parquet"
    written(path, encoding)
    # Of 200 MB.
    assert encoding == "PLAIN" or path.stat().st_size < MB
    monkeypatch.setattr(parquet, "AT_ONCE", 4 * MB)
    monkeypatch.setattr(export_files, "TEXT_AT_ONCE", 4 * MB)
    before = pa.total_allocated_bytes()
    rows = most = 0
    for frame in frames(path):
        rows += len(frame)
        most = max(most, pa.total_allocated_bytes() - before)
        assert frame["text"].str.len().eq(100_000).all()
        assert not isinstance(frame["text"].dtype, pd.CategoricalDtype)
    assert rows == 2_000
    assert most < 40 * MB


def test_a_value_longer_than_what_is_unpacked_at_once_is_read_alone(tmp_path, monkeypatch):
    path = tmp_path / "posts.parquet"
    pq.write_table(pa.table({"text": ["x" * 5_000, "y", "x" * 5_000]}), path)
    monkeypatch.setattr(parquet, "AT_ONCE", 1_000)
    assert pd.concat(frames(path))["text"].str.len().tolist() == [5_000, 1, 5_000]


def test_long_values_of_all_columns_count_in_what_is_unpacked_at_once(tmp_path, monkeypatch):
    path = tmp_path / "posts.parquet"
    names = [f"text{place}" for place in range(8)]
    pq.write_table(pa.table({name: ["x" * 50_000] * 200 for name in names}), path)
    monkeypatch.setattr(parquet, "AT_ONCE", 4 * MB)
    found = list(parquet.batches("a", path, names, 1_000))
    assert sum(one.num_rows for one in found) == 200
    assert max(one.nbytes for one in found) < 1.1 * 4 * MB


@pytest.mark.parametrize(
    ("values", "use_dictionary", "most"),
    [
        (np.arange(20_000.0) % 5_000, True, 1),
        ([f"{number} 大盘" for number in range(20_000)], False, 1),
        # Of a hundred texts in a page of 1.4 KB.
        ([f"text {number % 100:05}" for number in range(20_000)], True, 8),
    ],
    ids=["numbers", "texts", "repeated texts"],
)
def test_rows_are_unpacked_as_many_at_once_as_their_longest_value_allows(
    tmp_path, monkeypatch, values, use_dictionary, most
):
    path = tmp_path / "posts.parquet"
    pq.write_table(pa.table({"a": values}), path, use_dictionary=use_dictionary)
    monkeypatch.setattr(parquet, "AT_ONCE", 4 * MB)
    assert len(list(parquet.batches("a", path, ["a"], 20_000))) <= most


def test_of_a_page_that_begins_otherwise_the_longest_value_may_be_all_of_it(tmp_path, monkeypatch):
    path = tmp_path / "posts.parquet"
    pq.write_table(pa.table({"a": ["x" * 50_000] * 400}), path)
    monkeypatch.setattr(parquet, "AT_ONCE", 4 * MB)
    monkeypatch.setattr(parquet, "NUMBER", 0x16)
    assert max(one.nbytes for one in parquet.batches("a", path, ["a"], 1_000)) < 1.1 * 4 * MB


def test_values_of_a_fixed_length_are_as_long_as_the_file_says(tmp_path, monkeypatch):
    path = tmp_path / "posts.parquet"
    values = pa.array([b"x" * 50_000] * 400, pa.binary(50_000))
    pq.write_table(pa.table({"a": values}), path)
    monkeypatch.setattr(parquet, "AT_ONCE", 4 * MB)
    assert max(one.nbytes for one in parquet.batches("a", path, ["a"], 1_000)) < 1.1 * 4 * MB


def test_frames_of_short_texts_are_as_long_as_asked_for(tmp_path):
    path = tmp_path / "posts.parquet"
    text = [f"{number} 大盘" for number in range(50_000)]
    pq.write_table(pa.table({"text": text}), path, row_group_size=15_000)
    found = list(frames(path))
    assert len(found) <= 4
    assert pd.concat(found)["text"].tolist() == text


def test_cells_of_lists_are_refused_by_the_name_of_their_column(tmp_path):
    columns = {"published_at": ["2020-01-01"], "text": ["a"], "likes": [[1] * 10]}
    pq.write_table(pa.table(columns), tmp_path / "posts.parquet")
    with pytest.raises(SourceError, match=r"posts\.parquet: cells of likes hold lists"):
        read(tmp_path)
    # A column that is not read may hold what it likes, and as text or numbers it is read.
    columns["tags"] = columns.pop("likes")
    pq.write_table(pa.table(columns), tmp_path / "posts.parquet")
    assert len(read(tmp_path)["posts.parquet"]) == 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "a.jsonl",
            '{"published_at": "2020-01-01", "text": "' + "x" * 2_000,
            "line 1 does not end",
        ),
        (
            "a.jsonl",
            '{"published_at": "2020-01-01", "text": "a"}\n[' + "[]," * 2_000,
            "line 2 does not end within 1,000 characters",
        ),
        (
            "a.json",
            '[{"published_at": "2020-01-01", "text": "a"},\n{"text": "' + "x" * 20_000 + '"}]',
            "object that begins in line 2 does not end within 1,000 characters",
        ),
        ("a.csv", "published_at,text\n2020-01-01," + "x" * 2_000, "line 2 does not end within 1,0"),
    ],
)
@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.usefixtures("short_rows")
def test_a_row_without_end_is_refused_by_its_line(tmp_path, name, content, says, packed):
    data = content.encode()
    (tmp_path / (name + packed)).write_bytes(gzip.compress(data) if packed else data)
    with pytest.raises(SourceError, match=rf"{re.escape(name + packed)} can't be .*{says}"):
        list(read(tmp_path))


@pytest.mark.parametrize(("suffix", "module"), [("jsonl", export_json), ("csv", csv_rows)])
def test_an_endless_line_is_held_no_further_than_a_row_may_be_long(
    tmp_path, monkeypatch, suffix, module
):
    path = tmp_path / f"posts.{suffix}.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(48):
            file.write(b" " * MB)
    monkeypatch.setattr(module, "LONGEST_ROW", MB)
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match="line 1 does not end within 1,048,576 characters"):
            export_files.export_tables(path)[0].columns  # noqa: B018
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MB


@pytest.mark.usefixtures("short_rows")
def test_a_row_of_parquet_or_of_a_workbook_that_is_too_long_is_refused(tmp_path):
    columns = {"published_at": ["2020-01-01"] * 3, "text": ["a", "x" * 2_000, "b"]}
    pq.write_table(pa.table(columns), tmp_path / "posts.parquet")
    with pytest.raises(SourceError, match="its row 2 is longer than 1,000 bytes; leave it out"):
        read(tmp_path)
    (tmp_path / "posts.parquet").unlink()
    book = openpyxl.Workbook()
    for row in (["published_at", "text"], ["2020-01-01", "x" * 2_000]):
        book.active.append(row)
    book.save(tmp_path / "posts.xlsx")
    with pytest.raises(SourceError, match=r"a row of its sheet 'Sheet' holds more than 1,000 char"):
        read(tmp_path)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_long_rows_come_in_smaller_frames_and_none_is_lost(tmp_path, monkeypatch, suffix):
    texts = ["x" * 500, "short", "y" * 700, "z" * 500, "last"]
    path = tmp_path / f"posts{suffix}"
    frame = pd.DataFrame({"text": texts})
    if suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        path.write_text("".join(json.dumps({"text": [one]}) + "\n" for one in texts))
        texts = [[one] for one in texts]
    monkeypatch.setattr(export_frames, "TEXT_AT_ONCE", 600)
    found = list(frames(path))
    assert max(map(len, found)) < 4
    assert pd.concat(found)["text"].tolist() == texts


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("posts.csv", ",".join(f"c{place}" for place in range(5_000)) + "\n"),
        ("posts.jsonl", "".join(f'{{"c{place}": 1}}\n' for place in range(5_000))),
    ],
)
def test_columns_without_end_are_refused(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(SourceError, match=rf"{name} has more than 4,096 columns: keep those that"):
        read(tmp_path)


def test_a_workbook_that_says_it_has_rows_without_end_is_refused(tmp_path):
    book, packed = openpyxl.Workbook(), io.BytesIO()
    for row in (["published_at", "text"], ["2020-01-01", "a"]):
        book.active.append(row)
    book.save(packed)
    with (
        zipfile.ZipFile(packed) as old,
        zipfile.ZipFile(tmp_path / "posts.xlsx", "w") as new,
    ):
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("sheet1.xml"):
                text = text.replace(
                    b"</sheetData>", b'<row r="99999999999"><c r="A99999999999"/></row></sheetData>'
                )
            new.writestr(name, text)
    with pytest.raises(SourceError, match=r"it holds cells beyond row 1,048,576: save"):
        read(tmp_path)
