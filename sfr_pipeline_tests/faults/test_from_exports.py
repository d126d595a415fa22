"""From plain exports of vendors to the report, no file of them edited, as `sfr check` has said."""

from types import SimpleNamespace

import dagster as dg
import pandas as pd
import pytest

from sfr_pipeline import sources
from sfr_pipeline.__main__ import main
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.markets import load_market
from sfr_pipeline.resources.profile import TrainingProfile
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline_tests.vendors.full import wind_like_china, yfinance_like_world

# Minutes: whole runs of two markets.
pytestmark = pytest.mark.faults

FOLDERS = {"china": "china", "world": "world/prices"}
MADE = {"china": wind_like_china, "world": yfinance_like_world}


def shortened(name):
    """The market up to the end of its files, with few draws, without what files do not hold."""
    market = load_market(name)
    changes = {"sample": market.sample.model_copy(update={"until": "2024-12"})}
    if market.monthly:
        changes["index"] = market.index.model_copy(update={"draws": 100, "replications": 100})
        changes |= {"forum": None, "sentiment": None}
    return market.model_copy(update=changes)


def _nobody(name):
    raise AssertionError(f"source {name} was asked although files alone were allowed")


@pytest.fixture(scope="module", params=["china", "world"])
def run(request, tmp_path_factory):
    """What was written, what `sfr check` ended with, and the run."""
    name = request.param
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp(name)
        made = MADE[name](root / "imports" / FOLDERS[name])
        patch.setenv("SFR_IMPORTS", str(root / "imports"))
        patch.setenv("SFR_FILES_ONLY", "1")
        before = {path: path.read_bytes() for path in files_of(root / "imports")}
        status = main(["check", "--market", name])
        market, warehouse = shortened(name), Warehouse(root=str(root / "warehouse"))
        patch.setattr(sources, "source", _nobody)
        resources = {"warehouse": warehouse, "profile": TrainingProfile(name="quick")}
        definitions = build_definitions(market, resources=resources)
        tags = {
            "dagster/asset_partition_range_start": market.sample.first_vintage,
            "dagster/asset_partition_range_end": market.sample.end,
        }
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=dg.DagsterInstance.ephemeral(),
            tags=tags if market.monthly else {},
            run_config={"loggers": {"progress": {}}},
        )
        return SimpleNamespace(
            name=name,
            made=made,
            status=status,
            is_untouched=before == {path: path.read_bytes() for path in before},
            result=result,
            read=lambda table: warehouse.read(name, table),
            report=root / "warehouse" / "reports" / f"{name}.html",
        )


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_check_refuses_nothing_and_the_run_ends_with_the_report(run):
    assert run.status == 0
    assert run.is_untouched
    assert run.result.success
    assert run.report.stat().st_size > 100_000


def test_what_the_tables_hold_is_what_the_exports_do(run):
    if run.name == "china":
        stored = run.read("series")
        for name, values in run.made.items():
            rows = stored[stored["series"] == name].set_index("ref_date")["value"]
            wanted = pd.Series(values)
            wanted.index = pd.to_datetime(wanted.index)
            pd.testing.assert_series_equal(
                rows.reindex(wanted.index), wanted, check_names=False, check_freq=False,
                check_index_type=False, rtol=1e-9,
            )  # fmt: skip
    else:
        stored = run.read("prices")
        for symbol, days in run.made.items():
            closes = stored[stored["symbol"] == symbol].set_index("date")["close"]
            assert len(closes) > 4_000
            assert (closes == days["Close"].reindex(closes.index)).all(), symbol
