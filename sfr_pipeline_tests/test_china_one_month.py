"""The market ``china`` in its first month of use: one partition, on an empty warehouse."""

import csv

import dagster as dg
import pytest

from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.markets import load_market
from sfr_pipeline.report.page import optional_tables_of, tables_of
from sfr_pipeline.report.summary import summary_text
from sfr_pipeline.resources.profile import TrainingProfile
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline_tests.china_files import lay_out

MONTH = "2020-11"


def cut(path):
    """Leave in a file what it held at the end of the month; its first column is the date."""
    with path.open(newline="") as file:
        head, *rows = csv.reader(file)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *(row for row in rows if row[0][:7] <= MONTH)])


@pytest.fixture
def market(shared_data, tmp_path, monkeypatch):
    """The market from files alone, with few draws and without the forum."""
    for path in lay_out(shared_data, tmp_path / "imports").glob("*.csv"):
        cut(path)
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path / "imports"))
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    monkeypatch.setenv("SFR_END", MONTH)
    whole = load_market("china")
    few = whole.index.model_copy(update={"draws": 100, "replications": 100})
    return whole.model_copy(update={"index": few, "forum": None, "sentiment": None})


@pytest.mark.faults
def test_one_month_on_an_empty_warehouse_ends_with_a_report_that_says_what_has_not_begun(
    market, tmp_path
):
    warehouse = Warehouse(root=str(tmp_path / "warehouse"))
    resources = {"warehouse": warehouse, "profile": TrainingProfile(name="quick")}
    definitions = build_definitions(market, resources=resources)
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=dg.DagsterInstance.ephemeral(),
        partition_key=MONTH,
        run_config={"loggers": {"progress": {}}},
    )
    assert result.success
    assert [c.check_name for c in result.get_asset_check_evaluations() if not c.passed] == []
    frames = warehouse.read_all("china", tables_of(market), optional_tables_of(market))
    # One vintage: one forecast, whose month is still to come, and nothing to judge it by.
    real_time = frames["forecasts"][frames["forecasts"]["protocol"] == "real_time"]
    assert set(real_time["origin"].dt.strftime("%Y-%m")) == {MONTH}
    assert set(frames["forecast_scores"]["protocol"]) == {"paper"}
    sentence = (
        "The early warning needs 12 forecasts whose month has come and has 0: its verdict begins "
        "in 2021-11, or once sfri_vintages of earlier months are materialized."
    )
    assert sentence in " ".join(summary_text(market, frames).split())
    assert sentence in warehouse.report_path("china").read_text()
