import numpy as np
import pytest
from scipy import stats

from sfr_pipeline.evaluation.forecast_tests import (
    clark_west,
    coroneo_iacone,
    diebold_mariano,
    hac_test,
    long_run_variance,
    pesaran_timmermann,
    rmse_ratio_interval,
)
from sfr_pipeline.evaluation.joint_tests import mcs_p_values, spa_p_value


def moving_sums(rng, shape, horizon):
    """Errors of optimal forecasts ``horizon`` steps ahead: they share horizon - 1 shocks."""
    *samples, n = shape
    shocks = rng.normal(size=(*samples, n + horizon - 1))
    return sum(shocks[..., lag : lag + n] for lag in range(horizon))


def test_diebold_mariano_one_step_ahead_is_statsmodels():
    from statsmodels.tsa.stattools import diebold_mariano_test

    actual, one, other = np.random.default_rng(0).normal(size=(3, 90))
    expected = diebold_mariano_test(actual, one, other, lags=0, harvey_adj=True, horizon=1)
    statistic, p_value = diebold_mariano(actual - one, actual - other)
    assert statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert p_value == pytest.approx(expected.pvalue, rel=1e-12)


def test_diebold_mariano_further_ahead_by_hand():
    """Harvey, Leybourne and Newbold (1997), equations 5 to 9, written out."""
    errors, rival = np.random.default_rng(1).normal(size=(2, 40))
    d = errors**2 - rival**2
    n, h, c = 40, 3, d - d.mean()
    autocovariance = [sum(c[t] * c[t - k] for t in range(k, n)) / n for k in range(h)]
    variance = (autocovariance[0] + 2 * autocovariance[1] + 2 * autocovariance[2]) / n
    expected = d.mean() / np.sqrt(variance) * np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    statistic, p_value = diebold_mariano(errors, rival, h)
    assert statistic == pytest.approx(expected)
    assert p_value == pytest.approx(2 * stats.t.cdf(-abs(expected), n - 1))


def periodogram(series, other, ordinates):
    """Sum over the first frequencies of the cross periodogram, every wave written out."""
    n, t = len(series), np.arange(1, len(series) + 1)
    total = 0.0
    for j in range(1, ordinates + 1):
        waves = np.cos(2 * np.pi * j * t / n), np.sin(2 * np.pi * j * t / n)
        total += sum((series @ wave) * (other @ wave) for wave in waves) / (2 * np.pi * n)
    return total


@pytest.mark.parametrize(("n", "ordinates"), [(8, 2), (215, 5), (216, 6), (237, 6), (343, 7)])
def test_coroneo_iacone_by_hand(n, ordinates):
    d = np.random.default_rng(n).normal(0.1, 1, n)
    variance = 2 * np.pi / ordinates * periodogram(d, d, ordinates)
    expected = np.sqrt(n) * d.mean() / np.sqrt(variance)
    statistic, p_value = coroneo_iacone(d)
    assert statistic == pytest.approx(expected)
    assert p_value == pytest.approx(2 * stats.t.cdf(-abs(expected), 2 * ordinates))
    assert coroneo_iacone(-d) == pytest.approx((-statistic, p_value))
    assert coroneo_iacone(1000 * d) == pytest.approx((statistic, p_value))


def test_coroneo_iacone_has_nothing_to_say_of_equal_losses_and_of_seven_months():
    assert np.isnan(coroneo_iacone(np.full(50, 0.3))).all()
    assert np.isnan(coroneo_iacone(np.random.default_rng(0).normal(size=7))).all()


@pytest.mark.parametrize("lags", [0, 5, 63])
def test_the_test_of_days_is_statsmodels_newey_and_west(lags):
    import statsmodels.api as sm

    d = moving_sums(np.random.default_rng(15), (400,), 21) + 3
    fit = sm.OLS(d, np.ones(400)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}, use_t=True
    )
    statistic, p_value = hac_test(d, lags)
    assert statistic == pytest.approx(fit.tvalues[0])
    assert p_value == pytest.approx(fit.pvalues[0])


def test_the_test_of_days_has_nothing_to_say_of_equal_losses_and_of_fewer_days_than_lags():
    assert np.isnan(hac_test(np.ones(100), 5)).all()
    assert np.isnan(hac_test(np.random.default_rng(0).normal(size=63), 63)).all()


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_a_ratio_lies_in_its_interval_where_the_test_does_not_reject_it(level):
    losses, rival = np.random.default_rng(16).chisquare(3, (2, 120))
    low, high = rmse_ratio_interval(losses, rival, level)
    assert low < np.sqrt(losses.sum() / rival.sum()) < high
    for bound, inwards in ((low, 1), (high, -1)):
        rejected = [
            coroneo_iacone(losses - (bound + step) ** 2 * rival)[1] < 1 - level
            for step in (-1e-6 * inwards, 1e-6 * inwards)
        ]
        assert rejected == [True, False]


