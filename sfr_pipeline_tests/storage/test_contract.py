import datetime as dt
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sfr_pipeline.errors import ContractError
from sfr_pipeline.storage.column_types import to_frame
from sfr_pipeline.storage.contract import Column, Rule, Table, ordered, sums_to
from sfr_pipeline.storage.validation import conform, violations
from sfr_pipeline_tests.storage.samples import (
    SFRI,
    VINTAGES,
    WEIGHTS,
    sfri_frame,
    vintages_frame,
    weights_frame,
)


def one_column(column_type, **options):
    columns = (Column("row", "int", "Row."), Column("value", column_type, "Value.", **options))
    return Table("sample", "One column beside its key.", columns, key=("row",))


def values(data):
    data = data if isinstance(data, pd.Series) else pd.Series(data, dtype=object)
    return pd.DataFrame({"row": range(len(data)), "value": data})


def only_violation(table, frame):
    found = violations(table, frame)
    assert len(found) == 1, found
    return found[0]


def test_a_frame_that_keeps_the_contract_has_no_violations():
    assert violations(SFRI, sfri_frame()) == []
    assert violations(VINTAGES, vintages_frame("2020-01", "2020-02")) == []
    assert violations(WEIGHTS, weights_frame()) == []


def test_rows_are_sorted_by_key_and_columns_stand_in_contract_order():
    frame = sfri_frame().iloc[::-1, ::-1]
    stored = conform(SFRI, frame)
    assert stored.schema.names == ["mode", "ref_date", "sfri", "n_series"]
    assert stored["sfri"].to_pylist() == [0.0, 1.0, 2.0, 3.0]


def test_what_was_stored_passes_the_same_validation():
    assert violations(SFRI, to_frame(conform(SFRI, sfri_frame()))) == []


def test_conform_does_not_touch_the_frame_it_is_given():
    frame = sfri_frame().iloc[::-1]
    before = frame.copy(deep=True)
    conform(SFRI, frame)
    pd.testing.assert_frame_equal(frame, before)


def test_the_error_names_the_table_and_every_broken_clause():
    frame = sfri_frame().assign(sfri=[0, np.inf, np.nan, 3], mode="papre", extra=1)
    with pytest.raises(ContractError) as caught:
        conform(SFRI, frame)
    message = str(caught.value)
    assert message.startswith("table sfri breaks its contract:")
    assert "unexpected columns: extra" in message
    assert "column mode is not one of paper, real_time: 4 rows" in message
    assert "column sfri is infinite: 1 row, e.g. (mode='papre', ref_date=2020-02-29, sfri=inf)" in (
        message
    )
    assert "column sfri is missing where a value is required: 1 row" in message


def test_at_most_three_examples_are_named():
    frame = sfri_frame(n=12).assign(n_series=0)
    message = only_violation(SFRI, frame)
    assert "column n_series is below 1: 12 rows" in message
    assert message.count("ref_date=") == 3


def test_a_missing_column_is_named():
    assert only_violation(SFRI, sfri_frame().drop(columns="sfri")) == "column sfri is missing"


def test_a_column_left_in_the_index_is_named_with_the_remedy():
    message = only_violation(SFRI, sfri_frame().set_index("ref_date"))
    assert message == "column ref_date is missing (it is in the index: reset_index())"


def test_a_column_that_stands_twice_is_named():
    frame = sfri_frame()
    frame = pd.concat([frame, frame[["sfri"]]], axis="columns")
    assert only_violation(SFRI, frame) == "column sfri stands 2 times"


def test_nan_becomes_null_where_a_value_may_be_missing():
    frame = values(pd.Series([1.0, np.nan]))
    assert conform(one_column("double", nullable=True), frame)["value"].to_pylist() == [1.0, None]


def test_nan_in_an_arrow_backed_column_becomes_null_too():
    arrow = pd.Series(pd.arrays.ArrowExtensionArray(pa.array([1.0, float("nan")])))
    assert conform(one_column("double", nullable=True), values(arrow))["value"].null_count == 1


