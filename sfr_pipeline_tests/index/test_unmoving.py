"""What does not move stops no market: it is left out of the months, or the mode, by name.

Each case goes from files to the index; what is left is compared with files that never held what
does not move.
"""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.volatility import (
    flat_beginning,
    garch_volatility,
    garch_volatility_real_time,
)
from sfr_pipeline.index.indicators import deliver_indicators
from sfr_pipeline.index.missing import missing_indicators
from sfr_pipeline.index.panel import build_panel
from sfr_pipeline.index.sfri import index_tables, why_no_index
from sfr_pipeline.markets import Market, load_market
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.inputs.received import NO_PRICES, fetch_series

DAYS = pd.bdate_range("2010-01-01", "2016-12-30")
FLAT = DAYS < "2011-12-01"
MONTHS = pd.date_range("2010-01-31", "2016-12-31", freq="ME")

FREQUENCIES = {"bond": "daily", "week": "daily", "year": "daily"}
INPUTS = {
    "bond_volatility": ({"series": "bond"}, {"garch_volatility": "difference"}),
    "term_spread": ({"series": "week", "minus": "year"}, "month_mean"),
    "week_rate": ({"series": "week"}, "month_mean"),
    "money": ({"series": "money"}, "level"),
    "credit": ({"series": "credit"}, "level"),
}


def market():
    names = ["bond", "week", "year", "money", "credit"]
    series = [
        {"id": name, "name": name, "unit": "per cent", "release_lag": 0, "source": None,
         "frequency": FREQUENCIES.get(name, "monthly"), "vendor": "exchange"}
        for name in names
    ]  # fmt: skip
    indicators = [
        {"id": name, "name": name, "unit": "per cent", "input": of, "why": "risk",
         "transform": [step], "dimension": "all", "direction": 1}
        for name, (of, step) in INPUTS.items()
    ]  # fmt: skip
    return Market.model_validate(
        {
            "name": "still",
            "title": "Still",
            "sample": {"start": "2010-01", "end": "2016-12", "first_vintage": "2014-01"},
            "files": "imports/still",
            "dimensions": {"all": "All"},
            "index": {"draws": 100, "replications": 100, "forecast_months": 3},
            "series": series,
            "indicators": indicators,
        }
    )


MARKET = market()


def moving():
    """Files in which all moves, by series."""
    rng = np.random.default_rng(10)
    days = 3 + 0.03 * rng.standard_normal((len(DAYS), 3)).cumsum(axis=0)
    months = 9 + rng.standard_normal((len(MONTHS), 2))
    return {
        "bond": pd.Series(days[:, 0], DAYS).round(4),
        "week": pd.Series(days[:, 1], DAYS).round(4),
        "year": pd.Series(days[:, 2], DAYS).round(4),
        "money": pd.Series(months[:, 0], MONTHS).round(2),
        "credit": pd.Series(months[:, 1], MONTHS).round(2),
    }


@pytest.fixture
def through(tmp_path, monkeypatch):
    """Gives a function from files to the panel and the rows of ``missing_indicators`` by id."""
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    folder = tmp_path / "still"
    folder.mkdir()

    def measure(data):
        for name, values in data.items():
            values.rename("value").rename_axis("date").to_csv(folder / f"{name}.csv")
        fetched = fetch_series(MARKET)
        indicators = deliver_indicators(MARKET, NO_PRICES, *fetched)
        missing = missing_indicators(MARKET, indicators, fetched.missing)
        assert violations(tables.MISSING_INDICATORS, missing) == []
        return build_panel(MARKET, indicators).panel, missing.set_index("indicator")

    return measure


def of(panel, name, mode):
    rows = panel[(panel["indicator"] == name) & (panel["mode"] == mode)]
    return rows.set_index("ref_date")["transformed"]


