"""Vendors' layouts beyond what their files of `vendors` show, and what is known by name."""

import datetime as dt

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.sources.files.contents import read_contents
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.known import same_name
from sfr_pipeline.sources.files.layouts.dates import date_of
from sfr_pipeline.sources.files.stated_units import factor_between
from sfr_pipeline_tests.sources.import_files import put
from sfr_pipeline_tests.vendors.writing import workbook

TODAY = dt.date(2024, 6, 15)
CHINA = load_market("china")
WIND = (
    "指标名称,中国:M2:同比,SHIBOR:1周\n频率,月,日\n单位,%,%\n指标ID,M0001385,M0017139\n"
    "2024-02-29,8.7,1.82\n2024-02-28,,1.81\n2024-01-31,8.8,1.80\n2024-01-30,,1.79\n"
)
LINK = "Select this link and click Refresh/Edit Download to update data and add or remove series"


def china(folder):
    return Imports(folder, CHINA.sourced_series)


def values(imports, name):
    frame = imports.read(name, TODAY)
    return dict(zip(frame["date"].dt.strftime("%Y-%m-%d"), frame["value"], strict=True))


def refused(folder, name=None):
    with pytest.raises(SourceError) as error:
        china(folder) if name is None else china(folder).read(name, TODAY)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_vendors_file_needs_no_mapping_and_unknown_columns_are_named(tmp_path):
    text = WIND.replace("SHIBOR:1周", "某种利率").replace("M0017139", "Z9")
    put(tmp_path, "我的导出.csv", text.encode("gb18030"))
    imports = china(tmp_path)
    assert values(imports, "m2_growth") == {"2024-01-31": 8.8, "2024-02-29": 8.7}
    assert imports.provenance("m2_growth") == "file: 我的导出.csv, 中国:M2:同比"
    ((name, why),) = imports.passed_over
    assert name == "我的导出.csv, 某种利率"
    assert "known_as" in why


def test_dates_may_run_across(tmp_path):
    rows = [
        ["指标名称", "频率", "单位", "指标ID", "2024-01", "2024-02"],
        ["M2:同比", "月", "%", "M0001385", 8.8, 8.7],
        ["官方储备资产:外汇储备", "月", "亿美元", "M0010049", 32193.2, None],
        ["数据来源：Wind"],
    ]
    put(tmp_path, "across.xlsx", workbook({"Sheet1": rows}))
    imports = china(tmp_path)
    assert values(imports, "m2_growth") == {"2024-01-31": 8.8, "2024-02-29": 8.7}
    assert values(imports, "fx_reserves") == {"2024-01-31": 32193.2}
    rows[2][4] = "about"
    put(tmp_path, "across.xlsx", workbook({"Sheet1": rows}))
    assert "row 3: 'about' is no number" in refused(tmp_path, "fx_reserves")


@pytest.mark.parametrize(
    ("unit", "written", "right"),
    [
        ("亿元", "2400000", 2400000),
        ("万亿元", "240", 2400000),
        ("RMB bn", "240,000.5", 2400005),
        ("元", "240000000000000", 2400000),
        ("某单位", "2400000", 2400000),
    ],
)
def test_units_that_both_sides_state_are_converted(tmp_path, unit, written, right):
    put(
        tmp_path,
        "loans.csv",
        f'指标名称,金融机构:各项贷款余额:人民币\n频率,月\n单位,{unit}\n2024-01-31,"{written}"\n',
    )
    imports = china(tmp_path)
    assert values(imports, "rmb_loans") == {"2024-01-31": pytest.approx(right)}
    told = imports.delivered("rmb_loans")
    assert (told.layouts, told.unit) == (("Wind",), unit)


def test_a_level_in_place_of_a_rate_is_refused_by_its_unit(tmp_path):
    put(tmp_path, "m2.csv", "指标名称,M2:同比\n单位,亿元\n2024-01-31,20\n")
    assert "'m2_growth' is in per cent, and the file says 亿元" in refused(tmp_path, "m2_growth")


