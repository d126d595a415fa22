import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.storage.tables.stress import (
    STRESS_LABEL_STATISTICS,
    STRESS_LABELS,
    STRESS_OUTCOMES,
)
from sfr_pipeline.storage.validation import violations
from sfr_pipeline.stress import labels as room
from sfr_pipeline.stress.assembly import build_sample
from sfr_pipeline.stress.panel import daily_panel
from sfr_pipeline_tests.stress.daily_market import (
    CUT,
    daily_market,
    poisoned,
    simulated_prices,
    up_to,
)

MARKET = daily_market()
SETTINGS = MARKET.stress.labels
ENDS = pd.Timestamp("2003-05-16"), pd.Timestamp("2003-05-23")
DAY = pd.Timedelta("1D")


@pytest.fixture(scope="module")
def prices():
    return simulated_prices()


@pytest.fixture(scope="module")
def panel(prices):
    return daily_panel(MARKET, prices)


@pytest.fixture(scope="module")
def labels(panel):
    return room.stress_labels(MARKET, panel.returns)


def labels_of(prices):
    return room.stress_labels(MARKET, daily_panel(MARKET, prices).returns)


def test_the_tables_keep_their_contracts(panel, labels):
    assert not violations(STRESS_LABELS, labels)
    assert not violations(STRESS_OUTCOMES, room.stress_outcomes(MARKET, panel.returns))
    assert not violations(STRESS_LABEL_STATISTICS, room.label_statistics(MARKET, labels))


@pytest.mark.parametrize("horizon", [5, 21])
def test_forward_labels_are_those_of_a_plain_loop(panel, labels, horizon):
    returns = panel.returns.to_numpy()
    n, m = returns.shape
    volatility, loss = np.full((n, m), np.nan), np.full((n, m), np.nan)
    for t in range(n - horizon):
        for j in range(m):
            ahead = returns[t + 1 : t + 1 + horizon, j]
            if np.isnan(ahead).any():
                continue
            volatility[t, j] = np.sqrt(252 / horizon * np.sum(ahead**2))
            path = np.concatenate([[0.0], np.cumsum(ahead)])
            loss[t, j] = min(path[u] - path[: u + 1].max() for u in range(len(path)))
    expected = {}
    for t in range(n):
        beyond = n_markets = 0
        for j in range(m):
            origins = slice(max(0, t - horizon - SETTINGS.window + 1), max(0, t - horizon + 1))
            past = volatility[origins, j]
            past = past[~np.isnan(past)]
            if len(past) < SETTINGS.min_outcomes:
                continue
            n_markets += 1
            falls = loss[origins, j]
            falls = falls[~np.isnan(falls)]
            beyond += bool(
                volatility[t, j] > np.quantile(past, 0.85) and loss[t, j] < np.quantile(falls, 0.15)
            )
        if n_markets >= 2:
            expected[panel.dates[t]] = float(beyond >= 2) if t + horizon < n else np.nan
    found = room.label_series(labels, f"F{horizon}")
    pd.testing.assert_series_equal(
        found, pd.Series(expected), check_names=False, check_freq=False, check_index_type=False
    )
    assert 0.02 < found.mean() < 0.4


def test_labels_of_the_day_are_those_of_a_plain_loop(panel, labels):
    returns = panel.returns.iloc[1:].to_numpy()
    n, m = returns.shape
    level = np.cumsum(returns, axis=0)
    scores = np.full((n, m), np.nan)
    for j in range(m):
        measures = [[], []]
        for t in range(n):
            if t < 20:
                continue
            pair = (
                np.sqrt(np.mean(returns[t - 20 : t + 1, j] ** 2)),
                level[max(0, t - 251) : t + 1, j].max() - level[t, j],
            )
            ranks = []
            for past, value in zip(measures, pair, strict=True):
                if len(past) >= SETTINGS.min_outcomes:
                    ranks.append(np.mean(np.array(past) <= value))
                past.append(value)
            if len(ranks) == 2:
                scores[t, j] = np.mean(ranks)
    composite = np.full(n, np.nan)
    weighted, total = np.zeros((m, m)), 0.0
    for t in range(n):
        if np.isnan(scores[t]).any():
            continue
        centred = scores[t] - 0.5
        weighted = 0.94 * weighted + np.outer(centred, centred)
        total = 0.94 * total + 1.0
        sd = np.sqrt(np.diag(weighted / total))
        correlation = weighted / total / np.outer(sd, sd)
        composite[t] = scores[t] @ correlation @ scores[t] / m**2
    found = labels[labels["label"] == "D90"].set_index("date")
    days = panel.dates[1:]
    expected = pd.Series(composite, days)
    np.testing.assert_allclose(found["composite"], expected.reindex(found.index), rtol=1e-9)
    for label in ("D90", "D50"):
        rows = labels[labels["label"] == label].set_index("date")
        assert rows.index[0] == expected.dropna().index[SETTINGS.min_outcomes]
        for day in rows.index:
            past = expected[expected.index < day].dropna()
            if label == "D90":
                broad = (scores[days.get_loc(day)] > 0.8).sum() >= 2
                wanted = broad and expected[day] > np.quantile(past, 0.9)
            else:
                wanted = expected[day] > np.median(past.iloc[-SETTINGS.balanced_window :])
            assert rows.at[day, "stressed"] == wanted, (label, day)
    assert 0.02 < room.label_series(labels, "D90").mean() < 0.4


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_the_future_does_not_change_what_was_known(prices, labels, factor):
    perturbed = labels_of(poisoned(prices, factor))
    known = labels["known_at"] <= CUT
    assert known.sum() > 1000
    pd.testing.assert_frame_equal(
        perturbed[perturbed["known_at"] <= CUT].reset_index(drop=True),
        labels[known].reset_index(drop=True),
        check_exact=True,
    )
    thresholds = [
        up_to(room.stress_outcomes(MARKET, daily_panel(MARKET, frame).returns))[
            ["date", "horizon", "sub_market", "volatility_threshold", "loss_threshold"]
        ]
        for frame in (prices, poisoned(prices, factor))
    ]
    pd.testing.assert_frame_equal(*thresholds, check_exact=True)


