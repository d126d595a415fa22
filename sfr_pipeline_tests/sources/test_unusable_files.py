"""Bad files are refused in a sentence with row and remedy."""

import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline_tests.sources.import_files import ALL, ROWS, put, read, refusal

BAD = {
    "fractions": ("0.012\n0.013\n0.011", 2, "they look like fractions (0.05 for 5 per cent)"),
    "basis points": ("120\n130\n110", 2, "they look like basis points"),
    "outlier": ("1.2\n77\n1.1", 3, "77 lies outside 0.5 to 20, the valid range in per cent"),
    "text": ("1.2\nabout 1\n1.1", 3, "'about 1' is no number"),
    "per cent sign": ("1.2%\n1\n1", 2, "'1.2%' is no number"),
    "quoted comma": ('1.2\n"1,234.5"\n1', 3, "'1,234.5' is no number"),
    "comma": ("1.2\n1,234.5\n1", 3, "it has 3 cells, the header 2"),
}


DATED = "2024-01-31,1,2024-02-10\n2024-02-29,2,2024-03-10\n"


@pytest.mark.parametrize("kind", BAD)
def test_wrong_units_and_text_among_numbers(tmp_path, kind):
    values, row, says = BAD[kind]
    dates = ("2024-01-31", "2024-02-29", "2024-03-31")
    lines = [f"{date},{value}" for date, value in zip(dates, values.split("\n"), strict=True)]
    path = put(tmp_path, "prices.csv", "date,value\n" + "\n".join(lines) + "\n")
    message = refusal(tmp_path)
    assert message.startswith(f"{path}, row {row}: ")
    assert says in message


