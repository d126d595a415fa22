"""Refreshes one after another: what is kept, what is stale, what ends badly."""

import datetime as dt

import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.views import inputs_as_of
from sfr_pipeline.sources import fred
from sfr_pipeline.sources.live.refusals import NoAnswerError
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.inputs.received import NOON, refresh
from sfr_pipeline_tests.inputs.test_series import Site, market_of, reference, write

LATER = NOON + dt.timedelta(days=30)
MONTHS = pd.date_range("2000-01-31", "2010-12-31", freq="ME")


@pytest.fixture
def live(monkeypatch, tmp_path):
    live = Site()
    monkeypatch.setattr(fred, "fetch_series", lambda codes: live.fetch_series(codes))
    monkeypatch.delenv("SFR_FILES_ONLY", raising=False)
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    (tmp_path / "toy").mkdir()
    return live


def newest(market, received, name):
    series = inputs_as_of(market, received.deliveries).series
    return series[series["series"] == name].set_index("ref_date")["value"]


def state(received):
    return received.status.set_index("item")


def test_one_that_fails_keeps_its_values_and_costs_no_other(live):
    market = market_of()
    first = refresh(market)
    live.answers = {"UNRATE": SourceError("the site is down"), "HOUST": 2.0}
    second = refresh(market, first, LATER)
    second.stop_if_fatal()
    assert newest(market, second, "jobs").equals(newest(market, first, "jobs"))
    assert set(newest(market, second, "homes")) == {2.0}
    told = state(second)
    assert told["state"].to_dict() == {"jobs": "stale", "homes": "current"}
    assert told.loc["jobs", "reason"] == "the site is down"
    assert told.loc["jobs", "since"] == pd.Timestamp(LATER)
    assert told.loc["jobs", "accepted_at"] == pd.Timestamp(NOON)
    for table, frame in (
        (tables.INPUT_STATUS, second.status), (tables.DELIVERIES, second.deliveries),
    ):  # fmt: skip
        assert violations(table, frame) == []
    # It has been stale since then, however often it is asked; and recovers by itself.
    third = refresh(market, second, LATER + dt.timedelta(days=1))
    assert state(third).loc["jobs", "since"] == pd.Timestamp(LATER)
    live.answers = {}
    assert set(state(refresh(market, third, LATER + dt.timedelta(days=2)))["state"]) == {"current"}


def test_what_did_not_answer_is_asked_again_alone(live):
    market = market_of(references=[reference("stress")])
    answered = {"HOUST": 0}

    def fetch(codes):
        live.asked.append(codes[0])
        answered[codes[0]] = answered.get(codes[0], 0) + 1
        if codes[0] == "HOUST" and answered["HOUST"] == 1:
            raise NoAnswerError("no answer yet")
        return pd.DataFrame({"date": MONTHS, "code": codes[0], "value": 1.0})

    live.fetch_series = fetch
    received = refresh(market)
    received.stop_if_fatal()
    assert live.asked == ["UNRATE", "HOUST", "NFCI", "HOUST"]
    assert received.missing.empty


def half(codes):
    return pd.DataFrame({"date": MONTHS[:60], "code": codes[0], "value": 1.0})


def test_half_an_answer_is_not_believed_and_says_how_to_have_it(live, monkeypatch):
    market = market_of()
    first = refresh(market)
    live.fetch_series = half
    second = refresh(market, first, LATER)
    assert len(newest(market, second, "jobs")) == len(MONTHS)
    reason = state(second).loc["jobs", "reason"]
    assert "not believed, because it ends on 2004-12-31, and 72 known values" in reason
    assert "set SFR_ACCEPT=jobs for one refresh" in reason
    monkeypatch.setenv("SFR_ACCEPT", "jobs")
    third = refresh(market, second, LATER)
    assert len(newest(market, third, "jobs")) == 60
    assert len(newest(market, third, "homes")) == len(MONTHS)
    assert state(third)["state"].to_dict() == {"jobs": "current", "homes": "stale"}


def test_a_file_that_can_no_longer_be_read_makes_its_series_stale_and_no_other(live, tmp_path):
    market = market_of()
    write(tmp_path / "toy", "jobs", "2001-02-07,5,", "2001-03-07,6,")
    first = refresh(market)
    write(tmp_path / "toy", "jobs", "2001-02-07,5,", "2001-03-07,much,")
    second = refresh(market, first, LATER)
    second.stop_if_fatal()
    assert newest(market, second, "jobs").tolist() == [5.0, 6.0]
    assert "row 3: 'much' is no number" in state(second).loc["jobs", "reason"]
    assert state(second).loc["homes", "state"] == "current"


def test_a_series_that_nobody_delivers_any_more_is_stale(live, tmp_path, monkeypatch):
    market = market_of()
    first = refresh(market)
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    second = refresh(market, first, LATER)
    assert set(state(second)["state"]) == {"stale"}
    assert second.missing.empty
    assert second.fatal == ()


def test_the_first_delivery_is_of_the_whole_history_and_the_next_of_what_changed(live):
    market = market_of()
    first = refresh(market)
    assert len(first.deliveries) == 2 * len(MONTHS)

    def revised(codes):
        values = pd.Series(1.0, MONTHS)
        values.iloc[7] = 1.5
        return pd.DataFrame({"date": MONTHS, "code": codes[0], "value": values.to_numpy()})

    live.fetch_series = revised
    second = refresh(market, first, LATER, run="later")
    added = second.deliveries[second.deliveries["delivered_at"] == pd.Timestamp(LATER)]
    assert added[["item", "value", "run"]].to_numpy().tolist() == [
        ["jobs", 1.5, "later"], ["homes", 1.5, "later"],
    ]  # fmt: skip
    assert set(added["available_at"]) == {pd.Timestamp(LATER).normalize()}
    assert set(added["sha256"].str.len()) == {64}
