"""The labelled TVP-FAVAR: what it takes, what it refuses, and that it says what the arrays say."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics import TVPFAVAR, sfri
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings, estimate
from sfr_pipeline.errors import EstimationError
from sfr_pipeline_tests.econometrics.simulation import autoregression, simulate, with_gaps

MONTHS = pd.period_range("2005-01", periods=90, freq="M")
NAMES = [f"series {number}" for number in range(12)]
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def panel():
    values = with_gaps(simulate(90, n_series=12, seed=2, swing=0.3).panel)
    return pd.DataFrame(values, MONTHS, NAMES)


@pytest.fixture(scope="module")
def results(panel):
    return TVPFAVAR(panel, lags=2).fit()


def macro_frame(months=MONTHS):
    rng = np.random.default_rng(0)
    macro = pd.DataFrame({name: autoregression(90, rng, 0.7) for name in ("gdp", "cpi")}, months)
    return (macro - macro.mean()) / macro.std()


def test_labels_carry_the_numbers_of_the_arrays(panel, results):
    arrays = estimate(panel.to_numpy(), settings=TvpFavarSettings(lags=2))
    weights = sfri.weights(arrays.loadings_smoothed, arrays.observed)
    assert np.array_equal(results.weights.to_numpy(), weights)
    assert results.index.to_numpy() == pytest.approx((weights * arrays.scores).sum(axis=1))
    assert results.weights.index.equals(MONTHS)
    assert list(results.weights.columns) == NAMES
    assert np.array_equal(results.factor["smoothed"], arrays.factor_smoothed)
    assert np.array_equal(results.params.to_numpy(), arrays.coefficients[:, 0])
    assert results.loadings.isna().equals(panel.isna())


def test_weights_sum_to_one_and_contributions_to_the_index(results):
    assert results.weights.sum(axis=1).to_numpy() == pytest.approx(1)
    assert results.contributions.sum(axis=1).to_numpy() == pytest.approx(results.index.to_numpy())


def test_columns_of_the_coefficients_name_equation_and_regressor(panel):
    results = TVPFAVAR(panel, macro_frame(), lags=2).fit()
    assert results.params.shape == (90, 3 * 6)
    last = results.estimates.coefficients[-1]
    assert results.params["cpi", "L1.factor"].iloc[-1] == last[1, 2]
    assert results.params["factor", "L2.gdp"].iloc[-1] == last[2, 3]


@pytest.mark.parametrize("kind", ["days", "nullable", "integers and floats"])
def test_other_periods_and_number_types_give_the_same_bits(panel, results, kind):
    other = panel.set_axis(panel.index.to_timestamp("M")) if kind == "days" else panel.copy()
    if kind == "nullable":
        other = panel.convert_dtypes().astype("Float64")
    if kind == "integers and floats":
        other[NAMES[0]] = (panel[NAMES[0]] * 1e6).round().astype(int)
        expected = TVPFAVAR(other.astype(float), lags=2).fit()
    else:
        expected = results
    ours = TVPFAVAR(other, lags=2).fit()
    assert np.array_equal(ours.index.to_numpy(), expected.index.to_numpy())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[::-1], r"periods of panel do not ascend.* sort_index"),
        (lambda x: x.T, r"rows of panel are no periods; its columns are: transpose it"),
        (lambda x: x.reset_index(drop=True), "rows of panel are no periods; set a PeriodIndex"),
        (lambda x: pd.concat([x, x.iloc[-1:]]), "holds 2012-06 twice: drop the repeats"),
        (lambda x: x.assign(name="x"), r"columns .'name'. of panel hold no numbers"),
        (lambda x: pd.concat([x, x[NAMES[:1]]], axis=1), r"columns .'series 0'. of panel stand"),
        (lambda x: x[NAMES[0]], "panel must be a pandas DataFrame, not Series"),
        (lambda x: x.to_numpy(), "panel must be a pandas DataFrame, not ndarray"),
    ],
)
def test_frames_that_are_no_panel_are_refused_with_the_remedy(panel, change, message):
    with pytest.raises(EstimationError, match=message):
        TVPFAVAR(change(panel))


def test_macro_series_of_other_periods_are_refused(panel):
    with pytest.raises(EstimationError, match=r"reindex macro to panel\.index"):
        TVPFAVAR(panel, macro_frame(MONTHS + 1))


def test_forecast_is_the_estimate_of_periods_yet_to_come(panel):
    """A panel that goes on without observations is forecast by the filter itself."""
    macro_free = TVPFAVAR(panel, lags=2).fit().forecast(3)
    longer = panel.reindex(MONTHS.append(macro_free.index))
    filtered = TVPFAVAR(longer, lags=2).fit()
    expected = filtered.factor.iloc[-3:]
    assert macro_free["mean"].to_numpy() == pytest.approx(expected["filtered"].to_numpy(), abs=1e-9)
    assert macro_free["sd"].to_numpy() == pytest.approx(expected["sd"].to_numpy(), abs=1e-9)
    half = 1.6448536269514722 * macro_free["sd"]
    assert macro_free["high"].to_numpy() == pytest.approx((macro_free["mean"] + half).to_numpy())


def test_forecast_goes_on_with_days_of_a_regular_frequency_and_numbers_others(panel):
    days = panel.set_axis(pd.date_range("2020-01-01", periods=90, freq="B"))
    ahead = TVPFAVAR(days).fit().forecast(2).index
    assert list(ahead) == list(pd.date_range(days.index[-1], periods=3, freq="B")[1:])
    irregular = days.set_axis(
        days.index.where(days.index != days.index[1], days.index[1] + pd.Timedelta("1h"))
    )
    assert list(TVPFAVAR(irregular).fit().forecast(2).index) == [1, 2]


def test_what_is_no_horizon_level_or_number_of_draws_is_refused_by_name(results):
    for call, says in [
        (lambda: results.forecast(0), "horizon must be a whole number from 1, not 0"),
        (lambda: results.forecast(1, level=90), "between 0 and 1, not 90"),
        (lambda: results.band(draws=0), "draws must be a whole number"),
        (lambda: results.bootstrap_band(replications=0), "replications must be"),
        (lambda: results.bootstrap_band(block_length=0), "block_length must be"),
    ]:
        with pytest.raises(EstimationError, match=says):
            call()


def test_nothing_is_said_of_periods_without_an_observation(panel):
    empty = panel.copy()
    empty.iloc[-2:] = np.nan
    results = TVPFAVAR(empty).fit()
    for values in (results.index, results.band()["low"], results.bootstrap_band()["high"]):
        assert values.isna().to_numpy().nonzero()[0].tolist() == [88, 89]
    assert np.isnan(results.plot().axes[0].lines[0].get_ydata()[-2:]).all()


def test_a_series_that_loads_against_its_direction_is_named(panel):
    turned = panel.assign(turned=-panel.iloc[:, 0])
    results = TVPFAVAR(turned).fit()
    assert "check direction and trend of turned" in repr(results)
    assert "check direction and trend of turned" in results.summary()


def test_panels_and_macro_blocks_that_make_no_model_are_refused_by_name(panel):
    standard = pd.DataFrame({"gdp": (panel.iloc[:, 0] - panel.iloc[:, 0].mean()).fillna(0.0)})
    for make, says in [
        (
            lambda: TVPFAVAR(panel.assign(flat=1.0)).fit(),
            "does not move in series flat and has no scale",
        ),
        (lambda: TVPFAVAR(panel.iloc[:, :0]).fit(), "no series"),
        (lambda: TVPFAVAR(panel, 100 * standard), "must hold standardised series"),
        (lambda: TVPFAVAR(panel, lag=2), "no parameter lag: see TvpFavarSettings"),
    ]:
        with pytest.raises(EstimationError, match=says):
            make()


def test_bands_are_those_of_the_arrays(panel, results):
    ours = results.bootstrap_band(level=0.8, replications=20, seed=3)
    theirs = sfri.bootstrap_band(
        panel.to_numpy(),
        replications=20,
        block_length=6,
        level=0.8,
        seed=3,
        settings=TvpFavarSettings(lags=2),
    )
    assert np.array_equal(ours["low"], theirs.low)
    assert np.array_equal(ours["high"], theirs.high)
    band = results.band()
    assert ((band["low"] <= results.index) & (results.index <= band["high"])).mean() > 0.9


def test_a_repr_is_one_screen_and_the_summary_names_every_series(panel, results):
    wide = pd.DataFrame(simulate(90, n_series=60).panel, MONTHS).rename(
        columns="indicator {}".format
    )
    for one in (results, TVPFAVAR(wide).fit()):
        lines = repr(one).splitlines()
        assert len(lines) <= 24
        assert max(map(len, lines)) <= 80
    assert all(name in results.summary() for name in NAMES)
    assert f"{results.index.iloc[-1]:.3f}" in repr(results)
    assert len(repr(TVPFAVAR(panel))) < 80


def test_plot_draws_the_index_and_the_weights(results):
    figure = results.plot()
    above, below = figure.axes
    index = above.get_lines()[1].get_ydata()
    assert np.array_equal(index, results.index.to_numpy())
    assert len(below.collections) == len(NAMES)


def test_the_room_and_its_models_stay_light_until_they_compute():
    code = (
        "import sys, sfr_pipeline.econometrics as room\n"
        "from sfr_pipeline.econometrics import TVPFAVAR\n"
        "heavy = {'numba', 'matplotlib', 'scipy', 'statsmodels', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert callable(room.bds) and callable(room.transfer_entropy)\n"
        "import sfr_pipeline.definitions\n"
        "assert 'numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("model", [{"reference_quirks": True}, {"macro": True}])
def test_a_bootstrap_of_another_model_than_the_fitted_one_is_refused(panel, model):
    macro = macro_frame() if model.pop("macro", False) else None
    with pytest.raises(EstimationError, match=r"without macro series and quirks: ask for band\(\)"):
        TVPFAVAR(panel, macro, **model).fit().bootstrap_band(replications=2)
