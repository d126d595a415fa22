"""Which cell is what: files as statistical offices, vendors and spreadsheets write them."""

import numpy as np
import openpyxl
import pandas as pd
import pytest

from sfr_pipeline.drafting.grid import read_grid
from sfr_pipeline.drafting.layout import lay_out
from sfr_pipeline.drafting.reading import read_panel
from sfr_pipeline.errors import SourceError
from sfr_pipeline_tests.drafting.made_up import panel

MONTHS = pd.period_range("2001-01", periods=48, freq="M")
RATE = np.random.default_rng(11).normal(5, 1, size=48).round(2)
PRICE = np.random.default_rng(12).normal(1500, 9, size=48).round(2)


def write(folder, rows, encoding="utf-8"):
    path = folder / "panel.csv"
    path.write_bytes("\n".join(rows).encode(encoding))
    return path


def found(path):
    """Names of the usable series, and their values."""
    return {one.name: one.values.tolist() for one in read_panel(path).columns}


def test_an_export_of_the_imf_has_labels_before_the_dates(tmp_path):
    header = ["Country Name", "Indicator Name", "Indicator Code", "Attribute"]
    rows = [[*header, *(f"{month.year}M{month.month}" for month in MONTHS), ""]]
    for name, values in {"Policy rate": RATE, "Share price": PRICE}.items():
        rows.append(["Brazil", name, name[:3], "Value", *map(str, values), ""])
    rows.append(["Brazil", "Policy rate", "Pol", "Status", *[""] * 48, ""])
    path = write(tmp_path, [",".join(row) for row in rows])
    assert found(path) == {"Policy rate": RATE.tolist(), "Share price": PRICE.tolist()}
    assert any("row 4 ('Brazil Policy rate" in note for note in read_panel(path).notes)


def test_an_export_of_the_oecd_has_a_row_a_value_and_columns_that_tell_nothing(tmp_path):
    rows = ["LOCATION,INDICATOR,MEASURE,FREQUENCY,TIME,Value,Flag Codes"]
    for place, values in {"BRA": RATE, "MEX": PRICE}.items():
        rows += [
            f"{place},IRSTCI,PC_PA,M,{month},{value},{'E' if value > 5 else ''}"
            for month, value in zip(MONTHS, values, strict=True)
        ]
    path = write(tmp_path, rows)
    assert found(path) == {"BRA": RATE.tolist(), "MEX": PRICE.tolist()}


@pytest.mark.parametrize("name", ["id", "variable", "Indicator", "CODE", "series"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_a_long_file_may_have_its_columns_in_any_order(tmp_path, name, order):
    cells = [["date", name, "value"]]
    for series, values in {"a": RATE, "b": PRICE}.items():
        cells += [
            [str(month), series, str(value)] for month, value in zip(MONTHS, values, strict=True)
        ]
    path = write(tmp_path, [",".join(row[at] for at in order) for row in cells])
    assert found(path) == {"a": RATE.tolist(), "b": PRICE.tolist()}


def test_fred_md_has_a_row_without_a_date_below_its_header(tmp_path):
    rows = ["sasdate,FEDFUNDS,S&P 500", "Transform:,2,5"]
    rows += [f"{m.month}/1/{m.year},{r},{p}" for m, r, p in zip(MONTHS, RATE, PRICE, strict=True)]
    read = read_panel(write(tmp_path, [*rows, ",,"]))
    assert {one.name: one.values.tolist() for one in read.columns} == {
        "FEDFUNDS": RATE.tolist(), "S&P 500": PRICE.tolist(),
    }  # fmt: skip
    assert "Not read: row 2 ('Transform: 2 5'): it has no date." in read.notes


def test_title_units_and_footnotes_stand_around_the_data(tmp_path):
    rows = ["Table 7;;", "Period;Policy rate;Share price", "Unit;%;index"]
    rows += [
        f"{m:%m/%Y};{r};{p}".replace(".", ",") for m, r, p in zip(MONTHS, RATE, PRICE, strict=True)
    ]
    read = read_panel(write(tmp_path, [*rows, "Source: central bank;;", "* preliminary;;"]))
    assert {one.name: one.unit for one in read.columns} == {
        "Policy rate": "%", "Share price": "index",
    }  # fmt: skip
    told = " ".join(read.notes)
    assert all(text in told for text in ("Table 7", "Source: central bank", "* preliminary"))
    assert "A comma divides decimals." in read.notes


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("Índice de preços", "latin-1"), ("货币供应量", "gb18030"), ("Índice", "utf-8-sig"),
     ("Índice", "utf-16")],
)  # fmt: skip
def test_text_is_read_in_the_encoding_that_it_has(tmp_path, name, encoding):
    rows = [f"data;{name}"] + [f"{m};{r}" for m, r in zip(MONTHS, RATE, strict=True)]
    assert found(write(tmp_path, rows, encoding)) == {name: RATE.tolist()}