@pytest.mark.parametrize("horizon", [5, 21])
def test_a_crash_after_the_cut_changes_the_labels_of_the_days_before_it(prices, labels, horizon):
    # The canary: were labels not of the future, this would find no change.
    perturbed = room.label_series(labels_of(poisoned(prices, 0.6)), f"F{horizon}")
    before = perturbed[:CUT]
    assert before.iloc[-horizon:].eq(1.0).all()
    changed = before.ne(room.label_series(labels, f"F{horizon}")[:CUT])
    assert changed.sum() > 0
    assert not changed.iloc[:-horizon].any()


def test_another_unit_after_the_cut_is_no_crash(prices, labels):
    """Only the day of the change is missing from what the days before and after it are told by."""
    perturbed = labels_of(poisoned(prices, 0.001))
    for label in ("F5", "F21"):
        found, expected = (room.label_series(each, label) for each in (perturbed, labels))
        both = pd.DataFrame({"found": found, "expected": expected}).dropna()
        assert len(both.loc[CUT:]) > 30
        assert both["found"].ne(both["expected"]).mean() < 0.01


def test_days_left_out_of_a_window_count_in_neither_its_volatility_nor_its_loss():
    days = pd.bdate_range("2000-01-03", periods=12)
    moves = pd.DataFrame({"a": np.linspace(-0.05, 0.06, 12)}, days)
    moves.iloc[[0, 6], 0] = np.nan
    found = room.outcomes(moves, 5, MARKET.stress.labels)
    known = moves["a"].to_numpy()[[4, 5, 7, 8]]
    assert found.volatility["a"].iloc[3] == pytest.approx(np.sqrt(252 * np.mean(known**2)))
    assert found.loss["a"].iloc[3] == pytest.approx(min(known[0] + min(known[1], 0), 0))
    # Neither a window that ends with such a day, nor one that lacks two of five, tells anything.
    assert np.isnan(found.volatility["a"].iloc[1])
    moves.iloc[5, 0] = np.nan
    assert room.outcomes(moves, 5, MARKET.stress.labels).volatility["a"].isna().iloc[3]


def test_a_run_to_the_cut_equals_the_whole_run_up_to_it(prices, labels):
    short = labels_of(prices[prices["date"] <= CUT])
    both = short.merge(labels, on=["date", "label"], suffixes=("", "_whole"))
    assert len(both) == len(short)
    known = short["known_at"].notna()
    assert short.loc[~known, "label"].value_counts().to_dict() == {"F5": 5, "F21": 21}
    assert short.loc[~known, "stressed"].isna().all()
    known = both["known_at"].notna()
    for name in ("stressed", "breadth", "composite", "composite_rank", "known_at"):
        pd.testing.assert_series_equal(
            both.loc[known, name], both.loc[known, f"{name}_whole"], check_names=False
        )


@pytest.fixture(scope="module")
def ended(prices):
    """Stocks end in May 2003, oil a week later; banks go on alone."""
    market = daily_market(calendar=["SP500", "JPM"])
    of = prices["symbol"].map({"SP500": ENDS[0], "WTI": ENDS[1]})
    return market, daily_panel(market, prices[~(prices["date"] > of)])


def test_labels_say_which_sub_markets_were_alive(ended, labels):
    market, panel = ended
    found = room.stress_labels(market, panel.returns)
    assert not violations(STRESS_LABELS, found)
    for label in ("D90", "F21"):
        alive = found[found["label"] == label].set_index("date")["alive"]
        assert alive[: ENDS[0]].eq("equity, banks, oil").all()
        assert alive[ENDS[0] + DAY : ENDS[1]].eq("banks, oil").sum() == 5
        # Banks alone are no breadth: nothing is told, though they trade on.
        assert alive.index[-1] == ENDS[1]
    counts = found["alive"].str.split(", ").str.len()
    assert (counts == found["n_markets"]).all()
    rows = found[found["label"] == "F21"].set_index("date")
    last = rows["stressed"].last_valid_index()
    # The days ahead of it are over in two sub-markets, and of no later day.
    assert panel.dates.get_loc(ENDS[1]) - panel.dates.get_loc(last) == 21
    assert rows.loc[last + DAY :, "known_at"].isna().all()
    # What was told while all three were alive is what is told with all of their days.
    before = rows["known_at"] <= ENDS[0]
    whole = labels[labels["label"] == "F21"].set_index("date").loc[rows.index[before]]
    pd.testing.assert_frame_equal(rows[before], whole, check_exact=True)


