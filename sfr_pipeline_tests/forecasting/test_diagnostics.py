"""Claims about the diagnostics of the warning panel, and their picture."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from sfr_pipeline.econometrics.autoregression import residuals
from sfr_pipeline.econometrics.bds import bds
from sfr_pipeline.econometrics.transfer_entropy import even_quantile_codes, plug_in
from sfr_pipeline.econometrics.volatility import past_volatility
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.forecasting.diagnostics import TABLES, diagnostic_tables, sharing_inputs
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.forecasting import ForecastingSettings
from sfr_pipeline.report.forecasting.diagnostic_charts import transfer_network
from sfr_pipeline.storage.validation import violations

N_MONTHS = 180
NAMES = {"sfri": "Risk index", "npoi": "Opinion", "echo": "Echo", "noise": "Noise"}
ROLES = {"sfri": "index", "npoi": "opinion"}
# Enough for what is claimed here.
FEW = {"permutations": 99, "surrogates": 399}


# The noise is made of an instrument that a beta of the index is made of; the echo of another one.
INPUTS = {"echo": "ELSEWHERE", "noise": "JPM"}


@pytest.fixture(scope="module")
def market(mini):
    inputs = [
        {
            "id": name, "name": NAMES[name], "unit": "index", "why": "A test.",
            "input": {"measure": "close", "symbols": [symbol]}, "transform": ["month_mean"],
        }
        for name, symbol in INPUTS.items()
    ]  # fmt: skip
    settings = ForecastingSettings.model_validate({"start": "2002-01", "inputs": inputs})
    return mini.model_copy(update={"forecasting": settings})


@cache
def values():
    """Autoregressions of order 1; the echo is driven by the size of last month's index."""
    shocks = np.random.default_rng(0).standard_normal((N_MONTHS, len(NAMES)))
    series = np.zeros((N_MONTHS, len(NAMES)))
    for t in range(1, N_MONTHS):
        series[t] = 0.7 * series[t - 1] + shocks[t]
        series[t, 2] += 2 * abs(series[t - 1, 0])
    months = pd.date_range("2010-01-31", periods=N_MONTHS, freq="ME")
    return pd.DataFrame(series, index=months, columns=list(NAMES))


def panel_of(real_time, paper=None):
    """Rows of table ``warning_panel``."""
    frames = {"real_time": real_time, "paper": real_time if paper is None else paper}
    return pd.concat(
        pd.DataFrame(
            {
                "mode": mode,
                "ref_date": frame.index,
                "variable": variable,
                "name": NAMES[variable],
                "role": ROLES.get(variable, "input"),
                "value": frame[variable].to_numpy(),
            }
        )
        for mode, frame in frames.items()
        for variable in frame
    ).dropna(subset="value")


@pytest.fixture(scope="module")
def tables(market):
    # In real time the index starts two years later.
    late = values().copy()
    late.loc[: late.index[23], "sfri"] = np.nan
    return diagnostic_tables(market, panel_of(late, paper=values()), **FEW)


def test_frames_keep_the_contracts_of_their_tables(tables):
    for table in TABLES:
        assert violations(table, tables[table.name]) == []


def test_residuals_of_the_order_that_aic_chooses_are_tested(market, tables):
    orders = tables["warning_lag_orders"].query("mode == 'paper'")
    (lags,) = orders.loc[orders["chosen_by_aic"], "lags"]
    assert lags == 1
    rows = tables["nonlinearity_tests"].query("mode == 'paper'")
    assert set(rows["lags"]) == {lags}
    echo = bds(
        residuals(values().to_numpy(), lags)[:, 2],
        distance=1.5, permutations=99, seed=market.index.seed,
    )["lebaron"]  # fmt: skip
    shown = rows.query("variable == 'echo' and form == 'lebaron' and distance == 1.5")
    shown = shown[~shown["scaled"]]
    np.testing.assert_array_equal(shown["statistic"], echo.statistic)
    np.testing.assert_array_equal(shown["p_bootstrap"], echo.p_permutation)


def test_every_variable_is_tested_in_every_form_dimension_and_distance_scaled_and_not(tables):
    assert len(tables["nonlinearity_tests"]) == 2 * 4 * 2 * 2 * 5 * 2


def clustered(n_months):
    """A GARCH process: independent but for a volatility that clusters."""
    shocks = np.random.default_rng(8).normal(size=n_months)
    series, variance = np.zeros(n_months), 1.0
    for month in range(n_months):
        series[month] = np.sqrt(variance) * shocks[month]
        variance = 0.02 + 0.15 * series[month] ** 2 + 0.84 * variance
    return series


