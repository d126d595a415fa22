"""What is kept of the volatility models gives the table's bytes, and refuses other data."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.cli.predict import volatility_lines
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import contender, headline, name_of
from sfr_pipeline.storage.folder import Folder
from sfr_pipeline.stress.volatility import corrections
from sfr_pipeline.stress.volatility.checkpoint import (
    NAME,
    Checkpoint,
    load,
    newest,
    predict_latest,
    save,
)
from sfr_pipeline.stress.volatility.latest import with_last_forecasts
from sfr_pipeline.stress.volatility.panel import pooled_panel
from sfr_pipeline.stress.volatility.walk import past_errors, walk
from sfr_pipeline.training.fitting import fit
from sfr_pipeline.training.profile import QUICK
from sfr_pipeline_tests.stress import simulated

LABELS, YEAR = simulated.SETTINGS.labels, simulated.SETTINGS.first_test_year
TINY = replace(QUICK, stress_seeds=2, volatility_refit_years=4)
MARKET = SimpleNamespace(title="Simulated", stress=simulated.SETTINGS)
LINEAR, PROPOSED = headline(NAME), contender(NAME)


def panel_of(moves):
    return pooled_panel("sub_markets", moves, LABELS)


@pytest.fixture(scope="module")
def moves():
    return simulated.returns()


@pytest.fixture(scope="module")
def kept(moves):
    """A panel, its runs and what is kept of them."""
    panel = panel_of(moves)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corrections, "networks_of", lambda *_: (PROPOSED,))
        planned = corrections.plan(panel, YEAR, TINY)
    found = corrections.train(planned, lambda tasks: [fit(task) for task in tasks])
    linear = [walk(panel, horizon, LINEAR, YEAR) for horizon in panel.horizons]
    month = linear[panel.horizons.index(corrections.HORIZON)]
    runs = [*linear, *corrections.corrected_runs(found, month)]
    return panel, runs, newest(panel, runs, found, YEAR)


def last_rows(panel, runs):
    """What the tables say of the last day."""
    found = {}
    for run in runs:
        if run.seed == -1:
            level = run.gaps[-1] + panel.log_thresholds(run.horizon)[-1]
            bounds = np.exp(level[:, None] + past_errors(panel, run)[-1])
            found[run.model, run.horizon] = np.column_stack([np.exp(level), bounds])
    return found


def test_what_was_kept_gives_the_bytes_of_the_table(kept, tmp_path):
    panel, runs, checkpoint = kept
    save(checkpoint, Folder(tmp_path), "c.safetensors")
    found = predict_latest(load(Folder(tmp_path), "c.safetensors"), panel)
    columns = ["forecast", "low_90", "low_50", "high_50", "high_90"]
    by_run = {
        which: frame[columns].to_numpy() for which, frame in found.groupby(["model", "horizon"])
    }
    expected = last_rows(panel, runs)
    assert by_run.keys() == expected.keys()
    assert {horizon for model, horizon in by_run if model == PROPOSED.id} == {corrections.HORIZON}
    assert {horizon for model, horizon in by_run if model == LINEAR.id} == set(panel.horizons)
    for which, values in expected.items():
        assert (by_run[which] == values).all(), which
        assert np.isfinite(values).all()


def test_bounds_lie_around_the_forecast(kept):
    panel, _, checkpoint = kept
    found = predict_latest(checkpoint, panel)
    for low, high in (("low_90", "low_50"), ("low_50", "high_50"), ("high_50", "high_90")):
        assert (found[low] < found[high]).all()
    assert (found["date"] == panel.dates[-1]).all()
    assert (found["origin"] == pd.Timestamp("2006-12-29")).all()


def test_days_after_the_training_may_come(kept, moves):
    _, _, checkpoint = kept
    later = moves.copy()
    later.iloc[-1] = -0.2
    jumped = predict_latest(checkpoint, panel_of(later))
    before = predict_latest(checkpoint, kept[0])
    assert (jumped["forecast"] > before["forecast"]).all()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda moves: moves[["banks", "equity", "oil"]], "other markets .different: their order"),
        (lambda moves: moves[["equity", "banks"]], r"other markets .different: oil\): train again"),
        (lambda moves: moves * 1.0000001, "trained on other data up to 2006-12-29"),
        (lambda moves: moves[moves.index < "2006-06-01"], "trained on other data up to 2006-12-29"),
    ],
)
def test_what_was_not_learnt_from_is_refused(kept, moves, changed, told):
    with pytest.raises(EstimationError, match=told):
        predict_latest(kept[2], panel_of(changed(moves)))


def test_other_thresholds_are_refused(kept, moves):
    other = LABELS.model_copy(update={"volatility_quantile": 0.9})
    with pytest.raises(EstimationError, match="trained on other data"):
        predict_latest(kept[2], pooled_panel("sub_markets", moves, other))


def test_a_past_without_networks_leaves_the_linear_panel(kept, tmp_path):
    panel, _runs, checkpoint = kept
    alone = replace(checkpoint, correction=None)
    save(alone, Folder(tmp_path), "c.safetensors")
    again = load(Folder(tmp_path), "c.safetensors")
    assert isinstance(again, Checkpoint)
    assert again.correction is None
    assert set(predict_latest(again, panel)["model"]) == {LINEAR.id}


def test_what_is_printed(kept):
    panel, _, checkpoint = kept
    lines = list(volatility_lines(MARKET, predict_latest(checkpoint, panel)))
    assert lines[0] == (
        "Simulated: volatility of the trading days after 2007-11-23, per cent a year "
        "(trained to 2006-12-29)"
    )
    assert lines[1] == "  Equity"
    told = [line.split(")  ")[-1] for line in lines[2:6]]
    assert told == [name_of(NAME, model.id) for model in (LINEAR, LINEAR, PROPOSED, LINEAR)]
    assert [int(line.split()[0]) for line in lines[2:6]] == [5, 21, 21, 63]
    row = predict_latest(checkpoint, panel).iloc[0]
    assert f"  {100 * row['forecast']:5.1f}  (50 %: {100 * row['low_50']:.1f} to" in lines[2]
    assert len(lines) == 1 + 3 * 5


def test_a_sub_market_that_has_ended_is_named_and_not_forecast(kept, moves):
    ended = moves.copy()
    ended.loc["2007-06-01":, "banks"] = np.nan
    found = predict_latest(kept[2], panel_of(ended))
    assert set(found["market"]) == {"equity", "oil"}
    lines = list(volatility_lines(MARKET, found))
    assert "  Banks: no price on 2007-11-23" in lines


def test_a_sub_market_that_has_ended_keeps_the_last_forecast_that_was_made_in_time(kept, moves):
    ended = moves.copy()
    ended.loc["2007-06-01":, "banks"] = np.nan
    found = predict_latest(kept[2], panel_of(ended))
    oil = found[(found["market"] == "oil") & (found["model"] == LINEAR.id)].drop(columns="origin")
    days = {"2007-05-30": 0.99, "2007-05-31": 0.31}
    stored = pd.concat(
        oil.assign(market="banks", date=pd.Timestamp(day), forecast=level, seed=-1)
        for day, level in days.items()
    )
    of_another = stored.assign(model=PROPOSED.id, forecast=0.98)
    table = pd.concat([stored, of_another, stored.assign(market="equity")])
    both = with_last_forecasts(found, table)
    pd.testing.assert_frame_equal(both.iloc[: len(found)], found)
    own = both[both["market"] == "banks"]
    assert set(own["forecast"]) == {0.31}
    assert set(own["horizon"]) == set(kept[0].horizons)
    assert own["origin"].isna().all()
    lines = list(volatility_lines(MARKET, both))
    place = lines.index("  Banks: no price on 2007-11-23; its last forecast, made on 2007-05-31")
    assert lines[place + 1].startswith("     5 days   31.0  (50 %: ")
    assert lines[0].endswith("(trained to 2006-12-29)")
    # Where every market has a price nothing is added.
    everyone = predict_latest(kept[2], kept[0])
    assert with_last_forecasts(everyone, table) is everyone
