"""What was measured by somebody else on real data, from this code: gains of the linear panel.

The figures to come near are those of the trial that the model was registered with. Prices of the
stocks ship with a dependency; those of the world lie beside the checkout of its developers.
"""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.evaluation.models import headline, models_of
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.stress import LabelSettings
from sfr_pipeline.sources.bundled import STOCKS, fetch_prices
from sfr_pipeline.stress.features import daily_features
from sfr_pipeline.stress.panel import daily_panel, log_returns
from sfr_pipeline.stress.volatility.panel import pooled_panel, sub_market_panel
from sfr_pipeline.stress.volatility.rivals import PanelHarx, Recalibrated
from sfr_pipeline.stress.volatility.scores import volatility_scores
from sfr_pipeline.stress.volatility.walk import walk

HORIZON = 21
HEADLINE = headline("volatility").id
COLUMNS = ["loss", "rival", "n_days", "gain", "gain_63_low", "gain_63_high", "statistic", "verdict"]


def gains(panel, first_test_year):
    """Rows of the linear panel from 2010 on, by loss and rule of the rival."""
    judged = [
        model for model in models_of("volatility")
        if not model.network and model.load() in (PanelHarx, Recalibrated)
    ]  # fmt: skip
    runs = [walk(panel, HORIZON, model, first_test_year) for model in judged]
    scores = volatility_scores(panel, runs, first_test_year, 2009, draws=500)
    chosen = (scores["market"] == "all") & (scores["period"] == "confirmation")
    rows = scores[chosen & (scores["model"] == HEADLINE)]
    print(rows[COLUMNS].round(3).to_string(index=False))
    rules = {model.id: model.options.get("rule") for model in judged}
    return rows.assign(rule=rows["rival"].map(rules)).set_index(["loss", "rule"])


@pytest.mark.faults
def test_stocks_2010_to_2018_gain_as_measured_against_both_rules():
    """12.8 and 10.4 % here, 17.0 and 9.6 % there, where one stock's rival learnt floored zeros."""
    prices = fetch_prices(STOCKS).pivot(index="date", columns="code", values="close")
    returns = log_returns(prices["1990-01-02":"2018-12-31"])
    found = gains(pooled_panel("stocks", returns, LabelSettings()), 1997)
    assert found.loc[("mse", "ewma"), "gain"] == pytest.approx(0.128, abs=0.005)
    assert found.loc[("mse", "garch"), "gain"] == pytest.approx(0.104, abs=0.005)
    assert (found.loc["mse", "verdict"] == "better").all()
    assert (found.loc["mse", ["gain_63_low", "gain_252_low"]] > 0).all(axis=None)


@pytest.mark.faults
def test_the_world_2010_to_2021_gains_as_measured_against_both_rules(shared_data):
    """9.0 and 9.1 % here, 8.4 and 9.8 % there."""
    path = shared_data / "global" / "global_ohlcv_daily_yahoo.parquet"
    market = load_market("world")
    daily = daily_panel(market, pd.read_parquet(path))
    panel = sub_market_panel(market, daily, daily_features(market, daily))
    found = gains(panel, market.stress.first_test_year)
    assert found.loc[("mse", "ewma"), "gain"] == pytest.approx(0.09, abs=0.01)
    assert found.loc[("mse", "garch"), "gain"] == pytest.approx(0.091, abs=0.01)
    assert (found.loc["mse", "verdict"] == "better").all()
    assert np.isfinite(panel.implied).mean() > 0.99
