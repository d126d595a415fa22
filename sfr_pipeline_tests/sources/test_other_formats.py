"""What is no table that is read, under the name of one or its own: the cause, and a remedy that
works when it is tried."""

import datetime as dt
import gzip

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.prices import read_prices
from sfr_pipeline_tests.sources.import_files import put
from sfr_pipeline_tests.vendors.writing import workbook

TODAY = dt.date(2024, 6, 15)
CHINA = load_market("china")
M2 = b"date,value\n2024-01,8.7\n2024-02,8.8\n"


def values(folder, name="m2_growth"):
    frame = Imports(folder, CHINA.sourced_series).read(name, TODAY)
    return dict(zip(frame["date"].dt.strftime("%Y-%m-%d"), frame["value"], strict=True))


def refusal(folder):
    with pytest.raises(SourceError) as error:
        values(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_packed_file_is_to_be_unpacked(tmp_path):
    packed = put(tmp_path, "m2_growth.csv.gz", gzip.compress(M2))
    assert refusal(tmp_path).endswith("it is an archive: unpack it, or move it away")
    # Called by another name it is still packed.
    packed.rename(tmp_path / "m2_growth.csv")
    assert refusal(tmp_path).endswith("it is packed with gzip: unpack it")
    put(tmp_path, "m2_growth.csv", gzip.decompress((tmp_path / "m2_growth.csv").read_bytes()))
    assert values(tmp_path) == {"2024-01-31": 8.7, "2024-02-29": 8.8}


@pytest.mark.parametrize("suffix", ["ods", "json", "dta", "csv.bak"])
def test_a_format_that_is_not_read_is_to_be_saved_as_one_that_is(tmp_path, suffix):
    put(tmp_path, f"m2_growth.{suffix}", M2)
    told = refusal(tmp_path)
    assert "read from .csv, .tsv," in told
    assert "save it as one of these, called m2_growth, or move it away" in told
    (tmp_path / f"m2_growth.{suffix}").unlink()
    put(tmp_path, "m2_growth.csv", M2)
    assert len(values(tmp_path)) == 2


def test_a_mapping_is_no_remedy_for_what_no_mapping_may_name(tmp_path):
    put(tmp_path, "scan.pdf", b"%PDF-1.4")
    assert "mapping.yaml" not in refusal(tmp_path)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"%PDF-1.4\n%\xe2\xe3", "it is a PDF: ask for the table itself"),
        (b"Rar!\x1a\x07\x00", "it is an archive of RAR: unpack it"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related\n", "open it in one, and save it"),
    ],
)
def test_another_format_under_the_name_of_a_table_is_called_what_it_is(tmp_path, content, cause):
    put(tmp_path, "m2_growth.xls", content)
    assert cause in refusal(tmp_path)


@pytest.mark.parametrize(
    "title",
    [
        "金融机构本外币信贷收支表",
        "金融机构外汇信贷收支表",
        "商业银行主要指标分机构类情况表(季度)",
        "Sources & Uses of Credit Funds of Financial Institutions",
        "货币概览",
    ],
)
def test_another_table_of_an_authority_is_called_so(tmp_path, title):
    months = [f"2023.{month:02d}" for month in range(1, 13)]
    rows = [[title], ["单位：亿元"], ["项目", *months], ["一、各项贷款", *range(12)]]
    put(tmp_path, "download.xlsx", workbook({"Sheet1": rows, "2": rows}))
    told = refusal(tmp_path)
    assert "its title is neither 金融机构人民币信贷收支表 nor" in told
    assert "commas" not in told


def test_a_vendor_that_names_such_a_table_is_read(tmp_path):
    rows = [
        ["指标名称", "M2:同比"],
        ["单位", "%"],
        ["来源", "货币概览"],
        [dt.datetime(2024, 1, 31), 8.7],
    ]
    put(tmp_path, "wind.xlsx", workbook({"Sheet1": rows}))
    assert values(tmp_path) == {"2024-01-31": 8.7}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_mapping_is_text_as_the_other_files_are(tmp_path, encoding):
    put(tmp_path, "wide.csv", "日期,列\n2024-01-31,8.7\n".encode(encoding))
    put(tmp_path, "mapping.yaml", "m2_growth: 列\n".encode(encoding))
    assert values(tmp_path) == {"2024-01-31": 8.7}
    (tmp_path / "prices").mkdir()
    put(tmp_path / "prices", "股票.csv", "日,价\n2024-01-31,97.2\n".encode(encoding))
    mapping = "columns: {date: 日, close: 价}\nsymbols: {股票: TLT}\n"
    put(tmp_path / "prices", "mapping.yaml", mapping.encode(encoding))
    prices = read_prices(tmp_path, load_market("world").prices, TODAY)
    assert prices[["symbol", "close"]].to_numpy().tolist() == [["TLT", 97.2]]


def test_what_a_spreadsheet_has_not_is_missing_in_text_as_in_a_workbook(tmp_path):
    put(tmp_path, "m2_growth.csv", M2 + b"2024-03,#N/A\n")
    assert len(values(tmp_path)) == 2
    put(tmp_path, "m2_growth.csv", M2 + b"2024-03,#REF!\n")
    with pytest.raises(SourceError, match="row 4: '#REF!' is no number"):
        values(tmp_path)