def test_money_in_another_scale_is_named(tmp_path):
    lines = "".join(f"2024-0{month}-28,{{}}\n" for month in (1, 2, 3))
    for factor, name in ((1e8, "CNY,"), (1e4, "CNY 10,000,"), (1e-4, "CNY trillion,")):
        values = [f"{value * factor:.6g}" for value in (2e5, 2.1e5, 2.2e5)]
        put(tmp_path, "balance.csv", "date,value\n" + lines.format(*values))
        assert f"they look like {name} so convert them" in refusal(tmp_path, "balance")


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", "", "it is empty"),
        ("\n  \n", "", "it is empty"),
        ("date,value\n", "", "a header but no rows"),
        ("date,value\n2024-01-31,\n", "", "it holds no values"),
        (ROWS, ", row 1", "give it a header, date,value"),
        ("day;value\n2024-01-31;1\n", "", "they must be date,value"),
        ("value,date\n1,2024-01-31\n", "", "they must be date,value"),
        (f"date,value\n{ROWS}2024/03/31,3\n", ", row 4", "not written like that of row 2"),
        ("date,value\n31.01.2024,1\n", ", row 2", "'31.01.2024' is no date"),
        ("date,value\n2024-02-30,1\n", ", row 2", "is no day of the calendar"),
        ("date,value\n45322,1\n", ", row 2", "'45322' is no date"),
        (f"date,value\n{ROWS}2024-01-15,3\n", ", row 4", "2024-01 stands in row 2 already"),
        (f"date,value\n{ROWS}2024-07-31,3\n", ", row 4", "in the future"),
        (f"date,value\n{ROWS}2024-06-10,3\n", ", row 4", "ends on 2024-06-30, in the future"),
        (f"date,value\n1900-01-01,3\n{ROWS}", ", row 2", "a spreadsheet turned into a date"),
        (f"date,value\n0001-01-01,3\n{ROWS}", ", row 2", "a spreadsheet turned into a date"),
        (f"date,value\n{ROWS}9999-12-31,3\n", ", row 4", "in the future"),
        (f"date,value\n{ROWS}0000-12-31,3\n", ", row 4", "no day of the calendar"),
        ("date,value,available_at\n2024-01-31,1,9999-12-31\n", ", row 2", "in the future"),
        ("date,value,available_at\n2024-01-31,1,0001-01-01\n", ", row 2", "before the end"),
        ("date,value\n2024Q1,3\n", ", row 2", "is a quarter, and the series is monthly"),
        ("date,value,available_at\n2024-01-31,1,2024-01-20\n", ", row 2", "before the end"),
        ("date,value,available_at\n2024-01-31,1,2025-01-20\n", ", row 2", "in the future"),
        ("date,value,available_at\n2024-01-31,1,soon\n", ", row 2", "'soon' is no date"),
        (f"date,value\n{ROWS}2024-03-31,-nan\n", ", row 4", "'-nan' is no number"),
        (f"date,value\n{ROWS}2024-03-31,1_0\n", ", row 4", "'1_0' is no number"),
        (f"date,value\n{ROWS}2024-03-31,\uff11\n", ", row 4", "'\uff11' is no number"),
        (f"date,value\n{ROWS}soon,3\n", ", row 4", "'soon' is no date"),
        (f"date,value\n{ROWS}2024-03-32,\n", ", row 4", "is no day of the calendar"),
        (f"date,value\n{ROWS}2024/03/31,\n", ", row 4", "not written like that of row 2"),
        (f"date,value\n{ROWS}2024-03-31,{'1' * 140_000}\n", ", row 4", "cannot be divided"),
        (f"date,value\n{ROWS}2024-03-31,{'x' * 90_000}\n", ", row 4", "x...' is no number"),
        ("<html><head><title>x</title></head></html>\n", "", "it is a web page"),
        ("\n <!DOCTYPE html>\n<html>\n</html>\n", "", "it is a web page"),
        ("31.01.2024,1\n29.02.2024,2\n", ", row 1", "give it a header"),
        ("2024年1月,1\n2024年2月,2\n", ", row 1", "give it a header"),
        ("# mine\nJan 2024,1.5\nFeb 2024,2\n", ", row 2", "give it a header"),
        ("1/31/2024,1\n2/29/2024,2\n", ", row 1", "give it a header"),
        (b"date,value\n2024-01-31,\xff\xff\n", "", "neither UTF-8 nor GB18030"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(tmp_path, text, place, says):
    path = put(tmp_path, "prices.csv", text)
    message = refusal(tmp_path)
    assert message.startswith(f"{path}{place}: ")
    assert says in message


def test_another_frequency_than_the_catalogues_is_recognised(tmp_path):
    days = pd.bdate_range("2023-01-02", "2024-05-31").strftime("%Y-%m-%d")
    daily = "date,value\n" + "".join(f"{day},1\n" for day in days)
    put(tmp_path, "prices.csv", daily)
    assert "look daily, with 22 values a period, and 'prices' is monthly" in refusal(tmp_path)
    months = pd.date_range("2023-01-31", "2024-05-31", freq="ME").strftime("%Y-%m-%d")
    monthly = "date,value\n" + "".join(f"{month},1\n" for month in months)
    put(tmp_path, "prices.csv", monthly)
    put(tmp_path, "rate.csv", monthly)
    put(tmp_path, "capital.csv", monthly)
    assert "31 days apart, and 'rate' is daily" in refusal(tmp_path, "rate")
    assert "look monthly, with 3 values a period" in refusal(tmp_path, "capital")
    quarters = "date,value\n2023-03-31,1\n2023-06-30,1\n2023-09-30,1\n2023-12-31,1\n"
    put(tmp_path, "prices.csv", quarters)
    assert "92 days apart, and 'prices' is monthly" in refusal(tmp_path)
    put(tmp_path, "rate.csv", "date,value\n2023-01,1\n2023-02,1\n")
    assert "'2023-01' is no day" in refusal(tmp_path, "rate")


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            {"price.csv": "date,value\n2024-01,1\n"},
            "to no series of the market: call it prices.csv",
        ),
        ({"price.csv": "date,value\n"}, "or remove it; if it is 'prices', call it prices.csv"),
        ({"prices.pdf": "x"}, "belongs to no series"),
        ({"wide.csv": "date,x\n2024-01-31,1\n"}, "name it in mapping.yaml"),
        (
            {"wide.csv": "date,balanse,y\n2024-01-31,1,2\n"},
            "none of its columns is known (balanse, y): name those that are meant in mapping.yaml, "
            "or move it away; known names that look alike are balance",
        ),
        ({"Mapping.yaml": "prices: x\n"}, "it is not read under this name: call it mapping.yaml"),
        ({"mapping.yml": "prices: x\n"}, "it is not read under this name: call it mapping.yaml"),
        ({"mapping.yaml": "price: x\n"}, "no series 'price': did you mean 'prices'?"),
        ({"mapping.yaml": "prices: {colum: x}\n"}, "needs a column"),
        ({"mapping.yaml": "prices: {column: x, times: many}\n"}, "times being a number"),
        ({"mapping.yaml": "[unclosed"}, "no valid YAML"),
        ({"mapping.yaml": "just words"}, "must hold lines"),
        (
            {"prices.csv": "date,value\n2024-01,1\n", "prices.parquet": "x"},
            "'prices' stands in prices.csv and prices.parquet: keep one",
        ),
        (
            {
                "prices.csv": "date,value\n2024-01,1\n",
                "wide.csv": "date,x\n2024-01,1\n",
                "mapping.yaml": "prices: x\n",
            },
            "'prices' stands in prices.csv and wide.csv, x: keep one",
        ),
        ({"letter.xlsx": "no workbook"}, "it has a header but no rows"),
    ],
)
def test_what_belongs_to_no_series_or_stands_twice_is_refused(tmp_path, files, says):
    for name, content in files.items():
        put(tmp_path, name, content)
    with pytest.raises(SourceError) as refused:
        Imports(tmp_path, ALL)
    assert says in str(refused.value)
    assert str(tmp_path) in str(refused.value)


