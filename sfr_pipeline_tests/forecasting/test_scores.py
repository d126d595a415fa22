"""Scores of forecasts: each is what its name says, and too little is not judged."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation import forecast_metrics as metrics
from sfr_pipeline.evaluation import models
from sfr_pipeline.evaluation.forecast_tests import (
    coroneo_iacone,
    diebold_mariano,
    rmse_ratio_interval,
)
from sfr_pipeline.evaluation.joint_tests import spa_p_value
from sfr_pipeline.forecasting.required import GROUPS, groups_due, missing_rivals
from sfr_pipeline.forecasting.samples import systemic_months
from sfr_pipeline.forecasting.scores import left_out, score_rows
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
    losses = (actual - change) ** 2
    assert (row["ratio_low"], row["ratio_high"]) == rmse_ratio_interval(losses, actual**2)
    tested = coroneo_iacone(losses - actual**2)
    assert (row["t_no_change"], row["p_no_change"]) == pytest.approx(tested)
    older = diebold_mariano(actual - change, actual)
    assert (row["dm_no_change"], row["p_dm_no_change"]) == pytest.approx(older)
    nothing = group.loc["no_change"]
    assert (nothing["rmse_ratio"], nothing["ratio_low"], nothing["ratio_high"]) == (1, 1, 1)
    missing = ["t_no_change", "dm_no_change", "p_clark_west", "direction_hits"]
    assert nothing[missing].isna().all()


VERDICTS = {
    "ar1": "undecided", "bp": "no", "expanding_mean": "no", "markov_switching": "yes",
    "no_change": "benchmark", "ridge": "yes", "ridge_changes": "yes", "transformer": "yes",
}  # fmt: skip


def test_a_verdict_needs_a_test(scored):
    assert headline(scored)["beats_no_change"].to_dict() == VERDICTS


def test_without_a_better_naive_row_the_bar_is_no_change(scored):
    group = headline(scored)
    assert set(group["bar"]) == {"no_change"}
    assert (group["beats_bar"].replace("bar", "benchmark") == group["beats_no_change"]).all()
    for bar, old in (("bar_ratio", "rmse_ratio"), ("p_bar", "p_no_change"), ("p_spa_bar", "p_spa")):
        pd.testing.assert_series_equal(group[bar], group[old], check_names=False)
    assert group["why_undecided"].dropna().to_dict() == {"ar1": "own_test"}


def test_the_verdict_is_held_against_the_better_naive_row(mini, made, monkeypatch):
    """What beats no change may not beat a naive row that knows as much; here it is the ridge."""
    monkeypatch.setattr(models, "MODELS", tuple(
        replace(model, bar=True) if model.id == "ridge" else model for model in models.MODELS
    ))  # fmt: skip
    group = headline(score_rows(mini, made[made["horizon"] == 1]))
    assert set(group["bar"]) == {"ridge"}
    verdicts = group["beats_bar"]
    assert verdicts["ridge"] == "bar"
    assert (verdicts["ridge_changes"], verdicts["no_change"]) == ("yes", "no")
    assert verdicts["markov_switching"] == "undecided"
    assert group["beats_no_change"].to_dict() == VERDICTS
    actual, change, _ = realised(made, "transformer")
    _, of_ridge, _ = realised(made, "ridge")
    losses, bar = (actual - change) ** 2, (actual - of_ridge) ** 2
    row = group.loc["transformer"]
    assert row["bar_ratio"] == pytest.approx(np.sqrt(losses.sum() / bar.sum()))
    assert (row["bar_low"], row["bar_high"]) == rmse_ratio_interval(losses, bar)
    assert row["p_bar"] == pytest.approx(coroneo_iacone(losses - bar)[1])
    assert np.isnan(group.loc["ridge", "p_bar"])


def test_nobody_beats_the_bar_alone_where_the_test_over_all_models_does_not_allow_it(mini):
    """One model with a little knowledge: among forty that have none it may be the luckiest."""
    rng = np.random.default_rng(3)
    made = forecasts("paper", seed=2)
    nothing = made[made["model"] == "no_change"]
    steps = nothing["actual_change"].fillna(0)
    lucky = nothing.assign(model="lucky", change=0.05 * steps + rng.normal(0, 0.04, len(steps)))
    guesses = [
        nothing.assign(model=f"guess_{number:02}", change=rng.normal(0, 0.04, len(steps)))
        for number in range(40)
    ]
    alone = score_rows(mini, pd.concat([nothing, lucky]))
    alone = headline(alone, protocol="paper", target="index").loc["lucky"]
    assert alone["p_bar"] < 0.05
    assert alone["beats_bar"] == alone["beats_no_change"] == "yes"
    among = score_rows(mini, pd.concat([nothing, lucky, *guesses]))
    among = headline(among, protocol="paper", target="index").loc["lucky"]
    assert among["p_bar"] == alone["p_bar"]
    assert among["p_spa_bar"] > 0.05
    assert among["beats_bar"] == among["beats_no_change"] == "undecided"
    assert among["why_undecided"] == "all_models"


def test_every_row_states_its_refit_interval(mini, made, scored):
    assert headline(scored)["refit_months"].to_dict() == {
        model: 12 if model in ("bp", "transformer") else 1 for model in headline(scored).index
    }
    once = made[made["protocol"] == "paper"].assign(
        refit_months=pd.array([pd.NA] * (made["protocol"] == "paper").sum(), dtype="Int64")
    )
    assert score_rows(mini, once)["refit_months"].isna().all()


def test_the_joint_test_is_over_all_models_of_the_group(scored, made, mini):
    losses = {}
    for model in headline(scored).index:
        actual, change, _ = realised(made, model)
        losses[model] = (actual - change) ** 2
    first = losses.pop("no_change")
    expected = spa_p_value(first, np.stack(list(losses.values())).T, seed=mini.index.seed)
    assert set(headline(scored)["p_spa"]) == {expected}


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
    assert (row["t_no_change"], row["p_no_change"], row["rmse_ratio"]) == (0, 1, 1)
    assert (row["dm_no_change"], row["p_dm_no_change"], row["p_clark_west"]) == (0, 1, 1)
    assert (row["ratio_low"], row["ratio_high"]) == (1, 1)
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
    # Of those none may stand, as the test over all models rejects in none of the four.
    assert verdicts.count("yes") == 0
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
