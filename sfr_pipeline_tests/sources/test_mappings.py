"""Both kinds of ``mapping.yaml``: names are texts, and nothing is said twice."""

import datetime as dt
import re
from dataclasses import dataclass

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.prices import read_prices

TODAY = dt.date(2024, 5, 1)


@dataclass(frozen=True)
class Wanted:
    id: str
    unit: str = "index"
    frequency: str = "monthly"
    valid_range: tuple[float, float] | None = None
    typical: tuple[float, float] | None = None


@dataclass(frozen=True)
class Traded:
    symbol: str
    code: str | None = None


SERIES = [Wanted("first"), Wanted("second")]
INSTRUMENTS = [Traded("CSI300", "000300"), Traded("ONE"), Traded("YES")]
# The second is what YAML 1.1 would look for.
NAMES = {"000300": "192", "1_000": "1000", "1:30": "90", "ON": "True", "010": "8", "1e3": "1000.0"}


def series(folder, mapping, table="date,a,b\n2024-01-31,1,2\n2024-02-29,3,4\n"):
    (folder / "wide.csv").write_text(table, encoding="utf-8")
    (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    return Imports(folder, SERIES)


def prices(folder, mapping, names=("000300",)):
    inside = folder / "prices"
    inside.mkdir(exist_ok=True)
    rows = "".join(f"2024-01-02,{name},{place}.5\n" for place, name in enumerate(names))
    (inside / "all.csv").write_text(f"date,symbol,close\n{rows}", encoding="utf-8")
    (inside / "mapping.yaml").write_text(mapping, encoding="utf-8")
    return read_prices(folder, INSTRUMENTS, TODAY)


@pytest.mark.parametrize(("name", "of_yaml"), NAMES.items())
def test_a_column_is_the_one_whose_name_is_written(tmp_path, name, of_yaml):
    table = f"date,{of_yaml},{name}\n2024-01-31,2300,3300\n2024-02-29,2301,3301\n"
    for mapping in (f"first: {name}\n", f"first: {{column: {name}}}\n", f"first: '{name}'\n"):
        found = series(tmp_path, mapping, table).read("first", TODAY)
        assert found["value"].to_list() == [3300.0, 3301.0]


@pytest.mark.parametrize(
    ("times", "expected"), [("0.01", 0.01), ("1e-2", 0.01), ("100", 100.0), ("010", 10.0)]
)
def test_a_factor_is_a_number(tmp_path, times, expected):
    found = series(tmp_path, f"first: {{column: a, times: {times}}}\n").read("first", TODAY)
    assert found["value"].to_list() == pytest.approx([expected, 3 * expected])


@pytest.mark.parametrize(
    "entry",
    ["", "~", "''", "{column: ~}", "[a]", "{column: a, times: ON}", "{column: a, times: 1:30}",
     "{column: a, times: 0}", "{column: a, times: nan}", "{column: a, times: inf}",
     "{column: a, sheet: x}", "{file: wide.csv}"],
)  # fmt: skip
def test_an_entry_that_names_no_column_is_refused(tmp_path, entry):
    with pytest.raises(SourceError, match="'first' needs a column"):
        series(tmp_path, f"first: {entry}\n")


def test_a_series_that_is_mapped_twice_is_refused_with_both_lines(tmp_path):
    with pytest.raises(SourceError, match=r"mapping.yaml: .*line 3: 'first' stands in line 1"):
        series(tmp_path, "first: a\nsecond: b\nfirst: b\n")


@pytest.mark.parametrize(
    "second",
    ["a", "'a'", "{column: a}", "{file: wide.csv, column: a, times: 100}", "{column: a, date: b}"],
)
def test_two_series_of_one_column_are_refused_whatever_else_they_say(tmp_path, second):
    with pytest.raises(SourceError, match="'first' and 'second' both name column 'a' of wide"):
        series(tmp_path, f"first: a\nsecond: {second}\n")
    both = series(tmp_path, "first: a\nsecond: b\n")
    assert both.read("second", TODAY)["value"].to_list() == [2.0, 4.0]


@pytest.mark.parametrize("name", [*NAMES, "NO", "TRUE", "null", "600000.10", "^SPY", "a: b"])
def test_the_hint_of_an_unknown_instrument_can_be_written_down(tmp_path, name):
    name = "7" + name if name == "000300" else name
    with pytest.raises(SourceError, match="is no instrument of the market") as raised:
        prices(tmp_path, "", (name, "ONE"))
    hint = re.search(r"write '(ignore: \[.*\])' into", str(raised.value))
    assert hint
    assert prices(tmp_path, f"{hint[1]}\n", (name, "ONE"))["symbol"].to_list() == ["ONE"]


def test_codes_of_prices_stay_texts(tmp_path):
    names = ("0001", "NO", "1:30", "ON", "192")
    mapping = "symbols: {0001: 000300, NO: ONE, ON: YES}\nignore: [1:30, 192]\n"
    found = prices(tmp_path, mapping, names)
    assert dict(zip(found["symbol"], found["close"], strict=True)) == {
        "CSI300": 0.5, "ONE": 1.5, "YES": 3.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("mapping", "fault"),
    [
        (
            "symbols: {A: ONE}\nignore: []\nsymbols: {B: ONE}\n",
            "line 3: 'symbols' stands in line 1",
        ),
        ("symbols: {A: ONE, A: YES}\n", "line 1: 'A' stands in line 1"),
        ("symbols: {A: ONE}\nignore: [A]\n", "'A' stands in 'symbols' and in 'ignore'"),
        ("columns: {close: Last, open: Last}\n", "'close' and 'open' both name the column 'Last'"),
        ("symbols: {A: }\n", "a name is missing"),
        ("ignore: [null]\n", "a name is missing: one called null"),
        ("columns: {close: ~}\n", "a name is missing"),
    ],
)
def test_a_mapping_of_prices_that_contradicts_itself_is_refused(tmp_path, mapping, fault):
    with pytest.raises(SourceError, match=fault):
        prices(tmp_path, mapping)
