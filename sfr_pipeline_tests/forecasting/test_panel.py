"""The panel of early warning: what it holds of each month, and what it does without."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import CatalogueError, EstimationError
from sfr_pipeline.evaluation.models import missing_models
from sfr_pipeline.forecasting.last_days import is_mean_of_days, lacking
from sfr_pipeline.forecasting.panel import warning_panel
from sfr_pipeline.index.indicators import deliver_indicators, panel_rows
from sfr_pipeline.index.missing import missing_indicators
from sfr_pipeline.inputs.samples import sample_months
from sfr_pipeline.inputs.views import View
from sfr_pipeline.markets import Series
from sfr_pipeline.markets.forecasting import ForecastingSettings
from sfr_pipeline.storage.tables.forecasting import WARNING_PANEL
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.inputs.received import fetch_prices, fetch_series

CUT = pd.Timestamp("2006-06-30")
FILES = [
    {"id": "vix", "name": "VIX", "unit": "index points", "frequency": "daily", "release_lag": 0,
     "source": None, "vendor": "an exchange"},
    {"id": "yield_10y", "name": "Ten-year yield", "unit": "per cent", "frequency": "daily",
     "release_lag": 1, "source": None, "vendor": "a treasury"},
]  # fmt: skip
SETTINGS = {
    "start": "2002-01",
    "min_months": 60,
    "inputs": [
        {"id": "bill_rate", "name": "Bill", "unit": "per cent a year",
         "input": {"series": "bill_rate"}, "transform": ["level"], "why": "Money."},
        {"id": "hiring", "name": "Payrolls", "unit": "thousand persons",
         "input": {"series": "payrolls"}, "transform": ["year_on_year"], "why": "Jobs."},
        {"id": "shares", "name": "Shares", "unit": "index points",
         "input": {"measure": "close", "symbols": ["SP500"]},
         "transform": ["month_mean", "month_on_month"], "why": "Wealth."},
    ],
    "gaps": [
        {"id": "stock", "name": "S&P 500", "input": {"measure": "close", "symbols": ["SP500"]}},
        {"id": "banks", "name": "Banks",
         "input": {"measure": "portfolio", "symbols": ["BAC", "JPM"]}},
        {"id": "range", "name": "Range", "input": {"measure": "range", "symbols": ["SP500"]}},
        {"id": "rates", "name": "Rates", "input": {"series": "yield_10y"}},
    ],
    "implied_volatility": {"series": "vix", "of": "SP500"},
    "rate": "yield_10y",
}  # fmt: skip


def delivered():
    """Made-up daily files."""
    rng = np.random.default_rng(7)
    days = pd.bdate_range("1999-01-04", "2008-12-31")
    return {
        "vix": pd.Series(20 * np.exp(0.1 * rng.normal(size=len(days))), days),
        "yield_10y": pd.Series(4 + np.tanh(0.02 * rng.normal(size=len(days)).cumsum()), days),
    }


@pytest.fixture(scope="module")
def market(mini):
    series = [*mini.series, *(Series.model_validate(one) for one in FILES)]
    settings = ForecastingSettings.model_validate(SETTINGS)
    return mini.model_copy(
        update={"series": series, "files": "imports/mini", "forecasting": settings}
    )


@pytest.fixture(scope="module")
def prices(market):
    return fetch_prices(market)


@pytest.fixture(scope="module")
def sfri(market):
    months = pd.date_range("2000-01-31", "2008-12-31", freq="ME")
    values = np.arange(len(months), dtype=float)
    return pd.concat(
        [
            pd.DataFrame({"mode": mode, "ref_date": months, "sfri": scale * values})
            for mode, scale in (("paper", 1.0), ("real_time", -1.0))
        ]
    )


def early_warning(market, prices, sfri, **options):
    """The panel of what is delivered at this moment."""
    series, missing = fetch_series(market)
    views = [View(sample_months(market)[0], series, prices)]
    return warning_panel(market, views, missing, sfri, **options)


def gather(market, prices, sfri, files, folder, **options):
    (folder / "mini").mkdir(parents=True, exist_ok=True)
    for name, values in files.items():
        path = folder / "mini" / f"{name}.csv"
        values.dropna().rename("value").rename_axis("date").to_csv(path)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SFR_IMPORTS", str(folder))
        return early_warning(market, prices, sfri, **options)


@pytest.fixture(scope="module")
def panel(market, prices, sfri, tmp_path_factory):
    return gather(market, prices, sfri, delivered(), tmp_path_factory.mktemp("files"))


def values_of(panel, variable, mode="real_time"):
    rows = panel.frame[(panel.frame["variable"] == variable) & (panel.frame["mode"] == mode)]
    return rows.set_index("ref_date")["value"]


def test_the_panel_keeps_its_contract_and_lacks_nothing(panel):
    assert violations(WARNING_PANEL, panel.frame) == []
    assert panel.absent == ()
    roles = panel.frame.drop_duplicates("variable").set_index("variable")["role"]
    assert roles.value_counts().to_dict() == {
        "gap": 8, "input": 3, "implied": 2, "end": 2, "index": 1, "rate": 1,
    }  # fmt: skip


def test_what_nobody_delivers_is_named_with_its_remedy_and_the_rest_is_as_before(
    market, prices, sfri, panel, tmp_path
):
    poorer = gather(market, prices, sfri, {}, tmp_path)
    assert len(poorer.absent) == 3
    assert any("put vix.csv into imports/mini (an exchange)" in text for text in poorer.absent)
    gone = {"implied_realised", "implied_mean", "rate_gap", "gap_week_rates", "gap_quarter_rates"}
    kept = panel.frame[~panel.frame["variable"].isin(gone)].reset_index(drop=True)
    pd.testing.assert_frame_equal(poorer.frame, kept)


def test_a_file_that_only_early_warning_needs_makes_no_indicator_missing(market, prices, tmp_path):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SFR_IMPORTS", str(tmp_path))
        series, missing = fetch_series(market)
    indicators = deliver_indicators(market, prices, series, missing)
    assert set(missing["series"]) == {"vix", "yield_10y"}
    assert missing_indicators(market, indicators, missing).empty
    assert set(indicators["indicator"]) == {indicator.id for indicator in market.indicators}


def test_each_information_set_has_its_own_index_and_its_own_variant_of_opinion(
    market, prices, sfri, tmp_path
):
    month = pd.Timestamp("2003-05-31")
    npoi = pd.DataFrame(
        {
            "variant": ["paper", "real_time", "robust"],
            "ref_date": month,
            "npoi": [1.0, 2.0, 3.0],
        }
    )
    panel = gather(market, prices, sfri, {}, tmp_path, npoi=npoi)
    assert values_of(panel, "npoi", "paper").to_dict() == {month: 1.0}
    assert values_of(panel, "npoi", "real_time").to_dict() == {month: 2.0}
    assert values_of(panel, "sfri", "paper")[month] == -values_of(panel, "sfri")[month] == 40.0


def test_gaps_are_log_ratios_of_trailing_means_at_the_months_last_day(panel, prices):
    wide = prices.pivot(index="date", columns="symbol")
    stock = wide["close"]["SP500"].dropna()
    both = wide["close"][["BAC", "JPM"]].dropna()
    simple = both.pct_change().mean(axis=1).dropna()
    squares = {
        "stock": (np.log(stock).diff() ** 2).dropna(),
        "banks": np.log1p(simple) ** 2,
        "range": np.log(wide["high"]["SP500"] / wide["low"]["SP500"]).dropna(),
    }
    for month in ("2003-02-28", "2008-10-31"):
        for name, size in squares.items():
            days = size[:month].to_numpy()
            week, usual, quarter = (days[-n:].mean() for n in (5, 22, 66))
            assert values_of(panel, f"gap_week_{name}")[month] == pytest.approx(
                np.log(week / usual), abs=1e-9
            )
            assert values_of(panel, f"gap_quarter_{name}")[month] == pytest.approx(
                np.log(quarter / usual), abs=1e-9
            )


def test_implied_volatility_is_held_against_what_was_realised(panel, prices):
    vix = delivered()["vix"]["2008-10"]
    stock = prices[prices["symbol"] == "SP500"].set_index("date")["close"]
    returns = 100 * np.log(stock).diff()["2008-10"]
    realised = np.sqrt(252 * np.mean(returns**2))
    month = "2008-10-31"
    assert values_of(panel, "implied_realised")[month] == pytest.approx(
        np.log(vix.iloc[-1] / realised)
    )
    assert values_of(panel, "implied_mean")[month] == pytest.approx(
        np.log(vix.iloc[-1] / vix.mean())
    )


def test_an_indicator_that_is_a_mean_of_days_is_revalued_at_the_last_of_them(panel, market, prices):
    assert panel.frame.query("role == 'end'")["mode"].unique().tolist() == ["real_time"]
    close = prices[prices["symbol"] == "SP500"].set_index("date")["close"].dropna()
    loss = 100 * (1 - close / close.rolling(504, min_periods=252).max())
    month = "2008-09"
    assert values_of(panel, "end_stock_drawdown")["2008-09-30"] == pytest.approx(
        loss[month].iloc[-1] - loss[month].mean()
    )
    # Of the worst October since 1987 the days at the end say more than the month.
    assert values_of(panel, "end_stock_volatility")["2008-09-30"] > 0.3
    # A beta is that of the month's last day already, payrolls have no days.
    assert {indicator.id for indicator in market.indicators if is_mean_of_days(market, indicator)} \
        == {"stock_volatility", "stock_drawdown"}  # fmt: skip


def test_it_is_turned_towards_risk_and_drawn_in_as_the_panel_is(market, prices, sfri, tmp_path):
    def revalued(direction=1, **index):
        indicators = [
            indicator.model_copy(update={"direction": direction})
            for indicator in market.indicators
            if indicator.id == "stock_drawdown"
        ]
        settings = market.index.model_copy(update=index)
        other = market.model_copy(update={"indicators": indicators, "index": settings})
        return values_of(gather(other, prices, sfri, {}, tmp_path), "end_stock_drawdown")

    plain = revalued()
    pd.testing.assert_series_equal(revalued(direction=-1), -plain)
    drawn = revalued(winsorise=["real_time"], winsorise_at=1.0)
    assert (drawn.abs() <= plain.abs() + 1e-12).all()
    assert (drawn == plain).mean() > 0.2
    # In a crash the month and its last days both stand at the bound.
    assert ((drawn == 0) & (plain > 1)).any()


def test_a_market_without_means_of_days_is_not_asked_for_their_forecast(panel):
    without = panel.frame[panel.frame["role"] != "end"]
    assert (lacking(panel.frame), lacking(without)) == ((), ("month_ends",))
    asked = [
        missing_models("forecasting", "real_time", [], 1, lacks)
        for lacks in (lacking(panel.frame), lacking(without))
    ]
    assert set(asked[0]) - set(asked[1]) == {"month_end"}


def test_a_rate_published_a_day_later_ends_its_month_a_day_earlier_in_real_time(panel):
    rate = delivered()["yield_10y"]
    month = "2005-08-31"
    inside = rate["2005-08"]
    assert values_of(panel, "rate_gap", "paper")[month] == pytest.approx(
        inside.iloc[-1] - inside.mean()
    )
    known = rate.set_axis(rate.index + pd.Timedelta(days=1))["2005-08"]
    assert known.iloc[-1] == inside.iloc[-2]
    assert values_of(panel, "rate_gap")[month] == pytest.approx(known.iloc[-1] - known.mean())


@pytest.mark.parametrize("mode", ["paper", "real_time"])
def test_inputs_follow_the_information_set_of_the_indicators(market, prices, panel, mode):
    """The same series with the same transform is an indicator of this market."""
    used = [i for i in market.indicators if i.id == "payrolls"]
    only = market.model_copy(update={"indicators": used})
    rows = panel_rows(only, deliver_indicators(only, prices, *fetch_series(only)), mode)
    expected = rows.set_index("ref_date")["transformed"].rename("value")
    pd.testing.assert_series_equal(values_of(panel, "hiring", mode), expected)


@pytest.mark.parametrize("poison", [np.nan, 1e9])
def test_the_future_does_not_touch_a_bit_of_what_was_known(
    market, prices, sfri, panel, tmp_path, poison
):
    dirty = prices.copy()
    dirty.loc[dirty["date"] > CUT, ["open", "high", "low", "close", "volume"]] = poison
    files = delivered()
    files["vix"][files["vix"].index > CUT] = poison
    # Known a day later: the value of the last day came after the cut.
    files["yield_10y"][files["yield_10y"].index >= CUT] = poison
    other = gather(market, dirty.dropna(subset="close"), sfri, files, tmp_path)
    for one, another in ((panel.frame, other.frame), (other.frame, panel.frame)):
        known = one[(one["mode"] == "real_time") & (one["ref_date"] <= CUT)]
        same = another[(another["mode"] == "real_time") & (another["ref_date"] <= CUT)]
        pd.testing.assert_frame_equal(
            known.reset_index(drop=True), same.reset_index(drop=True), check_exact=True
        )
    # The control: later months, and paper mode's last month before the cut, do move.
    assert not values_of(other, "rate_gap", "paper")[:CUT].equals(
        values_of(panel, "rate_gap", "paper")[:CUT]
    )
    for variable in ("gap_week_stock", "end_stock_drawdown", "end_stock_volatility"):
        assert not values_of(other, variable).equals(values_of(panel, variable))


def test_returns_of_what_is_not_positive_are_refused(market, prices, sfri, tmp_path):
    files = delivered()
    files["yield_10y"].iloc[100] = -0.1
    with pytest.raises(EstimationError, match="returns of Rates need positive values"):
        gather(market, prices, sfri, files, tmp_path)


def test_a_market_without_early_warning_says_so(mini, prices, sfri):
    with pytest.raises(CatalogueError, match="give its catalogue a section 'forecasting'"):
        early_warning(mini, prices, sfri)