def test_an_interval_of_ratios_has_no_end_where_the_rivals_own_losses_are_not_told_from_nothing():
    losses, rival = np.random.default_rng(17).chisquare(3, (2, 60))
    rival[:50] *= 1e-6
    low, high = rmse_ratio_interval(losses, rival)
    assert low == 0
    assert np.isnan(high)
    assert np.isnan(rmse_ratio_interval(losses[:7], rival[:7])).all()


def test_the_better_forecaster_has_a_negative_statistic():
    errors, rival = np.random.default_rng(3).normal(size=(2, 200)) * [[0.5], [1.0]]
    statistic, p_value = diebold_mariano(errors, rival)
    assert statistic < 0
    assert p_value < 1e-4
    assert diebold_mariano(rival, errors) == pytest.approx((-statistic, p_value))


@pytest.mark.parametrize("test", [diebold_mariano, clark_west])
def test_the_same_forecast_but_for_rounding_has_no_statistic(test):
    errors = np.random.default_rng(4).normal(size=50)
    assert np.isnan(test(errors, errors)).all()
    assert np.isnan(test(errors * (1 + 1e-14), errors)).all()


def test_as_many_errors_as_steps_ahead_have_no_statistic():
    errors, rival = np.random.default_rng(5).normal(size=(2, 6))
    assert np.isnan(diebold_mariano(errors, rival, 6)).all()


