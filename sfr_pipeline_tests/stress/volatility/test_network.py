"""What the network may learn from, what of it is believed, and that it finds what is there."""

from dataclasses import replace

import numpy as np
import pytest

from sfr_pipeline.evaluation.models.record import Model
from sfr_pipeline.stress.volatility import network
from sfr_pipeline.stress.volatility.harx import Refit
from sfr_pipeline.training.fitting import fit
from sfr_pipeline.training.spec import Fit

HORIZON = 21
GAP = HORIZON + 5
TINY = Model(
    "tiny",
    "volatility",
    "Tiny",
    "own",
    "sfr_pipeline.networks.cnn_bilstm:CNNBiLSTM",
    {"channels": 3, "kernels": (3,), "hidden": 4, "dropout": 0.0, "layers": 1},
    network=True,
    window=4,
)
QUICK = replace(network.training(15), learning_rate=2e-2, batch_size=64, patience=8)
N_DAYS, N_MARKETS = 1100, 2
FIRST = 900
TESTS = {1: np.arange(FIRST, 1000), 2: np.arange(1000, N_DAYS)}


def fits(tasks):
    return [fit(task) for task in tasks]


def world(seed=0):
    """Inputs, and residuals that no line explains: the size of one of them."""
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((N_DAYS, N_MARKETS, 3))
    residual = np.abs(inputs[..., 0]) - np.sqrt(2 / np.pi)
    return inputs, residual + 0.3 * rng.standard_normal((N_DAYS, N_MARKETS))


def refits(inputs, residual):
    """Two refits whose residuals are known up to the purge before their test days."""
    days = [(year, test[test < len(inputs)]) for year, test in TESTS.items()]
    return [
        network.prepare(
            Refit(year, test[0] - 1, np.arange(test[0] - GAP), test), HORIZON, inputs, residual
        )
        for year, test in days
        if len(test)
    ]


def corrected(inputs, residual, seeds=1, how=QUICK):
    return network.correct(refits(inputs, residual), [TINY], seeds, how, residual.shape, fits)[0]


@pytest.fixture(scope="module")
def planted():
    inputs, residual = world()
    return inputs, residual, corrected(inputs, residual)


def test_fifths_cover_every_third_day_and_nothing_learnt_overlaps_what_is_held_out():
    residual = np.zeros((700, 2))
    residual[:60] = residual[90:110, 0] = residual[650:] = np.nan
    known = np.isfinite(residual)
    seen = np.zeros_like(known)
    for part in range(5):
        learnt, watched = network.held_out(residual, HORIZON, part)
        days = np.flatnonzero(watched.any(axis=1))
        for day, market in np.argwhere(learnt):
            assert day % 3 == 0
            assert known[day, market]
            # Neither the days after it, nor those after a held-out day, reach the other's.
            assert day + GAP < days[0] or days[-1] + GAP < day
        assert not (seen & watched).any()
        seen |= watched
    expected = known & (np.arange(700) % 3 == 0)[:, None]
    assert (seen == expected).all()


def test_as_much_is_learnt_as_the_gap_allows():
    learnt, watched = network.held_out(np.zeros((900, 1)), HORIZON, 2)
    assert np.flatnonzero(watched)[[0, -1]].tolist() == [360, 537]
    # Days 360 to 539 are held out: 333 is the last third day before 334, 567 the first after 565.
    days = np.flatnonzero(learnt)
    assert days[days < 360][-1] == 333
    assert days[days > 539][0] == 567


def test_windows_end_on_their_cells_market_after_market():
    rows = np.arange(2 * 6 * 3, dtype=np.float32).reshape(6, 2, 3)
    cells = np.zeros((6, 2), dtype=bool)
    cells[[2, 5], 0] = cells[3, 1] = True
    windows = network.windows_at(rows, cells, 2)
    assert windows.dtype == np.float32
    expected = [rows[1:3, 0], rows[4:6, 0], rows[2:4, 1]]
    assert (windows == np.array(expected)).all()
    assert network.at(rows[..., 0], cells).tolist() == [12, 30, 21]


