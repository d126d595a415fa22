"""Claims about panels as people have them: of any type and order, and with labels in every error.

Each public function that takes a frame is asked the same, by name.
"""

import runpy
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics import GARCH, TVPFAVAR, MarkovSwitching, bds, transfer_entropy
from sfr_pipeline.econometrics.autoregression import lag_orders, residuals
from sfr_pipeline.econometrics.labelled import check_frame, check_series
from sfr_pipeline.econometrics.sfri import bootstrap_band
from sfr_pipeline.econometrics.transfer_entropy import even_quantile_codes
from sfr_pipeline.econometrics.tvp_favar import estimate
from sfr_pipeline.econometrics.vintages import estimate_vintages
from sfr_pipeline.econometrics.volatility import garch_volatility, garch_volatility_real_time
from sfr_pipeline.errors import EstimationError

CASE = Path(__file__).parents[3] / "shared/data/cases/17_nullable_and_unordered_panels"
MONTHS = pd.period_range("2010-01", periods=60, freq="M")
LAST = np.array([len(MONTHS) - 1])


def made():
    """Three complete series, to three decimals so that every type holds them exactly."""
    rng = np.random.default_rng(17)
    stress = rng.standard_normal(len(MONTHS)).cumsum()
    values = stress[:, None] + rng.standard_normal((len(MONTHS), 3))
    return pd.DataFrame(values.round(3), MONTHS, ["spread", "gdp", "rate"])


PANEL = made()


def of_model(panel):
    # The model takes frames alone.
    frame = panel if isinstance(panel, pd.DataFrame) else pd.DataFrame(panel, MONTHS)
    return TVPFAVAR(frame).fit().estimates.factor_smoothed


def of_vintages(panel):
    return estimate_vintages(panel, LAST, min_observations=12).estimates[0].factor_smoothed


def of_band(panel):
    options = {"replications": 2, "block_length": 6, "level": 0.9, "seed": 1}
    return bootstrap_band(panel, **options).low


# What each makes of a panel, gaps or not.
WITH_GAPS = {
    "TVPFAVAR": of_model,
    "estimate": lambda panel: estimate(panel).factor_smoothed,
    "estimate_vintages": of_vintages,
    "bootstrap_band": of_band,
}
COMPLETE = {
    "lag_orders": lambda panel: lag_orders(panel, 2).aic,
    "residuals": lambda panel: residuals(panel, 1).ravel(),
}
OF_PANELS = WITH_GAPS | COMPLETE

OF_SERIES = {
    "GARCH": GARCH,
    "MarkovSwitching": MarkovSwitching,
    "bds": lambda series: bds(series, permutations=9),
    "source": lambda series: transfer_entropy(series, PANEL["rate"], surrogates=9),
    "target": lambda series: transfer_entropy(PANEL["rate"], series, surrogates=9),
    "codes": lambda series: even_quantile_codes(series, 3),
    "volatility": lambda series: garch_volatility(series, min_observations=50),
    "real time": lambda series: garch_volatility_real_time(series, min_observations=12),
}