def test_where_all_moves_nothing_is_missing(through):
    panel, missing = through(moving())
    assert missing.empty
    assert of(panel, "bond_volatility", "paper").index[0] == MONTHS[0]
    assert of(panel, "bond_volatility", "real_time").index[0] == pd.Timestamp("2011-01-31")


def test_a_flat_beginning_is_left_out_of_its_months_by_name(through):
    data = moving()
    data["bond"][FLAT] = 99.2
    panel, missing = through(data)
    assert list(missing.index) == ["bond_volatility"]
    reason = missing.loc["bond_volatility", "reason"]
    assert reason.startswith("none up to 2011-11-30: bond does not move from 2010-01-01 to then")
    assert "bond.csv" in reason
    # As if the vendor had delivered nothing before: the step from 99.2 to a rate is none.
    data["bond"] = data["bond"]["2011-12-01":]
    (tables_of, without), modes = through(data), ("paper", "real_time")
    assert without.empty
    for mode in modes:
        pd.testing.assert_series_equal(
            of(panel, "bond_volatility", mode), of(tables_of, "bond_volatility", mode),
            check_exact=True,
        )  # fmt: skip
    begins = [of(panel, "bond_volatility", mode).index[0] for mode in modes]
    # Of December 2011 moves are known; 250 of them only at the end of 2012.
    assert begins == [pd.Timestamp("2011-12-31"), pd.Timestamp("2013-01-31")]
    weights = index_tables(MARKET, panel)["sfri_weights"]
    assert set(weights["indicator"]) == set(INPUTS)


def test_what_is_flat_until_too_few_moves_are_left_is_missing_in_both_modes(through):
    data = moving()
    data["bond"][DAYS < "2016-06-01"] = 2.5
    panel, missing = through(data)
    assert "after 1672 without a move are too few" in missing.loc["bond_volatility", "reason"]
    assert "bond_volatility" not in set(panel["indicator"])
    assert len(index_tables(MARKET, panel)["sfri"])


def test_moves_of_the_last_year_alone_are_for_paper_mode(through):
    data = moving()
    data["bond"][DAYS < "2016-01-01"] = 2.5
    panel, missing = through(data)
    assert missing.loc["bond_volatility", "reason"].startswith("none in real time yet: ")
    assert of(panel, "bond_volatility", "paper").index[0] == pd.Timestamp("2016-01-31")
    assert of(panel, "bond_volatility", "real_time").empty
    assert len(index_tables(MARKET, panel)["sfri"])


def test_two_files_of_one_column_leave_their_difference_out_by_name(through, caplog):
    data = moving()
    data["year"] = data["week"]
    panel, missing = through(data)
    assert list(missing.index) == ["term_spread"]
    reason = missing.loc["term_spread", "reason"]
    assert "it is 0 in all 84 months from 2010-01 to 2016-12" in reason
    for named in ("week - year", "2010-01-01 to 2016-12-30", "week.csv", "year.csv"):
        assert named in reason
    assert "term_spread is not in the panel in paper mode" in caplog.text
    index = index_tables(MARKET, panel)
    assert "term_spread" not in set(index["sfri_weights"]["indicator"])
    assert np.isfinite(index["sfri"]["sfri"]).all()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda money: money * 0 + 7.5, "it is 7.5 in all 84 months"),
        (lambda money: money.where(np.arange(84) % 3 == 2, 0.0), "exactly 0 in 56 of 84 periods"),
        (lambda money: money.where(MONTHS.month > 2, 0.0).clip(0, 9), None),
    ],
    ids=["pegged", "quarters over months", "zeros among values"],
)
def test_a_series_without_a_scale_is_left_out_of_paper_mode(through, spoil, says):
    data = moving()
    data["money"] = spoil(data["money"])
    panel, missing = through(data)
    assert list(missing.index) == ([] if says is None else ["money"])
    assert of(panel, "money", "paper").empty == (says is not None)
    if says is not None:
        assert says in missing.loc["money", "reason"]
        assert "money.csv" in missing.loc["money", "reason"]
    assert len(index_tables(MARKET, panel)["sfri"])


