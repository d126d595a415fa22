"""What an export holds is what the warehouse holds, in every format."""

import csv
import datetime as dt
import json
import math

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from sfr_pipeline.exports.escaping import identifier, identifiers
from sfr_pipeline.exports.headline_tables import HEADLINE_TABLES
from sfr_pipeline.exports.writing import export_folder
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline_tests.exports.made_up import (
    DAYS,
    FORECASTERS,
    FORMULA,
    MONTHS,
    TOLD,
    WARNERS,
    validated,
)

SMALL = (
    tables.SFRI,
    tables.EVENTS,
    tables.DIMENSION_INDICES,
    tables.STRESS_SCORES,
    tables.EVENT_SCORES,
    tables.NPOI,
    tables.PUBLICATIONS,
)


def series(folder, name):
    """Lines of a series' file without its header, as they stand there."""
    market = name.partition("_")[0].lower()
    with (folder / "csv" / market / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["observation_date", name]
    return rows


def package(folder):
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


def test_the_package_validates(folder):
    report = validated(folder)
    assert report.valid, report.flatten(["title", "rowNumber", "fieldName", "note"])
    read = [task for task in report.tasks if task.type == "table"]
    assert sum(task.stats.get("rows", 0) for task in read) > 200


def test_one_other_byte_in_a_file_is_no_valid_package_any_more(root, tmp_path):
    folder = export_folder(root, tmp_path / "out", ["toy"], ["csv", "xlsx", "parquet"])
    for name in ("csv/toy/TOY_SFRI.csv", "parquet/toy/sfri.parquet", "sfr.xlsx"):
        content = bytearray((folder / name).read_bytes())
        content[-3] ^= 1
        (folder / name).write_bytes(content)
    broken = {task.name for task in validated(folder).tasks if not task.valid}
    assert broken == {"csv.toy.toy_sfri.csv", "parquet.toy.sfri.parquet", "sfr.xlsx"}


def test_every_file_of_the_folder_is_described_with_size_and_hash(folder):
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    resources = package(folder)["resources"]
    assert {one["path"] for one in resources} | {"datapackage.json", "README.md"} == there
    unhashed = {one["path"] for one in resources if "hash" not in one}
    assert unhashed == {"sfr.duckdb"}
    names = [one["name"] for one in resources]
    assert len(set(names)) == len(names)


def test_what_is_known_of_the_run_is_that_of_the_tables(folder):
    found = package(folder)
    assert found["created"] == "2024-02-09T08:30:00Z"
    china, toy = found["sfr_pipeline"]["markets"]
    assert (china["name"], china["title"], china["version"]) == ("china", "中国", "0.1.9")
    assert (china["synthetic"], toy["synthetic"]) == (False, True)
    assert len(china["data_sha256"]) == 64
    assert china["data_sha256"] != toy["data_sha256"]


@pytest.mark.parametrize("table", SMALL, ids=lambda table: table.name)
@pytest.mark.parametrize("market", ["china", "toy"])
def test_a_csv_is_the_table_cell_by_cell(root, folder, market, table):
    stored = ParquetStore(root).read(market, table)
    path = folder / "csv" / market / f"{table.name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == list(stored.columns)
    assert len(rows) == len(stored)
    for text, values in zip(rows, stored.itertuples(index=False), strict=True):
        for cell, value, column in zip(text, values, table.columns, strict=True):
            assert _read(cell, column.type) == _plain(value), column.name


def _read(cell, kind):
    if kind == "string":
        return cell[1:] if cell.startswith("'") else cell or None
    if not cell:
        return None
    read = {"date": dt.datetime.fromisoformat, "timestamp": dt.datetime.fromisoformat, "int": int,
            "double": float, "bool": {"true": True, "false": False}.get}  # fmt: skip
    return read[kind](cell)


def _plain(value):
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value if value != "" else None


def test_a_headline_series_is_the_real_time_of_the_warehouse(root, folder):
    rows = series(folder, "CHINA_SFRI")
    files = root / "parquet" / "china" / "sfri" / "data.parquet"
    with duckdb.connect() as connection:
        wanted = connection.execute(
            "SELECT ref_date::VARCHAR, sfri FROM read_parquet(?) WHERE mode = 'real_time' "
            "ORDER BY ref_date",
            [str(files)],
        ).fetchall()
    assert [(day, float(value)) for day, value in rows] == wanted
    assert [day for day, _ in rows] == ["2023-10-31", "2023-11-30", "2023-12-31"]


def test_each_question_is_answered_by_the_model_that_scores_put_first(folder):
    assert series(folder, "CHINA_SFRI_FORECAST") == [["2024-01-31", str(FORECASTERS["ridge"])]]
    chance = [float(value) for _, value in series(folder, "CHINA_STRESS_PROBABILITY")]
    assert chance[0] == WARNERS["ewma"] / 10
    assert float(series(folder, "CHINA_STRESS_BASE_RATE")[0][1]) == WARNERS["climatology"] / 10
    assert {value for _, value in series(folder, "CHINA_VOLATILITY_EQUITY")} == {"0.21"}


def test_forecasts_of_the_regime_are_no_estimates_of_it(folder):
    assert [day for day, _ in series(folder, "CHINA_REGIME_HIGH")] == [
        str(month.date()) for month in MONTHS
    ]


def test_inputs_keep_the_values_that_came_and_their_gaps(folder):
    assert [float(value) for _, value in series(folder, "CHINA_INPUT_SHIBOR")] == [
        0.0, -1 / 3, -2 / 3,
    ]  # fmt: skip
    prices = series(folder, "CHINA_PRICE_000001_SS")
    assert [float(value) for _, value in prices] == [3000.125, 3001.125, 3002.125, 3003.125]
    assert [day for day, _ in prices] == [str(day.date()) for day in DAYS]
    assert series(folder, "CHINA_DIM_BOND")[0] == ["2023-10-31", ""]


def test_the_wide_files_hold_all_headline_series_and_nothing_else(folder):
    for frequency, days in (("MONTHLY", 4), ("DAILY", 4)):
        wide = pd.read_csv(folder / "csv" / "toy" / f"TOY_{frequency}.csv", index_col=0)
        assert len(wide) == days
        for name, values in wide.items():
            alone = pd.read_csv(folder / "csv" / "toy" / f"{name}.csv", index_col=0)[name]
            pd.testing.assert_series_equal(values.dropna(), alone.dropna(), check_dtype=False)
    counts = (folder / "csv" / "toy" / "TOY_MONTHLY.csv").read_text(encoding="utf-8")
    assert ",12," in counts, "a number of posts is whole, also beside months without any"
    names = set(wide.columns)
    assert names == {"TOY_STRESS_PROBABILITY", "TOY_STRESS_BASE_RATE", "TOY_VOLATILITY_EQUITY"}


def test_polars_reads_dates_and_numbers_without_being_told(folder):
    found = pl.read_csv(folder / "csv" / "china" / "CHINA_MONTHLY.csv", try_parse_dates=True)
    assert found.schema["observation_date"] == pl.Date
    assert found.schema["CHINA_SFRI"] == pl.Float64
    assert found["CHINA_SFRI"].drop_nulls().to_list() == [0.0, -0.1, -0.2]


def test_a_text_that_begins_like_a_formula_is_none_in_a_spreadsheet(folder):
    events = pd.read_csv(folder / "csv" / "china" / "events.csv").set_index("event")
    assert events.loc["run", "name"] == "'" + FORMULA
    assert events.loc["run", "source"] == '\'@某人\n第二行, "引"'
    assert events.loc["calm", "name"] == "'-5 点"
    assert events.loc["calm", "sfri_before"] == -1.5, "a number below zero stays one"
    book = openpyxl.load_workbook(folder / "sfr.xlsx", read_only=True)
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert "'" + FORMULA in [cell.value for cell in cells]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert not [
        cell.value for cell in cells
        if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@"))
    ]  # fmt: skip
    # Parquet is no spreadsheet: there the text is as it was.
    (stored,) = pq.read_table(folder / "parquet" / "china" / "posts.parquet")["text"].unique()
    assert stored.as_py() == FORMULA


@pytest.mark.parametrize("market", ["china", "toy"])
def test_the_workbook_reads_back_cell_by_cell(root, folder, market):
    book = openpyxl.load_workbook(folder / "sfr.xlsx", read_only=True)
    store, compared = ParquetStore(root), 0
    for table in HEADLINE_TABLES:
        if not store.exists(market, table):
            assert f"{market} {table.name}" not in book.sheetnames
            continue
        sheet = book[f"{market} {table.name}"]
        header, *rows = sheet.iter_rows(values_only=True)
        stored = store.read(market, table)
        assert list(header) == list(stored.columns)
        assert len(rows) == len(stored)
        for cells, values in zip(rows, stored.itertuples(index=False), strict=True):
            for cell, value in zip(cells, values, strict=True):
                compared += 1
                wanted = _plain(value)
                if isinstance(wanted, float):
                    assert cell == pytest.approx(wanted, rel=1e-15)
                elif isinstance(wanted, dt.datetime):
                    assert abs(cell - wanted) < dt.timedelta(milliseconds=1)
                elif isinstance(wanted, str):
                    assert cell.removeprefix("'") == wanted
                else:
                    assert cell == wanted
    assert compared > 500


def test_sheets_have_a_frozen_head_formats_and_a_dictionary(folder):
    book = openpyxl.load_workbook(folder / "sfr.xlsx")
    assert book.sheetnames[:3] == ["about", "dictionary", "series"]
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.column_dimensions["A"].width >= 9
    index = book["china sfri"]
    formats = {
        head.value: cell.number_format for head, cell in zip(index[1], index[2], strict=True)
    }
    assert formats["ref_date"] == "yyyy-mm-dd"
    assert formats["sfri"] == "0.0000"
    assert formats["n_indicators"] == "0"
    assert book["china publications"]["A2"].number_format == "yyyy-mm-dd hh:mm:ss"
    rows = list(book["dictionary"].iter_rows(min_row=2, values_only=True))
    described = {
        (sheet, column): (unit, meaning) for sheet, _, column, _, unit, _, _, meaning in rows
    }
    unit, meaning = described["china sfri", "sfri"]
    assert unit == "standard deviations"
    assert "higher means more risk" in meaning
    (told,) = [row[2] for row in book["about"].iter_rows(values_only=True)
               if row[:2] == ("toy", "title")]  # fmt: skip
    assert told == "Toy (SYNTHETIC, nothing here happened)"


def test_the_bundle_holds_each_table_whole_with_its_months_and_its_meaning(root, folder):
    for market in ("china", "toy"):
        for path in sorted((root / "parquet" / market).iterdir()):
            bundled = folder / "parquet" / market / f"{path.name}.parquet"
            with duckdb.connect() as connection:
                (stored,), (found,) = (
                    connection.execute("SELECT count(*) FROM read_parquet(?)", [name]).fetchone()
                    for name in (str(path / "**" / "*.parquet"), str(bundled))
                )
            assert stored == found
    posts = pq.read_table(folder / "parquet" / "china" / "posts.parquet")
    assert posts["published_at"].to_pylist() == [month.to_pydatetime() for month in MONTHS]
    assert b"Identifier of the post" in posts.schema.field("post_id").metadata[b"description"]
    toy = pq.read_schema(folder / "parquet" / "toy" / "sfri.parquet")
    assert toy.metadata[b"description"].startswith(b"SYNTHETIC")


def test_the_duckdb_file_answers_with_the_macros(folder):
    with duckdb.connect(str(folder / "sfr.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT sfri FROM sfri_latest('toy')").fetchone() == (0.8,)


def test_names_of_the_catalogue_stand_in_titles_whatever_their_language(folder):
    fields = {
        field["name"]: (field.get("title"), field.get("description"))
        for one in package(folder)["resources"]
        for field in one.get("schema", {}).get("fields", ())
    }
    assert fields["CHINA_INPUT_SHIBOR"] == ("利率 shibor", "monthly; in %; akshare: shibor")
    assert fields["CHINA_DIM_STOCK"][0] == "Risk index of one dimension: 股票市场"
    assert fields["CHINA_VOLATILITY_EQUITY"][0].endswith(": 股票")


def test_the_readme_names_what_may_not_be_passed_on(folder):
    text = (folder / "README.md").read_text(encoding="utf-8")
    for source, name in (
        ("AKShare reads: may not be", "shibor"),
        ("Yahoo Finance: may not be", "000001.SS"),
    ):
        start = text.index(source)
        assert f"`{name}`" in text[start : text.index("\n\n", start)]
    free = text.index("toy, this project: may be passed on")
    assert "`toy_rate`" in text[free : free + 300]
    assert "**china, posts:**" in text
    assert "SYNTHETIC" in text
    assert f"{TOLD:%Y-%m-%d %H:%M} UTC" in text


def test_identifiers_are_ascii_and_distinct():
    assert identifier("上证 50") == "U4E0AU8BC1_50"
    assert identifiers(["^GSPC", "GSPC", "EURUSD=X"]) == {
        "EURUSD=X": "EURUSD_X", "GSPC": "GSPC", "^GSPC": "GSPC_2",
    }  # fmt: skip
    assert identifier("=") == "_"
