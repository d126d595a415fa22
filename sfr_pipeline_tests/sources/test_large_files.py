"""Files of users have a size too, unpacked as well: small ones can claim to be huge."""

import datetime as dt
import io
import struct
import time
import tracemalloc
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sfr_pipeline.drafting.tables import read_table
from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files import content, parquet, spreadsheet
from sfr_pipeline.sources.files.content import read_content
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.opening import open_file
from sfr_pipeline.sources.files.prices import read_prices
from sfr_pipeline.sources.files.spreadsheet import read_sheets
from sfr_pipeline.sources.files.workbooks import read_workbook
from sfr_pipeline_tests.sources.import_files import ALL, put
from sfr_pipeline_tests.sources.test_price_files import MARKET

MB = 2**20


def book_with(*cells):
    """A workbook with a value at some addresses."""
    book = openpyxl.Workbook()
    for address in cells:
        book.active[address] = 1
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def altered(book, change):
    """The same workbook with the text of its sheet changed."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as before,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for part in before.infolist():
            text = before.read(part)
            after.writestr(part, change(text) if "sheet1" in part.filename else text)
    return packed.getvalue()


def biff(*cells):
    """The oldest .xls there is: numbers at rows and columns from 0."""
    records = [(0x0009, struct.pack("<HH", 7, 0x10))]
    records += [(0x0003, struct.pack("<HH3xd", row, column, 1.0)) for row, column in cells]
    return b"".join(
        struct.pack("<HH", kind, len(data)) + data for kind, data in [*records, (0x000A, b"")]
    )


def quickly(work):
    """Do it within a second and 40 MB."""
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(SourceError) as refused:
            work()
        seconds = time.process_time() - began
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * MB
    # Tracing makes it several times as slow.
    assert seconds < 4
    return str(refused.value)


@pytest.mark.parametrize("cell", ["XFD200000", "A200000", "XFD1", "A15001", "SG1"])
def test_a_workbook_with_a_cell_far_out_is_refused_at_once(tmp_path, cell):
    path = tmp_path / "a.xlsx"
    path.write_bytes(book_with("A1", cell))
    read_sheets("a", book_with("A1"))  # imports its library
    said = quickly(lambda: read_workbook(path))
    assert said.startswith(str(path))
    assert "beyond row 15,000 or column 500: save the table that is needed as CSV" in said


@pytest.mark.parametrize("row", ["999999999999", "1048576"])
def test_a_row_beyond_all_rows_is_refused_as_soon_as_one_within(row):
    book = altered(
        book_with("A1", "B7"),
        lambda text: text.replace(b'<row r="7"', f'<row r="{row}"'.encode()),
    )
    began = time.process_time()
    with pytest.raises(SourceError, match="beyond row"):
        list(read_sheets("a", book))
    assert time.process_time() - began < 4


def test_formats_far_out_are_no_cells():
    book = altered(
        book_with("A1", "B2"),
        lambda text: text.replace(
            b"</sheetData>", b'<row r="9"><c r="XFD9" s="0"/></row></sheetData>'
        ),
    )
    assert list(read_sheets("a", book)) == [("Sheet", [[1, None], [None, 1]])]


@pytest.mark.parametrize("cell", [(16383, 255), (16383, 0)])
def test_an_old_workbook_with_a_cell_far_out_is_refused_at_once(tmp_path, cell):
    path = tmp_path / "a.xls"
    path.write_bytes(biff((0, 0), cell))
    list(read_sheets("a", biff((0, 0))))
    assert "beyond row 15,000" in quickly(lambda: read_workbook(path))


def test_an_old_workbook_is_read_like_a_new_one():
    ((_, old),) = read_sheets("a", biff((0, 0), (2, 1)))
    ((_, new),) = read_sheets("a", book_with("A1", "B3"))
    assert old == new


def test_a_workbook_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        altered(book_with("A1"), lambda text: text + b" " * (spreadsheet.LARGEST_UNPACKED + 1))
    )
    assert path.stat().st_size < MB
    assert "MB unpacked" in quickly(lambda: read_workbook(path))


def test_cells_are_what_they_mean():
    book = openpyxl.Workbook()
    rows = [
        ["a", 1, 2.0, 2.5, None],
        [],
        [dt.datetime(2024, 1, 1), True, "#REF!", "N/A", " ", "-"],
        [None, None],
    ]
    for row in rows:
        book.active.append(row)
    packed = io.BytesIO()
    book.save(packed)
    assert list(read_sheets("a", packed.getvalue())) == [
        (
            "Sheet",
            [
                ["a", 1, 2, 2.5, None, None],
                [None] * 6,
                [dt.datetime(2024, 1, 1), True, "#REF!", None, None, "-"],
            ],
        )
    ]


def test_a_file_is_read_no_further_than_it_may_be_long(tmp_path):
    path = tmp_path / "prices.csv"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)  # of holes
    with pytest.raises(SourceError, match=r"prices\.csv: it is larger than 1 MB.*divide it"):
        read_content(path, MB)
    assert len(read_content(put_bytes(tmp_path / "fits", bytes(MB)), MB)) == MB


def put_bytes(path, data):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
@pytest.mark.parametrize(("columns", "rows"), [(5_000, 2), (10, 40)])
def test_a_table_of_too_many_columns_or_cells_is_refused(
    tmp_path, monkeypatch, name, columns, rows
):
    monkeypatch.setattr(content, "MOST_CELLS", 300 if columns == 10 else 10**9)
    frame = pd.DataFrame([[1] * columns] * rows, columns=[f"c{i}" for i in range(columns)])
    path = tmp_path / name
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    with pytest.raises(SourceError, match=rf"a\.\w+: it has \d+ rows of {columns:,} columns"):
        open_file(path)


def test_commas_without_end_are_no_table(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"date,value\n" + b"," * 8 * MB)
    assert "columns" in quickly(lambda: open_file(path))


def test_a_mapping_has_a_size(tmp_path):
    put(tmp_path, "mapping.yaml", "# " + "x" * MB)
    with pytest.raises(SourceError, match=r"mapping\.yaml: it is larger than 1 MB"):
        Imports(tmp_path, ALL)
    (tmp_path / "prices").mkdir()
    put(tmp_path / "prices", "mapping.yaml", "# " + "x" * MB)
    with pytest.raises(SourceError, match=r"mapping\.yaml: it is larger than 1 MB"):
        read_prices(tmp_path, MARKET, dt.date(2024, 1, 1))


def test_a_text_of_parquet_that_stands_once_and_repeats_is_refused_before_it_is_unpacked(
    tmp_path, monkeypatch
):
    path = tmp_path / "a.parquet"
    table = {"date": ["2024-01-01"] * 2_000, "value": ["1" * 100_000] * 2_000}
    pq.write_table(pa.table(table), path)
    assert path.stat().st_size < MB
    monkeypatch.setattr(parquet, "LARGEST_FILE", 16 * MB)
    monkeypatch.setattr(parquet, "AT_ONCE", 4 * MB)
    for read in (open_file, read_table):
        before = pa.total_allocated_bytes()
        assert "a.parquet: it has more than 64 MB unpacked: keep" in quickly(lambda: read(path))  # noqa: B023
        assert pa.total_allocated_bytes() - before < 80 * MB
    pq.write_table(pa.table(table).slice(0, 500), path)
    assert len(open_file(path).sheets[0].rows) == 501


def test_what_parquet_says_is_too_large_is_not_unpacked_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"value": [str(number) for number in range(2_000)]}), path)
    monkeypatch.setattr(parquet, "LARGEST_FILE", 2**10)
    monkeypatch.delattr(parquet, "batches")
    with pytest.raises(SourceError, match="it has more than 0 MB unpacked"):
        open_file(path)


@pytest.mark.parametrize("cell", [[1, 2], {"a": 1}], ids=["list", "structure"])
def test_cells_of_lists_in_parquet_are_refused_by_the_name_of_their_column(tmp_path, cell):
    path = tmp_path / "a.parquet"
    frame = pd.DataFrame({"date": ["2024-01-01"], "value": [1.0], "notes": [cell]})
    frame.to_parquet(path)
    with pytest.raises(
        SourceError, match=r"a\.parquet: cells of notes hold lists or structures: lea"
    ):
        open_file(path)
    frame.drop(columns="notes").to_parquet(path)
    assert open_file(path).sheets[0].rows[1] == (2, ["2024-01-01", 1.0])


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("<table>" + "<tr><td>1" * 2 * MB + "</table>", "larger than the 16 MB that a web page"),
        ("<table>" + "<tr>" * 25_000 + "<td colspan=100>1</table>", "more than 2,000,000 cells"),
        # None of them is large.
        (
            ("<table><tr><td colspan=100 rowspan=100>1" + "<tr>" * 99 + "</table>") * 250,
            "more than 2,000,000 cells",
        ),
    ],
    ids=["long", "one table", "many tables"],
)
def test_a_web_page_of_millions_of_cells_is_refused(tmp_path, page, says):
    path = tmp_path / "a.xls"
    path.write_text(page)
    with pytest.raises(SourceError, match=rf"a\.xls: it .*{says}.*save the table that is needed"):
        open_file(path)


def test_a_table_of_a_web_page_of_usual_size_is_read(tmp_path):
    rows = "".join(f"<tr><td>2024-01-{day:02}<td>{day}" for day in range(1, 29)) * 200
    path = put_bytes(tmp_path / "a.xls", f"<table>{rows}</table>".encode())
    assert len(open_file(path).sheets[0].rows) == 5_600


def test_lines_without_end_are_no_table(tmp_path):
    path = put_bytes(
        tmp_path / "a.csv", b"date,value\n" + b"\n" * 8 * MB + b"1,2" + b"\r" * 16 * MB
    )
    assert "it has 25,165,825 rows" in str(refused(path))


def refused(path):
    with pytest.raises(SourceError) as refusal:
        open_file(path)
    return refusal.value