def test_factors_between_units():
    assert factor_between("十亿美元", "USD 100 million") == pytest.approx(10)
    assert factor_between("Billions of U.S. Dollars", "USD million") == pytest.approx(1000)
    assert factor_between("USD mn", "USD 100 million") == pytest.approx(0.01)
    assert factor_between("％", "per cent a year") == 1
    assert factor_between("BP", "percentage points") == 0.01
    assert factor_between("2020=100", "index, 2020 = 100") is None
    assert factor_between("人民币亿美元", "USD 100 million") is None


def test_two_columns_of_one_series_are_refused(tmp_path):
    text = WIND.replace("SHIBOR:1周", "M2：同比").replace("M0017139", "")
    put(tmp_path, "wind.csv", text)
    said = refused(tmp_path)
    assert "'m2_growth' stands in wind.csv, 中国:M2:同比 and wind.csv, M2：同比: keep one" in said


def test_what_is_known_to_nobody_is_refused_with_names_that_are(tmp_path):
    put(tmp_path, "wind.csv", "指标名称,M2:同笔\n频率,月\n单位,%\n2024-01-31,8\n")
    said = refused(tmp_path)
    assert "layout Wind: none of its columns is known (M2:同笔)" in said
    assert "M2:同比 (m2_growth)" in said
    # The remedy works.
    put(tmp_path, "mapping.yaml", "m2_growth: {file: wind.csv, column: 'M2:同笔'}\n")
    assert values(china(tmp_path), "m2_growth") == {"2024-01-31": 8.0}


def test_a_file_called_by_a_series_must_not_hold_another(tmp_path):
    put(tmp_path, "gdp_growth.csv", "指标名称,M2:同比\n频率,月\n单位,%\n2024-01-31,8\n")
    assert "is 'm2_growth', not 'gdp_growth' as its name says" in refused(tmp_path, "gdp_growth")


def test_other_columns_of_a_file_called_by_a_series_are_named(tmp_path):
    put(tmp_path, "m2_growth.csv", WIND)
    imports = china(tmp_path)
    assert values(imports, "m2_growth") == {"2024-01-31": 8.8, "2024-02-29": 8.7}
    assert imports.passed_over == [
        ("m2_growth.csv, SHIBOR:1周", "a column that the file's name does not name")
    ]


def test_all_rows_that_are_no_observations_are_named_at_once(tmp_path):
    rows = "2024-01-31,8\n平均,8\n3/4/2024,8\n最大,9\n"
    put(tmp_path, "wind.csv", f"指标名称,M2:同比\n单位,%\n{rows}")
    said = refused(tmp_path)
    assert "layout Wind: rows 4, 5, 6 with values have no date" in said
    put(tmp_path, "wind.csv", f"指标名称,M2:同比\n单位,%\n{rows.splitlines()[0]}\n")
    assert values(china(tmp_path), "m2_growth") == {"2024-01-31": 8.0}


def test_days_counted_by_a_spreadsheet_are_called_so(tmp_path):
    rows = [["指标名称", "M2:同比"], ["单位", "%"], [45322, 8], [45351, 9]]
    put(tmp_path, "m2_growth.xlsx", workbook({"Sheet1": rows}))
    assert "its dates are numbers, as spreadsheets count days" in refused(tmp_path, "m2_growth")


def test_a_terminals_table_of_closes_goes_by_the_code(tmp_path):
    put(
        tmp_path,
        "indices.csv",
        "代码,000300.SH,000300.SH,000001.SH\n简称,沪深300,沪深300,上证指数\n字段,收盘价,成交量,收盘价\n"
        "2024-01-02,3386.35,100,2962.28\n2024-01-03,3378.25,110,2967.25\n数据来源：Wind,,,\n",
    )
    imports = china(tmp_path)
    assert values(imports, "csi300") == {"2024-01-02": 3386.35, "2024-01-03": 3378.25}
    assert values(imports, "sse_composite")["2024-01-03"] == 2967.25
    assert [name for name, _ in imports.passed_over] == ["indices.csv, 沪深300, 成交量"]


