"""The tables series and missing_series: what stands in them, and what a failure stops."""

import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.forecasting.panel import warning_panel
from sfr_pipeline.index.comparison import comparison_rows
from sfr_pipeline.index.indicators import deliver_indicators
from sfr_pipeline.index.missing import missing_indicators
from sfr_pipeline.inputs.samples import sample_months
from sfr_pipeline.inputs.views import View
from sfr_pipeline.markets import Market
from sfr_pipeline.sources import bundled, fred
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.inputs.received import NO_PRICES, fetch_series, refresh

MONTHS = pd.date_range("2000-01-31", "2010-12-31", freq="ME")
SFRI = pd.concat(
    [
        pd.DataFrame({"mode": mode, "ref_date": MONTHS[:120], "sfri": range(120)})
        for mode in ("paper", "real_time")
    ]
)


def series(name, code, **changes):
    """An entry of a catalogue: monthly, from FRED, out after ten days."""
    given = {"id": name, "name": name.title(), "unit": "per cent", "frequency": "monthly",
             "release_lag": 10, "source": "fred", "code": code,
             "vendor": f"page of {name}"}  # fmt: skip
    return {**given, **changes}


def file_only(name, **changes):
    return series(name, None, source=None, **changes)


def reference(name, **changes):
    given = {"id": name, "name": name.title(), "frequency": "weekly", "source": "fred",
             "code": "NFCI", "vendor": f"page of {name}"}  # fmt: skip
    return {**given, **changes}


def measured(name, minus=None):
    of = {"series": name} | ({"minus": minus} if minus else {})
    return {"id": name, "name": name.title(), "unit": "per cent", "input": of,
            "transform": ["level"], "why": "It matters."}  # fmt: skip


def indicator(name, minus=None):
    return {**measured(name, minus), "dimension": "all", "direction": 1}


def early_warning(market, fetched):
    """The panel of early warning that is made of what was fetched."""
    views = [View(sample_months(market)[0], fetched.series, NO_PRICES)]
    return warning_panel(market, views, fetched.missing, SFRI)


def market_of(*entries, indicators=(), inputs=(), **changes):
    """A market to the end of 2009 with two indicators and others, and inputs of early warning."""
    given = {
        "name": "toy",
        "title": "Toy",
        "sample": {"start": "2000-01", "end": "2009-12", "first_vintage": "2003-01"},
        "files": "imports/toy",
        "dimensions": {"all": "All"},
        "series": [series("jobs", "UNRATE"), series("homes", "HOUST"), *entries],
        "indicators": [indicator("jobs"), indicator("homes"), *indicators],
        "forecasting": {"start": "2001-01", "inputs": [measured(name) for name in inputs]},
    }
    return Market.model_validate({**given, **changes})


class Site:
    """Stands for FRED.

    Attributes:
        answers: value of every month by code, or what is raised; 1 by default.
        asked: codes, in order.
    """

    def __init__(self):
        self.answers = {}
        self.asked = []

    def fetch_series(self, codes):
        frames = []
        for code in codes:
            self.asked.append(code)
            answer = self.answers.get(code, 1.0)
            if isinstance(answer, Exception):
                raise answer
            frames.append(pd.DataFrame({"date": MONTHS, "code": code, "value": answer}))
        return pd.concat(frames)


@pytest.fixture
def live(monkeypatch):
    live = Site()
    monkeypatch.setattr(fred, "fetch_series", lambda codes: live.fetch_series(codes))
    monkeypatch.delenv("SFR_FILES_ONLY", raising=False)
    return live


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    (tmp_path / "toy").mkdir()
    return tmp_path / "toy"


def write(folder, name, *rows):
    (folder / f"{name}.csv").write_text("\n".join(["date,value,available_at", *rows]) + "\n")


def of(fetched, name):
    return fetched.series[fetched.series["series"] == name].set_index("ref_date")


def missing(fetched):
    return fetched.missing.set_index("series")


