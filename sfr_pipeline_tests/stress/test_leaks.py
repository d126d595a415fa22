"""Nothing that happens later reaches an earlier score; a feature that leaks is caught."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.evaluation.auroc import auroc
from sfr_pipeline.evaluation.models import contender, find, lead, models_of
from sfr_pipeline.stress.forward import forward_models, walk
from sfr_pipeline.stress.networks import WINDOW, network_features, plan_classification, training
from sfr_pipeline.stress.sample import Label
from sfr_pipeline.stress.splits import walk_forward_folds
from sfr_pipeline.stress.walk_forward import prediction_rows, run_classifiers, run_model
from sfr_pipeline.training.fitting import fit
from sfr_pipeline_tests.stress import simulated

YEAR = simulated.SETTINGS.first_test_year
# A few days after models were fitted anew: a label that was not known then reaches beyond the cut.
CUT = pd.Timestamp("2006-01-06")
NETWORK = lead("stress")


def folds_of(sample, label, refit_years=1):
    return walk_forward_folds(sample.dates, label, YEAR, refit_years, first_row=WINDOW)


def all_predictions(sample):
    """Every kind of model on F21, networks barely trained."""
    label = sample.labels["F21"]
    seen, folds = network_features(sample), folds_of(sample, label)
    runs = run_classifiers(sample, label, folds, "walk_forward")
    for model in forward_models():
        runs += walk(sample, [label], model, {label.name: folds})[0]
    plan = plan_classification(seen, label, folds_of(sample, label, 2), 1, training(3), [NETWORK])
    runs += plan.finish([fit(task) for task in plan.tasks]).runs
    return prediction_rows("walk_forward", sample, runs, YEAR)


@pytest.fixture(scope="module")
def moves():
    return simulated.returns()


@pytest.fixture(scope="module")
def sample(moves):
    return simulated.sample(moves)


@pytest.fixture(scope="module")
def predictions(sample):
    return all_predictions(sample)


def until(rows, day):
    early = rows.loc[rows["date"] <= day, ["model", "seed", "date", "probability", "score"]]
    return early.reset_index(drop=True)


def poisoned(moves):
    after = moves.index > CUT
    return moves.mask(pd.Series(after, moves.index), 30.0 * moves + 0.05)


def test_scores_up_to_a_day_do_not_change_when_everything_after_it_does(moves, predictions):
    later = all_predictions(simulated.sample(poisoned(moves)))
    pd.testing.assert_frame_equal(until(later, CUT), until(predictions, CUT), check_exact=True)
    # The test can fail: after the cut everything is different.
    same = later["score"].to_numpy() == predictions["score"].to_numpy()
    changed = (predictions["date"] > CUT) & ~predictions["model"].isin(["majority"])
    assert same[changed.to_numpy()].mean() < 0.3


def test_scores_up_to_a_day_do_not_change_when_the_sample_ends_there(moves, predictions):
    ended = all_predictions(simulated.sample(moves[moves.index <= CUT]))
    pd.testing.assert_frame_equal(until(ended, CUT), until(predictions, CUT), check_exact=True)


def test_a_feature_that_leaks_is_caught_by_the_poison(moves):
    def with_leak(of_moves):
        clean = simulated.sample(of_moves)
        tomorrow = np.abs(np.append(of_moves["equity"].to_numpy()[1:], 0.0))
        features = clean.features.copy()
        features[:, clean.names.index("equity_log_rv1")] += tomorrow
        return clean.with_features(features, clean.names)

    def score(of_moves):
        leaking = with_leak(of_moves)
        label = leaking.labels["F21"]
        run = run_model(leaking, label, find("stress", "har"), folds_of(leaking, label))
        return until(prediction_rows("walk_forward", leaking, [run], YEAR), CUT)

    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(score(poisoned(moves)), score(moves), check_exact=True)


def test_every_model_has_one_prediction_for_every_test_day(sample, predictions):
    days = sample.dates[sample.dates.year >= YEAR]
    # Optional are implied volatility, which this market has not, and networks but the lead.
    assert set(predictions["model"]) == {
        model.id for model in models_of("stress") if "walk_forward" in model.required
    }
    for _, rows in predictions.groupby(["model", "seed"]):
        assert rows["date"].tolist() == days.tolist()
    assert not predictions.duplicated(["model", "seed", "date"]).any()


def test_a_day_scored_alone_has_the_bytes_that_it_has_among_others(sample):
    label, seen = sample.labels["F21"], network_features(sample)
    folds = folds_of(sample, label, 2)[:1]
    plan = plan_classification(seen, label, folds, 2, training(3), [NETWORK])
    done = plan.finish([fit(task) for task in plan.tasks])
    trained, rows = [done.trained[NETWORK.id][0]], folds[0].test
    assert (trained[0].log_odds(sample, label, rows)[0] == done.runs[1].log_odds).all()
    trained += [model.create().fit(sample, [label], folds[0].origin) for model in forward_models()]
    for fitted in trained:
        together = fitted.log_odds(sample, label, rows)
        for place in (0, 100, len(rows) - 1):
            alone = fitted.log_odds(sample, label, rows[place : place + 1])
            assert (alone[:, 0] == together[:, place]).all()


def test_models_of_what_follows_a_day_are_fitted_on_what_was_known_at_their_origin(moves, sample):
    later, label = simulated.sample(poisoned(moves)), sample.labels["F21"]
    origin = int(np.searchsorted(sample.dates, CUT, side="right")) - 1
    rows = np.arange(origin - 100, origin + 1)
    for model in forward_models():
        told = [
            model.create().fit(each, [each.labels["F21"]], origin).log_odds(each, label, rows)
            for each in (sample, later)
        ]
        assert (told[0] == told[1]).all(), model.id


def test_a_simulation_reads_no_label(sample):
    label = sample.labels["F21"]
    shuffled = Label("F21", 21, np.random.default_rng(0).permutation(label.values))
    origin, rows = 1500, np.arange(1501, 1561)
    told = [
        contender("stress").create().fit(sample, [each], origin).log_odds(sample, each, rows)
        for each in (label, shuffled)
    ]
    assert (told[0] == told[1]).all()


def test_shifted_labels_leave_nothing_to_find_within_a_year(sample):
    """Circular shifts keep the label's episodes and break its connection with the features."""
    true, draws = sample.labels["F21"], 24
    known = np.flatnonzero(~np.isnan(true.values))
    shifts = np.linspace(120, len(known) - 120, draws).astype(int)
    model, found = find("stress", "har"), []
    for shift in shifts:
        values = true.values.copy()
        values[known] = np.roll(true.values[known], shift)
        label = Label("F21", 21, values)
        run = run_model(sample, label, model, folds_of(sample, label))
        tested = run.rows[~np.isnan(values[run.rows])]
        score = run.score[: len(tested)]
        found.append(auroc(values[tested], score, sample.dates.year.to_numpy()[tested]))
    found = np.array(found)[~np.isnan(found)]
    assert len(found) >= 20
    # Neighbouring shifts are nearly independent: an episode lasts weeks, a step months.
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - 0.5) < 3 * error

    run = run_model(sample, true, model, folds_of(sample, true))
    tested = run.rows[~np.isnan(true.values[run.rows])]
    years = sample.dates.year.to_numpy()[tested]
    assert auroc(true.values[tested], run.score[: len(tested)], years) > 0.5 + 3 * error
