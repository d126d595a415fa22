"""The steps of a run: from tables to tables, and what a short history leaves."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.evaluation.models import contender, models_of
from sfr_pipeline.storage.folder import Folder
from sfr_pipeline.stress import saved
from sfr_pipeline.stress.features import daily_features
from sfr_pipeline.stress.panel import daily_panel, quote_rows, return_rows
from sfr_pipeline.stress.volatility import checkpoint, latest, study
from sfr_pipeline.stress.volatility.scores import missing_rivals
from sfr_pipeline.training.fitting import fit
from sfr_pipeline.training.profile import PROFILES
from sfr_pipeline_tests.stress.daily_market import daily_market, simulated_prices


def tables_of(market, prices):
    panel = daily_panel(market, prices)
    features = daily_features(market, panel)
    frames = (quote_rows(panel), return_rows(panel), features)
    return dict(zip(latest.TABLES, frames, strict=True))


def laid(market, prices):
    return study.prepare(market, *tables_of(market, prices).values(), PROFILES["quick"])


@pytest.fixture(scope="module")
def whole():
    return laid(daily_market(), simulated_prices())


def passed_on(whole, corrections, folder):
    """What networks add, as whoever goes on elsewhere is given it; the same to the last bit."""
    path = folder / "corrections.parquet"
    study.corrections_frame(corrections).to_parquet(path)
    found = study.corrections_from(whole, pd.read_parquet(path))
    for ours, theirs in zip(found, corrections, strict=True):
        assert (ours.panel, ours.horizon, ours.refit_months) == (
            theirs.panel, theirs.horizon, theirs.refit_months
        )  # fmt: skip
        for network, sent in zip(ours.networks, theirs.networks, strict=True):
            assert (network.network, network.shares) == (sent.network, sent.shares)
            for added, expected in zip(
                (network.added, *network.of_seeds), (sent.added, *sent.of_seeds), strict=True
            ):
                assert added.tobytes() == expected.tobytes()
            assert (network.newest.options, network.newest.window, network.newest.share) == (
                sent.newest.options, sent.newest.window, sent.newest.share
            )  # fmt: skip
    return found


def test_panels_hold_what_the_tables_hold(whole):
    sub_markets, stocks = whole.panels
    assert sub_markets.markets == ("equity", "banks", "oil")
    assert stocks.markets == ("BAC", "JPM")
    # Ranges: of stocks, and of the one sub-market of one instrument with log returns.
    assert np.isfinite(sub_markets.log_range).any(axis=0).tolist() == [True, False, False]
    assert np.isfinite(stocks.log_range).any(axis=0).all()
    # The catalogue's implied volatility is the close of NASDAQ here.
    closes = simulated_prices().query("symbol == 'NASDAQ'")["close"].to_numpy()
    np.testing.assert_allclose(sub_markets.implied, np.log(closes / 100))
    assert stocks.equity is None


def test_a_run_from_tables_to_tables(whole, tmp_path):
    told = []
    without = study.run_without_networks(whole, told.append)
    assert len(told) == 2
    corrections = study.train_networks(
        study.plan_networks(whole), lambda tasks: [fit(task) for task in tasks]
    )
    corrections = passed_on(whole, corrections, tmp_path)
    runs = study.with_networks(without, corrections)
    forecasts, scores = study.forecasts(whole, runs), study.scores(whole, runs)
    assert set(scores["panel"]) == set(forecasts["panel"]) == {"sub_markets", "stocks"}
    names = {model.id for model in models_of("volatility") if model.required}
    assert set(scores["model"]) == set(forecasts["model"]) == names
    assert missing_rivals(scores, forecasts) == []
    # Single seeds are judged, and their mean alone is published.
    assert set(scores["seed"]) == {-1, 0, 1, 2, 3, 4}
    assert set(forecasts["seed"]) == {-1}
    proposed = contender("volatility")
    without_it = scores[(scores["model"] != proposed.id) | (scores["horizon"] != 21)]
    lacks = missing_rivals(without_it, forecasts)
    assert lacks
    assert all(proposed.id in lack and "sub_markets" in lack for lack in lacks)
    kept = study.newest_models(whole, runs, corrections)
    assert kept is not None
    assert kept.correction is not None
    assert kept.correction.network == proposed.id
    # Asked again without training, it says of the newest day what the table says.
    files, market = Folder(tmp_path), daily_market()
    checkpoint.save(kept, files, saved.name_of(market.name, checkpoint.NAME))
    ahead = latest.latest_volatility(market, tables_of(market, simulated_prices()), files)
    columns = ["horizon", "model", "market", "forecast", "low_90", "low_50", "high_50", "high_90"]
    newest = forecasts[
        forecasts["panel"].eq("sub_markets") & forecasts["date"].eq(ahead["date"][0])
    ]
    table = newest[newest["model"].isin(ahead["model"].unique())]
    assert len(table) == 3 * (2 + 1)
    pd.testing.assert_frame_equal(
        *(each[columns].sort_values(columns[:3], ignore_index=True) for each in (ahead, table)),
        check_exact=True,
    )


@pytest.mark.parametrize("end", ["2000-02-15", "2001-06-29", "2002-12-31"])
def test_a_short_history_is_a_study_without_panels_that_says_why(end):
    short = laid(daily_market(), simulated_prices(end))
    assert short.panels == ()
    assert short.waits.startswith("Volatility")
    runs = study.run_without_networks(short)
    assert runs == []
    assert study.forecasts(short, runs).empty
    assert study.scores(short, runs).empty
    assert study.plan_networks(short) == []
    assert study.newest_models(short, runs, []) is None


def test_stocks_that_begin_too_late_are_left_out_alone(caplog):
    prices = simulated_prices()
    late = prices["symbol"].isin(["BAC", "JPM"]) & (prices["date"] < pd.Timestamp("2003-06-01"))
    own = laid(daily_market(cross_section=["BAC", "JPM"]), prices[~late])
    assert [panel.name for panel in own.panels] == ["sub_markets"]
    assert "stocks of the cross-section are left out" in caplog.text
