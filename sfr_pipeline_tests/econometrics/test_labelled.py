"""Claims about labelled input: what is read, and what is refused with its cause and remedy."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics import GARCH, TVPFAVAR, MarkovSwitching, bds, transfer_entropy
from sfr_pipeline.econometrics.labelled import check_frame, check_series, panel_of, values_of
from sfr_pipeline.errors import EstimationError

MONTHS = pd.period_range("2010-01", periods=4, freq="M")
FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [5.0, np.nan, 7.0, 8.0]}, MONTHS)
SERIES = FRAME["b"]

MODELS = {
    "GARCH": GARCH,
    "MarkovSwitching": MarkovSwitching,
    "TVPFAVAR": lambda series: TVPFAVAR(pd.concat([series, series], axis=1, keys=["a", "b"])),
    "bds": bds,
    "transfer_entropy": lambda series: transfer_entropy(series, series),
}


@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64", "Int64", "int64[pyarrow]"])
def test_numbers_of_any_type_are_read_and_what_is_missing_in_a_frame_is_nan(dtype):
    values = check_series(FRAME["a"].astype(dtype), "x")
    assert values.dtype == np.float64
    assert values == pytest.approx(FRAME["a"].to_numpy())
    values, periods, columns = check_frame(FRAME.astype(dtype), "x")
    assert values.dtype == np.float64
    assert values == pytest.approx(FRAME.to_numpy(), nan_ok=True)
    assert periods.equals(MONTHS)
    assert list(columns) == ["a", "b"]


def test_columns_of_different_types_are_read_together():
    mixed = FRAME.assign(a=FRAME["a"].astype("Int64"), b=FRAME["b"].astype("Float64"))
    assert check_frame(mixed, "x")[0] == pytest.approx(FRAME.to_numpy(), nan_ok=True)


def test_days_and_months_are_read_as_they_are():
    days = FRAME.set_axis(pd.bdate_range("2010-01-01", periods=4))
    assert check_frame(days, "x")[1].equals(days.index)


@pytest.mark.parametrize(
    ("perturb", "says"),
    [
        (lambda s: s[::-1], "do not ascend: sort_index"),
        (lambda s: s.iloc[[0, 2, 1, 3]], "do not ascend: sort_index"),
        (lambda s: s.iloc[[0, 1, 1, 2]], "holds 2010-02 twice: drop"),
        (lambda s: s.iloc[[0, 2, 3]], "no row of x b between 2010-01 and 2010-03: begin after"),
        (lambda s: s.astype(object).fillna("n/a"), "x b holds object, .* float .'n/a' in 2010-02"),
        (lambda s: s.astype(str), "not numbers: convert"),
        (lambda s: s > 2, "holds bool, not numbers"),
        (lambda s: s.astype(complex), "holds complex128, not numbers"),
        (lambda s: s.to_frame(), "must be a pandas Series, not DataFrame: take one column"),
        (lambda s: s.to_list(), "must be a pandas Series, not list"),
        (lambda s: s, "gaps in x b, 1 missing or infinite values from 2010-02 on: cut"),
        (lambda s: s.astype("Int64"), "gaps in x b, 1 missing"),
        (lambda s: s.fillna(np.inf), "gaps in x b, 1 missing or infinite values from 2010-02 on"),
    ],
)
def test_a_series_out_of_order_or_without_numbers_is_refused(perturb, says):
    with pytest.raises(EstimationError, match=says):
        check_series(perturb(SERIES), "x")


LONG_FLOATS = pytest.mark.skipif(
    np.finfo(np.longdouble).max == np.finfo(float).max, reason="no floats longer than usual here"
)
# Finite, and beyond what a float holds; one has more digits than Python writes.
LARGE = [
    pytest.param(10**400, id="int"), pytest.param(-(10**5000), id="longer int"),
    pytest.param(Fraction(10**400, 3), id="fraction"), Decimal("1e400"),
    pytest.param(np.longdouble("1e400"), marks=LONG_FLOATS, id="long float"),
]  # fmt: skip


@pytest.mark.parametrize("cell", LARGE)
def test_a_number_that_no_float_holds_is_refused_and_the_remedy_works(cell):
    cells = pd.Series([1, 2, cell, 4], MONTHS, dtype=object, name="b")
    says = "x holds a number beyond 1.8e.308, the largest of a float, in 2010-03: correct it, or"
    with pytest.raises(EstimationError, match=f"^{says.replace('x', 'x b', 1)}"):
        check_series(cells, "x")
    with pytest.raises(EstimationError, match=f"^column b of {says}"):
        check_frame(cells.to_frame(), "x")
    with pytest.raises(EstimationError, match="x is an array of something else than numbers"):
        panel_of(cells.to_frame().to_numpy(), "x")
    smaller = cells.map(lambda one: Fraction(int(one), 10**4800))
    assert len(check_series(smaller, "x")) == 4


@pytest.mark.parametrize("missing", [None, pd.NA, np.nan, Decimal("sNaN")])
def test_what_is_missing_before_it_hides_no_cell_at_fault(missing):
    cells = pd.Series([1, missing, 10**400, 4], MONTHS, dtype=object)
    with pytest.raises(EstimationError, match=r"a number beyond 1.8e.308, .* in 2010-03"):
        check_series(cells, "x")
    cells.iloc[2] = "n/a"
    with pytest.raises(EstimationError, match=r"convert it to float \('n/a' in 2010-03\)"):
        check_series(cells, "x")


@LONG_FLOATS
def test_long_floats_are_read_where_a_float_holds_them():
    long = pd.Series(np.array([1, "nan", 3, 4], dtype=np.longdouble), MONTHS)
    np.testing.assert_array_equal(check_frame(long.to_frame("a"), "x")[0][:, 0], [1, np.nan, 3, 4])
    long.iloc[1] = np.longdouble("1e400")
    with pytest.raises(EstimationError, match="x holds a number beyond"):
        check_series(long, "x")
    with pytest.raises(EstimationError, match="something else than numbers"):
        panel_of(long.to_numpy()[:, np.newaxis], "x")


@pytest.mark.parametrize("infinite", [np.inf, Decimal("Infinity"), np.longdouble("inf")])
def test_what_is_infinite_itself_is_a_gap_and_no_large_number(infinite):
    cells = pd.Series([1, infinite, 3, 4], MONTHS, dtype=object)
    with pytest.raises(EstimationError, match="gaps in x, 1 missing or infinite"):
        check_series(cells, "x")


NUMBERS = [1, 2.5, Decimal("2.5"), Fraction(5, 2), np.float32(2.5), np.int8(2), np.longdouble(2.5)]


def test_numbers_of_all_types_are_read_from_objects_and_a_signal_is_a_gap():
    cells = pd.Series([*NUMBERS, Decimal("NaN"), Decimal("sNaN"), pd.NA, None], dtype=object)
    expected = [1, 2.5, 2.5, 2.5, 2.5, 2, 2.5, *[np.nan] * 4]
    frame = cells.to_frame("a").set_axis(pd.period_range("2010-01", periods=11, freq="M"))
    np.testing.assert_array_equal(check_frame(frame, "x")[0][:, 0], expected)
    array = frame.to_numpy()[:8]
    np.testing.assert_array_equal(panel_of(array, "x").values[:, 0], expected[:8])


@pytest.mark.parametrize("cell", [True, np.True_, 2 + 0j, np.complex64(2), "2.5", [2.5], b"2"])
def test_what_is_no_number_is_refused_of_series_frames_and_arrays_alike(cell):
    cells = pd.Series([1.0, 2.0, cell, 4.0], MONTHS, dtype=object)
    with pytest.raises(EstimationError, match=r"holds object, not numbers: convert .* in 2010-03"):
        check_series(cells, "x")
    with pytest.raises(EstimationError, match=r"columns .'a'. of x hold no numbers"):
        check_frame(cells.to_frame("a"), "x")
    with pytest.raises(EstimationError, match="x is an array of something else than numbers"):
        panel_of(cells.to_frame("a").to_numpy(), "x")


@pytest.mark.parametrize(
    "array",
    [[["1.5", "2"]], [[b"1", b"2"]], [[True, False]], [[1j, 2]], [[1, 2], [3]], [["2020-01-01"]],
     np.zeros((2, 1), "datetime64[D]"), np.zeros((2, 1), "V3"), np.zeros((2, 1), "i4, f8")],
)  # fmt: skip
def test_an_array_of_something_else_is_refused_and_one_of_numbers_stays_as_it_lies(array):
    with pytest.raises(EstimationError, match="x is an array of something else than numbers"):
        panel_of(array, "x")
    fortran = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert panel_of(fortran, "x").values is fortran
    assert panel_of([[1, None], [3, 4]], "x").values[0].tolist()[0] == 1


def test_rows_of_different_lengths_are_no_series():
    with pytest.raises(EstimationError, match="x is no array of numbers: make it one of floats"):
        values_of([[1, 2], [3]], "x")


@pytest.mark.parametrize(
    ("perturb", "says"),
    [
        (lambda f: f[::-1], "do not ascend: sort_index"),
        (lambda f: f.T, r"rows of x are no periods; its columns are: transpose it, x\.T"),
        (lambda f: f.reset_index(drop=True), "rows of x are no periods; set a PeriodIndex"),
        (lambda f: f.iloc[[0, 1, 1, 2]], "holds 2010-02 twice: drop"),
        (lambda f: f.set_axis(["a", "a"], axis=1), "columns .'a'. of x stand there twice: rename"),
        (lambda f: f.astype({"b": str}), "columns .'b'. of x hold no numbers: convert"),
        (lambda f: f.assign(b="text"), "columns .'b'. of x hold no numbers: convert"),
        (lambda f: f["a"], "must be a pandas DataFrame, not Series"),
        (lambda f: f.to_numpy(), "must be a pandas DataFrame, not ndarray"),
    ],
)
def test_a_frame_that_is_turned_or_torn_is_refused(perturb, says):
    with pytest.raises(EstimationError, match=says):
        check_frame(perturb(FRAME), "x")


@pytest.mark.parametrize("model", MODELS)
def test_every_model_asks_that_periods_ascend(model):
    months = pd.period_range("2000-01", periods=200, freq="M")
    series = pd.Series(np.random.default_rng(0).standard_normal(200), months)
    with pytest.raises(EstimationError, match="do not ascend: sort_index"):
        MODELS[model](series[::-1])
    with pytest.raises(EstimationError, match="convert"):
        MODELS[model](series.astype(str))
