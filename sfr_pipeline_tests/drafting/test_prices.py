"""Price files of any export become one market of prices, whose files a run reads."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.drafting.instruments import judged_years
from sfr_pipeline.drafting.prices import draft_prices
from sfr_pipeline.drafting.sections import without_panel
from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.sources.files.prices import read_prices
from sfr_pipeline.stress.panel import daily_panel, daily_settings
from sfr_pipeline.workspace import imports_root
from sfr_pipeline_tests.drafting.made_up_prices import (
    DAYS,
    EXPORTS,
    YEARS,
    bars,
    closes,
    wide,
    yahoo,
)


def drafted(own, path, **options):
    """The market, written into a workspace and read from it, and its prices as a run reads them."""
    draft = without_panel("mine", "Mine", [draft_prices(path, **options)])
    draft.write(own)
    market = load_market("mine")
    return draft, market, read_prices(imports_root() / "mine", market.prices)


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.__name__)
def test_every_export_has_the_closes_that_went_into_it(own, tmp_path, export):
    truth = closes()
    _, market, prices = drafted(own, export(truth, tmp_path / "files"))
    found = prices.pivot(index="date", columns="symbol", values="close")
    assert [one.source for one in market.prices] == [None, None]
    assert sorted(one.symbol for one in market.prices) == ["A", "B"]
    np.testing.assert_allclose(found[["A", "B"]], truth, rtol=1e-12)
    assert (found.index == truth.index).all()


def test_bars_follow_the_adjusted_close(own, tmp_path):
    truth = bars(closes()["A"])
    _, _, prices = drafted(own, yahoo(closes(), tmp_path / "files"))
    own_rows = prices[prices["symbol"] == "A"].set_index("date")
    for field in ("open", "high", "low", "volume"):
        np.testing.assert_allclose(own_rows[field], truth[field], rtol=1e-12)


def test_the_market_has_a_panel_of_returns_from_the_first_day_on(own, tmp_path):
    truth = closes(3)
    _, market, prices = drafted(own, wide(truth, tmp_path))
    panel = daily_panel(market, prices)
    assert list(panel.returns) == ["a", "b", "c"]
    np.testing.assert_allclose(panel.returns.iloc[1:], np.log(truth).diff().iloc[1:], rtol=1e-9)
    assert daily_settings(market).start == DAYS[0].date()


def test_twins_yields_volatilities_and_negative_prices_are_told_apart(own, tmp_path):
    frame = closes(2)
    noise = closes(1, seed=7)["A"] / 1000
    frame["A fund"] = frame["A"] * noise**0.1
    frame["Treasury yield 10Y"] = 3 + 0.1 * np.log(noise)
    frame["Repo rate"] = 2 + 0.1 * np.log(noise)
    frame["^VIX"] = 20 * noise
    frame["Crude oil"] = closes(1, seed=8)["A"] - 990
    draft, market, _ = drafted(own, wide(frame, tmp_path))
    stress = daily_settings(market)
    parts = {part.id: part for part in stress.sub_markets}
    assert list(parts) == ["a", "b", "treasury_yield_10y", "crude_oil"]
    assert (parts["treasury_yield_10y"].returns, parts["treasury_yield_10y"].duration) == (
        "yield",
        8,
    )
    assert (parts["crude_oil"].returns, parts["crude_oil"].clip) == ("simple", 0.35)
    assert [part.id for part in stress.companions] == ["a_fund"]
    assert "moves with a (1.00), and would count it twice" in draft.yaml
    assert [one.symbol for one in stress.rates] == ["Treasury yield 10Y", "Repo rate"]
    assert [one.symbol for one in stress.implied] == ["^VIX"]


def test_more_than_eight_sub_markets_become_companions(own, tmp_path):
    _, market, _ = drafted(own, wide(closes(10), tmp_path))
    stress = daily_settings(market)
    assert [part.id for part in stress.sub_markets] == list("abcdefgh")
    assert [part.id for part in stress.companions] == ["i", "j"]


def test_the_calendar_is_of_the_longest_history_that_rests_at_weekends(own, tmp_path):
    every_day = closes(1, pd.date_range(DAYS[0], DAYS[-1]))["A"].rename("Coin")
    frame = pd.concat([every_day, closes()["A"].iloc[100:], closes()["B"]], axis=1)
    _, market, _ = drafted(own, wide(frame, tmp_path))
    assert daily_settings(market).calendar == ["B"]


def test_one_instrument_alone_is_a_market_whose_stress_is_its_own(own, tmp_path):
    draft, market, prices = drafted(own, wide(closes(1), tmp_path))
    assert daily_settings(market).labels.breadth == 1
    assert len(daily_panel(market, prices).returns.columns) == 1
    assert any("stress is its own, and not systemic" in note for note in draft.notes)


@pytest.mark.parametrize(
    ("last", "first_test", "development_end"),
    [("2003", 2008, 2008), ("2012", 2008, 2010), ("2016", 2009, 2012)],
)
def test_judged_years_leave_time_to_learn_and_later_ones_to_judge(
    last, first_test, development_end
):
    found = judged_years(pd.Timestamp("2001-01-01"), pd.Timestamp(f"{last}-12-31"))
    assert found == (first_test, development_end)


def test_a_history_too_short_to_be_judged_is_told(own, tmp_path):
    draft, _, _ = drafted(own, wide(closes(), tmp_path))
    assert any("begins in 2027" in note for note in draft.notes)


def test_symbols_that_no_file_can_be_called_by_are_mapped(own, tmp_path):
    frame = closes().set_axis(["BRK/B", "brk/b"], axis=1)
    draft, _, prices = drafted(own, wide(frame, tmp_path))
    assert sorted(set(prices["symbol"])) == ["BRK/B", "brk/b"]
    assert "prices/mapping.yaml" in draft.files


def test_what_is_of_no_use_is_left_out_and_told(own, tmp_path):
    frame = closes(4).astype(object)
    frame.loc[DAYS[200:], "B"] = np.nan
    frame.loc[DAYS[3], "C"] = "twelve"
    frame["D"] = 7.0
    draft, market, _ = drafted(own, wide(frame, tmp_path))
    assert [one.symbol for one in market.prices] == ["A"]
    told = "\n".join(draft.notes)
    assert "Left out: B: it has 200 closes, and 250, a year, are needed." in told
    assert "Left out: C: 'twelve' in row 5 is no number" in told
    assert "Left out: D: all of its closes are 7." in told


def _monthly(frame):
    return frame.set_axis(frame.index.strftime("%Y-%m"))


def _either(frame):
    days = closes(days=YEARS)[lambda rows: rows.index.day <= 12]
    return days.set_axis(days.index.strftime("%d/%m/%Y"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_monthly, "its dates are of months or quarters, and prices must be daily"),
        (_either, "--dates day-first or --dates month-first"),
        (lambda frame: frame.iloc[::10], "a year, are needed"),
        (lambda frame: frame.rename_axis("x").set_axis(range(len(frame))), "no column holds dates"),
    ],
    ids=["monthly", "day or month", "few", "no dates"],
)
def test_files_without_daily_prices_are_refused(tmp_path, change, words):
    frame = change(closes())
    path = tmp_path / "prices.csv"
    frame.rename_axis("Date").to_csv(path)
    with pytest.raises(SourceError, match=words):
        draft_prices(path)


def test_days_are_read_as_the_user_says(own, tmp_path):
    path = tmp_path / "prices.csv"
    _either(closes()).rename_axis("Date").to_csv(path)
    _, _, prices = drafted(own, path, day_first=True)
    assert set(prices["date"]) == {day for day in YEARS if day.day <= 12}


def test_a_folder_without_prices_is_refused_and_other_files_in_it_are_told(own, tmp_path):
    with pytest.raises(SourceError, match="holds no file of prices"):
        draft_prices(tmp_path)
    folder = yahoo(closes(), tmp_path / "files")
    (folder / "notes.pdf").write_bytes(b"%PDF")
    draft, _, _ = drafted(own, folder)
    assert "Not read: notes.pdf." in draft.notes


def test_prices_whose_thousands_may_be_decimals_are_refused(tmp_path):
    days = pd.bdate_range("2020-01-01", periods=4)
    rows = [
        f"{day:%Y-%m-%d};{close}"
        for day, close in zip(days, (998, 999, 1000, "1.021"), strict=True)
    ]
    file = tmp_path / "prices.csv"
    file.write_text("\n".join(["date;close", *rows]), encoding="utf-8")
    with pytest.raises(SourceError, match=r"row 5: the point in '1.021' .* say --decimal point"):
        draft_prices(file)