@pytest.mark.parametrize(
    "top",
    [
        [[LINK, ...]],
        [[LINK], ["", ...]],
        [[None, ...]],
        [["Series", ...]],
    ],
    ids=["sentence in the corner", "sentence above", "empty corner", "label"],
)
def test_an_export_of_ceic_goes_by_its_names_too(tmp_path, top):
    names = ["Treasury Bond Yield: 10 Years", "Foreign Exchange Reserves"]
    rows = [
        *[[cell for c in row for cell in (names if c is ... else [c])] for row in top],
        ["Region", "China", "China"],
        ["Unit", "% pa", "USD mn"],
        ["Series ID", 123, 456],  # which no catalogue has
        ["SR Code", "SR123", "SR456"],
        [dt.datetime(2024, 1, 30), 2.45, None],
        [dt.datetime(2024, 1, 31), 2.43, 3219320.0],
    ]
    put(tmp_path, "ceic.xlsx", workbook({"My Series": rows}))
    imports = china(tmp_path)
    assert values(imports, "cgb_10y") == {"2024-01-30": 2.45, "2024-01-31": 2.43}
    assert values(imports, "fx_reserves") == pytest.approx({"2024-01-31": 32193.2})


@pytest.mark.parametrize("head", ["指标名称", "date"], ids=["Wind", "plain"])
def test_a_unit_behind_a_name_is_its_unit(tmp_path, head):
    names = "官方储备资产:外汇储备（百万美元）,CPI:环比 (%),M2:同比(停止)"
    put(tmp_path, "x.csv", f"{head},{names}\n2024-01-31,3219320,0.3,8.7\n")
    imports = china(tmp_path)
    assert values(imports, "fx_reserves") == pytest.approx({"2024-01-31": 32193.2})
    assert values(imports, "cpi_monthly") == {"2024-01-31": 0.3}
    assert "m2_growth" not in imports
    assert [one.name for one in imports.passed_over] == ["x.csv, M2:同比(停止)"]


def test_so_it_is_where_the_mapping_names_the_column_and_no_factor(tmp_path):
    put(tmp_path, "x.csv", "date,贷款(万亿元),存款(亿美元)\n2024-01-31,242.5,2845000\n")
    put(tmp_path, "mapping.yaml", "rmb_loans: 贷款(万亿元)\n")
    assert values(china(tmp_path), "rmb_loans") == {"2024-01-31": 2425000}
    put(tmp_path, "mapping.yaml", "rmb_loans: {column: 贷款(万亿元), times: 20000}\n")
    assert values(china(tmp_path), "rmb_loans") == {"2024-01-31": 4850000}
    put(tmp_path, "mapping.yaml", "rmb_deposits: 存款(亿美元)\n")
    assert "is in CNY 100 million, and the file says 亿美元" in refused(tmp_path, "rmb_deposits")


@pytest.mark.parametrize("name", ["M0001385.csv", "M2：同比.csv", "m2:同比.CSV"])
def test_a_file_called_by_a_known_name_is_to_be_called_by_the_series(tmp_path, name):
    path = put(tmp_path, name, "date,value\n2024-01-31,8.7\n")
    assert f"call it m2_growth{path.suffix}, or move it away" in refused(tmp_path)
    path.rename(tmp_path / f"m2_growth{path.suffix}")
    assert values(china(tmp_path), "m2_growth") == {"2024-01-31": 8.7}


