"""The linear panel is least squares, rivals are recalibrated on the past, and refits are fair."""

import numpy as np
import pytest

from sfr_pipeline.econometrics.garch import GARCH
from sfr_pipeline.errors import TooShortError
from sfr_pipeline.evaluation.models import headline, models_of
from sfr_pipeline.stress.garch import garch_forecasts
from sfr_pipeline.stress.volatility.features import harx_inputs
from sfr_pipeline.stress.volatility.harx import fit_pooled, refits
from sfr_pipeline.stress.volatility.panel import pooled_panel
from sfr_pipeline.stress.volatility.rivals import OwnHar, Recalibrated, fit_each
from sfr_pipeline.stress.volatility.walk import check_history, past_errors, past_level, walk
from sfr_pipeline_tests.stress.volatility.panels import (
    FIRST_TEST_YEAR,
    LABELS,
    beside,
    garch_world,
    leveraged_world,
    moves,
    panel,
)

HORIZON = 21
FITTED = [model for model in models_of("volatility") if not model.network]
HEADLINE = headline("volatility")


def recalibrated(rule):
    return next(
        model for model in FITTED
        if model.options == {"rule": rule} and model.load() is Recalibrated
    )  # fmt: skip


@pytest.fixture(scope="module")
def laid():
    return panel()


@pytest.fixture(scope="module")
def others():
    """The same until 2006, when all prices are others, and with nothing from then on."""
    cut = int(np.searchsorted(moves().index.year, 2006))
    poisoned = moves()
    poisoned.iloc[cut:] *= -5.0
    return cut, (panel(poisoned), panel(moves().iloc[:cut], **beside(moves())))


@pytest.fixture(scope="module")
def walked(laid):
    return {model.id: walk(laid, HORIZON, model, FIRST_TEST_YEAR) for model in FITTED}


def test_folds_learn_from_what_was_over_an_embargo_before_each_january(laid):
    yearly = refits(laid.dates, FIRST_TEST_YEAR, HORIZON)
    assert [fold.year for fold in yearly] == [2003, 2004, 2005, 2006, 2007]
    for fold in yearly:
        assert laid.dates[fold.origin].year == fold.year - 1
        assert laid.dates[fold.test[0]].year == fold.year == laid.dates[fold.test[-1]].year
        # The last outcome learnt from was complete five days before the origin.
        assert fold.train[-1] + HORIZON + 5 == fold.origin
    every = np.concatenate([fold.test for fold in refits(laid.dates, FIRST_TEST_YEAR, HORIZON, 3)])
    np.testing.assert_array_equal(every, np.concatenate([fold.test for fold in yearly]))


def test_the_panel_fit_is_least_squares_on_standardised_and_held_inputs(laid):
    inputs, _ = harx_inputs(laid, HORIZON)
    targets, rows = laid.training_targets(HORIZON), np.arange(1200)
    fitted = fit_pooled(inputs, targets, rows)
    seen, wanted = inputs[rows].reshape(-1, inputs.shape[-1]), targets[rows].ravel()
    whole = np.isfinite(seen).all(axis=1) & np.isfinite(wanted)
    seen, wanted = seen[whole], wanted[whole]
    held = np.clip((seen - seen.mean(0)) / seen.std(0), -5, 5)
    exact, *_ = np.linalg.lstsq(np.column_stack([np.ones(len(held)), held]), wanted, rcond=None)
    assert fitted.n_cells == len(wanted)
    np.testing.assert_allclose([fitted.intercept, *fitted.coefficients], exact, atol=1e-7)
    np.testing.assert_allclose(
        fitted.predict(inputs)[rows].ravel()[whole], exact[0] + held @ exact[1:], atol=1e-7
    )


def test_a_day_alone_has_the_bits_that_it_has_among_others(laid):
    inputs, _ = harx_inputs(laid, HORIZON)
    fitted = fit_pooled(inputs, laid.training_targets(HORIZON), np.arange(1200))
    together = fitted.predict(inputs)
    for day in (1300, 1700):
        np.testing.assert_array_equal(fitted.predict(inputs[day : day + 1]), together[[day]])


def test_an_input_that_never_moves_has_no_coefficient(laid):
    inputs, names = harx_inputs(panel(log_range=None, implied=None), HORIZON)
    fitted = fit_pooled(inputs, laid.training_targets(HORIZON), np.arange(1200))
    assert fitted.coefficients[names.index("range")] == pytest.approx(0, abs=1e-12)
    assert np.isfinite(fitted.coefficients).all()


def test_own_fits_are_least_squares_market_by_market(laid):
    inputs = OwnHar().inputs(laid, HORIZON)[:1400]
    targets = laid.training_targets(HORIZON)[:1400]
    fitted = fit_each(inputs, targets)
    for place in range(len(laid.markets)):
        whole = np.isfinite(inputs[:, place]).all(axis=1) & np.isfinite(targets[:, place])
        design = np.column_stack([np.ones(whole.sum()), inputs[whole, place]])
        exact, *_ = np.linalg.lstsq(design, targets[whole, place], rcond=None)
        own = [fitted.intercepts[place], *fitted.coefficients[place]]
        np.testing.assert_allclose(own, exact, atol=1e-8)


