from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from sfr_pipeline.evaluation.classification_metrics import (
    auprc,
    brier,
    brier_skill,
    calibration,
    confusion,
    share_interval,
)

SCORES = {
    "accuracy": reference.accuracy_score,
    "precision": reference.precision_score,
    "recall": reference.recall_score,
    "f1": reference.f1_score,
    "balanced_accuracy": reference.balanced_accuracy_score,
    "mcc": reference.matthews_corrcoef,
}


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    probability = rng.beta(1, 6, 800)
    return rng.random(800) < probability, probability


@pytest.mark.parametrize("name", SCORES)
def test_scores_of_alarms_are_scikit_learn_s(sample, name):
    label, probability = sample
    alarm = probability > 0.2
    assert getattr(confusion(label, alarm), name) == pytest.approx(SCORES[name](label, alarm))


def test_scores_without_anything_to_count_are_missing():
    silent = confusion([True, False, False], [False, False, False])
    assert np.isnan(silent.precision)
    assert (silent.recall, silent.f1, silent.mcc) == (0, 0, 0)
    assert silent.accuracy == pytest.approx(2 / 3)
    quiet = confusion([False, False], [True, False])
    assert np.isnan([quiet.recall, quiet.balanced_accuracy, quiet.relative_usefulness(0.9)]).all()


def test_usefulness_of_a_worked_example():
    """10 events, 7 called; 90 quiet points, 18 called: missed .3, false .2."""
    label = np.repeat([True, False], [10, 90])
    alarm = np.concatenate([np.repeat([True, False], [7, 3]), np.repeat([True, False], [18, 72])])
    table = confusion(label, alarm)
    # Sarlin: loss .9 * .1 * .3 + .1 * .9 * .2 = .045 against min(.9 * .1, .1 * .9) = .09.
    assert table.relative_usefulness(0.9) == pytest.approx(0.5)
    # At .5 never is the better blind rule: loss .5 * .03 + .5 * .18 = .105 against .05.
    assert table.relative_usefulness(0.5) == pytest.approx(1 - 0.105 / 0.05)


@given(st.floats(0.05, 0.95), st.integers(0, 1000))
def test_a_perfect_rule_is_fully_useful_and_blind_rules_never_are(preference, seed):
    label = np.random.default_rng(seed).random(60) < 0.3
    label[:2] = True, False
    assert confusion(label, label).relative_usefulness(preference) == pytest.approx(1)
    for blind in (np.ones(60), np.zeros(60)):
        assert confusion(label, blind).relative_usefulness(preference) <= 1e-9


def test_average_precision_of_a_blind_score_is_the_base_rate(sample):
    label, probability = sample
    assert auprc(label, np.ones(800)) == pytest.approx(label.mean())
    assert auprc(label, probability) > label.mean()
    assert np.isnan(auprc(np.zeros(3), [0.1, 0.2, 0.3]))


def test_brier_score_and_skill(sample):
    label, probability = sample
    assert brier(label, probability) == pytest.approx(
        reference.brier_score_loss(label, probability)
    )
    assert brier([True, False], [0.8, 0.4]) == pytest.approx((0.04 + 0.16) / 2)
    assert brier_skill(label, probability, label.mean()) > 0
    assert brier_skill(label, np.full(800, 0.3), np.full(800, 0.3)) == 0
    assert brier_skill(label, label, label.mean()) == 1
    assert np.isnan(brier_skill(label, probability, label))


def test_brier_is_reliability_less_resolution_plus_uncertainty():
    """Murphy's identity is exact where forecasts take few values, each a group of its own."""
    rng = np.random.default_rng(2)
    probability = rng.choice([0.05, 0.1, 0.3, 0.7], 500)
    label = rng.random(500) < probability**0.8
    parts = calibration(label, probability, bins=50)
    assert parts.n_points.tolist() == np.unique(probability, return_counts=True)[1].tolist()
    assert parts.reliability - parts.resolution + parts.uncertainty == pytest.approx(
        brier(label, probability)
    )


def test_groups_are_of_equal_size_and_in_order(sample):
    parts = calibration(*sample)
    assert parts.n_points.tolist() == [80] * 10
    assert (np.diff(parts.probability) > 0).all()
    assert parts.n_points @ parts.frequency == pytest.approx(sample[0].sum())


def test_calibration_sees_exaggeration(sample):
    label, probability = sample
    honest = calibration(label, probability)
    bold = calibration(label, np.sqrt(probability))
    assert honest.reliability < 0.003
    assert bold.reliability > 10 * honest.reliability
    # The order is the same, so the groups are.
    assert bold.resolution == pytest.approx(honest.resolution)


def test_calibration_error_by_hand():
    label, probability = [True, False, False, True], [0.2, 0.2, 0.9, 0.9]
    parts = calibration(label, probability, bins=2)
    assert parts.reliability == pytest.approx(0.5 * 0.09 + 0.5 * 0.16)
    assert (parts.resolution, parts.uncertainty) == (0, 0.25)


@pytest.mark.parametrize(("successes", "trials"), [(1, 3), (4, 9), (0, 5), (5, 5)])
def test_the_ends_of_a_share_leave_the_level_s_tails(successes, trials):
    low, high = share_interval(successes, trials)
    # By the binomial distribution written out: so many successes or more from the lower end, so
    # many or fewer from the upper one, have the chance of one tail.
    at_least = sum(_binomial(k, trials, low) for k in range(successes, trials + 1))
    at_most = sum(_binomial(k, trials, high) for k in range(successes + 1))
    assert at_least == pytest.approx(0.025 if successes else 1)
    assert at_most == pytest.approx(0.025 if successes < trials else 1)
    assert low <= successes / trials <= high


def test_no_trials_have_no_interval():
    assert np.isnan(share_interval(0, 0)).all()


def _binomial(successes, trials, chance):
    return comb(trials, successes) * chance**successes * (1 - chance) ** (trials - successes)