def test_two_indicators_of_one_column_are_named_and_stay(through, caplog):
    data = moving()
    data["credit"] = data["money"]
    panel, missing = through(data)
    assert missing.empty
    assert "money and credit hold the same values in every month" in caplog.text
    assert {"money", "credit"} <= set(panel["indicator"])


def test_where_nothing_has_a_scale_there_is_no_index(through):
    panel, _ = through(moving())
    assert why_no_index(MARKET, panel) is None
    real_time = panel[panel["mode"] == "real_time"]
    assert "missing_indicators says" in why_no_index(MARKET, real_time)


def returns(n_flat, n_moving=900, drift=0.0):
    rng = np.random.default_rng(3)
    values = np.concatenate([np.zeros(n_flat), rng.standard_normal(n_moving)]) + drift
    return pd.Series(values, pd.bdate_range("2010-01-01", periods=len(values)))


@pytest.mark.parametrize(("n_flat", "left_out"), [(0, 0), (1, 0), (49, 0), (50, 51), (600, 601)])
@pytest.mark.parametrize("drift", [0.0, 0.013])
def test_short_spells_stay_and_long_beginnings_go(n_flat, left_out, drift):
    assert flat_beginning(returns(n_flat, drift=drift), 250) == left_out


def test_a_series_that_never_moves_has_no_beginning():
    assert flat_beginning(returns(500, 0), 250) == 0
    assert flat_beginning(returns(0, 0), 250) == 0


def test_years_of_months_count_alike():
    # The least is ten years of months: 29 changes are 30 months of one value.
    assert flat_beginning(returns(29), 120) == 30
    assert flat_beginning(returns(23), 120) == 0


@pytest.mark.parametrize("estimate", [garch_volatility, garch_volatility_real_time])
def test_volatility_after_a_flat_beginning_is_that_of_the_moves_alone(estimate):
    whole = returns(300)
    sigma = estimate(whole)
    assert sigma.index.equals(whole.index)
    assert sigma.iloc[:301].isna().all()
    pd.testing.assert_series_equal(
        sigma.iloc[301:], estimate(whole.iloc[301:]), check_exact=True, check_freq=False
    )


def test_in_real_time_no_later_return_decides_what_is_flat():
    whole = returns(300)
    sigma = garch_volatility_real_time(whole)
    for known in (200, 300, 302, 700, 1100):
        pd.testing.assert_series_equal(
            garch_volatility_real_time(whole.iloc[:known]), sigma.iloc[:known],
            check_exact=True, check_freq=False,
        )  # fmt: skip


@pytest.mark.parametrize(("folder", "lacking"), [("imports", "x12"), ("imports2", "x13")])
def test_the_public_case_reaches_the_panel(shared_data, monkeypatch, folder, lacking):
    case = shared_data / "cases/10_flat_beginning_stops_the_run/input"
    if not case.exists():
        pytest.skip(f"{case} is not there")
    for name, value in {
        "SFR_END": "2021-12", "SFR_FILES_ONLY": "1", "SFR_IMPORTS": str(case / folder)
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    china = load_market("china")
    fetched = fetch_series(china)
    indicators = deliver_indicators(china, NO_PRICES, *fetched)
    reasons = missing_indicators(china, indicators, fetched.missing).set_index("indicator")
    said = {"x12": "none up to 2011-12-30: cgb_10y", "x13": "it is 0 in all 144 months"}
    assert said[lacking] in reasons.loc[lacking, "reason"]
    panel = build_panel(china, indicators).panel
    first = panel.groupby(["mode", "indicator"])["ref_date"].min().dt.strftime("%Y-%m")
    if lacking == "x12":
        assert first.to_dict() == {("paper", "x12"): "2012-01", ("real_time", "x12"): "2013-01"}
    else:
        assert ("paper", "x13") not in first.index
        assert ("paper", "x16") in first.index