def test_long_run_variance_stays_positive():
    """An alternating series: equal weights give 1 - 2 (n - 1) / n < 0, Bartlett's 1 - (n - 1)/n."""
    n = 50
    values = np.tile([1.0, -1.0], n // 2)
    assert long_run_variance(values, 1) == pytest.approx(1)
    assert long_run_variance(values, 2) == pytest.approx(1 / n)


def test_clark_west_is_the_t_value_of_its_adjusted_losses():
    import statsmodels.api as sm

    benchmark, model = np.random.default_rng(6).normal(size=(2, 80))
    adjusted = benchmark**2 - model**2 + (benchmark - model) ** 2
    fit = sm.OLS(adjusted, np.ones(80)).fit(cov_type="HC0")
    statistic, p_value = clark_west(model, benchmark)
    assert statistic == pytest.approx(fit.tvalues[0])
    assert p_value == pytest.approx(stats.norm.sf(fit.tvalues[0]))


def test_clark_west_sees_what_estimation_noise_hides_from_diebold_mariano():
    """The larger model forecasts b x with b true but noisily estimated: no better, yet nested."""
    rng = np.random.default_rng(7)
    clark, diebold, null = [], [], []
    for _ in range(200):
        x, shock, noise = rng.normal(size=(3, 150))
        actual, forecast = 0.2 * x + shock, 0.2 * x + 0.2 * noise
        clark.append(clark_west(actual - forecast, actual)[1] < 0.05)
        diebold.append(diebold_mariano(actual - forecast, actual)[1] < 0.05)
        null.append(clark_west(shock - 0.2 * noise, shock)[1] < 0.05)
    assert np.mean(clark) > 0.3
    assert np.mean(diebold) < 0.12
    assert 0.01 < np.mean(null) < 0.1


def test_pesaran_timmermann_by_hand():
    """8 of 10 hits, changes up in 6, forecasts up in 6: P* = .36 + .16 = .52."""
    actual = np.array([1, 1, 1, 1, 1, 1, -1, -1, -1, -1.0])
    forecast = np.array([1, 1, 1, 1, 1, -1, 1, -1, -1, -1.0])
    of_hits = 0.52 * 0.48 / 10
    of_chance = 2 * 0.2**2 * 0.24 / 10 + 4 * 0.24**2 / 100
    expected = (0.8 - 0.52) / np.sqrt(of_hits - of_chance)
    statistic, p_value = pesaran_timmermann(actual, forecast)
    assert statistic == pytest.approx(expected)
    assert p_value == pytest.approx(stats.norm.sf(expected))


@pytest.mark.parametrize("horizon", [1, 6])
def test_pesaran_timmermann_rejects_chance_at_its_level(horizon):
    rng = np.random.default_rng(8)
    actual = moving_sums(rng, (1000, 150), horizon)
    # Forecasts that keep their sign for long, which naive counting takes for evidence.
    forecast = moving_sums(rng, (1000, 150), 6)
    p_values = [pesaran_timmermann(y, f, horizon)[1] for y, f in zip(actual, forecast, strict=True)]
    assert 0.03 < np.mean(np.array(p_values) < 0.05) < 0.08
    if horizon > 1:
        ignored = [pesaran_timmermann(y, f)[1] for y, f in zip(actual, forecast, strict=True)]
        assert np.mean(np.array(ignored) < 0.05) > 0.1


def test_one_sided_forecasts_have_no_direction_test():
    actual = np.random.default_rng(9).normal(size=40)
    assert np.isnan(pesaran_timmermann(actual, np.ones(40))).all()
    assert np.isnan(pesaran_timmermann(actual, np.zeros(40))).all()


def test_pesaran_timmermann_leaves_out_forecasts_of_no_change():
    actual, forecast = np.random.default_rng(10).normal(size=(2, 40))
    padded = np.concatenate([actual, np.ones(9)]), np.concatenate([forecast, np.zeros(9)])
    assert pesaran_timmermann(*padded) == pesaran_timmermann(actual, forecast)


@pytest.fixture(scope="module")
def losses():
    """One good model, three alike, one bad."""
    errors = np.random.default_rng(11).normal(size=(200, 5)) * [0.5, 1, 1, 1, 2]
    return np.square(errors)


def test_the_confidence_set_is_arch_s(losses):
    from arch.bootstrap import MCS

    reference = MCS(losses, 0.1, reps=500, block_size=20, bootstrap="circular", seed=3)
    reference.compute()
    expected = reference.pvalues["Pvalue"].sort_index().to_numpy()
    assert mcs_p_values(losses, replications=500, seed=3) == pytest.approx(expected)
    assert expected[0] == 1
    assert expected[4] < 0.01


def test_a_model_that_stands_twice_has_the_same_p_value_twice(losses):
    alone = mcs_p_values(losses, replications=200)
    twice = mcs_p_values(losses[:, [0, 1, 1, 2, 3, 4, 0]], replications=200)
    assert twice == pytest.approx(alone[[0, 1, 1, 2, 3, 4, 0]])
    assert mcs_p_values(losses[:, [2, 2]]) == pytest.approx([1, 1])


def test_superior_ability_of_one_model_is_a_one_sided_coroneo_iacone_test():
    """With one model the largest score is its own; over 600 months from floor(600^(1/4)) = 4."""
    rng = np.random.default_rng(12)
    for better in (1.0, 0.9, 0.85):
        model, rival = np.square(rng.normal(size=(2, 600)) * [[better], [1.0]])
        gain = rival - model
        variance = 2 * np.pi / 4 * periodogram(gain, gain, 4)
        statistic = np.sqrt(600) * gain.mean() / np.sqrt(variance)
        found = spa_p_value(rival, model[:, None], replications=4000)
        # No more than a half: the bootstrap's maximum is cut off at 0.
        expected = stats.t.sf(statistic, 8) if statistic > 0 else 1.0
        assert found == pytest.approx(expected, abs=0.03)


def test_superior_ability_is_not_told_from_seven_months():
    losses = np.random.default_rng(18).chisquare(1, (7, 3))
    with pytest.raises(ValueError, match="7 periods tell no long-run variance: 8 do at least"):
        spa_p_value(losses[:, 0], losses[:, 1:])


def test_a_noisy_bad_rival_hides_no_winner():
    """arch compares plain differences: there the bad model's noise sets the null distribution."""
    from arch.bootstrap import SPA

    rng = np.random.default_rng(14)
    shock = rng.normal(size=237)
    winner = 0.9 * shock + 0.2 * rng.normal(size=237)
    # Far off in three months: worse, but by its standard error no hopeless model.
    noisy = shock.copy()
    noisy[[40, 120, 200]] += [3, -5, 4]
    assert -1.84 < -coroneo_iacone(noisy**2 - shock**2)[0] < 0
    losses = np.square(np.column_stack([winner, noisy]))
    assert coroneo_iacone(winner**2 - shock**2)[1] < 0.005
    assert spa_p_value(shock**2, losses) < 0.01
    plain = SPA(shock**2, losses, block_size=6, reps=500, bootstrap="circular", seed=0)
    plain.compute()
    assert plain.pvalues["consistent"] > 0.05


def test_superior_ability_is_not_found_in_many_equals_nor_hidden_by_hopeless_models(losses):
    assert spa_p_value(losses[:, 2], losses[:, [1, 3]]) > 0.05
    benchmark = losses[:, 1]
    assert spa_p_value(benchmark, losses[:, [0, 2, 3]]) < 0.01
    wild = np.column_stack([losses[:, 0], losses[:, [4] * 5] * np.arange(50, 55)])
    assert spa_p_value(benchmark, wild) < 0.01


def test_nobody_is_superior_to_itself(losses):
    benchmark = losses[:, 1]
    assert spa_p_value(benchmark, losses[:, [1, 1]]) == 1
    with_twin = spa_p_value(benchmark, losses[:, [1, 0, 2]], seed=5)
    assert with_twin == spa_p_value(benchmark, losses[:, [0, 2]], seed=5)


def test_the_same_seed_gives_the_same_p_values(losses):
    assert (mcs_p_values(losses, seed=1) == mcs_p_values(losses, seed=1)).all()
    near = losses[:, 1], losses[:, 2:4]
    assert spa_p_value(*near, seed=1) == spa_p_value(*near, seed=1)
    assert spa_p_value(*near, seed=1) != spa_p_value(*near, seed=2)