def test_recalibration_is_the_past_line_of_log_volatility_on_the_log_forecast(laid, walked):
    line = walked[recalibrated("ewma").id]
    thresholds = np.log(laid.thresholds[HORIZON])
    log_rule = Recalibrated("ewma").inputs(laid, HORIZON)[..., 0]
    fold = refits(laid.dates, FIRST_TEST_YEAR, HORIZON)[2]
    known = (laid.training_targets(HORIZON) + thresholds)[fold.train, 0]
    there = np.isfinite(known)
    slope, level = np.polyfit(log_rule[fold.train, 0][there], known[there], 1)
    expected = level + slope * log_rule[fold.test, 0] - thresholds[fold.test, 0]
    np.testing.assert_allclose(line.gaps[fold.test, 0], expected, atol=1e-9)


def test_a_market_with_too_few_outcomes_keeps_the_rule_as_it_is():
    known = np.full((200, 1, 2), -1.5)
    known[:, 0, 0] = np.random.default_rng(0).normal(-1.5, 0.3, 200)
    targets = np.full((200, 1), np.nan)
    targets[:125, 0] = 0.4 * known[:125, 0, 0]
    model = Recalibrated("ewma").fit(known, targets)
    np.testing.assert_array_equal(model.predict(known)[:, 0], known[:, 0, 0] + 1.5)
    targets[125, 0] = 0.4 * known[125, 0, 0]
    assert Recalibrated("ewma").fit(known, targets).predict(known)[0, 0] != known[0, 0, 0] + 1.5


@pytest.mark.parametrize("model", FITTED, ids=lambda model: model.id)
def test_forecasts_never_see_the_future_bit_for_bit(model, others, walked):
    """What is said until a January is the same if all prices after it are others, or absent."""
    cut, changed = others
    for other in changed:
        after = walk(other, HORIZON, model, FIRST_TEST_YEAR).gaps[:cut]
        np.testing.assert_array_equal(after, walked[model.id].gaps[:cut])


def test_the_asymmetric_forecast_is_the_recursion_and_its_mean_ahead():
    own = leveraged_world(1500, 1)["m0"]
    found = garch_forecasts(own.to_numpy(), own.index, (5, 21), asymmetric=True)
    day = 1400
    year = own.index.year
    past = 100 * own[year < year[day]]
    parameters = GARCH(past, asymmetric=True, shocks="t").fit().params
    moved = (100 * own - parameters["mu"]).to_numpy()
    variance = (moved[:75] ** 2).mean()
    for move in moved[: day + 1]:
        response = parameters["alpha"] + parameters["gamma"] * (move < 0)
        variance = parameters["omega"] + response * move**2 + parameters["beta"] * variance
    for place, horizon in enumerate((5, 21)):
        ahead, total = variance, 0.0
        fading = parameters["alpha"] + parameters["gamma"] / 2 + parameters["beta"]
        for _ in range(horizon):
            total, ahead = total + ahead, parameters["omega"] + fading * ahead
        expected = np.log(np.sqrt(252 * total / horizon) / 100)
        assert found[day, place] == pytest.approx(expected, abs=1e-10)
    plain = garch_forecasts(own.to_numpy(), own.index, (5,))
    assert np.nanmax(np.abs(plain[:, 0] - found[:, 0])) > 0.05


def test_bounds_are_order_statistics_of_the_market_s_own_errors_known_by_january(laid, walked):
    run = next(iter(walked.values()))
    bounds, level = past_errors(laid, run), past_level(laid, run)
    errors = laid.targets(HORIZON) - run.gaps
    start = int(np.searchsorted(laid.dates.year, 2006))
    known = errors[: start - HORIZON + 1, 0]
    known = np.sort(known[np.isfinite(known)])
    n = len(known)
    ranks = [int(np.floor(0.05 * (n + 1))), int(np.floor(0.25 * (n + 1))),
             int(np.ceil(0.75 * (n + 1))), int(np.ceil(0.95 * (n + 1)))]  # fmt: skip
    np.testing.assert_array_equal(bounds[start + 10, 0], known[[rank - 1 for rank in ranks]])
    assert level[start + 10, 0] == pytest.approx(np.log(np.mean(np.exp(2 * known))) / 2)
    later = past_errors(laid, run, since=start)
    assert np.isnan(later[:start]).all()
    np.testing.assert_array_equal(later[start:], bounds[start:])


def test_too_little_history_before_the_first_fit_says_so(laid):
    with pytest.raises(TooShortError, match="known outcomes of 5 days before 2001"):
        check_history(laid, 2002)
    with pytest.raises(TooShortError, match="is forecast from 2030 on"):
        refits(laid.dates, 2030, HORIZON)
    with pytest.raises(TooShortError, match="days whose outcomes are known before 2000"):
        refits(laid.dates, 2001, HORIZON)


def test_bounds_hold_what_they_claim_on_simulated_markets():
    own = pooled_panel("stocks", garch_world(n_markets=3, seed=9), LABELS)
    run = walk(own, HORIZON, HEADLINE, 2000)
    errors, bounds = own.targets(HORIZON) - run.gaps, past_errors(own, run)
    there = np.isfinite(errors) & np.isfinite(bounds).all(axis=-1)
    for low, high, share in ((0, 3, 0.9), (1, 2, 0.5)):
        inside = (bounds[..., low] <= errors) & (errors <= bounds[..., high])
        assert inside[there].mean() == pytest.approx(share, abs=0.06)
    assert there.sum() > 5000