def test_a_workbook_is_read_like_its_csv(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["About this file"])
    sheet = book.create_sheet("Data")
    sheet.append(["Date", "Policy rate", "Share price"])
    for month, rate, price in zip(MONTHS, RATE, PRICE, strict=True):
        sheet.append([month.to_timestamp().to_pydatetime(), rate, price])
    book.save(tmp_path / "panel.xlsx")
    read = read_panel(tmp_path / "panel.xlsx")
    assert {one.name: one.values.tolist() for one in read.columns} == {
        "Policy rate": RATE.tolist(), "Share price": PRICE.tolist(),
    }  # fmt: skip
    assert "Of its tables, sheet 'Data' was read; sheet 'Sheet' was not." in read.notes


@pytest.mark.parametrize("name", ["panel.xlsx", "panel.xls"])
def test_a_workbook_that_is_none_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(SourceError, match=rf"{name}: it cannot be opened as a workbook"):
        read_panel(tmp_path / name)


def test_thousands_and_signs_for_nothing_are_read(tmp_path):
    rows = ["date,Share price,Policy rate"]
    rows += [f'{m},"{p:,}",{r}' for m, p, r in zip(MONTHS, PRICE, RATE, strict=True)]
    rows[3], rows[4] = f"{MONTHS[2]},..,n/a", f"{MONTHS[3]},-,"
    kept = [value for at, value in enumerate(PRICE) if at not in (2, 3)]
    assert found(write(tmp_path, rows))["Share price"] == kept


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["2001-01,5", "2001-02,6", "2001-03,7"], "row 1: it begins with data"),
        (["a,b", "c,d", "e,f"], "neither a column nor a row holds dates"),
        (["date,a", "2001-01,1", "2001-02,2", "Jänner 2001,3", "2001-04,4"],
         "row 4: 'Jänner 2001' in column 1 is no date"),
        (["date,code,x,y", *(f"2001-0{m},{c},1,2" for c in "ab" for m in (1, 2, 3))],
         r"row 1: .* which column holds the values \('x', 'y'\)"),
        (["<html><body>"], "it is a web page"),
        ([""], "it is empty"),
        (["just one column", "1", "2"], "row 1: neither commas nor semicolons"),
        (["date,a", *(f"{year},1" for year in range(1990, 2000))],
         "a: it is annual: give it by quarter or by month"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_place_and_remedy(tmp_path, rows, message):
    with pytest.raises(SourceError, match=message):
        read_panel(write(tmp_path, rows))


def test_two_values_of_a_period_leave_the_series_out_and_two_equal_ones_do_not(tmp_path):
    frame = panel(n_months=48, n_series=2).round(2)
    rows = frame.to_csv().splitlines()
    again = rows[5].split(",")
    read = read_panel(write(tmp_path, [*rows, ",".join([again[0], "99", again[2]])]))
    assert [one.name for one in read.columns] == ["Unemployment rate, %"]
    (left,) = read.left_out
    assert left.reason == "2001-05 has two values, in rows 6 and 50: keep one"


def test_the_layouts_are_told_apart_whatever_the_size(tmp_path):
    few = ["date,a,b", *(f"2001-0{month},1,2" for month in (1, 2, 3))]
    assert lay_out(read_grid(write(tmp_path, few))).layout == "wide"
    turned = ["name,2001-01,2001-02,2001-03", "a,1,1,1", "b,2,2,2"]
    assert lay_out(read_grid(write(tmp_path, turned))).layout == "transposed"
    # Values that look like years are no dates.
    years = ["date,a,b,c,d", *(f"2001-0{month},2001,2002,2003,2004" for month in (1, 2, 3))]
    assert lay_out(read_grid(write(tmp_path, years))).layout == "wide"