TYPES = {
    "Float64": lambda frame: frame.astype("Float64"),
    "Arrow": lambda frame: frame.astype("double[pyarrow]"),
    "objects with None": lambda frame: frame.astype(object).where(frame.notna(), None),
    "objects with NA": lambda frame: frame.astype(object).where(frame.notna(), pd.NA),
    "Decimal": lambda frame: frame.map(lambda cell: None if pd.isna(cell) else Decimal(str(cell))),
    "mixed": lambda frame: frame.assign(gdp=frame["gdp"].astype("Float64")),
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("function", WITH_GAPS)
def test_numbers_of_any_type_give_the_same_estimate_to_the_last_bit(function, kind):
    gaps = PANEL.copy()
    gaps.iloc[3, 1] = np.nan
    expected = WITH_GAPS[function](gaps.to_numpy())
    assert np.array_equal(WITH_GAPS[function](TYPES[kind](gaps)), expected)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("function", COMPLETE)
def test_numbers_of_any_type_give_the_same_autoregression(function, kind):
    expected = COMPLETE[function](PANEL.to_numpy())
    assert np.array_equal(COMPLETE[function](TYPES[kind](PANEL)), expected)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("function", OF_SERIES)
def test_a_series_of_any_type_is_read(function, kind):
    OF_SERIES[function](TYPES[kind](PANEL)["gdp"])


def test_whole_numbers_with_gaps_are_read_as_they_are():
    counts = pd.DataFrame({"n": [1, None, 3, 4]}, MONTHS[:4]).astype("Int64")
    assert check_frame(counts, "x")[0][:, 0] == pytest.approx([1, np.nan, 3, 4], nan_ok=True)


@pytest.mark.parametrize(
    "labels",
    [
        MONTHS.to_timestamp(),
        MONTHS.to_timestamp(how="end").normalize().tz_localize("America/New_York"),
        MONTHS.to_timestamp(how="end").normalize().tz_localize("Asia/Shanghai"),
    ],
    ids=["days", "New York", "Shanghai"],
)
def test_periods_days_and_zones_give_the_same_estimate(labels):
    expected = estimate(PANEL).factor_smoothed
    assert np.array_equal(estimate(PANEL.set_axis(labels)).factor_smoothed, expected)
    assert len(TVPFAVAR(PANEL.set_axis(labels)).fit().forecast(2)) == 2


# What is wrong with the labels of a panel, what is said, and the remedy that the sentence has.
ORDERS = {
    "newest first": (
        lambda frame: frame[::-1],
        "periods of .* do not ascend: sort_index",
        lambda frame: frame.sort_index(),
    ),
    "twice": (
        lambda frame: pd.concat([frame, frame.iloc[[-1]]]),
        "holds 2014-12 twice: drop the repeats, as .~index.duplicated",
        lambda frame: frame[~frame.index.duplicated()],
    ),
    "twice, newest first": (
        lambda frame: pd.concat([frame, frame.iloc[[7]]])[::-1],
        "holds 2010-08 twice",
        lambda frame: frame[~frame.index.duplicated()].sort_index(),
    ),
    "no date": (
        lambda frame: frame.set_axis(pd.PeriodIndex([*MONTHS[:-1], pd.NaT], freq="M")),
        "1 rows of .* have no period: drop them, as .index.notna",
        lambda frame: frame[frame.index.notna()],
    ),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("function", OF_PANELS)
def test_a_panel_out_of_time_is_refused_and_the_remedy_works(function, order):
    spoil, says, mend = ORDERS[order]
    with pytest.raises(EstimationError, match=says):
        OF_PANELS[function](spoil(PANEL))
    assert np.isfinite(OF_PANELS[function](mend(spoil(PANEL)))).all()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("function", OF_SERIES)
def test_a_series_out_of_time_is_refused_with_its_name(function, order):
    spoil, says, _ = ORDERS[order]
    with pytest.raises(EstimationError, match=says) as refused:
        OF_SERIES[function](spoil(PANEL)["gdp"])
    assert "gdp" in str(refused.value)


@pytest.mark.parametrize("function", OF_SERIES)
def test_what_is_no_series_of_numbers_is_refused(function):
    with pytest.raises(EstimationError, match=r"gdp holds .*, not numbers: convert it to float"):
        OF_SERIES[function](PANEL["gdp"].astype(str))
    OF_SERIES[function](PANEL["gdp"].astype(str).astype(float))


def test_text_is_no_time_whatever_its_order():
    unpadded = pd.Series(range(3), ["2020.10", "2020.8", "2020.9"], float)
    with pytest.raises(EstimationError, match=r"called by text, such as '2020\.10', .*to_datetime"):
        check_series(unpadded, "x")
    mended = unpadded.set_axis(pd.to_datetime(unpadded.index, format="%Y.%m")).sort_index()
    assert check_series(mended, "x").tolist() == [1, 2, 0]
    by_text = PANEL.set_axis(PANEL.index.astype(str))
    with pytest.raises(EstimationError, match="rows of panel are no periods; set a PeriodIndex"):
        estimate(by_text)
    assert estimate(by_text.set_axis(pd.PeriodIndex(by_text.index, freq="M")))


def test_several_series_in_one_are_refused():
    stacked = PANEL.stack()
    with pytest.raises(EstimationError, match="have 2 levels: select one series"):
        check_series(stacked, "x")
    check_series(stacked.xs("gdp", level=1), "x")


def with_cells(rows, columns, value):
    frame = PANEL.copy()
    frame.iloc[rows, columns] = value
    return frame


# A panel that is spoilt in one place, and how that is named: never by a position.
SPOILT = {
    "empty row": (
        with_cells(5, slice(None), np.nan),
        "no series of the panel has an observation in 2010-06, though",
        lambda frame: frame.iloc[6:],
    ),
    "empty column": (
        PANEL.assign(empty=np.nan),
        "columns .'empty'. of panel hold no value at all: drop them, panel.dropna",
        lambda frame: frame.dropna(axis=1, how="all"),
    ),
    "infinite": (
        with_cells(7, 1, np.inf),
        "infinite in series gdp, periods 2010-08: mend that, or set it missing",
        lambda frame: frame.replace(np.inf, np.nan),
    ),
    "constant": (
        PANEL.assign(flat=2.5),
        "not move in series flat and has no scale there: leave out",
        lambda frame: frame.drop(columns="flat"),
    ),
    "label of a number": (
        PANEL.set_axis([2003, 2001, 2002], axis=1).assign(**{"7": 2.5}),
        "not move in series 7 and",
        lambda frame: frame.drop(columns="7"),
    ),
    "text": (
        PANEL.assign(gdp=PANEL["gdp"].astype(str)),
        "columns .'gdp'. of panel hold no numbers: convert them to float.* in 2010-01.",
        lambda frame: frame.assign(gdp=frame["gdp"].astype(float)),
    ),
    "truth": (
        PANEL.assign(crisis=(PANEL["gdp"] > 0).astype("boolean")),
        "columns .'crisis'. of panel hold no numbers: convert them to float",
        lambda frame: frame.assign(crisis=frame["crisis"].astype(float)),
    ),
}


@pytest.mark.parametrize(
    ("function", "spoilt"),
    # In vintages a series that has not moved yet waits.
    [
        (function, spoilt)
        for function in WITH_GAPS
        for spoilt, (_, says, _) in SPOILT.items()
        if (function, "not move" in says) != ("estimate_vintages", True)
    ],
)
def test_what_is_wrong_with_a_panel_is_named_and_the_remedy_works(function, spoilt):
    panel, says, mend = SPOILT[spoilt]
    with pytest.raises(EstimationError, match=says) as refused:
        WITH_GAPS[function](panel)
    assert "counted from 0" not in str(refused.value)
    assert np.isfinite(WITH_GAPS[function](mend(panel))).all()


@pytest.mark.parametrize("function", COMPLETE)
@pytest.mark.parametrize(
    ("panel", "series"),
    [
        (PANEL.assign(flat=1.5), "series flat of"),
        (with_cells(4, 2, np.nan), "series rate of"),
        (PANEL.assign(again=PANEL["gdp"]), "series gdp, again of"),
    ],
    ids=["constant", "gap", "twice"],
)
def test_what_is_wrong_with_an_autoregression_is_named(function, panel, series):
    with pytest.raises(EstimationError, match=series):
        COMPLETE[function](panel)


@pytest.mark.parametrize("function", OF_SERIES)
@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_the_first_gap_of_a_series_is_named_by_its_period(function, value):
    with pytest.raises(EstimationError, match=r"gaps in .* gdp, 1 missing .* from 2010-10 on"):
        OF_SERIES[function](with_cells(9, 1, value)["gdp"])


@pytest.mark.parametrize("function", ["GARCH", "source", "target", "volatility"])
def test_a_series_that_never_moves_is_named(function):
    with pytest.raises(EstimationError, match="peg"):
        OF_SERIES[function](pd.Series(2.0, MONTHS, name="peg"))


def test_years_need_dates():
    with pytest.raises(EstimationError, match=r"no dates \(0\), .* set a DatetimeIndex"):
        garch_volatility_real_time(PANEL["gdp"].reset_index(drop=True), min_observations=12)


def test_a_constant_regime_is_named():
    with pytest.raises(EstimationError, match="endog peg is constant"):
        MarkovSwitching(pd.Series(2.0, MONTHS, name="peg")).fit()


def test_an_array_of_something_else_than_numbers_is_refused():
    cells = PANEL.astype(object).to_numpy(copy=True)
    cells[3, 1] = pd.NA
    with pytest.raises(EstimationError, match="make it one of floats, with NaN"):
        estimate(cells)
    assert estimate(np.where(pd.isna(cells), np.nan, cells).astype(float))
    with pytest.raises(EstimationError, match=r"shape \(60, 3\), not that of one series"):
        bds(PANEL.to_numpy())


def test_macro_series_are_those_of_the_panels_periods():
    macro = ((PANEL - PANEL.mean()) / PANEL.std())[["rate"]]
    panel = PANEL[["spread", "gdp"]]
    expected = estimate(panel.to_numpy(), macro.to_numpy()).factor_smoothed
    assert np.array_equal(estimate(panel, macro.astype("Float64")).factor_smoothed, expected)
    with pytest.raises(EstimationError, match=r"different periods: reindex macro to panel\.index"):
        estimate(panel, macro.iloc[1:])


def test_the_public_case_is_read_or_refused(capsys):
    if not CASE.exists():
        pytest.skip(f"{CASE} is not there")
    # It ends with a series whose newest row comes first.
    with pytest.raises(EstimationError, match="do not ascend: sort_index"):
        runpy.run_path(str(CASE / "input/check.py"))
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("nullable dtype with NA -> accepted")
    assert "refused: no series of the panel has an observation in 2010-06-30" in said[1]
    assert "refused: panel holds 2019-12-31 twice" in said[2]
    assert "refused: the periods of panel do not ascend" in said[3]