def test_a_mapped_file_that_is_not_there_and_a_broken_parquet_say_so(tmp_path):
    put(tmp_path, "mapping.yaml", "prices: {file: gone.csv, column: x}\n")
    assert "gone.csv: mapping.yaml names it, but there is no such file of .csv, .tsv," in refusal(
        tmp_path
    )
    put(tmp_path, "mapping.yaml", "")
    put(tmp_path, "prices.parquet", "PAR1 and no parquet")
    assert "no readable Parquet file" in refusal(tmp_path)


def test_dangling_and_looping_links_are_refused(tmp_path):
    path = tmp_path / "prices.csv"
    path.symlink_to(tmp_path / "gone.csv")
    with pytest.raises(SourceError, match=r"prices\.csv: it cannot be read \(No such file"):
        Imports(tmp_path, ALL)
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(SourceError, match=r"prices\.csv: it cannot be read \(Too many levels"):
        Imports(tmp_path, ALL)
    path.unlink()
    (tmp_path / "mapping.yaml").symlink_to(tmp_path / "gone.yaml")
    with pytest.raises(SourceError, match=r"mapping\.yaml: it cannot be read"):
        Imports(tmp_path, ALL)
    folder = tmp_path / "folder"
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SourceError, match="folder: it is no folder"):
        Imports(folder, ALL)


def test_a_folder_in_place_of_a_file_is_not_passed_over(tmp_path):
    (tmp_path / "posts").mkdir()
    Imports(tmp_path, ALL)
    (tmp_path / "prices.parquet").mkdir()
    with pytest.raises(SourceError, match=r"prices\.parquet: it is a folder"):
        Imports(tmp_path, ALL)


@pytest.mark.parametrize(
    "line",
    [
        "prices: [a]",
        "prices:",
        "prices: {file: [a], column: x}",
        "prices: {file: wide.csv, column: [x]}",
        "prices: {column: x, times: 0}",
        "prices: {column: x, times: -1}",
        "prices: {column: x, times: .nan}",
        "prices: {column: x, times: .inf}",
        "prices: {column: x, times: true}",
        'prices: {column: ""}',
    ],
)
def test_a_mapping_of_other_things_than_names_is_refused(tmp_path, line):
    put(tmp_path, "wide.csv", "date,x\n2024-01-31,1\n")
    path = put(tmp_path, "mapping.yaml", line + "\n")
    with pytest.raises(SourceError) as refused:
        Imports(tmp_path, ALL)
    assert str(refused.value).startswith(f"{path}: 'prices' needs a column")


def test_rows_of_other_lengths_are_named_all_at_once(tmp_path):
    put(tmp_path, "prices.csv", f"date,value\n{ROWS}2024-03-31,1,234\n2024-04-30,1,235\n")
    assert "row 4: it has 3 cells, the header 2, and so with row 5: write" in refusal(tmp_path)


@pytest.mark.parametrize("text", ["[unclosed", "prices: 'x\n", "a: b: c"])
def test_faults_that_libraries_tell_on_several_lines_stay_one_sentence(tmp_path, text):
    put(tmp_path, "mapping.yaml", text)
    with pytest.raises(SourceError, match="no valid YAML") as refused:
        Imports(tmp_path, ALL)
    assert "\n" not in str(refused.value)


def test_titles_above_a_header_are_told_all_at_once_and_the_remedy_works(tmp_path):
    titles, table = "Macro\nmade by somebody\n", f"date,value,available_at\n{DATED}"
    put(tmp_path, "prices.csv", titles + table)
    assert "rows 1, 2 above its header are narrower than the table" in refusal(tmp_path)
    put(tmp_path, "prices.csv", table)
    assert read(tmp_path)["value"].tolist() == [1, 2]
    # Commas in the numbers make rows wider than the header too.
    put(tmp_path, "prices.csv", "date,value\n2024-01-31,1,5\n2024-02-29,2,5\n")
    assert "write numbers without commas" in refusal(tmp_path)