# What stands in them -----------------------------------------------------------------------------


def test_each_value_stands_as_it_came_uncut_and_before_it_is_continued(live, folder):
    market = market_of(
        series("bonds", "BAA", continuation={"series": "bills", "start": "2005-01-01", "add": 0.5}),
        series("bills", "TB3MS"),
        inputs=["bonds"],
    )
    live.answers = {"UNRATE": 5.0, "BAA": 7.0, "TB3MS": 3.0}
    fetched = fetch_series(market)
    assert violations(tables.SERIES, fetched.series) == []
    assert violations(tables.MISSING_SERIES, fetched.missing) == []
    assert fetched.missing.empty
    for name, value in {"jobs": 5.0, "homes": 1.0, "bonds": 7.0, "bills": 3.0}.items():
        rows = of(fetched, name)
        # The sample ends a year before.
        assert list(rows.index) == list(MONTHS)
        assert set(rows["value"]) == {value}
    assert set(of(fetched, "bonds")["source"]) == {"fred: BAA"}
    # Whoever reads the table continues it.
    panel = early_warning(market, fetched).frame
    rows = panel[(panel["variable"] == "bonds") & (panel["mode"] == "paper")]
    values = rows.set_index("ref_date")["value"]
    assert (values["2004-12-31"], values["2005-01-31"]) == (7.0, 3.5)
    assert values.index[-1] == pd.Timestamp("2009-12-31")


def test_periods_end_on_their_last_day_and_what_no_file_says_was_out_after_the_lag(live, folder):
    market = market_of(
        file_only("output", frequency="quarterly", release_lag=50),
        inputs=["output"],
        references=[reference("stress"), reference("late", release_lag=5)],
    )
    write(folder, "jobs", "2001-02-07,5,2001-03-02", "2001-03-07,6,", "2001-04-07,,")
    write(folder, "homes", "2001-02-07,1,")
    write(folder, "output", "2001-03-01,2,", "2001-06-01,3,")
    # A week is dated by its publisher; of references no lag is known unless the catalogue says so.
    write(folder, "stress", "2001-01-05,0.5,", "2001-01-12,0.6,2001-01-17")
    write(folder, "late", "2001-01-05,0.5,")
    fetched = fetch_series(market)
    assert violations(tables.SERIES, fetched.series) == []
    days = fetched.series[["ref_date", "available_at"]].apply(
        lambda day: day.dt.strftime("%Y-%m-%d")
    )
    shown = fetched.series.assign(**days).drop(columns="revised_at").to_numpy().tolist()
    assert shown == [
        ["homes", "2001-02-28", 1.0, "2001-03-10", "file: homes.csv"],
        ["jobs", "2001-02-28", 5.0, "2001-03-02", "file: jobs.csv"],
        ["jobs", "2001-03-31", 6.0, "2001-04-10", "file: jobs.csv"],
        ["late", "2001-01-05", 0.5, "2001-01-10", "file: late.csv"],
        ["output", "2001-03-31", 2.0, "2001-05-20", "file: output.csv"],
        ["output", "2001-06-30", 3.0, "2001-08-19", "file: output.csv"],
        ["stress", "2001-01-05", 0.5, "2001-01-05", "file: stress.csv"],
        ["stress", "2001-01-12", 0.6, "2001-01-17", "file: stress.csv"],
    ]
    assert live.asked == []


def test_a_day_of_publication_that_a_source_knows_stands_in_place_of_the_lag(live, folder):
    known = pd.Series(pd.NaT, range(len(MONTHS)), dtype="datetime64[ns]")
    known[0] = pd.Timestamp("2000-02-04 08:30")
    live.fetch_series = lambda codes: pd.DataFrame(
        {"date": MONTHS, "code": codes[0], "value": 1.0, "available_at": known}
    )
    rows = of(fetch_series(market_of()), "jobs")
    assert rows["available_at"].iloc[0] == pd.Timestamp("2000-02-04")
    assert rows["available_at"].iloc[1] == pd.Timestamp("2000-02-29") + pd.Timedelta(days=10)