@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_an_infinity_is_refused_even_where_a_value_may_be_missing(infinity):
    message = only_violation(one_column("double", nullable=True), values([1.0, infinity]))
    assert "is infinite: 1 row, e.g. (row=1" in message


@pytest.mark.parametrize(
    ("column_type", "data", "wrong_rows"),
    [
        ("int", [1.0, 2.5], 1),
        ("int", [1, "2"], 1),
        ("int", pd.Series([True, False]), 2),
        ("int", [1.0, np.inf], 1),
        ("int", pd.Series([2**63], dtype="uint64"), 1),
        ("double", ["1.5", 2.0], 1),
        ("double", [1.5, True], 1),
        ("double", pd.Series([1, 2**53 + 1]), 1),
        ("double", [Decimal("1.5")], 1),
        ("string", ["a", 1], 1),
        ("string", [b"a"], 1),
        ("string", ["a", "\ud800"], 1),
        ("bool", [True, 1], 1),
        ("bool", pd.Series([0, 1]), 2),
        ("date", ["2020-01-31"], 1),
        ("date", pd.Series(pd.to_datetime(["2020-01-31", "2020-02-29"])) + pd.Timedelta("1h"), 2),
        ("date", [dt.date(2020, 1, 31), pd.Timestamp("2020-02-29 05:00")], 1),
        ("date", pd.Series(pd.to_datetime(["2020-01-31"], utc=True)), 1),
        ("date", pd.Series(pd.period_range("2020-01", periods=2, freq="M")), 2),
        ("timestamp", pd.Series(pd.to_datetime(["2020-01-31"], utc=True)), 1),
        ("timestamp", pd.Series(pd.to_datetime([1], unit="ns")), 1),
        ("timestamp", [dt.date(2020, 1, 31), pd.Timestamp("2020-02-29 05:00")], 2),
    ],
)
def test_nothing_is_converted_with_loss_or_by_guessing(column_type, data, wrong_rows):
    message = only_violation(one_column(column_type), values(data))
    assert message.startswith(f"column value does not fit {column_type} without loss")
    assert f": {wrong_rows} row" in message


