"""Formulas in workbooks: read where a program has computed them, never blank in silence."""

import io
import re
import zipfile

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from sfr_pipeline.drafting.grid import read_grid
from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.labelled import read_labelled
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.opening import open_file
from sfr_pipeline.sources.files.prices import read_prices
from sfr_pipeline_tests.sources.import_files import PRICES, TODAY, put
from sfr_pipeline_tests.sources.test_price_files import MARKET

SERIES = [["date", "value"], ["2024-01-31", 1], ["2024-02-29", "=B2*2"], ["2024-03-31", "=B3*2"]]
UNCOMPUTED = "sheet 'Data' holds formulas whose values no program has computed, such as in "
REMEDY = "open it in a spreadsheet, and save it again"


def book(rows, computed=None, recalculated=True):
    """A workbook; as a spreadsheet saves it where the values of its formulas are given.

    Args:
        rows: of its sheet; texts that begin with = are formulas.
        computed: for each cell of a formula how its value is stored, the type and the text.
        recalculated: whether who opens it is to compute it.
    """
    made = openpyxl.Workbook()
    made.active.title = "Data"
    for row in rows:
        made.active.append(row)
    packed, again = io.BytesIO(), io.BytesIO()
    made.save(packed)
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(again, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = stored(text.decode(), computed or {}).encode()
            if name == "xl/workbook.xml" and not recalculated:
                text = text.replace(b' fullCalcOnLoad="1"', b"")
            new.writestr(name, text)
    return again.getvalue()


def stored(sheet, computed):
    for cell, (kind, value) in computed.items():
        pattern = rf'<c r="{cell}"[^>]*>(<f.*?</f>)<v(?: ?/|></v)>'
        sheet, count = re.subn(pattern, rf'<c r="{cell}" t="{kind}">\1<v>{value}</v>', sheet)
        assert count == 1
    return sheet


def test_a_series_is_refused_by_cell_and_read_once_a_spreadsheet_saved_it(tmp_path):
    put(tmp_path, "prices.xlsx", book(SERIES))
    with pytest.raises(SourceError) as error:
        Imports(tmp_path, [PRICES]).read("prices", TODAY)
    assert str(error.value).endswith(f"prices.xlsx: {UNCOMPUTED}B3: {REMEDY}")
    saved = book(SERIES, {"B3": ("n", 2), "B4": ("n", 4)}, recalculated=False)
    put(tmp_path, "prices.xlsx", saved)
    assert Imports(tmp_path, [PRICES]).read("prices", TODAY)["value"].tolist() == [1, 2, 4]


def test_one_value_among_computed_ones_is_named_all_of_its_row(tmp_path):
    rows = [["a", "b", "c"], [1, "=A2", "=A2"], [2, "=A3", "=A3"]]
    content = book(rows, {"B2": ("n", 1), "C2": ("n", 1)}, recalculated=False)
    with pytest.raises(SourceError, match="such as in B3, C3: open it"):
        open_file(put(tmp_path, "a.xlsx", content))


def test_a_formula_of_several_cells_counts_too(tmp_path):
    rows = [["date", "value"], ["2024-01-31", ArrayFormula("B2:B2", "=SUM(1+1)")]]
    with pytest.raises(SourceError, match=UNCOMPUTED):
        open_file(put(tmp_path, "a.xlsx", book(rows)))


def test_an_empty_text_is_a_value_and_so_are_zero_and_false(tmp_path):
    rows = [["a", "b", "c"], ["=1", "=2", "=3"], [1, 2, 3]]
    values = {"A2": ("str", ""), "B2": ("n", 0), "C2": ("b", 0)}
    path = put(tmp_path, "a.xlsx", book(rows, values, recalculated=False))
    assert open_file(path).sheets[0].rows[1][1] == [None, 0, False]


def test_zeros_of_a_program_that_lets_others_compute_are_no_values(tmp_path):
    values = {"B3": ("n", 0), "B4": ("n", 0)}
    with pytest.raises(SourceError, match=f"{UNCOMPUTED}B3"):
        open_file(put(tmp_path, "a.xlsx", book(SERIES, values)))
    path = put(tmp_path, "a.xlsx", book(SERIES, {"B3": ("n", 2), "B4": ("n", 4)}))
    assert open_file(path).sheets[0].rows[2][1] == ["2024-02-29", 2]
    truth = book([["a"], ["=1>2"]], {"A2": ("b", 0)})
    assert open_file(put(tmp_path, "c.xlsx", truth)).sheets[0].rows[1][1] == [False]
    # Without formulas a zero is one.
    zeros = book([["date", "value"], ["2024-01-31", 0]])
    assert open_file(put(tmp_path, "b.xlsx", zeros)).sheets[0].rows[1][1] == ["2024-01-31", 0]


@pytest.mark.parametrize("read", [read_labelled, read_grid])
def test_labelled_texts_and_panels_are_refused_alike(tmp_path, read):
    content = book([["text", "label"], ["up", "pos"], ['="do" & "wn"', "neg"]])
    with pytest.raises(SourceError, match=f"{UNCOMPUTED}A3: {REMEDY}"):
        read(put(tmp_path, "a.xlsx", content))


def test_prices_are_refused_alike(tmp_path):
    (tmp_path / "prices").mkdir()
    rows = [["date", "close"], ["2024-01-02", 4], ["2024-01-03", "=B2+1"]]
    put(tmp_path / "prices", "SPX.xlsx", book(rows))
    with pytest.raises(SourceError, match=f"{UNCOMPUTED}B3"):
        read_prices(tmp_path, MARKET, TODAY)