def test_two_values_of_one_period_are_refused(live, folder):
    live.fetch_series = lambda codes: pd.DataFrame(
        {"date": pd.to_datetime(["2000-01-03", "2000-01-04"]), "code": codes[0], "value": 1.0}
    )
    with pytest.raises(SourceError, match="jobs has two values for 2000-01: is its frequency"):
        fetch_series(market_of())


def test_entries_that_share_a_code_are_asked_for_once(live, folder):
    market = market_of(
        series("again", "UNRATE", release_lag=30),
        inputs=["again"],
        references=[reference("published", frequency="monthly", code="UNRATE")],
    )
    fetched = fetch_series(market)
    assert sorted(live.asked) == ["HOUST", "UNRATE"]
    lags = [
        (of(fetched, name)["available_at"] - of(fetched, name).index).dt.days.unique().tolist()
        for name in ("jobs", "again", "published")
    ]
    assert lags == [[10], [30], [0]]


# What is missing, and why ------------------------------------------------------------------------


def test_what_nobody_was_to_deliver_is_told_with_its_remedy(live, folder, monkeypatch):
    market = market_of(file_only("loans"), inputs=["loans"], references=[reference("stress")])
    fetched = fetch_series(market)
    assert violations(tables.MISSING_SERIES, fetched.missing) == []
    assert missing(fetched).loc["loans"].to_dict() == {
        "name": "Loans",
        "cause": "no_source",
        "reason": "no file, and no open source is named",
        "remedy": "put loans.csv into imports/toy (page of loans)",
    }
    assert "stress" not in missing(fetched).index
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    write(folder, "jobs", "2001-02-07,5,")
    live.asked.clear()
    fetched = fetch_series(market)
    assert live.asked == []
    assert set(fetched.series["series"]) == {"jobs"}
    causes = missing(fetched)["cause"].to_dict()
    assert causes == {"homes": "not_asked", "loans": "no_source", "stress": "not_asked"}
    assert missing(fetched).loc["stress", "reason"] == (
        "no file, and SFR_FILES_ONLY forbids to ask"
    )


def test_a_market_without_a_folder_is_not_told_to_fill_it(live, monkeypatch):
    market = market_of(references=[reference("stress")], files=None)
    live.answers = {"NFCI": SourceError("no answer")}
    assert missing(fetch_series(market)).loc["stress", "remedy"] == "try again later"
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    assert missing(fetch_series(market)).loc["jobs", "remedy"] == "unset SFR_FILES_ONLY"


# What a failure stops ----------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["HOUST", "TB3MS"])
def test_a_source_of_the_index_that_never_answered_stops_the_run_once_all_else_is_kept(
    live, folder, code
):
    """Of an indicator's own series, and of the one that goes on where it ends."""
    goes_on = {"series": "later", "start": "2005-01-01"}
    market = market_of(
        series("bonds", "BAA"), series("bills", "AAA", continuation=goes_on),
        series("later", "TB3MS"),
        indicators=[indicator("bills")], inputs=["bonds"], references=[reference("stress")],
    )  # fmt: skip
    live.answers = {code: SourceError("the site is down")}
    received = refresh(market)
    assert set(live.asked) == {"UNRATE", "HOUST", "BAA", "AAA", "TB3MS", "NFCI"}
    assert received.deliveries["item"].nunique() == 5
    name = {"HOUST": "homes", "TB3MS": "later"}[code]
    told = f"no series {name} of market toy: the site is down, or put {name}.csv into imports/toy"
    with pytest.raises(SourceError, match=told):
        received.stop_if_fatal()


