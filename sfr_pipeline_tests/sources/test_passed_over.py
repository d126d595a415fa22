"""What lies in a market's folder is read, refused, or named: nothing is passed over in silence."""

import logging

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.files import check_new_files
from sfr_pipeline.markets import load_market
from sfr_pipeline.operation.checking import check_folder
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline_tests.index.patchy import MARKET
from sfr_pipeline_tests.sources.import_files import ALL, ROWS, TODAY, put, read

HELD = f"date,value\n{ROWS}"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("PRICES.csv", HELD),
        ("prices.CSV", HELD),
        ("prices.tsv", HELD.replace(",", "\t")),
        ("prices.txt", HELD.replace(",", ";")),
        ("prices.csv", HELD.encode("utf-16")),
        ("prices.csv", f"{HELD}\n数据来源：某处\n"),
        ("prices.csv", f"{HELD}Source: Wind,.\n"),
        ("prices.csv", "date,value,\n2024-01-31,1,\n2024-02-29,2,\n"),
        ("prices.htm", "<table><tr><td>date<td>value<tr><td>2024-01-31<td>1<tr><td>2024-02-29"
                       "<td>2</table>"),
        ("any.csv", "date,Prices,rate\n2024-01-31,1,\n2024-02-29,2,\n"),
    ],
)  # fmt: skip
def test_forms_of_a_file_are_read(tmp_path, name, content):
    put(tmp_path, name, content)
    assert read(tmp_path)["value"].to_list() == [1.0, 2.0]


def test_a_workbook_of_one_series_is_read_with_or_without_pandas_index(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"date": pd.to_datetime(["2024-01-31", "2024-02-29"]), "value": [1.0, 2]})
    for index in (True, False):
        frame.to_excel(tmp_path / "prices.xlsx", index=index)
        assert read(tmp_path)["value"].to_list() == [1.0, 2.0]
    frame.to_csv(tmp_path / "PRICES.csv", index=False)
    with pytest.raises(SourceError, match=r"'prices' stands in PRICES\.csv and prices\.xlsx: keep"):
        Imports(tmp_path, ALL)


def test_line_breaks_in_a_quoted_head_are_read(tmp_path):
    put(tmp_path, "wide.csv", 'date,"rate\n1周",x\n2024-01-02,1.80,1\n2024-01-03,1.79,2\n')
    put(tmp_path, "mapping.yaml", 'rate: "rate\\n1周"\n')
    imports = Imports(tmp_path, ALL)
    assert imports.read("rate", TODAY)["value"].to_list() == [1.80, 1.79]
    assert imports.passed_over == [("wide.csv, x", "a column that mapping.yaml does not name")]


def test_rows_of_furniture_are_left_aside_in_a_mapped_table(tmp_path):
    text = (
        "指标名称,利率:1周,利率:3个月\n频率,日,日\n单位,%,%\n来源,某处,某处\n"
        "2024-01-02,1.80,2.40\n2024-01-03,1.79,2.41\n\n数据来源：Wind\n"
    )
    put(tmp_path, "wide.csv", text.encode("gb18030"))
    put(tmp_path, "mapping.yaml", "rate: '利率:1周'\n")
    imports = Imports(tmp_path, ALL)
    assert imports.read("rate", TODAY)["value"].to_list() == [1.80, 1.79]
    assert "row 8, '数据来源：Wind', is a note" in imports.delivered("rate").ignored


def test_what_is_not_read_is_named(tmp_path):
    for name in (".hidden", "~$prices.xlsx", "Thumbs.db", "Readme.md", "TRD_Mnth[DES][csv].txt"):
        put(tmp_path, name, "x")
    put(tmp_path, "rate.csv", "# Template of a series: x\ndate,value,available_at\n")
    put(tmp_path, "prices.csv", HELD)
    for name in ("old", "empty", "posts", "prices"):
        (tmp_path / name).mkdir()
    put(tmp_path / "old", "prices.csv", HELD)
    put(tmp_path / "old", "letter.docx", "x")
    imports = Imports(tmp_path, ALL)
    assert dict(imports.passed_over) == {
        ".hidden": "a hidden file",
        "~$prices.xlsx": "a lock of an office program: its book is open",
        "Thumbs.db": "a hidden file",
        "Readme.md": "a text for readers",
        "TRD_Mnth[DES][csv].txt": "CSMAR's description of columns",
        "rate.csv": "a template without rows",
        "old/": "a folder, and folders are not read: letter.docx, prices.csv",
        "empty/": "an empty folder",
    }


def test_a_series_in_a_folder_below_is_to_be_moved_up(tmp_path):
    (tmp_path / "2024").mkdir()
    path = put(tmp_path / "2024", "prices.csv", HELD)
    with pytest.raises(SourceError) as refused:
        Imports(tmp_path, ALL)
    assert str(refused.value) == f"{path}: folders are not read: move it up into {tmp_path}"
    path.rename(tmp_path / path.name)
    assert len(read(tmp_path)) == 2


@pytest.mark.parametrize("name", ["Prices", "POSTS"])
def test_folders_in_another_case_are_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(SourceError, match=rf"{name}: it is not read.*: call it {name.lower()}"):
        Imports(tmp_path, ALL)


def test_a_date_too_wide_for_its_column_is_no_comment(tmp_path):
    put(tmp_path, "prices.csv", f"# mine\n{HELD}########,3\n")
    with pytest.raises(SourceError, match="row 5: '########' is no date"):
        read(tmp_path)


def test_faults_are_named_with_all_their_rows(tmp_path):
    put(tmp_path, "prices.csv", f"date,value\n{ROWS}2024-03-31,x\n2024-04-30,y\n")
    with pytest.raises(SourceError, match="row 4: 'x' is no number, nor in row 5: write"):
        read(tmp_path)
    put(tmp_path, "prices.csv", f"date,value\n{ROWS}March,3\nApril,4\n")
    with pytest.raises(SourceError, match=r"row 4: 'March' is no date that.*, nor in row 5: write"):
        read(tmp_path)


def test_a_run_names_what_it_does_not_read(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    (tmp_path / "patchy" / "old").mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        check_new_files(MARKET, [], [])
    assert [r.getMessage() for r in caplog.records] == ["patchy: not read: old/: an empty folder"]


@pytest.mark.parametrize(
    ("name", "inside", "why"),
    [
        ("china", "prices/sub/SSE.csv", "the market has no instruments under 'prices'"),
        ("world", "posts/2021.csv", "forum.exports of its catalogue names another folder, or none"),
    ],
)
def test_a_folder_that_the_market_reads_nothing_of_is_named(
    tmp_path, monkeypatch, caplog, name, inside, why
):
    folder = tmp_path / name
    (folder / inside).parent.mkdir(parents=True)
    market = load_market(name)
    assert check_folder(market, folder).parts[0].passed_over == []  # an empty one is no news
    put(folder, inside, "date,close\n2024-01-02,2962.28\n")
    checked = check_folder(market, folder)
    assert not checked.is_refused
    top = inside.split("/")[0]
    assert checked.parts[0].passed_over == [(f"{top}/", f"{why}: nothing in it is read")]
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    check_new_files(market, set(), set())
    assert f"{name}: not read: {top}/: {why}" in caplog.text
