"""Tables of forecasts whose implied values are known, because the forecasts were made here."""

import numpy as np
import pytest

from sfr_pipeline.evaluation.audit import audit, published
from sfr_pipeline.evaluation.audit.process import Process, processes_of
from sfr_pipeline.evaluation.audit.scale import deviation_bounds, root_mean_square_bounds
from sfr_pipeline.evaluation.forecast_metrics import error_variance, ia, mae, rmse, tic
from sfr_pipeline_tests.evaluation.audit.lines import only, table

METRICS = {"rmse": rmse, "mae": mae, "ia": ia, "tic": tic, "error_variance": error_variance}


def printed(actual, forecasts, digits=4):
    """Statistics of forecasts as a paper would print them."""
    return {
        name: {key: f"{metric(actual, own):.{digits}f}" for key, metric in METRICS.items()}
        for name, own in forecasts.items()
    }


def autoregression(n, phi, sd, seed):
    rng = np.random.default_rng(seed)
    values = np.zeros(n)
    for t in range(1, n):
        values[t] = phi * values[t - 1] + sd * rng.standard_normal()
    return values


@pytest.mark.parametrize("seed", range(5))
def test_bounds_from_scores_hold_what_was_forecast(seed):
    rng = np.random.default_rng(seed)
    actual = 0.3 * rng.standard_normal() + autoregression(200, 0.9, 0.1, seed)
    forecasts = {
        "good": actual + 0.05 * rng.standard_normal(200),
        "shifted": actual + 0.2,
        "shrunk": 0.4 * actual,
        "blind": 0.3 * rng.standard_normal(200),
    }
    (group,) = table(printed(actual, forecasts))
    square, deviation = root_mean_square_bounds(group), deviation_bounds(group)
    assert square.low <= np.sqrt(np.mean(actual**2)) <= square.high
    assert deviation.low <= actual.std() <= deviation.high
    assert square.high - square.low < 0.1, "and they say something"


def test_rows_of_different_targets_contradict_each_other():
    small = {"rmse": "0.10", "tic": "0.25"}
    assert [
        found.severity
        for found in audit(table({"a": small, "b": {"rmse": "1.0", "tic": "0.2"}})).faults
    ] == ["contradiction"]
    assert not audit(table({"a": small})).faults


def test_bias_is_told_where_it_carries_the_error():
    actual = autoregression(60, 0.5, 0.1, 1)
    rng = np.random.default_rng(2)
    level = actual + 0.15 + 0.05 * rng.standard_normal(60)
    rows = printed(actual, {"drifted": level}) | {"": {"n": "60"}}
    found = only(audit(table(rows)).findings, "is bias")
    assert found.severity == "doubt"
    assert found.values["bias"] == pytest.approx(abs((level - actual).mean()), abs=5e-4)


def test_a_variance_above_the_squared_error_tells_the_divisor_and_the_number_of_forecasts():
    errors = np.array([1.0, -1.0] * 5)
    rows = printed(np.zeros(10), {"a": errors})
    found = only(audit(table(rows)).findings, "divisor n - 1")
    assert 10 <= found.values["n_at_most"] < 10.1
    rows[""] = {"n": "40"}
    assert only(audit(table(rows)).faults, "vary more than they are large")


def loop_of_no_change(process, n, seed):
    """The process in plain loops, and the mean squared change of it."""
    rng = np.random.default_rng(seed)
    regime, value, changes = 0, 0.0, []
    for _ in range(n):
        regime = rng.choice(len(process.phi), p=process.transition[regime])
        new = process.phi[regime] * value
        new += rng.standard_normal() * process.variances[regime] ** 0.5
        changes.append((new - value) ** 2)
        value = new
    return np.mean(changes)


