"""The made-up files are those of the manifest, and hold the numbers that it says."""

import csv
import datetime as dt
import io
import re

import pandas as pd
import pytest

from sfr_pipeline.markets import load_market
from sfr_pipeline_tests.vendors.manifest import CHINA_SERIES, FILES, MADE, RECORDS

TEXTS = {".csv", ".tsv", ".txt", ".jsonl", ".json", ".xls", ".htm"}
# Written otherwise than said: shares for per cent, shortened volumes, decimals cut.
RESCALED = {"nfra", "investing"}


def suffix(path):
    return path[path.rindex(".") :]


def cells_of_workbook(content):
    from openpyxl import load_workbook

    return {
        sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)]
        for sheet in load_workbook(io.BytesIO(content))
    }


def test_each_file_is_listed_once_and_each_listed_one_is_there():
    listed = [record.path for record in RECORDS]
    there = {
        path.relative_to(FILES).as_posix()
        for path in FILES.rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    assert len(set(listed)) == len(listed)
    assert there == set(listed)
    assert sum(path.stat().st_size for path in FILES.rglob("*")) < 2_000_000


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.record.path)
def test_the_file_is_what_its_maker_writes(made):
    there, anew = (FILES / made.record.path).read_bytes(), made.write()
    kind = suffix(made.record.path)
    if kind in TEXTS:
        assert there == anew
    elif kind == ".xlsx":
        assert cells_of_workbook(there) == cells_of_workbook(anew)
    else:
        frames = [pd.read_parquet(io.BytesIO(content)) for content in (there, anew)]
        pd.testing.assert_frame_equal(*frames)


def numbers(record):
    """All numbers that the cells of a file hold, thousands without commas."""
    content = (FILES / record.path).read_bytes()
    kind = suffix(record.path)
    if kind == ".xlsx":
        cells = [c for rows in cells_of_workbook(content).values() for row in rows for c in row]
    elif kind == ".parquet":
        cells = pd.read_parquet(io.BytesIO(content)).to_numpy().ravel().tolist()
    elif kind in (".xls", ".htm"):
        charset = re.search(rb"charset=([\w-]+)", content)[1].decode()
        cells = re.findall(r"<td>([^<]*)</td>", content.decode(charset))
    else:
        text = content.decode(record.encoding)
        separator = "\t" if kind == ".tsv" else ","
        cells = [c for row in csv.reader(io.StringIO(text), delimiter=separator) for c in row]
    held = set()
    for cell in cells:
        try:
            held.add(float(str(cell).replace(",", "")))
        except ValueError:
            continue
    return held


@pytest.mark.parametrize(
    "record",
    [
        record
        for record in RECORDS
        if record.kind in ("series", "prices") and record.layout not in RESCALED
    ],
    ids=lambda record: record.path,
)
def test_what_it_says_stands_in_the_file(record):
    said = {v for found in record.series for v in found.values.values()}
    said |= {
        v for days in record.prices.values() for bar in days.values() for v in bar if v is not None
    }
    derived = {"pboc.medium_long_term_loans"}
    said -= {v for f in record.series if f.name in derived for v in f.values.values()}
    if record.path.startswith("yahoo/new/"):
        said = {round(v, 2) for v in said}
    assert said <= numbers(record)
    assert record.refused or said


def test_every_layout_has_three_files_that_are_read_and_one_that_is_refused_with_its_mended_one():
    by_path = {record.path: record for record in RECORDS}
    for layout in {record.layout for record in RECORDS}:
        own = [record for record in RECORDS if record.layout == layout]
        read = [record for record in own if not record.refused and "mended" not in record.path]
        assert len(read) >= 3, layout
        assert any(record.refused for record in own), layout
    for record in RECORDS:
        if record.refused:
            assert not any((record.series, record.prices, record.posts, record.labelled))
            assert record.refused.words
            assert by_path[record.refused.mended].refused is None


def test_days_are_days_and_each_series_has_some():
    for record in RECORDS:
        for found in record.series:
            assert found.values
            for day in found.values:
                assert dt.date.fromisoformat(day).isoformat() == day
        for days in record.prices.values():
            assert len(days) > 8


def test_encodings_are_those_said():
    for record in RECORDS:
        if record.encoding and record.path != "posts/bad_byte/2021-05.csv":
            (FILES / record.path).read_bytes().decode(record.encoding)
    with pytest.raises(UnicodeDecodeError, match="0xa7"):
        (FILES / "posts/bad_byte/2021-05.csv").read_bytes().decode("utf-8")
    # What makes Big5 treacherous: it is no error to read it as GB18030.
    (FILES / "posts/big5/2021-05.csv").read_bytes().decode("gb18030")


def test_the_ratios_of_the_authority_stand_in_its_tables():
    for path in ("nfra/2021.xlsx", "nfra/two_years.xlsx"):
        by_name = {record.path: record for record in RECORDS}[path].series
        sheets = cells_of_workbook((FILES / path).read_bytes()).values()
        for label, found in (("　不良贷款率", by_name[0]), ("　资本充足率***", by_name[1])):
            shares = [c for rows in sheets for r in rows if r[0] == label for c in r[1:] if c]
            assert [round(100 * share, 2) for share in shares] == list(found.values.values())


def test_the_site_s_own_spelling_of_numbers_gives_those_said():
    german = {r.path: r for r in RECORDS}["investing/german/^GDAXI.csv"]
    content = (FILES / german.path).read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))[1:]
    assert len(rows) == len(german.prices["^GDAXI"])
    for written, close, opened, high, low, volume, _ in rows:
        day = "-".join(reversed(written.split(".")))
        bar = german.prices["^GDAXI"][day]
        plain = [float(n.replace(".", "").replace(",", ".")) for n in (opened, high, low, close)]
        assert plain == list(bar[:4])
        assert volume.endswith("M")
        assert float(volume[:-1].replace(",", ".")) * 1e6 == pytest.approx(bar.volume, rel=1e-12)


def test_the_names_that_stand_for_series_of_china_occur_and_are_series():
    ids = {series.id for series in load_market("china").series}
    assert {id for id in CHINA_SERIES.values() if id} <= ids
    layouts = {"wind_edb", "choice", "ifind", "fred"}
    names = {f.name.replace("\n", "") for r in RECORDS if r.layout in layouts for f in r.series}
    assert names == set(CHINA_SERIES)