@pytest.mark.parametrize("code", ["BAA", "TB3MS"])
def test_a_failing_source_of_early_warning_alone_stops_early_warning_alone(live, folder, code):
    goes_on = {"series": "later", "start": "2005-01-01"}
    market = market_of(
        series("bonds", "BAA", continuation=goes_on), series("later", "TB3MS"), inputs=["bonds"]
    )
    live.answers = {code: SourceError("the site is down")}
    fetched = fetch_series(market)
    (row,) = fetched.missing.to_dict("records")
    assert (row["cause"], row["reason"]) == ("failed", "the site is down")
    assert row["remedy"].startswith("try again later, or put ")
    indicators = deliver_indicators(market, NO_PRICES, *fetched)
    assert set(indicators["indicator"]) == {"jobs", "homes"}
    absent = missing_indicators(market, indicators, fetched.missing)
    # The answers of this file never move, which is another reason.
    assert absent["reason"].str.startswith("none in paper mode: it is ").all()
    with pytest.raises(SourceError, match="the site is down"):
        early_warning(market, fetched)


def test_an_indicator_that_cannot_be_had_needs_none_of_its_series(live, folder):
    spread = indicator("bonds", minus="loans")
    market = market_of(series("bonds", "BAA"), file_only("loans"), indicators=[spread])
    live.answers = {"BAA": SourceError("the site is down")}
    fetched = fetch_series(market)
    indicators = deliver_indicators(market, NO_PRICES, *fetched)
    absent = missing_indicators(market, indicators, fetched.missing).set_index("indicator")
    assert absent.loc["bonds", "reason"] == "Loans (loans) has no file, and no open source is named"


def test_a_reference_that_fails_gives_its_reason_and_stops_nothing(live, folder):
    market = market_of(references=[reference("stress"), reference("other", code="ANFCI")])
    live.answers = {"NFCI": SourceError("fred NFCI did not answer"), "ANFCI": 500.0}
    fetched = fetch_series(market)
    rows = comparison_rows(market, SFRI, *fetched)
    assert violations(tables.REFERENCE_COMPARISON, rows) == []
    told = rows[rows["mode"] == "paper"].set_index("reference")
    assert told.loc["stress", ["source", "reason"]].to_list() == [
        "fred: NFCI", "fred NFCI did not answer",
    ]  # fmt: skip
    assert (
        told.loc["other", "reason"] == "the reference does not move from 2000-01 to 2009-12, the "
        "months that both have: give longer data"
    )


def test_values_outside_their_range_fail_as_a_source_does(live, folder):
    narrow = reference("stress", valid_range=[-10, 20])
    market = market_of(references=[narrow])
    live.answers = {"NFCI": 500.0}
    assert "outside -10 to 20" in missing(fetch_series(market)).loc["stress", "reason"]


def test_a_bad_file_of_any_kind_stops_the_first_refresh_before_anything_is_asked(
    live, folder, monkeypatch
):
    monkeypatch.setattr(bundled, "fetch_prices", live.asked.append)
    price = {"symbol": "SP500", "name": "S", "unit": "USD", "source": "bundled", "code": "sp500"}
    market = market_of(prices=[price], references=[reference("stress")])
    (folder / "prices").mkdir()
    for name, column in (("stress.csv", "value"), ("prices/SP500.csv", "close")):
        bad = folder / name
        bad.write_text(f"date,{column}\n2001-01-05,much\n")
        with pytest.raises(SourceError, match=r"csv, row 2: 'much' is no number"):
            refresh(market)
        bad.unlink()
    assert live.asked == []


def test_tables_older_than_the_catalogue_call_for_a_refresh(live, folder):
    fetched = fetch_series(market_of())
    newer = market_of(series("bonds", "BAA"), inputs=["bonds"], references=[reference("stress")])
    with pytest.raises(SourceError, match=r"has no bonds of market toy.*materialize both again"):
        early_warning(newer, fetched)
    rows = comparison_rows(newer, SFRI, *fetched)
    assert rows["reason"].str.contains("refresh it").all()
