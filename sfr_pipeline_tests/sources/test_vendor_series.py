"""Files of series as vendors write them, made by somebody who had not read the readers."""

import datetime as dt

import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.known import same_name
from sfr_pipeline_tests.vendors.manifest import FILES, RECORDS, record

TODAY = dt.date(2026, 1, 1)
# The authorities' workbooks have readers, and tests, of their own.
OFFICIAL = ("pboc", "nfra")
SERIES = [one for one in RECORDS if one.kind == "series" and one.layout not in OFFICIAL]
REFUSED = [one for one in SERIES if one.refused is not None]
LAYOUTS = {
    "wind_edb": "Wind",
    "wind_terminal": "Wind",
    "choice": "Choice",
    "ifind": "iFinD",
    "ceic": "CEIC",
    "csmar": "CSMAR",
    "fred": "FRED",
}


class Wanted:
    """A series as a catalogue has it, known by what the vendor calls it."""

    valid_range = None
    typical = None
    unit = "as delivered"

    def __init__(self, number, found):
        self.id = f"series_{number}"
        self.names_outside = [found.id] if found.id else [found.name]
        days = sorted(map(dt.date.fromisoformat, found.values))
        gap = pd.Series(days).diff().map(lambda one: one.days).median()
        self.frequency = "daily" if gap < 8 else "monthly" if gap < 60 else "quarterly"


def folder_of(tmp_path, path):
    (tmp_path / path.replace("/", "_")).write_bytes((FILES / path).read_bytes())
    return tmp_path


def assert_read(tmp_path, one):
    wanted = [Wanted(number, found) for number, found in enumerate(one.series)]
    imports = Imports(folder_of(tmp_path, one.path), wanted)
    for series, found in zip(wanted, one.series, strict=True):
        frame = imports.read(series.id, TODAY)
        read = {
            f"{day:%Y-%m-%d}": value
            for day, value in zip(frame["date"], frame["value"], strict=True)
        }
        assert read == pytest.approx(dict(found.values))
        delivered = imports.delivered(series.id)
        assert delivered.layouts == (LAYOUTS[one.layout],)
        # FRED writes units into a sheet or a sentence of their own.
        assert delivered.unit == found.unit or one.layout == "fred"
    # Nothing else in the file passes for a series.
    passed = [same_name(name) for name, _ in imports.passed_over]
    assert not [name for name in passed if name.endswith(("数据来源:wind", "频率", "单位"))]


@pytest.mark.parametrize("one", [s for s in SERIES if s.refused is None], ids=lambda s: s.path)
def test_a_vendors_file_is_read_to_the_right_numbers(tmp_path, one):
    assert_read(tmp_path, one)


@pytest.mark.parametrize("one", REFUSED, ids=lambda s: s.path)
def test_a_broken_file_is_refused_with_a_remedy_that_works(tmp_path, one):
    mended = record(one.refused.mended)
    wanted = [Wanted(number, found) for number, found in enumerate(mended.series)]
    (tmp_path / "mended").mkdir()
    with pytest.raises(SourceError) as refused:
        Imports(folder_of(tmp_path, one.path), wanted).read(wanted[0].id, TODAY)
    said = str(refused.value)
    assert "\n" not in said
    for words in one.refused.words:
        assert any(word in said for word in words)
    assert_read(tmp_path / "mended", mended)