@pytest.mark.parametrize(
    ("column_type", "data", "stored"),
    [
        ("int", [1.0, 2.0, np.nan], [1, 2, None]),
        ("int", pd.Series([1, None], dtype="Int64"), [1, None]),
        ("double", pd.Series([1, 2]), [1.0, 2.0]),
        ("double", pd.Series([0.5], dtype="float32"), [0.5]),
        ("string", ["a", None, np.nan, pd.NA], ["a", None, None, None]),
        ("string", pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
        ("string", [np.nan, np.nan], [None, None]),
        ("bool", [True, None], [True, None]),
        ("date", [dt.date(2020, 1, 31), None, pd.NaT], [dt.date(2020, 1, 31), None, None]),
        ("date", pd.Series(pd.to_datetime(["2020-01-31"])), [dt.date(2020, 1, 31)]),
        ("timestamp", [dt.datetime(2020, 1, 31, 5)], [dt.datetime(2020, 1, 31, 5)]),
    ],
)
def test_what_fits_without_loss_is_taken(column_type, data, stored):
    frame = values(data)
    assert conform(one_column(column_type, nullable=True), frame)["value"].to_pylist() == stored


def test_dtypes_read_back_depend_on_the_contract_and_not_on_the_values():
    full, empty = sfri_frame(), sfri_frame().iloc[:0]
    none = sfri_frame().assign(n_series=None)
    dtypes = [to_frame(conform(SFRI, frame)).dtypes.to_dict() for frame in (full, empty, none)]
    assert dtypes[0] == dtypes[1] == dtypes[2]


@pytest.mark.parametrize(
    ("bounds", "data", "clause"),
    [
        ({"minimum": 0}, [0.0, -0.1], "is below 0: 1 row"),
        ({"maximum": 1}, [1.0, 1.1], "is above 1: 1 row"),
    ],
)
def test_bounds_are_inclusive(bounds, data, clause):
    assert clause in only_violation(one_column("double", **bounds), values(data))


def test_a_missing_value_breaks_no_bound():
    table = one_column("double", nullable=True, minimum=0, maximum=1)
    assert violations(table, values([None, 0.5])) == []


def test_a_repeated_key_is_named_once_with_its_rows():
    frame = pd.concat([sfri_frame(), sfri_frame(n=1)], ignore_index=True)
    message = only_violation(SFRI, frame)
    assert message == (
        "key (mode, ref_date) names more than one row: 2 rows, "
        "e.g. (mode='real_time', ref_date=2020-01-31)"
    )


def test_weights_that_do_not_sum_to_one_are_caught_with_their_date():
    frame = weights_frame()
    frame.loc[3, "weight"] = 0.4
    message = only_violation(WEIGHTS, frame)
    assert "rule broken: weight sums to 1 within each ref_date (tolerance 1e-09)" in message
    assert "(ref_date=2020-02-29, total=0.9)" in message


def test_sums_are_judged_by_group():
    frame = pd.DataFrame({"day": [1, 1, 2], "part": [0.5, 0.5, 3.0]})
    rule = sums_to(1, "part", by=["day"], tolerance=1e-12)
    assert rule.violations(frame)["day"].tolist() == [2]


def test_a_group_of_missing_values_states_no_sum():
    frame = pd.DataFrame({"day": [1, 1], "part": [np.nan, np.nan]})
    assert sums_to(1, "part", by=["day"], tolerance=0).violations(frame).empty


def test_order_is_judged_across_a_missing_middle():
    frame = pd.DataFrame({"low": [1.0, 3.0], "mid": [2.0, np.nan], "high": [3.0, 2.0]})
    assert ordered("low", "mid", "high").violations(frame).tolist() == [False, True]


def test_rules_of_an_empty_table_hold():
    assert violations(WEIGHTS, weights_frame().iloc[:0]) == []


def test_rules_are_not_asked_about_unsound_columns():
    def never(frame):
        raise AssertionError

    columns = (Column("row", "int", "Row."),)
    table = Table("sample", "Sample.", columns, key=("row",), rules=(Rule("never", never),))
    assert "does not fit int" in only_violation(table, pd.DataFrame({"row": ["a"]}))


def test_the_arrow_schema_carries_text_unit_and_key():
    schema = SFRI.arrow_schema()
    assert schema.metadata[b"key"] == b"mode, ref_date"
    assert schema.metadata[b"description"] == b"The index of systemic financial risk."
    assert schema.field("sfri").metadata[b"unit"] == b"standard deviations"
    assert not schema.field("sfri").nullable
    assert schema.field("n_series").nullable


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Column("Bad Name", "int", "x"), "lower_snake_case"),
        (lambda: Column("a", "decimal", "x"), "no type 'decimal'"),
        (lambda: Column("a", "int", " "), "describe it"),
        (lambda: Column("a", "string", "x", minimum=0), "only an int or a double has bounds"),
        (lambda: Table("t", "x", (Column("a", "int", "x"),), ()), "name the key"),
        (lambda: Table("t", "x", (Column("a", "int", "x"),), ("b",)), "no column b"),
        (lambda: Table("t", "x", (Column("a", "int", "x"),) * 2, ("a",)), "stands twice"),
        (
            lambda: Table("t", "x", (Column("a", "int", "x", nullable=True),), ("a",)),
            "key a is nullable",
        ),
        (
            lambda: Table("t", "x", (Column("a", "int", "x"),), ("a",), partition_column="a"),
            "is no date or timestamp",
        ),
        (
            lambda: Table(
                "t",
                "x",
                (Column("a", "date", "x"), Column("month", "int", "x")),
                ("a",),
                partition_column="a",
            ),
            "month is the partition's name",
        ),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_importing_the_contract_loads_pandas_and_pyarrow_alone():
    code = (
        "import sys, sfr_pipeline.storage.contract\n"
        "heavy = {'duckdb', 'dagster', 'torch', 'scipy', 'statsmodels', 'filelock'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