@pytest.mark.parametrize(
    "process",
    [
        Process("", "", np.array([0.8]), np.array([0.04]), np.ones((1, 1))),
        Process(
            "", "", np.array([0.9, 0.2]), np.array([0.01, 0.5]), np.array([[0.8, 0.2], [0.5, 0.5]])
        ),
    ],
    ids=["plain", "switching"],
)
def test_the_expected_error_of_no_change_is_that_of_the_process(process):
    n = 40_000
    expected = process.no_change_mse
    assert loop_of_no_change(process, n, 3) == pytest.approx(expected, rel=0.05)
    simulated = process.no_change_scores(30, seed=1)["rmse"]
    assert np.mean(simulated**2) == pytest.approx(expected, rel=0.02)


def test_of_one_coefficient_the_error_of_no_change_has_the_closed_form():
    regimes = {
        "one": {"phi": "0.5", "p_stay": "0.9", "sd": "1"},
        "two": {"phi": "0.5", "p_stay": "0.7", "sd": "2"},
    }
    (process,) = processes_of(*table(regimes))
    mean = 0.75 * 1 + 0.25 * 4
    assert process.shares == pytest.approx([0.75, 0.25])
    assert process.no_change_mse == pytest.approx(mean + 0.25 * mean / 0.75)


PROCESS = {"index": {"phi": "0.95", "variance": "0.0100"}}


def test_a_model_that_loses_to_no_change_is_doubted_and_the_doubt_has_its_size():
    actual = autoregression(121, 0.95, 0.1, 4)
    rng = np.random.default_rng(5)
    rows = printed(actual[1:], {"poor": actual[1:] + 0.2 * rng.standard_normal(120)})
    rows[""] = {"n": "120"}
    groups = (*table(PROCESS, name="process"), *table(rows, name="errors"))
    found = only(audit(groups).faults, "no change would have won")
    assert found.values["share_won"] > 0.99
    alone = {"poor": {"rmse": rows["poor"]["rmse"]}}
    groups = (*table(PROCESS, name="process"), *table(alone, name="errors"))
    assert only(audit(groups).faults, "no change is expected to win")


def test_sigma_is_read_as_what_fits_the_scale_of_the_forecasts():
    actual = autoregression(400, 0.9, 0.2, 6)
    rows = printed(actual, {"a": actual + 0.1 * np.random.default_rng(7).standard_normal(400)})
    for sigma, says in (("0.04", "the variance"), ("0.2", "the standard deviation")):
        process = table({"index": {"phi": "0.9", "sigma": sigma}}, name="process")
        found = audit((*process, *table(rows, name="errors"))).findings
        assert only(found, f"sigma is {says}")
        told = only(found, "no change has RMSE")
        assert told.values["sd"] == pytest.approx(0.2 / np.sqrt(1 - 0.81), rel=1e-3)
    both = audit(table({"index": {"phi": "0.9", "sigma": "0.2"}})).findings
    assert len([found for found in both if "no change has RMSE" in found.says]) == 2


def test_a_sound_table_of_forecasts_is_left_alone():
    actual = autoregression(201, 0.3, 0.1, 8)
    model = 0.3 * actual[:-1]
    rows = printed(actual[1:], {"autoregression": model, "mean": np.full(200, 1e-3)})
    rows[""] = {"n": "200"}
    process = table({"index": {"phi": "0.30", "variance": "0.0100"}}, name="process")
    found = audit((*process, *table(rows, split="testing")))
    assert not found.faults
    assert only(found.findings, "no change would have won").values["share_won"] < 0.01


def test_the_same_seed_gives_the_same_audit():
    groups = (*table(PROCESS), *table({"": {"n": "36"}, "a": {"rmse": "0.1"}}, name="errors"))
    assert audit(groups, seed=1) == audit(groups, seed=1)
    assert audit(groups, seed=1) != audit(groups, seed=2)


def test_numbers_of_a_frame_are_audited_like_those_of_a_file():
    rows = [{"table": "T", "row": "a", "statistic": "rmse", "value": 0.25}]
    (group,) = published(rows)
    assert group.rows["a"]["rmse"].value == 0.25
