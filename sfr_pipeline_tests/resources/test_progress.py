"""What a person is told of a run whose steps lie beside each other."""

import logging
from types import SimpleNamespace

import dagster as dg

from sfr_pipeline.resources import progress
from sfr_pipeline.resources.progress import ProgressHandler

KIND = dg.DagsterEventType


def event(kind, step, table=None, rows=0):
    written = table and dg.AssetMaterialization(
        ["us", table], metadata={"dagster/row_count": dg.IntMetadataValue(rows)}
    )
    return SimpleNamespace(
        event_type=kind,
        step_key=step,
        step_materialization_data=SimpleNamespace(materialization=written),
    )


def test_rows_are_told_for_the_step_that_wrote_them(capsys):
    handler = ProgressHandler()
    for told in (
        event(KIND.STEP_START, "one"),
        event(KIND.ASSET_MATERIALIZATION, "one", "sfri", 1_200),
        event(KIND.STEP_START, "two"),
        event(KIND.ASSET_MATERIALIZATION, "two", "npoi", 7),
        event(KIND.ASSET_MATERIALIZATION, "one", "regimes", 30),
        event(KIND.STEP_SUCCESS, "two"),
        event(KIND.STEP_SUCCESS, "one"),
    ):
        handler.tell(told)
    lines = [line.split("s ", 1)[1].split() for line in capsys.readouterr().err.splitlines()]
    assert lines == [
        ["7", "rows", "us/npoi"], ["1,200", "rows", "us/sfri"], ["30", "rows", "us/regimes"]
    ]  # fmt: skip


def test_a_process_that_executes_one_step_leaves_it_to_the_process_of_the_run(capsys, monkeypatch):
    monkeypatch.setattr(progress, "parent_process", lambda: object())
    handler = ProgressHandler()
    for kind in (KIND.STEP_START, KIND.STEP_SUCCESS):
        handler.emit(SimpleNamespace(dagster_event=event(kind, "one")))
    said = {"step_key": "one", "orig_message": "12 of 30 fits"}
    handler.emit(SimpleNamespace(dagster_meta=said, levelno=20))
    assert capsys.readouterr().err.split() == ["12", "of", "30", "fits"]


def test_a_step_that_is_begun_again_tells_its_rows_once(capsys):
    again = [
        event(KIND.STEP_RESTARTED, "one"),
        event(KIND.ASSET_MATERIALIZATION, "one", "sfri", 30),
        event(KIND.STEP_SUCCESS, "one"),
    ]
    first = [event(KIND.STEP_START, "one"), event(KIND.ASSET_MATERIALIZATION, "one", "sfri", 30)]
    # The process of the run has seen the first, that of a step on another machine has not.
    for told in ([*first, *again], again):
        handler = ProgressHandler()
        for one in told:
            handler.tell(one)
        assert capsys.readouterr().err.split()[2:] == ["30", "rows", "us/sfri"]


def test_a_line_that_can_not_be_told_costs_no_step(capsys):
    record = logging.makeLogRecord({"dagster_event": event(KIND.ASSET_MATERIALIZATION, "one")})
    ProgressHandler().emit(record)
    assert "AttributeError" in capsys.readouterr().err
