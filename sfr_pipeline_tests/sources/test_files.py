"""Good files are read as they are meant."""

import pandas as pd
import pytest

from sfr_pipeline.sources.files.folder import Imports, imports_folder
from sfr_pipeline_tests.sources.import_files import ALL, TODAY, put, read, refusal

MONTH_ENDS = list(pd.date_range("2024-01-31", "2024-03-31", freq="ME"))


@pytest.mark.parametrize(
    "text",
    [
        "date,value\n2024-01-31,1\n2024-02-29,2\n2024-03-31,3\n",
        "date,value\n2024-03-01,3\n2024-02-01,2\n2024-01-01,1\n",
        "# a comment\n\ndate,value\n2024-01,1\n2024-02,2\n2024-03,3\n",
        "date,value,available_at\n202401,1,\n202402,2,\n202403,3,\n",
        "observation_date,PRICES\n2024-01-01,1\n2024-02-01,2\n2024-03-01,3\n",
        "DATE,PRICES\n2024-01-01,1\n2024-02-01,2\n2024-03-01,3\n2024-04-01,.\n",
        "date,value\r\n2024/1/5,1\r\n2024/2/5,2\r\n2024/3/5,3\r\n",
        "date,value\n20240131,1\n20240229,2\n20240331,3\n",
        "date,value\n2024-01-31 00:00:00,1\n2024-02-29 00:00:00,2\n2024-03-31 00:00:00,3\n",
        "\ufeffdate,value\n2024-01,1\n2024-02,2\n2024-03,3\n",
        "# 居民消费价格\ndate,value\n2024-01,1\n2024-02,2\n2024-03,3\n".encode("gbk"),
    ],
)
def test_the_ways_in_which_a_month_may_be_written(tmp_path, text):
    put(tmp_path, "prices.csv", text)
    frame = read(tmp_path)
    assert frame["date"].to_list() == MONTH_ENDS
    assert frame["value"].to_list() == [1.0, 2.0, 3.0]
    assert frame["available_at"].isna().all()


def test_quarters_days_and_publication_dates(tmp_path):
    put(tmp_path, "capital.csv", "date,value,available_at\n2023Q4,12,2024-02-21\n2024Q1,13,\n")
    frame = read(tmp_path, "capital")
    assert frame["date"].to_list() == [pd.Timestamp("2023-12-31"), pd.Timestamp("2024-03-31")]
    assert frame["available_at"].iloc[0] == pd.Timestamp("2024-02-21")
    assert pd.isna(frame["available_at"].iloc[1])
    put(tmp_path, "rate.csv", "date,value\n2024-01-02,1.5\n2024-01-03,\n2024-01-04,1.7\n")
    assert read(tmp_path, "rate")["value"].to_list() == [1.5, 1.7]


@pytest.mark.parametrize("as_index", [True, False])
def test_parquet_is_read_like_csv(tmp_path, as_index):
    frame = pd.DataFrame({"date": pd.to_datetime(["2024-01-31", "2024-02-29"]), "value": [1.0, 2]})
    frame = frame.set_index("date") if as_index else frame
    frame.to_parquet(tmp_path / "prices.parquet")
    assert read(tmp_path)["value"].to_list() == [1.0, 2.0]


def test_columns_of_tables_are_found_through_the_mapping(tmp_path):
    table = "日期,消费价格,利率\n2024-01-02,1.5,150\n2024-02-02,,151\n2024-03-01,1.7,149\n"
    put(tmp_path, "wide.csv", table.encode("gbk"))
    put(tmp_path, "more.csv", "name,when,x\na,2024-01-02,250\nb,2024-01-03,251\n")
    mapping = "prices: 消费价格\nrate: {file: more.csv, column: x, date: when, times: 0.01}\n"
    put(tmp_path, "mapping.yaml", mapping)
    imports = Imports(tmp_path, ALL)
    assert imports.read("prices", TODAY)["value"].to_list() == [1.5, 1.7]
    assert imports.read("rate", TODAY)["value"].to_list() == pytest.approx([2.5, 2.51])
    assert imports.provenance("rate") == "file: more.csv, x"
    assert "capital" not in imports
    put(tmp_path, "mapping.yaml", "prices: CPI\n")
    (tmp_path / "more.csv").unlink()
    assert "no column 'CPI': its columns are 日期, 消费价格, 利率" in refusal(tmp_path)


def test_columns_may_be_called_by_numbers_but_only_once(tmp_path):
    put(tmp_path, "wide.csv", "date,5,10\n2024-01-31,1,2\n2024-02-29,1,2\n")
    put(tmp_path, "mapping.yaml", "prices: {column: 5}\nbalance: {column: 10, times: 10000}\n")
    assert read(tmp_path)["value"].to_list() == [1, 1]
    put(tmp_path, "wide.csv", "date,5,10,5\n2024-01-31,1,2,7\n")
    assert "wide.csv: 2 of its columns are called '5': rename" in refusal(tmp_path)
    put(tmp_path, "wide.csv", "date,5,10,date\n2024-01-31,1,2,7\n")
    assert "2 of its columns are called 'date'" in refusal(tmp_path)


def test_what_is_blank_beside_a_longer_series_is_left_out(tmp_path):
    table = "date,x,day,y\n2024-01-31,1,2024-01-02,5\n,,2024-01-03,6\n"
    put(tmp_path, "wide.csv", table)
    put(tmp_path, "mapping.yaml", "prices: x\nrate: {column: y, date: day}\n")
    assert len(read(tmp_path)) == 1
    assert len(read(tmp_path, "rate")) == 2


def test_a_missing_folder_holds_nothing_and_the_environment_moves_it(tmp_path, monkeypatch):
    assert "prices" not in Imports(tmp_path / "nowhere", ALL)
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    assert imports_folder("imports/china") == tmp_path / "china"
    monkeypatch.delenv("SFR_IMPORTS")
    assert imports_folder("imports/china").parts[-2:] == ("imports", "china")
