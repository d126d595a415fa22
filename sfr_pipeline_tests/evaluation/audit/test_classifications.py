"""Tables of classes whose share of events is known, because the days were made here."""

import numpy as np
import pytest

from sfr_pipeline.errors import AuditError
from sfr_pipeline.evaluation.audit import audit
from sfr_pipeline.evaluation.audit.classification import (
    last_label_scores,
    remembered_f1,
    spell_needed,
    spell_of_window,
)
from sfr_pipeline.evaluation.classification_metrics import confusion
from sfr_pipeline_tests.evaluation.audit.lines import faults, only, table


def chain(n, share, spell, seed):
    """Days of a two-state chain with a share of events and a mean run of them."""
    rng = np.random.default_rng(seed)
    end, begin = 1 / spell, share / (spell * (1 - share))
    days = np.empty(n, dtype=bool)
    days[0] = rng.random() < share
    draws = rng.random(n)
    for t in range(1, n):
        days[t] = draws[t] >= end if days[t - 1] else draws[t] < begin
    return days


def printed(label, alarm, digits=3):
    counts = confusion(label, alarm)
    return {name: f"{getattr(counts, name):.{digits}f}" for name in ("accuracy", "recall", "f1")}


def wrong(label, share, seed):
    """The label with a share of days turned round."""
    return label ^ (np.random.default_rng(seed).random(len(label)) < share)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
def test_the_share_of_events_is_found_within_what_rounding_leaves(share):
    label = chain(4000, share, 8, seed=1)
    alarm = wrong(label, 0.15, seed=2)
    found = only(audit(table({"a": printed(label, alarm)})).findings, "of the days are events")
    assert found.values["low"] <= label.mean() <= found.values["high"]
    assert found.values["precision"] == pytest.approx(confusion(label, alarm).precision, abs=0.02)


def test_rows_of_different_days_contradict_each_other():
    few, many = chain(4000, 0.1, 8, seed=3), chain(4000, 0.5, 8, seed=3)
    rows = {"few": printed(few, wrong(few, 0.02, 4)), "many": printed(many, wrong(many, 0.02, 4))}
    assert ("contradiction", "no share of events gives all rows their accuracy, recall and F1") in (
        faults(rows)
    )
    stated = {"few": rows["few"], "": {"prevalence": "0.50"}}
    ((severity, says),) = faults(stated)
    assert severity == "contradiction"
    assert says.startswith("the stated share of events, 0.5, is not that of the scores")


@pytest.mark.parametrize("horizon", [1, 5])
def test_the_last_label_scores_what_its_formula_says(horizon):
    label = chain(200_000, 0.3, 12, seed=5)
    counts = confusion(label[horizon:], label[:-horizon])
    assert last_label_scores(0.3, 12, horizon) == pytest.approx(
        (counts.accuracy, counts.f1), abs=0.01
    )


def test_the_spell_that_is_needed_gives_that_score():
    for horizon in (1, 21):
        spell = spell_needed(0.2, 0.7, horizon)
        assert last_label_scores(0.2, spell, horizon)[1] == pytest.approx(0.7)
    assert spell_needed(0.5, 0.4) == 1


def test_memory_of_the_nearest_training_day_scores_what_its_formula_says():
    label, rng = chain(100_000, 0.4, 10, seed=6), np.random.default_rng(7)
    training = np.flatnonzero(rng.random(len(label)) < 0.8)
    tested = np.setdiff1d(np.arange(100, len(label) - 100), training)
    after = np.searchsorted(training, tested)
    left, right = training[after - 1], training[after]
    nearest = np.where(tested - left <= right - tested, left, right)
    own = confusion(label[tested], label[nearest]).f1
    assert remembered_f1(0.4, 10) == pytest.approx(own, abs=0.01)


@pytest.mark.parametrize(("share", "window"), [(0.5, 21), (0.15, 10)])
def test_a_label_of_a_moving_mean_of_independent_days_lasts_as_long_as_its_formula_says(
    share, window
):
    noise = np.random.default_rng(8).standard_normal(400_000)
    sums = np.convolve(noise, np.ones(window), "valid")
    label = sums > np.quantile(sums, 1 - share)
    runs = label.sum() / (label[1:] & ~label[:-1]).sum()
    assert spell_of_window(share, window) == pytest.approx(runs, rel=0.04)


def test_of_a_balanced_label_the_moving_mean_has_a_closed_form():
    assert spell_of_window(0.5, 21) == pytest.approx(np.pi / np.arccos(1 - 1 / 21))


def test_a_table_that_yesterdays_label_would_win_is_doubted():
    label = chain(5000, 0.45, 30, seed=9)
    rows = {"network": printed(label, wrong(label, 0.1, 10)), "": {"spell": "30"}}
    ((severity, says),) = faults(rows)
    assert severity == "doubt"
    assert says.endswith("nothing shows that a model is needed")
    del rows[""]
    assert not faults(rows), "the table alone does not say how long events last"
    assert faults(rows, label_window=60)


def test_a_score_beyond_the_last_label_that_random_windows_give_away_is_doubted():
    label = chain(5000, 0.1, 20, seed=11)
    rows = {"network": printed(label, wrong(label, 0.01, 12)), "": {"spell": "20", "horizon": "21"}}
    ((severity, says),) = faults(rows)
    assert severity == "doubt"
    assert "no more than random windows give away" in says


def test_a_table_that_blind_rules_would_win_is_doubted():
    rare = {"accuracy": "0.92", "recall": "0.30", "f1": "0.29"}
    assert any("commoner class" in says for _, says in faults({"a": rare}))
    label = chain(5000, 0.8, 5, seed=13)
    rows = {"a": printed(label, np.random.default_rng(14).random(5000) < 0.8)}
    assert any("calling every day an event" in says for _, says in faults(rows))


def test_a_sound_table_of_classes_is_left_alone():
    label = chain(5000, 0.3, 4, seed=15)
    rows = {
        "model": printed(label, wrong(label, 0.03, 16)),
        "rule": printed(label[1:], label[:-1]),
        "": {"spell": "4", "prevalence": f"{label.mean():.2f}", "n": "5000"},
    }
    found = audit(table(rows))
    assert not found.faults
    assert only(found.findings, "less than the best row")


def test_a_window_of_one_day_is_refused():
    with pytest.raises(AuditError, match="label window of 1 days: it reads at least 2"):
        audit(table({"a": {"rmse": "1"}}), label_window=1)