@pytest.mark.parametrize("key", ["country", "REF_AREA", "series_id", "地区", "Typrep"])
@pytest.mark.parametrize("mapped", [True, False])
def test_rows_of_several_kinds_never_become_one_series(tmp_path, key, mapped):
    # No month stands twice, so that nothing else would tell.
    text = f"date,{key},M0001385\n2024-01-31,CN,8.7\n2024-02-29,US,4.0\n2024-03-31,CN,8.3\n"
    put(tmp_path, "x.csv", text)
    if mapped:
        put(tmp_path, "mapping.yaml", "m2_growth: M0001385\n")
    with pytest.raises(SourceError, match=rf"'{key}' says .* several kinds \(CN, US\): keep those"):
        values(china(tmp_path), "m2_growth")
    put(tmp_path, "x.csv", text.replace("2024-02-29,US,4.0\n", ""))
    assert values(china(tmp_path), "m2_growth") == {"2024-01-31": 8.7, "2024-03-31": 8.3}
    put(tmp_path, "x.csv", text.replace(key, "note"))
    assert len(values(china(tmp_path), "m2_growth")) == 3


def test_csmar_tells_series_apart_by_columns_of_words(tmp_path):
    path = put(
        tmp_path,
        "BANK.csv",
        "Accper,Banktype,Car\n会计期间,银行类型,资本充足率\n没有单位,没有单位,%\n"
        "2023-12-31,商业银行,15.06\n2023-12-31,城商行,12.63\n2024-03-31,商业银行,15.43\n",
    )
    read = read_contents(path)
    assert read.layouts == ("CSMAR",)
    assert [one.names for one in read.series] == [
        ("Car, 商业银行", "资本充足率, 商业银行"),
        ("Car, 城商行", "资本充足率, 城商行"),
    ]
    assert [row.value for row in read.series[0].rows] == ["15.06", "15.43"]
    put(tmp_path, "mapping.yaml", "capital_adequacy: {file: BANK.csv, column: 'Car, 商业银行'}\n")
    imports = china(tmp_path)
    assert values(imports, "capital_adequacy") == {"2023-12-31": 15.06, "2024-03-31": 15.43}
    assert [name for name, _ in imports.passed_over] == ["BANK.csv, 资本充足率, 城商行"]


def test_further_sheets_are_read_or_told(tmp_path):
    rows = [line.split(",") for line in WIND.splitlines()]
    sheets = {"说明": [["本文件由终端导出"]], "数据": rows, "空": []}
    put(tmp_path, "wind.xlsx", workbook(sheets))
    imports = china(tmp_path)
    assert len(imports.read("shibor_1w", TODAY)) == 4
    told = imports.delivered("shibor_1w").ignored
    assert "sheet without a cell: 空" in told
    assert "sheet '说明': it holds no dates, and is not read" in told


@pytest.mark.parametrize(
    ("cell", "right"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2024年1月31日", "2024-01-31"),
        ("31-Jan-2024", "2024-01-31"),
        (20240131, "2024-01-31"),
        (dt.datetime(2024, 1, 31), "2024-01-31"),
        ("2024年1月", "2024-01"),
        ("01/2024", "2024-01"),
        ("Jan-2024", "2024-01"),
        ("2024-01", "2024-01"),
        ("2024.10", "2024-10"),
        (2024.1, None),
        ("2024年第三季度", "2024Q3"),
        ("Q3 2024", "2024Q3"),
        ("31/1/2024", "2024-01-31"),
        ("3/4/2024", None),
        ("2024-13-31", None),
        ("2023-02-29", None),
        (dt.datetime(2024, 1, 31, 9, 30), None),
        ("1.5", None),
        (True, None),
        ("M0001385", None),
    ],
)
def test_dates_whose_meaning_is_sure(cell, right):
    assert date_of(cell) == right


def test_the_american_order_only_where_the_layout_has_it():
    assert date_of("3/4/2024", american=True) == "2024-03-04"


def test_names_are_compared_as_people_do():
    assert same_name("中国：Ｍ２：\n同比 ") == same_name("m2:同比")
    assert same_name("M2:同比") != same_name("M1:同比")
