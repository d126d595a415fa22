"""Claims about a stress leg with too little history: what it lacks, and that it tells nothing."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.markets import Event
from sfr_pipeline.storage.tables import NPOI, SFRI
from sfr_pipeline.storage.tables import stress as tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline.stress import study as studies
from sfr_pipeline.stress.beginning import WALKED, all_folds, why_no_verdict
from sfr_pipeline.stress.event_scores import event_score_tables
from sfr_pipeline.stress.required import GROUPS, groups_due, missing_rivals
from sfr_pipeline.stress.sample import Label, Sample
from sfr_pipeline.stress.scores import stress_scores
from sfr_pipeline.training.profile import QUICK
from sfr_pipeline_tests.report import stress_frames
from sfr_pipeline_tests.stress.daily_market import daily_market

SETTINGS = daily_market(labels={"horizons": [5, 21, 63]}).stress
CRASH = Event(
    id="crash", name="Crash", onset=dt.date(2006, 5, 10), severity="severe", source="simulated",
    status="verified",
)  # fmt: skip
NAMES = (*WALKED, "D50")


def labels_of(days, known_from=0):
    """Labels of all days from one on, stressed in every other month."""
    values = (days.month % 2).to_numpy(dtype=float)
    values[:known_from] = np.nan
    return {
        name: Label(name, int(name[1:]) if name.startswith("F") else 0, values) for name in NAMES
    }


def test_folds_begin_with_the_first_day_of_the_first_test_year():
    days = pd.bdate_range("2000-01-03", "2002-12-31")
    with pytest.raises(
        TooShortError, match="judged from 2003 on, and the prices end on 2002-12-31"
    ):
        all_folds(SETTINGS, days, labels_of(days))
    days = pd.bdate_range("2000-01-03", "2003-01-01")
    folds = all_folds(SETTINGS, days, labels_of(days))
    assert [fold.scored for fold in folds.yearly["F21"]] == [False, True]
    assert set(folds.paper) == {"paper", "paper_random"}


def test_a_label_without_days_or_with_too_few_is_named_with_what_is_needed():
    days = pd.bdate_range("2000-01-03", "2003-03-31")
    without = {name: label for name, label in labels_of(days).items() if name != "D90"}
    with pytest.raises(TooShortError, match="needs days with label D90 and has none in 846"):
        all_folds(SETTINGS, days, without)
    # Of 521 days before 2002 the first 400 have no label; 5 are purged and 5 an embargo.
    with pytest.raises(TooShortError, match=r"needs 126 known days of label F5 .* and has 111"):
        all_folds(SETTINGS, days, labels_of(days, known_from=400))


def test_a_horizon_that_the_catalogue_leaves_out_is_named():
    days = pd.bdate_range("2000-01-03", "2003-03-31")
    with pytest.raises(EstimationError, match=r"add 63 to stress\.labels\.horizons") as refused:
        all_folds(daily_market().stress, days, labels_of(days))
    # Waiting does not mend it.
    assert not isinstance(refused.value, TooShortError)


def test_a_study_that_has_not_begun_tells_nothing_in_tables_that_keep_their_contracts():
    days = pd.bdate_range("2000-01-03", "2000-06-30")
    nothing = np.empty((len(days), 0))
    missing = np.full(len(days), np.nan)
    sample = Sample(
        days, nothing, (), ("equity",), labels_of(days), {}, missing, missing[:, None], 2
    )
    study = studies.prepare(sample, SETTINGS, QUICK)
    assert study.waits == (
        "Daily stress is judged from 2003 on, and the prices end on 2000-06-30: it begins in 2003."
    )
    plans = studies.plan_networks(study)
    assert studies.tasks_of(plans) == []
    without, networks = studies.run_without_networks(study), studies.finish_networks(plans, [])
    frames = {
        tables.STRESS_PREDICTIONS: studies.assemble(study, [without, networks]),
        tables.STRESS_TRAINING_HISTORY: networks.history,
        tables.STRESS_ROBUSTNESS: studies.robustness(study, without, networks),
    }
    for table, frame in frames.items():
        assert frame.empty
        assert violations(table, frame) == []
    assert studies.newest_models(study, [without, networks]) == []


def test_days_whose_outcome_is_to_come_are_not_judged_and_not_missed():
    frames = stress_frames.daily_tables()
    predictions = frames["stress_predictions"]
    coming = predictions.assign(actual=pd.array([pd.NA] * len(predictions), dtype="Int64"))
    scores = stress_scores(coming, tables.STRESS_LABELS.empty(), 2004, draws=2)
    assert scores.empty
    assert violations(tables.STRESS_SCORES, scores) == []
    assert groups_due(coming) == []
    assert missing_rivals(scores, groups_due(coming)) == []
    assert why_no_verdict(daily_market(), {"stress_scores": scores}) == (
        "Daily stress is judged from 2003 on, and 21 trading days are not yet over after any of "
        "its days."
    )


@pytest.mark.parametrize("events", [[], [CRASH]])
def test_indices_that_have_not_begun_warn_of_nothing(events):
    monthly = {"sfri": SFRI.empty(), "npoi": NPOI.empty()}
    found = event_score_tables(events, tables.STRESS_PREDICTIONS.empty(), monthly)
    for table, frame in zip((tables.EVENT_SCORES, tables.ALARM_SCORES), found, strict=True):
        assert frame.empty
        assert violations(table, frame) == []


def test_a_group_is_due_as_soon_as_one_of_its_days_is_known():
    predictions = stress_frames.daily_tables()["stress_predictions"]
    known = predictions[predictions["actual"].notna()]
    found = {*known[["protocol", "label"]].itertuples(index=False, name=None)}
    due = groups_due(predictions)
    assert due == [group for group in GROUPS if group[:2] in found]
    assert due[0] == ("walk_forward", "F21", "all", "all")
    lacks = missing_rivals(tables.STRESS_SCORES.empty(), due)
    assert lacks[0] == "walk_forward, F21, all, all: not judged at all"
