"""The comparison with published indices: closed forms, then the real ones where they lie beside."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline import sources
from sfr_pipeline.errors import EstimationError, SourceError
from sfr_pipeline.index.comparison import compare, comparison_rows
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.reference import Reference
from sfr_pipeline.sources import bundled
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.inputs.received import fetch_series

MONTHS = pd.period_range("2001-01", periods=100, freq="M")


def monthly(values, start="2001-01"):
    months = pd.period_range(start, periods=len(values), freq="M")
    return pd.Series(np.asarray(values, dtype=float), index=months)


def noise(n=100, seed=1):
    return np.random.default_rng(seed).normal(size=n)


def test_a_series_agrees_with_a_stretched_copy_of_itself():
    index = monthly(noise())
    found = compare(index, 3 * index + 7)
    assert found.correlation == pytest.approx(1)
    assert (found.best_lead, found.best_correlation) == (0, pytest.approx(1))
    assert (found.n_months, found.n_high) == (100, 10)
    assert (found.high_in_common, found.high_jaccard) == (1, 1)
    # Counts 10, 0, 0, 90, and one half added to each.
    assert found.high_odds_ratio == pytest.approx(10.5 * 90.5 / 0.25)
    assert (str(found.first_month.date()), str(found.last_month.date())) == (
        "2001-01-31",
        "2009-04-30",
    )


@pytest.mark.parametrize("lead", [-6, -2, 0, 3, 6])
def test_an_index_that_comes_first_by_some_months_has_that_lead(lead):
    index = monthly(noise())
    later = index.set_axis(index.index + lead)
    found = compare(index, later)
    assert found.best_lead == lead
    assert found.best_correlation == pytest.approx(1)
    if lead:
        assert abs(found.correlation) < 0.4


def test_agreement_of_high_months_is_counted_by_hand():
    # High in the index: months 90 to 99; in the reference: 85 to 94. Five in common.
    index = monthly(np.arange(100))
    reference = monthly([*range(85), *range(200, 210), *range(85, 90)])
    found = compare(index, reference)
    assert found.high_in_common == 5 / 10
    assert found.high_jaccard == 5 / 15
    assert found.high_odds_ratio == pytest.approx(5.5 * 85.5 / 5.5**2)


def test_only_months_that_both_have_count():
    index, other = monthly(noise(60)), monthly(noise(60, seed=2), start="2003-01")
    index.iloc[30] = np.nan
    found = compare(index, other)
    both = pd.concat([index, other], axis=1, join="inner").dropna()
    assert found.n_months == len(both) == 35
    assert found.correlation == pytest.approx(np.corrcoef(both.T)[0, 1])


def test_too_little_or_nothing_that_moves_is_refused():
    with pytest.raises(EstimationError, match="20 months in common are too few: 24"):
        compare(monthly(noise(20)), monthly(noise(20)))
    with pytest.raises(EstimationError, match="does not move"):
        compare(monthly(noise(40)), monthly(np.ones(40)))


# A market with references ---------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    (tmp_path / "mini").mkdir()
    return tmp_path / "mini"


def with_references(mini, *references):
    """The market with references, and without series, which the comparison does not need."""
    bare = {"files": "imports/mini", "series": [], "indicators": []}
    return mini.model_copy(update={**bare, "references": list(references)})


def compared(market, sfri):
    """Table ``reference_comparison`` from the files and sources of this moment."""
    return comparison_rows(market, sfri, *fetch_series(market))


def fsi(**changes):
    given = {"id": "fsi", "name": "FSI", "frequency": "daily", "source": None, "vendor": "a page"}
    return Reference(**{**given, **changes})


def sfri_of(values):
    dates = pd.period_range("2001-01", periods=len(values), freq="M").to_timestamp("M").normalize()
    rows = pd.DataFrame({"ref_date": dates, "sfri": values})
    return pd.concat([rows.assign(mode=mode) for mode in ("paper", "real_time")])


def test_a_daily_file_is_averaged_by_month_and_named_as_the_source(mini, folder):
    values = noise(48)
    days = [day for month in pd.period_range("2001-01", periods=48, freq="M") for day in
            (f"{month}-10", f"{month}-11", f"{month}-12")]  # fmt: skip
    around = np.repeat(values, 3) + np.tile([-1, 0, 1], 48)
    text = "\n".join(f"{day},{value}" for day, value in zip(days, around, strict=True))
    (folder / "fsi.csv").write_text("date,value\n" + text)
    rows = compared(with_references(mini, fsi()), sfri_of(values))
    assert violations(tables.REFERENCE_COMPARISON, rows) == []
    assert set(rows["source"]) == {"file: fsi.csv"}
    assert rows["correlation"].to_numpy() == pytest.approx([1, 1])
    assert rows["reason"].isna().all()


def test_a_weekly_file_is_read_as_one(mini, folder):
    weeks = pd.date_range("2001-01-05", periods=200, freq="W-FRI")
    text = "\n".join(
        f"{day:%Y-%m-%d},{value}" for day, value in zip(weeks, noise(200), strict=True)
    )
    (folder / "fsi.csv").write_text("date,value\n" + text)
    rows = compared(with_references(mini, fsi(frequency="weekly")), sfri_of(noise(48)))
    assert rows["n_months"].to_list() == [46, 46]


def test_what_cannot_be_had_keeps_its_row_and_says_why(mini, folder, monkeypatch):
    class Silent:
        @staticmethod
        def fetch_series(codes):
            raise SourceError(f"{codes[0]}: no answer within 3 s")

    def source(name):
        return Silent if name == "ofr" else bundled

    monkeypatch.setattr(sources, "source", source)
    live = Reference.model_construct(
        id="live", name="Live", unit="index", frequency="daily", source="ofr", code="fsi",
        vendor=None, valid_range=None, note=None,
    )  # fmt: skip
    rows = compared(with_references(mini, fsi(), live), sfri_of(noise(48)))
    assert violations(tables.REFERENCE_COMPARISON, rows) == []
    reasons = rows[rows["mode"] == "paper"].set_index("reference")["reason"]
    assert "put fsi.csv into imports/mini (a page)" in reasons["fsi"]
    assert reasons["live"] == "fsi: no answer within 3 s"
    assert rows["n_months"].to_list() == [0] * 4
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    told = compared(with_references(mini, live), sfri_of(noise(48)))["reason"]
    assert told.str.contains("SFR_FILES_ONLY forbids").all()


def test_a_wrong_file_stops_the_comparison(mini, folder):
    (folder / "fsi.csv").write_text("date,value\n2001-01-10,much\n")
    with pytest.raises(SourceError, match=r"fsi\.csv, row 2: 'much' is no number"):
        compared(with_references(mini, fsi()), sfri_of(noise(48)))


def test_the_united_states_against_published_indices(us_index, shared_data, tmp_path, monkeypatch):
    """The correlations with the OFR's index that specs hold: .90 or more in both modes."""
    files = {
        "ofr_fsi": ("ref_ofr_fsi_daily_2000_2025.csv", "ofr_fsi"),
        "nfci": ("ref_chicago_nfci_weekly_1971_2023.csv", "nfci"),
        "stlfsi": ("ref_stlfsi4_weekly.csv", "stlfsi4"),
    }
    (tmp_path / "us").mkdir()
    for name, (file, column) in files.items():
        frame = pd.read_csv(shared_data / "reference_indices" / file)[["date", column]]
        frame.set_axis(["date", "value"], axis=1).to_csv(
            tmp_path / "us" / f"{name}.csv", index=False
        )
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    rows = compared(load_market("us"), us_index[1]["sfri"])
    assert violations(tables.REFERENCE_COMPARISON, rows) == []
    shown = ["mode", "reference", "n_months", "correlation", "best_lead", "best_correlation",
             "high_in_common", "high_odds_ratio"]  # fmt: skip
    print("\n" + rows[shown].round(3).to_string(index=False))
    one = rows.set_index(["mode", "reference"])
    # An independent computation, on the same months.
    path = shared_data / "reference_indices" / files["ofr_fsi"][0]
    daily = pd.read_csv(path, parse_dates=["date"]).set_index("date")["ofr_fsi"]
    mean = daily.groupby(daily.index.to_period("M")).mean()
    index = us_index[1]["sfri"]
    for mode, least in (("paper", 0.87), ("real_time", 0.87)):
        own = index[index["mode"] == mode].set_index("ref_date")["sfri"]
        own.index = own.index.to_period("M")
        assert one.loc[(mode, "ofr_fsi"), "correlation"] == pytest.approx(own.corr(mean))
        assert one.loc[(mode, "ofr_fsi"), "correlation"] >= least
        assert one.loc[(mode, "ofr_fsi"), "high_in_common"] > 0.5
