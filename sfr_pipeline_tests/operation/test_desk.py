"""A desk tells each notice once, makes up for what was not told, and never stops a run."""

import datetime as dt
import threading
from pathlib import Path

import pytest
import time_machine

from sfr_pipeline.errors import AlertError
from sfr_pipeline.operation import desk as desk_room
from sfr_pipeline.operation.desk import Desk, open_alerts
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables import ALERTS
from sfr_pipeline_tests.operation.made_up import LEVEL, level, rules
from sfr_pipeline_tests.operation.servers import mail_server, web_server

REPORT = Path("/somewhere/reports/mini.html")


@pytest.fixture
def desk(mini, tmp_path):
    which = rules(LEVEL | {"text": "Call the committee."}, notify=["SFR_DESK_TO"])
    return Desk(mini, which, ParquetStore(tmp_path), REPORT, "run-1")


@pytest.fixture
def web(monkeypatch):
    with web_server() as server:
        monkeypatch.setenv("SFR_DESK_TO", server.address)
        yield server


def names(events):
    return [event.event for event in events]


def test_an_alert_is_told_once_when_raised_and_once_when_cleared(desk, web):
    assert names(desk.settle(level(50))) == []
    assert names(desk.settle(level(50, 95))) == ["raised", "told"]
    assert names(desk.settle(level(50, 95))) == []
    assert names(desk.settle(level(50, 95, 80))) == [], "in between it stays as it is"
    assert names(desk.settle(level(50, 95, 80, 60))) == ["cleared", "told"]
    assert names(desk.settle({})) == []
    raised, cleared = web.bodies
    assert raised["title"] == "WARNING Mini market: level-2026-02-28"
    assert raised["message"].splitlines() == [
        "The index stands at percentile 95.0 of the months known.",
        "Value 95, raised from 90, as of 2026-02-28.",
        "Call the committee.",
        "",
        "Market    Mini market (mini)",
        "Rule      level (level, warning)",
        "Alert     level-2026-02-28",
        f"Report    {REPORT}",
        "Noted?    sfr alerts mini --acknowledge level-2026-02-28",
    ]
    assert cleared["title"] == "CLEARED Mini market: level-2026-02-28"
    assert "Value 60, cleared below 75, as of 2026-04-30." in cleared["message"]
    assert "It was raised on " in cleared["message"]
    assert (raised["type"], cleared["type"]) == ("warning", "success")


def test_a_target_that_is_down_is_noted_once_and_told_when_it_is_back(desk, web, caplog):
    web.status = 503
    assert names(desk.settle(level(95))) == ["raised", "untold"]
    assert names(desk.settle(level(95))) == [], "the log does not grow with every attempt"
    assert "level-2026-01-31 was not told: SFR_DESK_TO: JSON did not take it" in caplog.text
    assert "Secret-Path" not in caplog.text
    web.status = 200
    assert names(desk.settle({})) == ["told"]
    assert len(web.bodies) == 3
    stored = desk.store.read("mini", ALERTS).to_csv()
    assert "did not take it" in stored
    assert "Secret-Path" not in stored


def test_what_was_cleared_before_it_could_be_told_is_told_as_cleared(desk, web):
    web.status = 503
    desk.settle(level(95))
    desk.settle(level(95, 20))
    web.status = 200
    assert names(desk.settle({})) == ["told"]
    assert web.bodies[-1]["title"].startswith("CLEARED")


def test_what_a_killed_process_had_noted_and_not_told_is_told_by_the_next(desk, web, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(desk_room, "deliver", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.settle(level(95))
    assert [alert.id for alert in open_alerts(desk.alerts())] == ["level-2026-01-31"]
    assert names(desk.settle({})) == ["told"]


def test_each_address_is_told_by_itself(desk, monkeypatch):
    with web_server() as web, mail_server() as mail:
        web.status = 500
        monkeypatch.setenv("SFR_DESK_TO", f"{web.address} {mail.address}")
        events = desk.settle(level(95))
        assert [(event.event, event.target) for event in events[1:]] == [
            ("untold", "SFR_DESK_TO 1"), ("told", "SFR_DESK_TO 2"),
        ]  # fmt: skip
        web.status = 200
        desk.settle({})
        assert len(mail.mails) == 1, "whom it reached is not told again"
        assert len(web.bodies) == 2
        assert desk.trial() == {"SFR_DESK_TO 1": "", "SFR_DESK_TO 2": ""}
        assert web.bodies[-1]["title"] == "TEST Mini market: alerts reach you"


def test_without_an_address_alerts_are_kept_and_nobody_is_told(desk, monkeypatch):
    monkeypatch.delenv("SFR_DESK_TO", raising=False)
    assert names(desk.settle(level(95))) == ["raised"]
    with pytest.raises(AlertError, match="nobody is told: set SFR_DESK_TO"):
        desk.trial()


def test_an_acknowledged_alert_is_silent_and_only_an_open_one_can_be(desk, monkeypatch, web):
    web.status = 500
    desk.settle(level(95))
    desk.acknowledge("level-2026-01-31")
    web.status = 200
    assert desk.settle(level(95)) == []
    with pytest.raises(AlertError, match="no open alert 'typo': open are level-2026-01-31"):
        desk.acknowledge("typo")
    assert names(desk.settle(level(95, 20))) == ["cleared", "told"]
    with pytest.raises(AlertError, match="open are none"):
        desk.acknowledge("level-2026-01-31")


def test_two_at_a_desk_raise_and_tell_once(desk, web):
    threads = [threading.Thread(target=desk.settle, args=(level(95),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = desk.store.read("mini", ALERTS).sort_values("noted_at")
    assert stored["event"].to_list() == ["raised", "told"]
    assert len(web.bodies) == 1


def test_times_are_those_of_the_clock_in_utc(desk, monkeypatch):
    monkeypatch.delenv("SFR_DESK_TO", raising=False)
    with time_machine.travel("2026-12-16 07:00:00+00:00", tick=False):
        (event,) = desk.settle(level(95))
    assert event.noted_at == dt.datetime(2026, 12, 16, 7)


def test_a_clock_that_stands_or_was_set_back_turns_no_order_round(desk, web):
    with time_machine.travel("2026-12-16 07:00:00+00:00", tick=False):
        assert names(desk.settle(level(95))) == ["raised", "told"]
    with time_machine.travel("2026-12-16 03:00:00+00:00", tick=False):
        assert names(desk.settle(level(95, 20))) == ["cleared", "told"]
    assert not open_alerts(desk.alerts())
    assert names(desk.settle(level(95, 20))) == []


def test_alerts_of_a_synthetic_market_say_so(desk, web):
    market = desk.market.model_copy(update={"synthetic": True})
    made_up = Desk(market, desk.rules, desk.store, REPORT, "run-1")
    made_up.settle(level(95))
    (body,) = web.bodies
    assert body["title"].startswith("[SYNTHETIC] WARNING")
    assert body["message"].startswith("SYNTHETIC, nothing of this happened.")
    made_up.trial()
    assert web.bodies[-1]["title"].startswith("[SYNTHETIC] TEST")
