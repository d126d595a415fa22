"""A comma between thousands or before decimals: told by the file, or by the user, never guessed."""

import re

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.layouts.written import TwoMeanings, decimal_of
from sfr_pipeline_tests.sources.import_files import TODAY, Wanted, put

WANTED = [Wanted("prices"), Wanted("other")]
MONTHS = ["2023-10", "2023-11", "2023-12", "2024-01", "2024-02", "2024-03", "2024-04"]
MAPPING = "prices: {file: export.csv, column: CPI%s}\n"
LAYOUTS = {
    "Wind": "指标名称;CPI;PPI\n频率;月;月\n单位;%;%\n指标ID;M1;M2\n",
    "CEIC": "Series;CPI;PPI\nRegion;China;China\nFrequency;Monthly;Monthly\nSeries ID;1;2\n",
    "CSMAR": "Month;CPI;PPI\n月份;消费;生产\n没有单位;%;%\n",
    "FRED": "observation_date;CPI;PPI\n",
}


def read(folder, own, other=(), layout="Wind", mapping=""):
    """What is read of a column, beside another one in an export separated by semicolons."""
    rows = [
        f"{month};{one};{two}\n"
        for month, one, two in zip(MONTHS, own, [*other, *[""] * len(own)], strict=False)
    ]
    put(folder, "export.csv", LAYOUTS[layout] + "".join(rows))
    put(folder, "mapping.yaml", MAPPING % mapping)
    return Imports(folder, WANTED).read("prices", TODAY)["value"].tolist()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("proof", ["12,5", "0,123", "1,2345", "-0,5", "1.234,5", "1.234.567"])
def test_a_number_that_has_no_thousands_proves_a_decimal_comma(tmp_path, layout, proof):
    assert read(tmp_path, ["1,234", "987", "2,500"], [proof], layout) == [1.234, 987, 2.5]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("proof", ["1,234,567", "1,234.5", "12.5", "0.123", "1.2345"])
def test_a_number_that_has_no_decimal_comma_proves_thousands(tmp_path, layout, proof):
    assert read(tmp_path, ["1,234", "987", "2,500"], [proof], layout) == [1234, 987, 2500]


def test_points_between_thousands_are_none_before_decimals(tmp_path):
    assert read(tmp_path, ["1.234", "12,5", "1.234,25"]) == [1234, 12.5, 1234.25]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("other", [[], ["3", "4", "5"]])
def test_what_nothing_tells_is_refused_and_both_remedies_work(tmp_path, layout, other):
    own = ["1,234", "987", "2,500"]
    with pytest.raises(SourceError) as error:
        read(tmp_path, own, other, layout)
    said = str(error.value)
    assert re.search(r"export\.csv, row \d+: '1,234' in column '.*' may have a comma", said)
    assert "\n" not in said
    (line,) = re.findall(r"prices: {.*decimal: comma}", said)
    for decimal, values in (("comma", [1.234, 987, 2.5]), ("point", [1234, 987, 2500])):
        put(tmp_path, "mapping.yaml", line.replace("comma", decimal))
        assert Imports(tmp_path, WANTED).read("prices", TODAY)["value"].tolist() == values
    assert read(tmp_path, ["1234", "987", "2500"], other, layout) == [1234, 987, 2500]


def test_it_is_refused_for_known_columns_and_files_called_by_an_id_too(tmp_path):
    text = LAYOUTS["Wind"].replace(";PPI", "").replace(";月;月", ";月") + "2024-01;1,234\n"
    put(tmp_path, "prices.csv", text.replace(";%;%", ";%").replace(";M2", ""))
    with pytest.raises(SourceError, match=r"prices\.csv, row 5: '1,234' in column 'CPI' may have"):
        Imports(tmp_path, WANTED).read("prices", TODAY)


def test_a_column_without_a_doubt_is_read_beside_one_with(tmp_path):
    assert read(tmp_path, ["987", "12", "5"], ["1,234", "1,235"]) == [987, 12, 5]


def test_where_a_file_contradicts_itself_each_column_tells(tmp_path):
    assert read(tmp_path, ["12,5", "1,234"], ["1,234.5", "12.25"]) == [12.5, 1.234]
    assert read(tmp_path, ["1,234.5", "1,234"], ["12,5", "0,25"]) == [1234.5, 1234]
    with pytest.raises(SourceError, match="row 5: '12,5' in column"):
        read(tmp_path, ["12,5", "1,234.5", "12.25"])


def test_what_the_user_says_stands_above_what_the_file_shows(tmp_path):
    own, other = ["1,234", "2,500"], ["12,5", "0,25"]
    assert read(tmp_path, own, other, mapping=", decimal: point") == [1234, 2500]


def test_a_plain_table_is_read_as_the_mapping_says(tmp_path):
    put(tmp_path, "export.csv", "date;CPI;x\n2024-01;1,234;1\n2024-02;12,5;2\n")
    put(tmp_path, "mapping.yaml", MAPPING % ", decimal: comma")
    assert Imports(tmp_path, WANTED).read("prices", TODAY)["value"].tolist() == [1.234, 12.5]
    put(tmp_path, "mapping.yaml", MAPPING % "")
    with pytest.raises(SourceError, match="'1,234' is no number, nor in row 3"):
        Imports(tmp_path, WANTED).read("prices", TODAY)


@pytest.mark.parametrize("wrong", ["','", "Komma", "[comma]", "''"])
def test_a_decimal_is_a_point_or_a_comma(tmp_path, wrong):
    with pytest.raises(SourceError, match="decimal point or comma"):
        read(tmp_path, ["1"], mapping=f", decimal: {wrong}")


def test_prices_hear_of_a_leading_zero_too():
    assert decimal_of(["0.123", "1,234"]) == "point"
    assert decimal_of(["0,123", "1.234"]) == "comma"
    with pytest.raises(TwoMeanings):
        decimal_of(["0.123", "12,5"])
