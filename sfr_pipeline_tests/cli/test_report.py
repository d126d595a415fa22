"""Command ``report``: where the page is, of which run and how old, one month of it, its opening."""

import datetime as dt

import dagster as dg
import pytest
import time_machine

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli import dagster_command
from sfr_pipeline.markets import load_market
from sfr_pipeline.resources.runs import run_of
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline_tests.report.index_frames import made_up_index


@dg.asset(key=["us", "report"])
def written() -> None:
    Warehouse().write_report("us", "<p>made up</p>")


@pytest.fixture
def made(own):
    """A workspace with a page, and the run that wrote it."""
    with dg.DagsterInstance.from_config(str(own / "dagster_home")) as instance:
        yield instance, dg.materialize([written], instance=instance).run_id


@pytest.fixture
def index(monkeypatch):
    """Five years of an index in the place of the stored tables; the rows of table ``sfri``."""
    tables = made_up_index(load_market("us"))
    monkeypatch.setattr(
        Warehouse, "read_all", lambda _, __, names: {name: tables[name] for name in names}
    )
    return tables["sfri"]


def test_a_report_that_no_run_made_is_told_with_the_command_that_makes_it(own, capsys):
    assert main(["report", "us"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("sfr: market us has no report yet: '")
    assert "sfr run us' makes it" in told


def test_a_report_is_told_with_its_run_and_age_and_a_page_of_another_time_is_of_no_run(
    own, made, capsys
):
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=49), tick=False):
        assert main(["report", "us"]) == 0
    page, when, by = capsys.readouterr().out.splitlines()
    assert page == str(own / "warehouse" / "reports" / "us.html")
    assert when.endswith(" UTC, 2 days ago")
    assert by.split() == ["by", "run", made[1]]
    instance, run = made
    changed = (own / "warehouse" / "reports" / "us.html").stat().st_mtime
    at = dt.datetime.fromtimestamp(changed, dt.UTC).replace(tzinfo=None)
    hour = dt.timedelta(hours=1)
    assert run_of(instance, "us", "report", at) == run
    assert run_of(instance, "us", "report", at + hour) is None, "it was copied here later"
    assert run_of(instance, "us", "report", at - hour) is None, "it was put back from a backup"
    assert run_of(instance, "us", "prices", at) is None


def test_a_report_is_opened_and_made_anew_from_its_tables_alone(own, made, capsys, monkeypatch):
    opened, asked = [], []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    monkeypatch.setattr(dagster_command, "run_dagster", lambda *one: asked.append(one[0]) or 0)
    assert main(["report", "us", "--again", "--open"]) == 0
    assert opened == [(own / "warehouse" / "reports" / "us.html").as_uri()]
    ((*_, selection, _, _),) = asked
    assert selection == "us/report"
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    assert main(["report", "us", "--open"]) == 1
    assert "no browser was found on this machine: open file:///" in capsys.readouterr().err
    monkeypatch.setattr(dagster_command, "run_dagster", lambda *one: 3)
    (own / "warehouse" / "reports" / "us.html").unlink()
    assert main(["report", "us", "--again"]) == 3


def test_a_past_month_is_told_and_opened_at_its_own_address(own, made, index, capsys, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    assert main(["report", "us", "--month", "2008-10", "--open"]) == 0
    *told, at = capsys.readouterr().out.splitlines()[3:]
    address = (own / "warehouse" / "reports" / "us.html").as_uri() + "#month=2008-10"
    assert opened == [at.split()[1]] == [address]
    month = index["ref_date"].eq("2008-10-31") & index["mode"].eq("real_time")
    text = " ".join(" ".join(told).split())
    assert text.startswith("then At the end of October 2008 the risk index was ")
    level = f"{index.loc[month, 'sfri'].item():+.2f}".replace("-", "\N{MINUS SIGN}")
    assert f"{level} standard deviations" in text


def test_a_month_that_is_none_or_that_the_report_lacks_is_refused_with_what_there_is(
    own, made, index, capsys, monkeypatch
):
    assert main(["report", "us", "--month", "1998-10"]) == 1
    printed = capsys.readouterr()
    assert "has no month 1998-10: its months are 2004-01 to 2008-12" in printed.err
    assert printed.out == ""
    with pytest.raises(SystemExit):
        main(["report", "us", "--month", "October"])
    assert "'October' is no month: write it like 2008-10" in capsys.readouterr().err
    Warehouse().write_report("world", "<p>made up</p>")
    assert main(["report", "world", "--month", "2008-10"]) == 1
    assert "the report of world has no months, as there is no index" in capsys.readouterr().err
