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
from sfr_pipeline.sources.files import spreadsheet
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.opening import open_file
from sfr_pipeline.sources.files.prices import read_prices
from sfr_pipeline_tests.sources.import_files import PRICES, TODAY, put
from sfr_pipeline_tests.sources.test_price_files import MARKET

SHEET = "xl/worksheets/sheet1.xml"
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
            if name == SHEET:
                text = stored(text.decode(), computed or {}).encode()
            if name == "xl/workbook.xml" and not recalculated:
                text = text.replace(b' fullCalcOnLoad="1"', b"")
            new.writestr(name, text)
    return again.getvalue()


def rewritten(content, part, change):
    """The same workbook with the text of a part changed."""
    again = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(again, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()) if name == part else text)
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


def test_elements_with_a_prefix_are_formulas_too(tmp_path):
    """As programs of other makers than the usual ones write sheets."""

    def prefixed(text):
        return re.sub(r"<(/?)(?=[A-Za-z])", r"<\1x:", text).replace("xmlns=", "xmlns:x=")

    content = rewritten(book(SERIES), SHEET, prefixed)
    with pytest.raises(SourceError, match=f"{UNCOMPUTED}B3"):
        open_file(put(tmp_path, "a.xlsx", content))


def test_a_formula_between_two_pieces_of_a_sheet_is_found(tmp_path, monkeypatch):
    content = book(SERIES[:3])
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        begins = packed.read(SHEET).index(b"<f>")
    monkeypatch.setattr(spreadsheet, "PIECE", begins + 1)
    with pytest.raises(SourceError, match=f"{UNCOMPUTED}B3"):
        open_file(put(tmp_path, "a.xlsx", content))


def test_no_part_of_a_workbook_that_is_too_large_is_looked_through(tmp_path, monkeypatch):
    path = put(tmp_path, "a.xlsx", book(SERIES))
    monkeypatch.setattr(spreadsheet, "LARGEST_UNPACKED", 1_000)
    monkeypatch.delattr(zipfile.ZipFile, "open")
    with pytest.raises(SourceError, match="MB unpacked, more than the"):
        open_file(path)


def test_what_a_sheet_says_of_its_size_hides_no_formula(tmp_path):
    def small(text):
        assert 'ref="A1:B4"' in text
        return text.replace('ref="A1:B4"', 'ref="A1"')

    path = put(tmp_path, "a.xlsx", rewritten(book(SERIES), SHEET, small))
    with pytest.raises(SourceError, match=f"{UNCOMPUTED}B3"):
        open_file(path)
    saved = book(SERIES, {"B3": ("n", 2), "B4": ("n", 4)}, recalculated=False)
    path = put(tmp_path, "a.xlsx", rewritten(saved, SHEET, small))
    assert [cells[1] for _, cells in open_file(path).sheets[0].rows] == ["value", 1, 2, 4]


@pytest.mark.parametrize("truth", ['"true"', "'1'"])
def test_it_is_said_in_several_ways_that_a_workbook_is_to_be_computed(tmp_path, truth):
    def said(text):
        assert 'fullCalcOnLoad="1"' in text
        return text.replace('fullCalcOnLoad="1"', f"fullCalcOnLoad={truth}")

    content = rewritten(book(SERIES, {"B3": ("n", 0)}), "xl/workbook.xml", said)
    with pytest.raises(SourceError, match=f"{UNCOMPUTED}B3"):
        open_file(put(tmp_path, "a.xlsx", content))


def test_each_sheet_is_asked_for_its_own_formulas(tmp_path):
    made, packed = openpyxl.Workbook(), io.BytesIO()
    for name, last in (("Data", 2), ("Other", "=A1")):
        sheet = made.create_sheet(name)
        sheet.append([1])
        sheet.append([last])
    made.save(packed)
    with pytest.raises(SourceError, match=r"sheet 'Other' holds formulas .* such as in A2: op"):
        open_file(put(tmp_path, "a.xlsx", packed.getvalue()))


def test_empty_cells_and_zeros_beside_formulas_are_what_they_are(tmp_path):
    content = book([["a", "b", "c"], [1, None, 0], ["=A2", 2, 3]], {"A3": ("n", 1)})
    rows = open_file(put(tmp_path, "a.xlsx", content)).sheets[0].rows
    assert [cells for _, cells in rows] == [["a", "b", "c"], [1, None, 0], [1, 2, 3]]


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
