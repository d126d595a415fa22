"""Tables of the PBoC and the NFRA in the forms of their years, by somebody else than the reader."""

import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.workbooks import read_workbook
from sfr_pipeline_tests.vendors.manifest import FILES, RECORDS, record
from sfr_pipeline_tests.vendors.variants import VARIANTS

PAGES = [one for one in VARIANTS if one.place == "workbook"]
OFFICIAL = [one for one in RECORDS if one.layout in ("pboc", "nfra")]


def ends(rows):
    """Values by the last day of their period."""
    return {
        pd.Period(row.date, "Q" if "Q" in row.date else "M").end_time.date().isoformat(): row.value
        for row in rows
    }


def assert_is_read(wanted):
    read = read_workbook(FILES / wanted.path).items
    assert wanted.series
    assert set(read) == {series.name for series in wanted.series}
    for series in wanted.series:
        assert ends(read[series.name]) == pytest.approx(dict(series.values))


@pytest.mark.parametrize("wanted", OFFICIAL, ids=lambda one: one.path)
def test_a_table_is_read_to_its_numbers_or_refused_with_a_remedy_that_works(wanted):
    if wanted.refused is None:
        assert_is_read(wanted)
        return
    with pytest.raises(SourceError) as refused:
        read_workbook(FILES / wanted.path)
    for words in wanted.refused.words:
        assert any(word in str(refused.value) for word in words)
    assert_is_read(record(wanted.refused.mended))


@pytest.mark.parametrize("variant", PAGES, ids=lambda one: one.name)
def test_a_variant_is_read_or_refused_as_is_right(variant, tmp_path):
    (name,) = variant.files
    path = variant.lay_out(tmp_path) / name
    if variant.refused:
        with pytest.raises(SourceError) as refused:
            read_workbook(path)
        for words in variant.refused:
            assert any(word in str(refused.value) for word in words)
    else:
        found = read_workbook(path).items
        assert {item: ends(rows) for item, rows in found.items()} == {
            item: pytest.approx(dict(values)) for item, values in variant.read.items()
        }


def test_there_are_three_of_each_and_a_broken_one():
    for layout in ("pboc", "nfra"):
        files = [one for one in OFFICIAL if one.layout == layout]
        assert sum(one.refused is None for one in files) >= 3
        assert any(one.refused for one in files)


def test_the_sheet_of_notes_is_named():
    told = read_workbook(FILES / "pboc/2016-2018.xlsx").passed_over
    assert [name for name, _ in told] == ["2016-2018.xlsx, sheet '说明'"]
