"""Command ``alerts`` as it is typed: what is open, known, would have been sent, and arrives."""

from types import SimpleNamespace

import pytest
import yaml

from sfr_pipeline.__main__ import main
from sfr_pipeline.markets import load_market
from sfr_pipeline.operation.desk import Desk
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables import ALERTS, SFRI
from sfr_pipeline_tests.operation.made_up import LEVEL, level, rules, whole_sfri
from sfr_pipeline_tests.operation.servers import mail_server, web_server


@pytest.fixture
def folder(tmp_path):
    """A warehouse of market us with one open alert, and rules that tell SFR_CLI_TO."""
    us, store = load_market("us"), ParquetStore(tmp_path / "warehouse")
    which = rules(LEVEL, notify=["SFR_CLI_TO"])
    (tmp_path / "us.yaml").write_text(yaml.safe_dump({"notify": ["SFR_CLI_TO"], "rules": [LEVEL]}))
    store.write("us", SFRI, whole_sfri([50, 95, 60, 92], first="2018-08"))
    Desk(us, which, store, tmp_path / "us.html", "run").settle(level(95, first="2018-11"))
    return tmp_path


@pytest.fixture
def alerts(folder, monkeypatch, capsys):
    """The command, with some variables set for one call; its status and what it printed."""
    monkeypatch.setenv("SFR_WAREHOUSE", str(folder / "warehouse"))
    monkeypatch.setenv("SFR_ALERTS", str(folder))
    monkeypatch.delenv("SFR_CLI_TO", raising=False)

    def call(*arguments, **variables):
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            status = main(["alerts", "us", *arguments])
        return SimpleNamespace(returncode=status, **capsys.readouterr()._asdict())

    return call


def test_open_alerts_are_listed_and_acknowledged(alerts):
    listed = alerts()
    assert (listed.returncode, listed.err) == (0, "")
    assert listed.out.startswith("United States: 1 open alert\n")
    assert "level-2018-11-30 (warning)" in listed.out
    done = alerts("--acknowledge", "level-2018-11-30")
    assert (done.returncode, done.err) == (0, "")
    assert "level-2018-11-30 (warning, acknowledged)" in alerts().out
    typo = alerts("--acknowledge", "level")
    assert typo.returncode == 1
    assert "no open alert 'level': open are level-2018-11-30" in typo.err


def test_a_dry_run_tells_the_history_beside_the_events_and_writes_nothing(folder, alerts):
    before = sorted(folder.rglob("*"))
    told = alerts("--dry-run", "--months", "2")
    assert (told.returncode, told.err) == (0, "")
    rows = [line.split()[:3] for line in told.out.splitlines()]
    assert ["2018-09-30", "raised", "level"] in rows
    assert ["2018-10-31", "cleared", "level"] in rows
    assert ["2018-11-30", "raised", "level"] in rows
    assert sorted(folder.rglob("*")) == before
    assert len(ParquetStore(folder / "warehouse").read("us", ALERTS)) == 1


def test_targets_are_tried_and_a_silent_one_is_a_status(alerts):
    with mail_server() as mail, web_server() as web:
        both = f"{mail.address} {web.address}"
        done = alerts("--test", SFR_CLI_TO=both)
        assert (done.returncode, done.out) == (0, "SFR_CLI_TO 1: sent\nSFR_CLI_TO 2: sent\n")
        assert mail.mails[0]["Subject"] == "TEST United States: alerts reach you"
        web.status = 500
        failed = alerts("--test", SFR_CLI_TO=both)
    assert failed.returncode == 1
    assert "SFR_CLI_TO 2: JSON did not take it" in failed.out
    assert "mend the address or its server" in failed.out
    assert "Secret-Path" not in failed.out + failed.err
    nobody = alerts("--test")
    assert (nobody.returncode, nobody.out) == (1, "")
    assert "nobody is told: set SFR_CLI_TO" in nobody.err