def test_half_of_the_projection_on_held_out_days_is_believed():
    """The networks say known numbers: .8 of the residual and noise across it."""
    inputs, residual = world()
    said = []

    def known_fits(tasks):
        for task in tasks:
            rng = np.random.default_rng(task.seed)
            held = len(task.validation_targets)
            outputs = rng.standard_normal((len(task.predict), 1))
            outputs[:held] += 0.8 * task.validation_targets
            said.append((outputs[:held, 0], task.validation_targets[:, 0], outputs[held:, 0]))
        nothing = np.zeros(1)
        return [Fit(np.r_[held, asked][:, None], nothing, nothing, {}) for held, _, asked in said]

    one = refits(inputs, residual)[-1]
    found = network.correct([one], [TINY], 3, QUICK, residual.shape, known_fits)[0]
    held, true, asked = ([part[place] for part in said] for place in range(3))
    net, left = np.concatenate(held), np.concatenate(true).astype(float)
    slope = np.linalg.lstsq(net[:, None], left, rcond=None)[0][0]
    assert found.shares[2] == pytest.approx(slope / 2, rel=1e-12)
    expected = np.zeros(one.asked.shape)
    expected.T[one.asked.T] = slope / 2 * np.mean(asked, axis=0)
    np.testing.assert_allclose(found.added, expected, rtol=1e-12)
    np.testing.assert_allclose(found.added, np.mean(found.of_seeds, axis=0), atol=1e-12)


def test_a_network_that_says_nothing_adds_nothing():
    inputs, residual = world()

    def silent(tasks):
        zero = np.zeros(1)
        return [Fit(np.zeros((len(task.predict), 1)), zero, zero, {}) for task in tasks]

    found = network.correct(refits(inputs, residual), [TINY], 1, QUICK, residual.shape, silent)[0]
    assert set(found.shares.values()) == {0.0}
    assert (found.added[FIRST:] == 0).all()


def test_what_no_line_explains_is_found(planted):
    _inputs, residual, found = planted
    tested = slice(FIRST, N_DAYS)
    left = residual[tested] - found.added[tested]
    gain = 1 - np.square(left).mean() / np.square(residual[tested]).mean()
    print(f"planted size: gain {gain:.2f}, shares {found.shares}")
    # Sizes have a variance of 1 - 2 / pi, three quarters of which half of them takes: .6 of all.
    assert gain > 0.4
    assert all(0.35 < share < 0.8 for share in found.shares.values())


def test_shuffled_residuals_gain_nothing():
    inputs, residual = world()
    shuffled = np.random.default_rng(1).permutation(residual)
    found = corrected(inputs, shuffled)
    left = shuffled[FIRST:] - found.added[FIRST:]
    gain = 1 - np.square(left).mean() / np.square(shuffled[FIRST:]).mean()
    print(f"shuffled: gain {gain:.3f}, shares {found.shares}")
    assert gain < 0.02


def test_only_the_days_asked_have_corrections(planted):
    inputs, residual, found = planted
    assert (found.added[:FIRST] == 0).all()
    assert (found.added[FIRST:] != 0).all()
    missing = inputs.copy()
    missing[1050, 1, 2] = np.nan
    again = refits(missing, residual)[-1]
    assert not again.asked[1050, 1]
    assert again.asked[1050, 0]


def test_the_newest_networks_say_of_the_last_day_what_the_table_says(planted):
    inputs, _, found = planted
    last = found.newest.of(inputs[-40:], TINY.implementation)
    assert (last == found.added[-1]).all()
    missing = inputs[-40:].copy()
    missing[-1, 0, 0] = np.nan
    assert np.isnan(found.newest.of(missing, TINY.implementation)).tolist() == [True, False]


def test_a_past_too_short_to_hold_fifths_out_has_no_networks():
    inputs, residual = world()
    short = Refit(1, 300, np.arange(275), np.arange(301, 320))
    assert network.prepare(short, HORIZON, inputs, residual) is None
    longer = Refit(1, 320, np.arange(295), np.arange(321, 340))
    assert network.prepare(longer, HORIZON, inputs, residual) is not None


def test_how_many_refits_share_memory_changes_no_byte(planted, monkeypatch):
    inputs, residual, found = planted
    turns = []

    def counted(tasks):
        turns.append(len(tasks))
        return fits(tasks)

    monkeypatch.setattr(network, "MOST_BYTES", 1)
    again = network.correct(refits(inputs, residual), [TINY], 1, QUICK, residual.shape, counted)[0]
    assert turns == [1, 1]
    assert (again.added[FIRST:] == found.added[FIRST:]).all()
