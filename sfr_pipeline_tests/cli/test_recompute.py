"""Command ``recompute``: the moment it takes, where it writes, what it has Dagster make."""

import datetime as dt
import os
from contextlib import contextmanager
from types import SimpleNamespace

import pandas as pd
import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli.recompute import _moment
from sfr_pipeline.inputs.asking import bar_rows
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables


@pytest.fixture
def archived(tmp_path, monkeypatch):
    """A warehouse in which two prices of ``us`` were delivered, one a day after the other."""
    root = tmp_path / "warehouse"
    monkeypatch.setattr(Warehouse, "__init__", _at(root, Warehouse.__init__))
    for day in (1, 2):
        at = dt.datetime(2026, 11, day, 6)
        bars = bar_rows(
            pd.DataFrame({"date": [pd.Timestamp(2018, 11, day)], "close": [float(day)]})
        )
        rows = bars.assign(
            kind="price", item="SP500", source="made up", sha256="0", run="r", delivered_at=at
        ).astype({"delivered_at": "datetime64[us]"})
        Warehouse().store.append("us", tables.DELIVERIES, rows, at, "r")
    return tmp_path


def _at(root, init):
    def with_root(self, **fields):
        init(self, **{"root": str(root), **fields})

    return with_root


def test_what_had_been_delivered_by_then_is_laid_out_and_measured(archived, monkeypatch, capsys):
    started = {}

    @contextmanager
    def popen(command, env):
        started.update(command=command, warehouse=env["SFR_WAREHOUSE"])
        yield SimpleNamespace(wait=lambda: 0)

    monkeypatch.setattr("sfr_pipeline.child.popen", popen)
    into = archived / "then"
    assert main(["recompute", "us", "2026-11-01", str(into)]) == 0
    assert started["warehouse"] == str(into)
    selection = started["command"][started["command"].index("--select") + 1]
    assert 'not key:"us/deliveries"' in selection
    assert str(into) in capsys.readouterr().out
    laid_out = Warehouse(root=str(into)).read("us", "deliveries")
    assert laid_out["value"].tolist() == [1.0]
    missing = Warehouse(root=str(into)).read("us", "missing_series")
    assert missing["reason"].str.contains("nothing of it had been delivered by 2026-11-01").all()


def test_a_folder_that_holds_something_and_a_moment_before_all_deliveries_are_refused(
    archived, capsys
):
    assert main(["recompute", "us", "2026-11-01", str(archived)]) == 1
    assert "is not empty: name a new folder" in capsys.readouterr().err
    assert main(["recompute", "us", "2026-10-01", str(archived / "then")]) == 1
    assert "nothing of market us had been delivered by 2026-10-01" in capsys.readouterr().err


def test_the_month_is_told_to_the_child_alone_and_only_where_a_sample_goes_on(
    archived, monkeypatch, capsys
):
    before = dict(os.environ)
    with pytest.raises(SystemExit):
        main(["recompute", "us", "2026-11-01", str(archived / "then"), "--month", "2018-10"])
    assert "the sample of us always ends in 2018-11" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["recompute", "us_live", "2026-11-01", str(archived / "then"), "--month", "October"])
    assert "argument --month" in capsys.readouterr().err
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", dt.datetime(2026, 11, 1, 23, 59, 59, 999999)),
        ("2026-11-01T06:00", dt.datetime(2026, 11, 1, 6)),
        ("2026-11-01T06:00+08:00", dt.datetime(2026, 10, 31, 22)),
    ],
)
def test_a_day_alone_is_its_end_and_a_zone_becomes_utc(text, moment):
    assert _moment(text) == moment
