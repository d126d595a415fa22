"""Scores of forecasts: each is what its name says, and too little is not judged."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation import forecast_metrics as metrics
from sfr_pipeline.evaluation.forecast_tests import diebold_mariano
from sfr_pipeline.forecasting.samples import systemic_months
from sfr_pipeline.forecasting.scores import (
    GROUPS,
    groups_due,
    left_out,
    missing_rivals,
    score_rows,
)
from sfr_pipeline_tests.forecasting.simulated import both_protocols, forecasts

LEG = ["protocol", "split", "target", "horizon", "period"]


@pytest.fixture(scope="module")
def made():
    return both_protocols()


@pytest.fixture(scope="module")
def scored(mini, made):
    return score_rows(mini, made)


def headline(scored, **labels):
    """One group by model."""
    labels = {
        "protocol": "real_time",
        "target": "basket",
        "horizon": 1,
        "period": "all",
    } | labels
    chosen = (scored[list(labels)] == pd.Series(labels)).all(axis=1)
    return scored[chosen].set_index("model")


def realised(made, model, seed=-1, horizon=1):
    rows = made[
        (made["protocol"] == "real_time")
        & (made["horizon"] == horizon)
        & (made["model"] == model)
        & (made["seed"] == seed)
    ].dropna(subset="actual_change")
    return rows["actual_change"].to_numpy(), rows["change"].to_numpy(), rows


def test_every_group_stands_for_all_months_and_without_systemic_events(scored):
    groups = set(scored[LEG].itertuples(index=False, name=None))
    expected = {
        ("real_time", "test", target, horizon, period)
        for target in ("basket", "published")
        for horizon in (1, 3)
        for period in ("all", "without_systemic")
    } | {("paper", "test", "index", 1, period) for period in ("all", "without_systemic")}
    assert groups == expected


def test_errors_are_those_of_the_changes_and_agreement_that_of_levels(scored, made):
    row = headline(scored).loc["ridge"]
    actual, change, rows = realised(made, "ridge")
    start = rows["index_at_origin"].to_numpy()
    assert row["n_forecasts"] == len(actual) == 149
    assert row["rmse"] == pytest.approx(np.sqrt(np.mean((actual - change) ** 2)))
    assert row["mae"] == pytest.approx(np.abs(actual - change).mean())
    assert row["ia"] == pytest.approx(metrics.ia(start + actual, start + change))
    assert row["tic"] == pytest.approx(metrics.tic(start + actual, start + change))
    assert row["coverage"] == pytest.approx((np.abs(actual - change) <= 0.5).mean())


def test_skill_is_held_against_no_change(scored, made):
    group = headline(scored)
    actual, change, _ = realised(made, "transformer")
    ratio = np.sqrt(np.mean((actual - change) ** 2) / np.mean(actual**2))
    row = group.loc["transformer"]
    assert row["rmse_ratio"] == pytest.approx(ratio)
    assert row["skill"] == pytest.approx(1 - ratio)
    assert row["r2_oos"] == pytest.approx(1 - ratio**2)
    assert row["ratio_low"] < ratio < row["ratio_high"]
    statistic, p_value = diebold_mariano(actual - change, actual)
    assert (row["dm_no_change"], row["p_no_change"]) == pytest.approx((statistic, p_value))
    nothing = group.loc["no_change"]
    assert (nothing["rmse_ratio"], nothing["ratio_low"], nothing["ratio_high"]) == (1, 1, 1)
    assert nothing[["dm_no_change", "p_clark_west", "direction_hits"]].isna().all()


def test_a_verdict_needs_a_test(scored):
    verdicts = headline(scored)["beats_no_change"]
    assert verdicts.to_dict() == {
        "ar1": "undecided",
        "bp": "no",
        "expanding_mean": "no",
        "markov_switching": "yes",
        "no_change": "benchmark",
        "ridge": "yes",
        "ridge_changes": "yes",
        "transformer": "yes",
    }


def test_the_best_model_stays_in_the_confidence_set_and_shows_superior_ability(scored):
    group = headline(scored)
    assert group["p_mcs"].idxmax() == "ridge_changes"
    assert group.loc["expanding_mean", "p_mcs"] < 0.01
    assert (group["p_spa"] < 0.01).all()


def test_the_published_target_is_judged_by_published_changes(scored, made):
    _, change, rows = realised(made, "ridge_changes")
    published = rows["published_change"].to_numpy()
    group = headline(scored, target="published")
    assert group.loc["ridge_changes", "rmse"] == pytest.approx(metrics.rmse(published, change))


def test_seeds_have_their_spread_and_their_mean_is_judged(scored, made):
    row = headline(scored).loc["bp"]
    singles = [metrics.rmse(*realised(made, "bp", seed)[:2]) for seed in range(5)]
    assert row["n_seeds"] == 5
    assert row["rmse_seed_mean"] == pytest.approx(np.mean(singles))
    assert row["rmse_seed_sd"] == pytest.approx(np.std(singles, ddof=1))
    assert (row["rmse_seed_min"], row["rmse_seed_max"]) == pytest.approx(
        (min(singles), max(singles))
    )
    # The ensemble's error is no mean of its seeds'.
    assert row["rmse"] < row["rmse_seed_mean"]
    assert headline(scored).loc["ridge", "n_seeds"] == 1


@pytest.mark.parametrize("horizon", [1, 3])
def test_mase_divides_by_the_changes_known_at_each_origin(scored, made, horizon):
    actual, change, rows = realised(made, "ridge", horizon=horizon)
    index = rows["index_at_origin"].to_numpy()
    moves = np.abs(index[horizon:] - index[:-horizon])
    known = np.cumsum(moves) / np.arange(1, len(moves) + 1)
    expected = np.abs(actual - change)[horizon:].mean() / known.mean()
    assert headline(scored, horizon=horizon).loc["ridge", "mase"] == pytest.approx(expected)


def test_an_origin_that_one_model_misses_is_judged_for_nobody(mini, made):
    gone = (made["model"] == "markov_switching") & (made["origin"] < "2006-01-01")
    holed = made[~gone & (made["protocol"] == "real_time")]
    scored = score_rows(mini, holed)
    assert set(headline(scored)["n_forecasts"]) == {143}
    # Three months ahead nobody misses any; 150 origins less 3 without an outcome.
    assert set(headline(scored, horizon=3)["n_forecasts"]) == {147}
    counts = left_out(holed).set_index(["target", "horizon"])["n_left_out"]
    assert counts.to_dict() == {
        ("basket", 1): 6,
        ("published", 1): 6,
        ("basket", 3): 0,
        ("published", 3): 0,
    }


def test_a_seed_with_a_gap_does_not_count(mini, made):
    gap = (made["model"] == "bp") & (made["seed"] == 4) & (made["origin"] == "2006-01-31")
    scored = score_rows(mini, made[~gap & (made["protocol"] == "paper")])
    assert headline(scored, protocol="paper", target="index").loc["bp", "n_seeds"] == 4
    assert any("bp has fewer than 5 seeds" in line for line in missing_rivals(scored))


def test_systemic_months_run_from_the_onset_to_the_end_or_half_a_year(mini):
    lehman = next(event for event in mini.events if event.severity == "systemic")

    def months(**changes):
        events = [lehman.model_copy(update=changes)]
        return systemic_months(mini.model_copy(update={"events": events})).astype(str).tolist()

    assert months() == ["2008-09", "2008-10"]
    assert months(end=None) == [f"2008-{m:02d}" for m in range(9, 13)] + [
        "2009-01",
        "2009-02",
        "2009-03",
    ]
    assert months(severity="severe") == []


def test_forecasts_that_span_a_systemic_month_are_left_out(mini, scored, made):
    """Targets 2008-09 and 2008-10; three months ahead also those that pass over them."""
    assert headline(scored, period="without_systemic")["n_forecasts"].iloc[0] == 149 - 2
    group = headline(scored, horizon=3, period="without_systemic")
    assert group["n_forecasts"].iloc[0] == 147 - 4
    actual, change, rows = realised(made, "ridge")
    kept = ~rows["ref_date"].isin(pd.to_datetime(["2008-09-30", "2008-10-31"])).to_numpy()
    assert headline(scored, period="without_systemic").loc["ridge", "rmse"] == pytest.approx(
        metrics.rmse(actual[kept], change[kept])
    )


def test_without_systemic_events_there_is_one_period(mini, made):
    calm = mini.model_copy(update={"events": []})
    assert set(score_rows(calm, made[made["protocol"] == "paper"])["period"]) == {"all"}


def test_a_model_shrunk_to_no_change_is_tested_and_undecided(mini, made):
    shrunk = made[made["protocol"] == "paper"].copy()
    shrunk.loc[shrunk["model"] == "transformer", "change"] = 0.0
    scored = score_rows(mini, shrunk)
    row = headline(scored, protocol="paper", target="index").loc["transformer"]
    assert (row["dm_no_change"], row["p_no_change"], row["rmse_ratio"]) == (0, 1, 1)
    assert row["p_clark_west"] == 1
    assert row[["direction_hits", "p_direction"]].isna().all()
    assert row["beats_no_change"] == "undecided"
    assert not [line for line in missing_rivals(scored) if "transformer has" in line]


def test_forecasts_of_one_sign_show_no_skill_of_direction(mini, made):
    upward = made[made["protocol"] == "paper"].copy()
    upward.loc[upward["model"] == "transformer", "change"] = 0.1
    row = headline(score_rows(mini, upward), protocol="paper", target="index").loc["transformer"]
    actual = upward.loc[upward["model"] == "no_change", "actual_change"].dropna()
    assert row["direction_hits"] == pytest.approx((actual > 0).mean())
    assert row["p_direction"] == 1


def test_outcomes_to_come_change_no_score(mini, made, scored):
    """The last forecasts have no outcome yet; what they say must not matter."""
    moved = made[made["protocol"] == "paper"].copy()
    pending = moved["actual_change"].isna()
    moved.loc[pending, ["change", "forecast", "low", "high"]] = 1e6
    before = scored[scored["protocol"] == "paper"].reset_index(drop=True)
    pd.testing.assert_frame_equal(score_rows(mini, moved), before)


def test_too_few_forecasts_are_not_judged(mini, made):
    few = made[(made["protocol"] == "real_time") & (made["origin"] < "2006-06-01")]
    assert score_rows(mini, few)["n_forecasts"].unique().tolist() == []  # 11 outcomes
    assert groups_due(few) == []
    assert missing_rivals(score_rows(mini, few), groups_due(few)) == []


def test_a_group_is_due_with_its_twelfth_outcome_and_may_then_not_lack(mini, made):
    enough = made[(made["protocol"] == "real_time") & (made["origin"] < "2006-07-01")]
    assert groups_due(enough) == [("real_time", "test", "basket", 1, "all")]
    # Of the paper's split these forecasts hold the test part alone.
    assert groups_due(made) == list(GROUPS[:2])
    nothing = score_rows(mini, enough).head(0)
    assert missing_rivals(nothing, groups_due(enough)) == [
        "real_time, test, basket, horizon 1, all: not judged at all"
    ]


def test_on_random_walks_models_without_knowledge_do_not_beat_no_change(mini):
    rng = np.random.default_rng(99)
    verdicts, superior = [], []
    for seed in range(4):
        made = forecasts("paper", n=90, start="2010-01", seed=seed)
        nothing = made[made["model"] == "no_change"]
        guesses = [
            nothing.assign(model=f"guess_{number:02}", change=rng.normal(0, 0.02, len(nothing)))
            for number in range(20)
        ]
        scored = score_rows(mini, pd.concat([nothing, *guesses]))
        verdicts += scored["beats_no_change"].tolist()
        superior.append(scored["p_spa"].iloc[0])
    # At 5 % two-sided, 2.5 % of equals would be called better: 2 of these 80.
    assert verdicts.count("yes") <= 5
    assert min(superior) > 0.05


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (lambda f: f[f["model"] != "no_change"], r"no forecast of no_change"),
        (lambda f: f[(f["model"] != "bp") | (f["seed"] >= 0)], r"bp has single seeds but no mean"),
        (lambda f: f.assign(actual_change=0.0), r"no change is never wrong"),
    ],
)
def test_what_cannot_be_judged_is_refused(mini, made, broken, expected):
    with pytest.raises(EstimationError, match=expected):
        score_rows(mini, broken(made[made["protocol"] == "paper"]))
