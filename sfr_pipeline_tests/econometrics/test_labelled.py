"""Claims about labelled input: what is read, and what is refused with its cause and remedy."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics import GARCH, TVPFAVAR, MarkovSwitching, bds, transfer_entropy
from sfr_pipeline.econometrics.labelled import check_frame, check_series
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