def test_a_rejection_by_clustered_volatility_is_gone_once_it_is_scaled(market):
    """And one by dependence of means is not."""
    shocks = np.random.default_rng(0).normal(size=(600, 3))
    dates = pd.date_range("1950-01-31", periods=600, freq="ME")
    frame = pd.DataFrame(shocks, dates, ["sfri", "echo", "noise"])
    frame["noise"] = clustered(600)
    for month in range(1, 600):
        frame.iat[month, 1] = 0.4 * shocks[month, 1] + abs(frame.iat[month - 1, 1]) - 1
    tests = diagnostic_tables(market, panel_of(frame), permutations=99, surrogates=9)
    rows = tests["nonlinearity_tests"].query("mode == 'paper' and form == 'lebaron'")
    rows = rows.query("distance == 1.5 and dimension == 4").set_index(["variable", "scaled"])
    p_value = rows["p_bootstrap"]
    assert p_value["noise", False] == pytest.approx(0.02)
    assert p_value["noise", True] > 0.1
    assert p_value["echo", False] == p_value["echo", True] == pytest.approx(0.02)
    assert p_value["sfri", False] > 0.1
    months = rows["n_months"].unstack()
    assert (months[False] - months[True] == 12).all()


def test_the_volatility_of_the_past_is_that_of_earlier_squares_alone():
    series = np.random.default_rng(1).normal(size=40)
    sigma = past_volatility(series, 0.94)
    past = 0.94 ** np.arange(29)[::-1]
    assert np.isnan(sigma[0])
    assert sigma[29] ** 2 == pytest.approx(past @ series[:29] ** 2 / past.sum(), rel=1e-12)
    bent = np.append(series[:29], [1e9] * 11)
    np.testing.assert_array_equal(past_volatility(bent, 0.94)[:30], sigma[:30])


def test_the_nonlinear_drive_is_found_and_nothing_else(tables):
    rows = tables["transfer_entropy"].query("setting == 'primary'")
    found = rows[rows["p_adjusted"] <= 0.05]
    assert set(zip(found["mode"], found["source"], found["target"], strict=True)) == {
        ("paper", "sfri", "echo"),
        ("real_time", "sfri", "echo"),
    }


def test_transfer_entropy_goes_both_ways_between_index_and_each_input(tables):
    for _, rows in tables["transfer_entropy"].groupby(["mode", "setting"]):
        inputs = {"npoi", "echo", "noise"}
        expected = {("sfri", name) for name in inputs} | {(name, "sfri") for name in inputs}
        assert set(zip(rows["source"], rows["target"], strict=True)) == expected


def test_both_settings_are_what_they_say(tables):
    rows = tables["transfer_entropy"].query("mode == 'paper'").set_index(["setting", "target"])
    for setting, lags, bins in (("primary", 1, 3), ("paper", 3, 8)):
        codes = [even_quantile_codes(values()[name], bins) for name in ("sfri", "echo")]
        row = rows.loc[(setting, "echo")]
        assert row["transfer_entropy"] == pytest.approx(plug_in(*codes, lags)[0])
        assert (row["lags"], row["bins"], row["n_months"]) == (lags, bins, N_MONTHS - lags)


def test_pairs_that_share_a_series_with_the_index_are_marked(tables, market):
    rows = tables["transfer_entropy"]
    of_noise = (rows["source"] == "noise") | (rows["target"] == "noise")
    pd.testing.assert_series_equal(rows["shares_series"], of_noise, check_names=False)
    assert sharing_inputs(market) == {"noise"}


def test_in_the_american_market_every_input_is_part_of_the_index_and_in_the_papers_one_is():
    us, china = load_market("us"), load_market("china")
    assert sharing_inputs(us) == {one.id for one in us.forecasting.inputs}
    assert sharing_inputs(china) == {"r007"}


def test_p_values_are_adjusted_over_the_pairs_that_may_be_a_finding(tables):
    for _, rows in tables["transfer_entropy"].groupby(["mode", "setting"]):
        counted, of_all = ~rows["shares_series"], false_discovery_control(rows["p_value"])
        expected = false_discovery_control(rows.loc[counted, "p_value"])
        np.testing.assert_allclose(rows.loc[counted, "p_adjusted"], expected)
        np.testing.assert_allclose(rows.loc[~counted, "p_adjusted"], of_all[~counted])


def test_months_without_all_variables_are_left_out(tables):
    counts = tables["transfer_entropy"].query("setting == 'primary'").groupby("mode")["n_months"]
    assert counts.first().to_dict() == {"paper": N_MONTHS - 1, "real_time": N_MONTHS - 24 - 1}