def test_what_has_ended_has_no_threshold_and_no_outcome_of_days_that_it_did_not_see(ended):
    market, panel = ended
    found = room.stress_outcomes(market, panel.returns)
    rows = found[(found["horizon"] == 21) & (found["sub_market"] == "equity")].set_index("date")
    assert rows.index[-1] == ENDS[0]
    known = rows["volatility"].last_valid_index()
    assert panel.dates.get_loc(ENDS[0]) - panel.dates.get_loc(known) == 21


def test_the_study_ends_with_the_last_day_that_can_be_told(ended):
    market, panel = ended
    labels = room.stress_labels(market, panel.returns)
    features = pd.DataFrame({"date": panel.dates, "feature": "banks_return", "value": 0.0})
    outcomes = room.stress_outcomes(market, panel.returns)
    sample = build_sample(market.stress, panel.returns, features, outcomes, labels)
    # Rules of one market watch the first: oil and banks without it are not enough.
    assert sample.dates[-1] == ENDS[0]
    assert len(sample.features) == len(sample.garch) == len(sample.dates)
    assert sample.outcomes[21].volatility.shape == (len(sample.dates), 3)
    assert not np.isnan(sample.garch[-1])
    without = build_sample(
        market.stress, panel.returns[: ENDS[0]], features, outcomes, STRESS_LABELS.empty()
    )
    assert list(without.dates) == list(sample.dates)


def test_training_targets_are_bounded_and_skip_stale_months_while_judged_ones_do_not():
    days = pd.bdate_range("2000-01-03", periods=1200, name="date")
    moves = 0.01 * np.random.default_rng(3).standard_normal((1200, 2))
    moves[700:740, 1] = 0.0
    moves[1000:1005, 1] = 2.0
    returns = pd.DataFrame(moves, days, ["equity", "banks"])
    outcomes = room.stress_outcomes(MARKET, returns)
    features = pd.DataFrame({"date": days, "feature": "x", "value": 0.0})
    labels = room.stress_labels(MARKET, returns)
    sample = build_sample(MARKET.stress, returns, features, outcomes, labels)
    for ahead in sample.outcomes.values():
        known = ~np.isnan(ahead.gaps)
        held = np.clip(ahead.gaps, -2.5, 2.5)
        assert (np.isnan(ahead.targets) == (~known | ahead.stale)).all()
        kept = known & ~ahead.stale
        np.testing.assert_array_equal(ahead.targets[kept], held[kept])
        assert ahead.gaps[kept].max() > 2.5
        # A month without a move: judged at half a per cent a year, and not learnt from.
        assert ahead.volatility[715, 1] == 0.0
        threshold = ahead.threshold[715, 1]
        assert ahead.gaps[715, 1] == pytest.approx(np.log(0.005) - np.log(threshold))
        assert ahead.stale[715, 1]
        assert not ahead.stale[:, 0].any()
        assert np.isfinite(ahead.gaps[known]).all()


def test_runs_with_few_calm_days_between_them_are_one_episode():
    days = pd.bdate_range("2020-01-01", periods=100)
    stressed = pd.Series(0.0, days)
    stressed.iloc[[10, 11, 33, 56, 57]] = 1.0  # 21 calm days, then 22
    assert list(np.flatnonzero(room.onsets(stressed, 21))) == [10, 56]


def test_statistics_count_what_stands_in_the_labels(labels):
    statistics = room.label_statistics(MARKET, labels).set_index(["label", "period"])
    known = room.label_series(labels, "F21").dropna()
    late = known[known.index.year >= 2003]
    assert statistics.loc[("F21", "test"), "base_rate"] == pytest.approx(late.mean())
    assert statistics.loc[("F21", "test"), "persistence_accuracy"] == pytest.approx(
        np.mean(late.to_numpy() == known.shift(21).reindex(late.index).to_numpy())
    )
    years = statistics.loc["F21"].drop(["all", "test"])
    assert years["n_episodes"].sum() == statistics.loc[("F21", "all"), "n_episodes"]
    assert statistics.loc[("D50", "all"), "base_rate"] == pytest.approx(0.5, abs=0.25)


def test_too_few_sub_markets_are_refused(prices):
    with pytest.raises(SourceError, match="cannot be told from the prices of 1"):
        daily_panel(MARKET, prices[prices["symbol"].isin(["SP500", "NASDAQ"])])
    with pytest.raises(SourceError, match="no prices of SP500"):
        daily_panel(MARKET, prices[prices["symbol"] != "SP500"])
