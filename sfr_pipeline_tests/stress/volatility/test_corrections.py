"""Networks walked forward read the past alone, and add to the linear panel of each day's year."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.evaluation.models import ablation, contender, headline, models_of
from sfr_pipeline.stress.volatility import corrections
from sfr_pipeline.stress.volatility.features import harx_inputs
from sfr_pipeline.stress.volatility.network import WINDOW
from sfr_pipeline.stress.volatility.panel import pooled_panel
from sfr_pipeline.stress.volatility.walk import walk
from sfr_pipeline.training.fitting import fit
from sfr_pipeline.training.profile import PROFILES, QUICK
from sfr_pipeline_tests.stress import simulated

LABELS, YEAR = simulated.SETTINGS.labels, simulated.SETTINGS.first_test_year
TINY = replace(QUICK, stress_seeds=1, volatility_refit_years=2)
# A few days after networks were fitted anew: an outcome not known then reaches beyond the cut.
CUT = pd.Timestamp("2006-01-06")
LEG = "volatility"


def panel_of(moves):
    return pooled_panel("sub_markets", moves, LABELS)


def found_in(moves):
    panel = panel_of(moves)
    planned = corrections.plan(panel, YEAR, TINY)
    return panel, corrections.train(planned, lambda tasks: [fit(task) for task in tasks])


@pytest.fixture(scope="module")
def moves():
    return simulated.returns()


@pytest.fixture(scope="module")
def found(moves):
    return found_in(moves)


def until(panel, result):
    """What each network adds up to the cut."""
    return [each.added[panel.dates <= CUT] for each in result.networks]


def poisoned(moves):
    after = pd.Series(moves.index > CUT, moves.index)
    return moves.mask(after, 30.0 * moves + 0.05)


def same(first, second):
    return all((one == other).all() for one, other in zip(first, second, strict=True))


def test_what_is_added_up_to_a_day_does_not_change_when_everything_after_it_does(moves, found):
    panel, before = found
    _, later = found_in(poisoned(moves))
    assert same(until(panel, before), until(panel, later))
    # The test can fail: after the cut everything is different, and before it something is said.
    after = panel.dates > CUT
    for one, other in zip(before.networks, later.networks, strict=True):
        assert (one.added[after] != other.added[after]).mean() > 0.9
        assert (one.added[~after & (panel.dates.year >= YEAR)] != 0).all()


def test_what_is_added_up_to_a_day_does_not_change_when_the_sample_ends_there(moves, found):
    panel, before = found
    shorter, ended = found_in(moves[moves.index <= CUT])
    assert shorter.dates[-1] == CUT
    assert same(until(panel, before), until(shorter, ended))


def test_an_input_that_knows_tomorrow_is_caught(moves, monkeypatch):
    honest = corrections.network_inputs

    def leaking(panel, horizon):
        tomorrow = np.roll(np.nan_to_num(panel.returns), -1, axis=0)
        return np.concatenate([honest(panel, horizon), tomorrow[..., np.newaxis]], axis=-1)

    monkeypatch.setattr(corrections, "network_inputs", leaking)
    # The twin alone: two days tell as well as 32 what tomorrow holds.
    monkeypatch.setattr(corrections, "networks_of", lambda *_: (ablation(contender(LEG)),))
    panel, before = found_in(moves)
    _, later = found_in(poisoned(moves))
    assert not same(until(panel, before), until(panel, later))


def test_networks_read_the_days_move_beside_all_that_the_linear_panel_reads(moves):
    panel = panel_of(moves)
    inputs = corrections.network_inputs(panel, corrections.HORIZON)
    linear, names = harx_inputs(panel, corrections.HORIZON)
    np.testing.assert_array_equal(inputs[..., : len(names)], linear)
    assert inputs.shape[-1] == len(names) + 4
    values, day = moves.to_numpy(), 900
    weights = (25 / 26) ** np.arange(day)[::-1]
    z = [
        values[day, market]
        / np.sqrt((weights * np.square(values[:day, market])).sum() / weights.sum())
        for market in range(3)
    ]
    for market in range(3):
        expected = [z[market], abs(z[market]), np.mean(z), np.mean(np.abs(z))]
        np.testing.assert_allclose(inputs[day, market, -4:], expected, rtol=1e-9)


def test_the_residual_is_what_least_squares_of_the_same_january_leave(moves):
    panel = panel_of(moves)
    refit = corrections.plan(panel, YEAR, TINY).refits[1]
    assert (refit.year, panel.dates[refit.asked.any(axis=1)][0].year) == (2006, 2006)
    inputs, _ = harx_inputs(panel, 21)
    targets = np.clip(panel.targets(21), -2.5, 2.5)
    first = np.flatnonzero(panel.dates.year == 2006)[0]
    known = np.isfinite(targets) & np.isfinite(inputs).all(axis=2)
    known[first - 26 :] = False
    seen = inputs[known]
    moving = seen.std(axis=0) > 0
    scaled = (seen - seen.mean(axis=0))[:, moving] / seen.std(axis=0)[moving]
    design = np.column_stack([np.ones(len(seen)), np.clip(scaled, -5, 5)])
    fitted = design @ np.linalg.lstsq(design, targets[known], rcond=None)[0]
    expected = np.full(targets.shape, np.nan)
    expected[known] = targets[known] - fitted
    np.testing.assert_allclose(refit.residual, expected[: len(refit.residual)], atol=1e-9)
    assert np.isfinite(refit.residual[: WINDOW - 1]).sum() == 0


def test_networks_stand_on_the_linear_panel_of_the_year(moves, found):
    panel, result = found
    linear = walk(panel, corrections.HORIZON, headline(LEG), YEAR)
    runs = corrections.corrected_runs(result, linear)
    proposed = contender(LEG)
    assert [(run.model, run.seed) for run in runs] == [
        (model, seed) for model in (proposed.id, ablation(proposed).id) for seed in (-1, 0)
    ]
    for run, network in zip(runs[::2], result.networks, strict=True):
        np.testing.assert_array_equal(run.gaps, linear.gaps + network.added)
        # Of one seed the mean is itself.
        np.testing.assert_array_equal(run.gaps, linear.gaps + network.of_seeds[0])
        assert (run.refit_months, linear.refit_months) == (24, 12)


def test_a_past_too_short_for_networks_leaves_the_linear_panel_alone(moves):
    # Thresholds begin in the autumn of 2001: a fit in January 2002 has no fifth to hold out.
    panel = panel_of(moves)
    silent = replace(TINY, volatility_refit_years=20)
    planned = corrections.plan(panel, 2003, silent)
    assert planned.refits == ()
    result = corrections.train(planned, lambda tasks: pytest.fail("nothing to train"))
    for network in result.networks:
        assert network.newest is None
        assert (network.added == 0).all()


def test_a_full_profile_has_all_networks_and_the_stocks():
    def ids(panel, profile):
        return [model.id for model in corrections.networks_of(panel, PROFILES[profile])]

    proposed = contender(LEG)
    shipped = [proposed.id, ablation(proposed).id]
    every = [model.id for model in models_of(LEG) if model.network]
    for profile in ("quick", "default"):
        assert ids("sub_markets", profile) == shipped
        assert ids("stocks", profile) == []
    assert ids("sub_markets", "full") == ids("stocks", "full") == every
    assert len(every) == 6


def test_records_and_plans_have_the_same_horizon():
    assert {model.days_ahead for model in models_of(LEG) if model.network} == {corrections.HORIZON}