def test_the_longest_run_of_months_is_taken_where_one_is_missing(market, caplog):
    gap = values().copy()
    gap.loc[gap.index[50], "noise"] = np.nan
    frames = diagnostic_tables(market, panel_of(gap), permutations=9, surrogates=9)
    tests = frames["nonlinearity_tests"]
    assert set(tests.loc[~tests["scaled"], "n_months"]) == {N_MONTHS - 51 - 1}
    assert "of 179 months with all variables the longest run without a gap has 129" in caplog.text


def test_same_seed_gives_the_same_numbers_and_other_roles_none(market, tables):
    late = values().copy()
    late.loc[: late.index[23], "sfri"] = np.nan
    panel = panel_of(late, paper=values())
    other = panel[panel["variable"] == "noise"].assign(variable="gap_noise", role="gap")
    again = diagnostic_tables(market, pd.concat([panel, other]), **FEW)
    for table in TABLES:
        pd.testing.assert_frame_equal(again[table.name], tables[table.name])


def test_an_index_alone_gives_empty_tables_that_keep_their_contracts(market, caplog):
    frames = diagnostic_tables(market, panel_of(values()[["sfri"]]), **FEW)
    for table in TABLES:
        assert frames[table.name].empty
        assert violations(table, frames[table.name]) == []
    assert "no inputs stand beside the index" in caplog.text
    assert "no pairs" in transfer_network(frames["transfer_entropy"], NAMES).description


def test_too_few_months_give_no_rows_and_the_log_says_how_many_there_are(market, caplog):
    frames = diagnostic_tables(market, panel_of(values()[:59]))
    assert {table.name: len(frames[table.name]) for table in TABLES} == dict.fromkeys(frames, 0)
    assert re.search(r"need 60 months in a row .* there are 59", caplog.text)


def test_inputs_without_an_index_beside_them_give_no_rows(market):
    panel = panel_of(values())
    frames = diagnostic_tables(market, panel[panel["role"] != "index"])
    assert all(frame.empty for frame in frames.values())


def test_an_input_that_never_changes_is_named(market):
    with pytest.raises(EstimationError, match=r"noise of the warning panel .* never changes"):
        diagnostic_tables(market, panel_of(values().assign(noise=1.0)))


def test_few_months_are_not_asked_for_more_lags_than_they_can_tell_apart(market):
    frames = diagnostic_tables(market, panel_of(values()[:63]), permutations=9, surrogates=9)
    # 63 months, three to a coefficient: 21 coefficients, of which one is the intercept.
    assert frames["warning_lag_orders"]["lags"].max() == 5


def edges(chart):
    """The edges that are drawn, one row each."""
    return chart.beside["edges"].drop_duplicates("edge")


def test_the_network_draws_the_significant_edges_of_real_time_only(tables):
    chart = transfer_network(tables["transfer_entropy"], NAMES)
    assert len(edges(chart)) == 1
    assert {"Opinion", "Echo", "Noise"} <= set(chart.beside["inputs"]["name"])


def test_a_stronger_edge_is_wider(tables):
    rows = tables["transfer_entropy"].query("mode == 'real_time' and setting == 'primary'")
    rows = rows.assign(p_adjusted=0.01, effective_transfer_entropy=np.linspace(0.01, 0.1, 6))
    widths = edges(transfer_network(rows, NAMES))["width"].tolist()
    assert len(widths) == 6
    assert widths == sorted(widths)
    assert widths[-1] > 2 * widths[0]


def test_edges_to_what_shares_a_series_are_marked_and_not_counted(tables):
    rows = tables["transfer_entropy"].query("mode == 'real_time' and setting == 'primary'")
    rows = rows.assign(p_adjusted=np.where(rows["shares_series"], 0.01, 0.5))
    chart = transfer_network(rows, NAMES)
    assert len(edges(chart))
    assert edges(chart)["shares_series"].all()
    assert "No transfer of information is significant" in chart.description
    assert "over 4 directions" in chart.description
    chart = transfer_network(rows.assign(shares_series=True), NAMES)
    assert "no direction counts" in chart.description


def test_a_network_without_significant_edges_says_so_and_draws_the_nodes(tables):
    chart = transfer_network(tables["transfer_entropy"].assign(p_adjusted=0.2), NAMES)
    assert edges(chart).empty
    assert "No transfer of information is significant" in chart.description
    assert "Echo" in set(chart.beside["inputs"]["name"])
