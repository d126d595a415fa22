"""Months that a spreadsheet took for numbers: 2023.10 became 2023.1."""

import datetime as dt

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.layouts.cut_months import settled
from sfr_pipeline_tests.sources.import_files import CAPITAL, PRICES, put

TODAY = dt.date(2026, 1, 1)


def months(folder, written, wanted=PRICES):
    """The months as read, of a file of Wind whose values number its rows."""
    head = "指标名称,CPI\n频率,月\n单位,%\n指标ID,M001\n"
    rows = "".join(f"{month},{row / 10}\n" for row, month in enumerate(written, 10))
    put(folder, f"{wanted.id}.csv", head + rows)
    frame = Imports(folder, [wanted]).read(wanted.id, TODAY)
    by_row = frame.sort_values("value")["date"]
    return [f"{day:%Y-%m}" for day in by_row]


def following(first, last):
    """All months from one to another."""
    year, month = map(int, first.split("-"))
    found = []
    while f"{year}-{month:02d}" <= last:
        found.append(f"{year}-{month:02d}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def cut(month):
    """A month as a spreadsheet writes the number that it took it for."""
    year, one = month.split("-")
    return f"{year}.{int(one)}".removesuffix("0") if one == "10" else f"{year}.{int(one)}"


# Where a column begins or ends with either month, neighbours have to tell.
@pytest.mark.parametrize("first", ["2021-01", "2021-02", "2021-09", "2021-10", "2021-11"])
@pytest.mark.parametrize("last", ["2023-01", "2023-02", "2023-09", "2023-10", "2023-12"])
@pytest.mark.parametrize("way", [1, -1])
def test_each_month_is_what_its_neighbours_make_of_it(tmp_path, first, last, way):
    true = following(first, last)[::way]
    assert months(tmp_path, map(cut, true)) == true


@pytest.mark.parametrize("way", [1, -1])
def test_gaps_and_other_distances_are_told_by_order(tmp_path, way):
    true = ["2021-07", "2021-10", "2021-11", "2021-12", "2022-01", "2022-10", "2022-12", "2023-01"]
    true = true[::way]
    assert months(tmp_path, map(cut, true)) == true


@pytest.mark.parametrize("way", [1, -1])
def test_at_an_end_the_usual_distance_tells(tmp_path, way):
    written = ["2021.4", "2021.7", "2021.1", "2022.1"][::way]
    ends = ["2021-06", "2021-09", "2021-12", "2022-03"][::way]
    assert months(tmp_path, written, CAPITAL) == ends


def test_numbers_with_two_digits_kept_but_for_the_last_zero(tmp_path):
    # As a spreadsheet writes 2023.01, formatted as text here and as number there.
    written = ["2023.05", "2023.1", "2023.03"]
    assert months(tmp_path, written) == ["2023-05", "2023-10", "2023-03"]


def test_a_column_that_keeps_its_zeros_means_january(tmp_path):
    assert months(tmp_path, ["2023.12", "2023.10", "2023.1"]) == ["2023-12", "2023-10", "2023-01"]
    assert months(tmp_path, ["2023.5", "2023.10", "2023.1"]) == ["2023-05", "2023-10", "2023-01"]


def test_a_september_shows_that_a_column_pads_its_months(tmp_path):
    written = ["2022.09", "2024.1", "2023.09"]
    assert months(tmp_path, written) == ["2022-09", "2024-10", "2023-09"]


def test_of_two_distances_as_usual_the_shorter_tells(tmp_path):
    written = ["2023.1", "2023.11", "2023.12", "2024.2"]
    assert months(tmp_path, written) == ["2023-10", "2023-11", "2023-12", "2024-02"]


def test_digits_of_full_width_are_cut_too(tmp_path):
    written = ["2023.9", "\uff12\uff10\uff12\uff13\uff0e\uff11", "2023.11"]
    assert months(tmp_path, written) == following("2023-09", "2023-11")


def test_a_quarter_stands_where_its_last_month_does():
    rows = [(1, "2020Q4", "2020Q4"), (2, "2021.1", "2021-01"), (3, "2021Q1", "2021Q1")]
    assert settled("a.csv", "Wind", rows) == ["2020Q4", "2021-01", "2021Q1"]


UNSURE = {
    "alone": ["2023.1"],
    "a year apart": ["2021.1", "2022.1", "2023.1"],
    "twice and alone": ["2023.1", "2023.1"],
    "in no order": ["2023.5", "2023.3", "2023.1", "2023.4"],
    "at the end, behind a gap": ["2023.5", "2023.6", "2023.7", "2023.8", "2024.1"],
    "in a gap": ["2022.11", "2022.12", "2023.1", "2023.12", "2024.2"],
    "zeros of both": ["2022.10", "2023.02", "2023.1", "2022.12", "2022.11"],
    "zeros against neighbours": ["2023.1", "2023.11", "2023.12", "2024.10", "2024.11", "2024.12"],
}


@pytest.mark.parametrize("written", UNSURE.values(), ids=UNSURE)
def test_what_nothing_tells_is_refused_and_the_remedy_works(tmp_path, written):
    with pytest.raises(SourceError) as error:
        months(tmp_path, written)
    said = str(error.value)
    assert "prices.csv: layout Wind: '20" in said
    assert "may be January or October" in said
    assert "\n" not in said
    assert said.endswith("write months like 2023-01")
    mended = [f"{month.split('.')[0]}-{int(month.split('.')[1]):02d}" for month in written]
    if len(set(mended)) == len(mended):
        assert months(tmp_path, mended) == mended


def test_months_across_are_settled_alike(tmp_path):
    put(
        tmp_path,
        "prices.csv",
        "指标名称,指标ID,频率,2023.9,2023.1,2023.11,2023.12,2024.1\nCPI,M001,月,1,2,3,4,5\n",
    )
    frame = Imports(tmp_path, [PRICES]).read("prices", TODAY)
    assert [f"{day:%Y-%m}" for day in frame["date"]] == following("2023-09", "2024-01")


def test_a_column_of_months_across_is_refused_by_its_number(tmp_path):
    put(tmp_path, "prices.csv", "指标名称,指标ID,频率,2023.1\nCPI,M001,月,1\n")
    with pytest.raises(SourceError, match=r"'2023\.1' in column 4 may be January or October"):
        Imports(tmp_path, [PRICES]).read("prices", TODAY)


def test_things_of_one_table_are_settled_each_by_itself(tmp_path):
    put(
        tmp_path,
        "banks.csv",
        "SgnMonth,Banktype,Ratio\n统计月份,类型,比率\n没有单位,没有单位,%\n"
        "2023.9,国有,1\n2023.1,国有,2\n2023.11,国有,3\n2023.12,股份,7\n2024.1,股份,8\n2024.2,股份,9\n",
    )
    put(tmp_path, "mapping.yaml", "prices: {file: banks.csv, column: 'Ratio, 股份'}\n")
    frame = Imports(tmp_path, [PRICES]).read("prices", TODAY)
    assert [f"{day:%Y-%m}" for day in frame["date"]] == following("2023-12", "2024-02")
    put(tmp_path, "mapping.yaml", "prices: {file: banks.csv, column: 'Ratio, 国有'}\n")
    frame = Imports(tmp_path, [PRICES]).read("prices", TODAY)
    assert [f"{day:%Y-%m}" for day in frame["date"]] == following("2023-09", "2023-11")
