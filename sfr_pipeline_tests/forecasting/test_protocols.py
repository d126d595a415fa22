"""The two protocols: which fit forecasts what, and the tables that come of it."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics import MarkovSwitching
from sfr_pipeline.engine import Local
from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.evaluation import models
from sfr_pipeline.evaluation.intervals import MIN_ERRORS
from sfr_pipeline.evaluation.models import models_of
from sfr_pipeline.forecasting import study as studies
from sfr_pipeline.forecasting.fan import fan_rows
from sfr_pipeline.forecasting.latest import explain_latest
from sfr_pipeline.forecasting.origins import Targets
from sfr_pipeline.forecasting.paper_protocol import paper_sample
from sfr_pipeline.forecasting.real_time_protocol import real_time_sample
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline.training.profile import QUICK
from sfr_pipeline_tests.forecasting.both_ways import ratio
from sfr_pipeline_tests.forecasting.economies import nonlinear
from sfr_pipeline_tests.forecasting.small_models import small_models

# Networks are hardly trained, other models small: nothing here depends on what they learn.
PROFILE = replace(
    QUICK,
    seeds=2,
    forecasting_refit_months=15,
    forecasting_rare_refit_months=30,
    forecasting_epochs=1,
)
N_MONTHS, FIRST = 140, 100


def running(protocol, network=None):
    """Records that run under a protocol; of networks alone, or of all but them, where asked."""
    return [
        model
        for model in models_of("forecasting")
        if model.runs_under(protocol) and network in (None, model.network)
    ]


@pytest.fixture(scope="module")
def economy():
    return nonlinear(N_MONTHS, seed=5)


@pytest.fixture(scope="module")
def origins(economy):
    return economy.origins(FIRST)


@pytest.fixture(scope="module")
def study(economy, origins):
    return studies.prepare(origins, economy.targets(FIRST), economy.panel(), PROFILE)


@pytest.fixture(scope="module")
def with_networks(study):
    return studies.forecast_with_networks(study, engine=Local(1))


@pytest.fixture(scope="module")
def forecasts(study, with_networks):
    with small_models():
        without = studies.forecast_without_networks(study)
    return studies.assemble(study, [without, with_networks[0]])


def test_forecasts_and_loss_curves_keep_the_contracts_of_their_tables(forecasts, with_networks):
    assert violations(tables.FORECASTS, forecasts) == []
    assert violations(tables.TRAINING_HISTORY, with_networks[1]) == []


def test_there_is_one_forecast_for_each_target_month(forecasts):
    counts = forecasts.groupby(["protocol", "model", "seed", "horizon"]).size().unstack("protocol")
    assert set(counts["real_time"].dropna()) == {N_MONTHS - FIRST + 1}
    assert set(counts["paper"].dropna()) == {N_MONTHS - 6}
    ahead = forecasts["ref_date"].dt.to_period("M") - forecasts["origin"].dt.to_period("M")
    assert (ahead.map(lambda offset: offset.n) == forecasts["horizon"]).all()


def test_every_model_forecasts_next_month_in_real_time_and_the_contender_half_a_year(forecasts):
    real_time = forecasts[forecasts["protocol"] == "real_time"]
    longest = real_time.groupby("model")["horizon"].max()
    assert longest.to_dict() == {
        model.id: model.months_ahead or 6 for model in running("real_time")
    }
    baselines = ["no_change", "month_end", "ar1", "expanding_mean", "ridge", "var"]
    assert (longest[[*baselines, "ridge_changes"]] == 6).all()
    rest = ["markov_switching", "bp", "svm", "random_forest", "transformer", "transformer_changes"]
    assert (longest[rest] == 1).all()


def test_the_contenders_are_no_part_of_the_papers_experiment(forecasts):
    paper = forecasts[forecasts["protocol"] == "paper"]
    assert set(paper["model"]) == {model.id for model in running("paper")}
    assert set(paper["model"]).isdisjoint({"ridge_changes", "transformer_changes"})
    assert set(paper["horizon"]) == {1}


def test_seed_minus_one_is_the_mean_over_the_seeds(forecasts):
    by_seed = forecasts.pivot(
        index=["protocol", "model", "origin", "horizon"], columns="seed", values="forecast"
    )
    random = by_seed.dropna()
    found = set(random.index.get_level_values("model"))
    assert found == {model.id for model in models_of("forecasting") if model.random}
    assert found >= {"bp", "random_forest", "transformer", "transformer_changes"}
    np.testing.assert_allclose(random[-1], random[[0, 1]].mean(axis=1))
    assert by_seed[-1].notna().all()


def test_levels_are_the_published_index_and_the_forecast_change(forecasts, economy, origins):
    np.testing.assert_allclose(
        forecasts["forecast"], forecasts["index_at_origin"] + forecasts["change"]
    )
    first = forecasts[forecasts["protocol"] == "real_time"].drop_duplicates("origin")
    np.testing.assert_array_equal(first["index_at_origin"], [each.published for each in origins])


def test_the_month_end_forecasts_what_its_last_days_say_at_every_horizon(forecasts, origins):
    rows = forecasts.query("protocol == 'real_time' and model == 'month_end'")
    for _, ahead in rows.groupby("horizon"):
        np.testing.assert_array_equal(
            ahead.sort_values("origin")["change"], [each.month_end_change for each in origins]
        )


def test_without_means_of_days_there_is_no_forecast_of_the_month_end(origins):
    without = [replace(each, month_end_change=np.nan) for each in origins]
    found = [studies.models_without_networks("real_time", each) for each in (origins, without)]
    assert {model.id for model in found[0]} - {model.id for model in found[1]} == {"month_end"}


def test_what_has_not_happened_yet_is_missing(forecasts):
    real_time = forecasts[forecasts["protocol"] == "real_time"]
    unknown = real_time["actual_change"].isna()
    last = real_time["origin"].max()
    assert (unknown == (real_time["ref_date"] > last)).all()
    assert unknown.any()
    assert forecasts.loc[forecasts["protocol"] == "paper", "actual_change"].notna().all()


@pytest.mark.parametrize("horizon", [1, 6])
def test_intervals_come_from_errors_that_were_known_at_the_origin(forecasts, horizon):
    rows = forecasts.query("protocol == 'real_time' and model == 'ar1' and horizon == @horizon")
    errors = (rows["actual_change"] - rows["change"]).to_numpy()
    begin = MIN_ERRORS + horizon - 1
    assert rows["low"].isna().to_numpy().argmin() == begin
    known = np.sort(errors[: begin - horizon + 1])
    row = rows.iloc[begin]
    np.testing.assert_allclose(
        [row["low"], row["high"]], row["forecast"] + known[[0, len(known) - 1]]
    )
    assert forecasts.loc[forecasts["protocol"] == "paper", "low"].isna().all()


INTERVALS = {
    "no_change": 0, "month_end": 0, "expanding_mean": 1, "ar1": 1, "markov_switching": 1,
    "ridge": 1, "var": 1, "ridge_changes": 1, "bp": 15, "svm": 15, "random_forest": 15,
    "transformer_changes": 15, "transformer": 30,
}  # fmt: skip


def test_every_row_states_how_often_its_model_was_fitted_anew(forecasts):
    stated = forecasts.groupby(["protocol", "model"])["refit_months"].agg(["nunique", "first"])
    real_time = stated.loc["real_time"]
    assert (real_time["nunique"] == 1).all()
    assert real_time["first"].to_dict() == INTERVALS
    paper = stated.loc["paper"]
    assert paper.loc["no_change", "first"] == 0
    assert paper.drop("no_change")["first"].isna().all()


def test_the_exception_is_told_both_ways_as_the_tables_have_it(study, forecasts):
    model = models.lead("forecasting")
    rows = forecasts.query("protocol == 'real_time' and model == @model.id and seed == -1").dropna(
        subset="actual_change"
    )
    errors, actual = rows["actual_change"] - rows["change"], rows["actual_change"]
    expected = np.sqrt((errors**2).mean() / (actual**2).mean())
    assert model.rare
    assert ratio(study, model, workers=1) == pytest.approx(expected, rel=1e-9)


def test_all_are_judged_where_the_regime_model_has_a_forecast(economy, origins, caplog):
    blind = [replace(each, regime_forecast=np.nan) for each in origins[:4]]
    sample = real_time_sample([*blind, *origins[4:]], economy.targets(FIRST))
    assert sample.origins[0] is origins[4]
    np.testing.assert_array_equal(sample.targets.basket, economy.targets(FIRST).basket[4:])
    assert "4 months after" in caplog.text


def test_a_regime_model_that_falls_silent_is_no_complete_baseline(economy, origins):
    origins = [*origins[:9], replace(origins[9], regime_forecast=np.nan), *origins[10:]]
    with pytest.raises(EstimationError, match=str(origins[9].month)):
        real_time_sample(origins, economy.targets(FIRST))


def test_origins_that_leave_out_a_month_are_refused(economy, origins):
    with pytest.raises(EstimationError, match="leave out months"):
        real_time_sample([*origins[:9], *origins[10:]], economy.until(N_MONTHS - 1).targets(FIRST))


def test_the_papers_180_months_give_174_windows_and_35_for_the_test():
    sample = paper_sample(nonlinear(180, seed=0).panel())
    assert (len(sample.origins), sample.n_train) == (174, 139)
    (block,) = sample.blocks()
    # The last training window's target is the month of the fit, and all of its tests come later.
    assert block.made.month == sample.origins[138].month + 1 == sample.origins[139].month
    assert sample.outcomes()["split"].value_counts().to_dict() == {"train": 139, "test": 35}


def test_the_paper_panel_is_put_in_order_with_the_index_first(economy, study):
    sample = study.paper
    last = sample.origins[-1]
    assert list(last.inputs) == ["sfri", "driver0", "driver1", "driver2"]
    np.testing.assert_array_equal(last.inputs["sfri"], economy.index[:-1])
    np.testing.assert_array_equal(sample.changes, np.diff(economy.index)[5:])


def without(panel, variable, first, last):
    gone = (panel["variable"] == variable) & panel["ref_date"].between(first, last)
    return panel[~gone]


def test_a_hole_in_an_input_is_bridged_by_its_last_value_and_said(economy, caplog):
    sample = paper_sample(without(economy.panel(), "driver1", "1995-03-31", "1995-04-30"))
    whole = paper_sample(economy.panel())
    bridged, inputs = sample.origins[-1].inputs["driver1"], whole.origins[-1].inputs["driver1"]
    assert bridged["1995-03"] == bridged["1995-04"] == inputs["1995-02"]
    np.testing.assert_array_equal(bridged.drop(["1995-03", "1995-04"]),
                                  inputs.drop(["1995-03", "1995-04"]))  # fmt: skip
    np.testing.assert_array_equal(sample.changes, whole.changes)
    assert "driver1 (months: 2, first 1995-03)" in caplog.text


def test_the_paper_sample_is_not_cut_in_silence(economy, caplog):
    assert not caplog.records
    late = without(economy.panel(), "driver1", "1990-01-31", "1990-07-31")
    sample = paper_sample(without(late, "driver2", "2001-03-31", "2001-12-31"))
    inputs = sample.origins[-1].inputs
    assert (str(inputs.index[0]), str(inputs.index[-1])) == ("1990-08", "2001-01")
    (record,) = caplog.records
    text = record.getMessage()
    assert "127 of the index's 140 months" in text
    assert "driver1 begins in 1990-08 (months lost: 7)" in text
    assert "driver2 ends in 2001-02 (months lost: 6)" in text


def test_an_index_with_a_hole_and_inputs_that_never_meet_are_refused(economy):
    with pytest.raises(EstimationError, match=r"index has no value in 1995-03.*sfri"):
        paper_sample(without(economy.panel(), "sfri", "1995-03-31", "1995-03-31"))
    late = without(economy.panel(), "driver1", "1990-01-31", "1996-01-31")
    apart = without(late, "driver2", "1995-01-31", "2001-12-31")
    cause = r"driver1 begins in 1996-02.*driver2 ends in 1994-12"
    with pytest.raises(EstimationError, match=cause):
        paper_sample(apart)


def test_a_protocol_without_any_input_has_not_begun_and_the_other_goes_on(economy, origins):
    targets, panel = economy.targets(FIRST), economy.panel()
    study = studies.prepare(origins, targets, panel[panel["variable"] == "sfri"], PROFILE)
    assert (len(study.paper.origins), len(study.real_time.origins)) == (0, len(origins))
    (waits,) = study.waits
    assert re.search(r"^The paper's experiment needs an input.*'forecasting'", waits)
    alone = [replace(origin, inputs=origin.inputs[["basket"]]) for origin in origins]
    study = studies.prepare(alone, targets, panel, PROFILE)
    assert len(study.real_time.origins) == 0 < len(study.paper.origins)
    (waits,) = study.waits
    assert waits.startswith("The early warning needs an input beside the index")


def test_a_study_that_has_not_begun_forecasts_nothing_in_tables_that_keep_their_contracts(economy):
    nothing = Targets(np.empty((0, 6)), np.empty((0, 6)))
    study = studies.prepare([], nothing, economy.until(44).panel(), PROFILE)
    assert len(study.waits) == 2
    networks, history = studies.forecast_with_networks(study)
    frames = {
        tables.FORECASTS: studies.assemble(
            study, [studies.forecast_without_networks(study), networks]
        ),
        tables.TRAINING_HISTORY: history,
        tables.FORECAST_EXPLANATIONS: explain_latest(study),
    }
    for table, frame in frames.items():
        assert frame.empty
        assert violations(table, frame) == []
    assert fan_rows(frames[tables.FORECASTS]).empty


def test_the_papers_experiment_begins_with_three_years_of_training(economy):
    assert paper_sample(economy.until(45).panel()).blocks()
    with pytest.raises(TooShortError, match="needs 36 months of training and has 35, of the 44"):
        paper_sample(economy.until(44).panel())


def test_without_any_regime_real_time_has_not_begun(economy, origins):
    unknown = [replace(origin, regime_forecast=np.nan) for origin in origins]
    with pytest.raises(TooShortError, match="begins with the first regime in real time"):
        real_time_sample(unknown, economy.targets(FIRST))


def test_the_papers_regime_model_knows_the_training_months_alone(economy, study):
    sample = study.paper
    index = pd.Series(economy.index)
    params = MarkovSwitching(index.iloc[: sample.n_train + 6]).fit().estimates
    ahead = MarkovSwitching(index).filter(params).to_numpy() @ params.transition
    expected = params.ar[0] * economy.index[1:] + ahead @ params.location
    actual = [origin.regime_forecast for origin in sample.origins]
    np.testing.assert_allclose(actual, expected[4:-1], rtol=1e-8)


def test_a_regime_model_that_refuses_is_left_out_and_said(study, economy, caplog):
    whole = running("paper", network=False)
    assert studies.models_without_networks("paper", study.paper.origins) == whole
    flat = economy.panel()
    flat.loc[flat["variable"] == "sfri", "value"] = np.arange(N_MONTHS, dtype=float)
    sample = paper_sample(flat)
    assert "no row of the regime model" in caplog.text
    left = studies.models_without_networks("paper", sample.origins)
    assert left == [model for model in whole if model.id != "markov_switching"]


def test_loss_curves_hold_every_fit_and_its_validation_loss_where_it_has_one(study, with_networks):
    history = with_networks[1]
    fits = history.drop_duplicates(["protocol", "model", "origin", "seed"])
    assert len(fits) == len(studies.network_fits(study))
    watched = history.groupby(["protocol", "model"])["validation_loss"].apply(
        lambda losses: losses.notna().all()
    )
    assert set(watched.index) == {
        (protocol, model.id)
        for protocol in ("paper", "real_time")
        for model in running(protocol, network=True)
    }
    assert not watched["paper", "transformer"]
    assert not watched["real_time", "transformer"]
    assert watched["real_time", "transformer_changes"]
