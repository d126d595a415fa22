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
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.forecasting.diagnostics import TABLES, diagnostic_tables
from sfr_pipeline.report.forecasting.diagnostic_charts import transfer_network
from sfr_pipeline.report.style import to_svg
from sfr_pipeline.storage.validation import violations

N_MONTHS = 180
NAMES = {"sfri": "Risk index", "npoi": "Opinion", "echo": "Echo", "noise": "Noise"}
ROLES = {"sfri": "index", "npoi": "opinion"}
# Enough for what is claimed here.
FEW = {"permutations": 99, "surrogates": 399}


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
def tables(mini):
    # In real time the index starts two years later.
    late = values().copy()
    late.loc[: late.index[23], "sfri"] = np.nan
    return diagnostic_tables(mini, panel_of(late, paper=values()), **FEW)


def test_frames_keep_the_contracts_of_their_tables(tables):
    for table in TABLES:
        assert violations(table, tables[table.name]) == []


def test_residuals_of_the_order_that_aic_chooses_are_tested(mini, tables):
    orders = tables["warning_lag_orders"].query("mode == 'paper'")
    (lags,) = orders.loc[orders["chosen_by_aic"], "lags"]
    assert lags == 1
    rows = tables["nonlinearity_tests"].query("mode == 'paper'")
    assert set(rows["lags"]) == {lags}
    echo = bds(
        residuals(values().to_numpy(), lags)[:, 2],
        distance=1.5, permutations=99, seed=mini.index.seed,
    )["lebaron"]  # fmt: skip
    shown = rows.query("variable == 'echo' and form == 'lebaron' and distance == 1.5")
    np.testing.assert_array_equal(shown["statistic"], echo.statistic)
    np.testing.assert_array_equal(shown["p_bootstrap"], echo.p_permutation)


def test_every_variable_is_tested_in_every_form_dimension_and_distance(tables):
    assert len(tables["nonlinearity_tests"]) == 2 * 4 * 2 * 5 * 2


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


def test_p_values_are_adjusted_over_the_pairs_of_a_mode_and_setting(tables):
    for _, rows in tables["transfer_entropy"].groupby(["mode", "setting"]):
        expected = false_discovery_control(rows["p_value"])
        np.testing.assert_allclose(rows["p_adjusted"], expected)


def test_months_without_all_variables_are_left_out(tables):
    counts = tables["transfer_entropy"].query("setting == 'primary'").groupby("mode")["n_months"]
    assert counts.first().to_dict() == {"paper": N_MONTHS - 1, "real_time": N_MONTHS - 24 - 1}


def test_the_longest_run_of_months_is_taken_where_one_is_missing(mini, caplog):
    gap = values().copy()
    gap.loc[gap.index[50], "noise"] = np.nan
    frames = diagnostic_tables(mini, panel_of(gap), permutations=9, surrogates=9)
    assert set(frames["nonlinearity_tests"]["n_months"]) == {N_MONTHS - 51 - 1}
    assert "of 179 months with all variables the longest run without a gap has 129" in caplog.text


def test_same_seed_gives_the_same_numbers_and_other_roles_none(mini, tables):
    late = values().copy()
    late.loc[: late.index[23], "sfri"] = np.nan
    panel = panel_of(late, paper=values())
    other = panel[panel["variable"] == "noise"].assign(variable="gap_noise", role="gap")
    again = diagnostic_tables(mini, pd.concat([panel, other]), **FEW)
    for table in TABLES:
        pd.testing.assert_frame_equal(again[table.name], tables[table.name])


def test_an_index_alone_gives_empty_tables_that_keep_their_contracts(mini, caplog):
    frames = diagnostic_tables(mini, panel_of(values()[["sfri"]]), **FEW)
    for table in TABLES:
        assert frames[table.name].empty
        assert violations(table, frames[table.name]) == []
    assert "no inputs stand beside the index" in caplog.text
    assert "no pairs" in to_svg(transfer_network(frames["transfer_entropy"], NAMES))


def test_too_few_months_give_no_rows_and_the_log_says_how_many_there_are(mini, caplog):
    frames = diagnostic_tables(mini, panel_of(values()[:59]))
    assert {table.name: len(frames[table.name]) for table in TABLES} == dict.fromkeys(frames, 0)
    assert re.search(r"need 60 months in a row .* there are 59", caplog.text)


def test_inputs_without_an_index_beside_them_give_no_rows(mini):
    panel = panel_of(values())
    frames = diagnostic_tables(mini, panel[panel["role"] != "index"])
    assert all(frame.empty for frame in frames.values())


def test_an_input_that_never_changes_is_named(mini):
    with pytest.raises(EstimationError, match=r"noise of the warning panel .* never changes"):
        diagnostic_tables(mini, panel_of(values().assign(noise=1.0)))


def test_few_months_are_not_asked_for_more_lags_than_they_can_tell_apart(mini):
    frames = diagnostic_tables(mini, panel_of(values()[:63]), permutations=9, surrogates=9)
    # 63 months, three to a coefficient: 21 coefficients, of which one is the intercept.
    assert frames["warning_lag_orders"]["lags"].max() == 5


def edges(figure):
    from matplotlib.patches import FancyArrowPatch

    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]


def test_the_network_draws_the_significant_edges_of_real_time_only(tables):
    figure = transfer_network(tables["transfer_entropy"], NAMES)
    assert len(edges(figure)) == 1
    drawn = to_svg(figure)
    assert all(name in drawn for name in ("Opinion", "Echo", "Noise"))


def test_a_stronger_edge_is_wider(tables):
    rows = tables["transfer_entropy"].query("mode == 'real_time' and setting == 'primary'")
    rows = rows.assign(p_adjusted=0.01, effective_transfer_entropy=np.linspace(0.01, 0.1, 6))
    widths = [edge.get_linewidth() for edge in edges(transfer_network(rows, NAMES))]
    assert widths == sorted(widths)
    assert widths[-1] > 2 * widths[0]


def test_a_network_without_significant_edges_says_so_and_draws_the_nodes(tables):
    rows = tables["transfer_entropy"].assign(p_adjusted=0.2)
    figure = transfer_network(rows, NAMES)
    assert edges(figure) == []
    drawn = to_svg(figure)
    assert "No transfer of information is significant" in drawn
    assert "Echo" in drawn
