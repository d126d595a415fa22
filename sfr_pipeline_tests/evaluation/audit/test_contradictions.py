"""Numbers that contradict each other are found, and the same numbers mended are left alone."""

import pytest

from sfr_pipeline_tests.evaluation.audit.lines import faults

CASES = {
    "out of range": ({"ia": "1.20"}, {"ia": "0.20"}, "ia is 1.2"),
    "rmse": ({"rmse": "0.10", "mae": "0.12"}, {"rmse": "0.12", "mae": "0.12"}, "RMSE is below MAE"),
    "stay": (
        {"p_stay": "0.92", "p_leave": "0.12"},
        {"p_stay": "0.92", "p_leave": "0.08"},
        "p_stay and p_leave sum to 1.04",
    ),
    "duration": (
        {"p_stay": "0.900", "duration": "12.0"},
        {"p_stay": "0.900", "duration": "10.0"},
        "a duration of 12 is not that of p_stay",
    ),
    "f1": (
        {"precision": "0.80", "recall": "0.60", "f1": "0.75"},
        {"precision": "0.80", "recall": "0.60", "f1": "0.69"},
        "F1 0.75 is not that of precision and recall",
    ),
    "f1 outside": (
        {"precision": "0.80", "recall": "0.60", "f1": "0.55"},
        {"precision": "0.60", "recall": "0.60", "f1": "0.60"},
        "not even between them",
    ),
    "f1 of no precision": (
        {"recall": "0.50", "f1": "0.70"},
        {"recall": "0.50", "f1": "0.66"},
        "more than any precision gives",
    ),
    "interval": (
        {"estimate": "0.50", "low": "0.10", "high": "0.40"},
        {"estimate": "0.50", "low": "0.10", "high": "0.60"},
        "the interval excludes its estimate",
    ),
    "ends": ({"estimate": "2", "low": "3", "high": "1"}, {"low": "1", "high": "3"}, "ends before"),
    "standard error": (
        {"estimate": "0.40", "standard_error": "0.05", "p_value": "0.10"},
        {"estimate": "0.40", "standard_error": "0.24", "p_value": "0.10"},
        "is not that of an estimate 8.0 standard errors from 0",
    ),
    "p": (
        {"z": "1.50", "p_below": "0.01"},
        {"z": "2.60", "p_below": "0.01"},
        "z = 1.5 has no p-value below 0.01",
    ),
    "extremes": (
        {"min": "-1.0", "mean": "2.0", "max": "1.5"},
        {"min": "-1.0", "mean": "1.0", "max": "1.5"},
        "lies outside its extremes",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_contradiction_is_found_and_a_sound_row_is_not(case):
    broken, sound, says = CASES[case]
    found = faults({"a": broken})
    assert any(severity == "contradiction" and says in told for severity, told in found)
    assert not faults({"a": sound})


def test_shares_of_states_sum_to_one_over_the_rows():
    rows = {"low": {"state_probability": "62.6%"}, "high": {"state_probability": "36.9%"}}
    assert faults(rows) == [("contradiction", "state probabilities sum to 0.995")]
    rows["high"]["state_probability"] = "37.4%"
    assert not faults(rows)


def test_what_rounding_explains_is_no_contradiction():
    thirds = {name: {"state_probability": "0.333"} for name in "abc"}
    assert not faults(thirds)
    assert not faults({"a": {"rmse": "0.10", "mae": "0.10"}})
    assert not faults({"a": {"precision": "0.67", "recall": "0.50", "f1": "0.57"}})


def test_a_statistic_that_is_significant_in_one_tail_alone_is_doubted():
    ((severity, says),) = faults({"a": {"z": "2.431", "p_below": "0.01"}})
    assert severity == "doubt"
    assert "in one tail only" in says


def test_the_smallest_p_of_a_bootstrap_contradicts_no_standard_error():
    assert not faults({"a": {"estimate": "0.6", "standard_error": "0.05", "p_value": "0.001"}})
