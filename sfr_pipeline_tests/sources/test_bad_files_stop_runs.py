"""A bad file stops a run before anything is fetched or written, whatever needs the file."""

import hashlib

import dagster as dg
import pandas as pd
import pytest

from sfr_pipeline import sources
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.as_of import RECEIVED
from sfr_pipeline.markets.forecasting import ForecastingSettings
from sfr_pipeline.markets.reference import Reference
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline_tests.index.patchy import MARKET, series, write_files

TABLES = (*(table.name for table in RECEIVED), "prices", "series", "revisions", "indicators")
INDEX = Reference.model_validate(
    {"id": "stress", "name": "Stress", "frequency": "weekly", "source": None, "vendor": "a page"}
)
WARNING = ForecastingSettings.model_validate(
    {"start": "2005-01", "inputs": [
        {"id": "loans", "name": "Reserves", "unit": "USD million",
         "input": {"series": "reserves"}, "transform": ["level"], "why": "Buffer."}
    ]}
)  # fmt: skip


@pytest.fixture
def market():
    """Patchy, whose foreign reserves are of use to a warning input alone."""
    used = [i for i in MARKET.indicators if i.id in ("term_spread", "capital", "investment")]
    return MARKET.model_copy(
        update={"indicators": used, "references": [INDEX], "forecasting": WARNING}
    )


def materialize(market, root):
    definitions = build_definitions(market, resources={"warehouse": Warehouse(root=str(root))})
    return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=dg.DagsterInstance.ephemeral(),
        asset_selection=[dg.AssetKey(["patchy", name]) for name in TABLES],
        run_config={"loggers": {"progress": {}}},
        raise_on_error=False,
    )


def fingerprints(root):
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*.parquet"))
    }


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("stress.csv", "date,value\n2010-01-08,high\n", "row 2: 'high' is no number"),
        pytest.param(
            "reserves.csv",
            "date,value\n2010-01-31,1\n2010-01-15,2\n",
            "row 3: 2010-01 stands in",
            marks=pytest.mark.faults,
        ),
    ],
)
def test_a_bad_file_that_no_indicator_needs_leaves_the_warehouse_as_it_was(
    market, tmp_path, monkeypatch, name, content, says
):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path / "imports"))
    data = series()
    folder = write_files(
        tmp_path / "imports", {n: data[n] for n in ("capital_ratio", "investment")}
    )
    root = tmp_path / "warehouse"
    assert materialize(market, root).success
    before = fingerprints(root)
    assert len(before) == len(TABLES)

    (folder / name).write_text(content)
    changed = pd.Series(data["investment"] + 1)
    write_files(tmp_path / "imports", {"investment": changed})
    asked = []
    monkeypatch.setattr(sources, "source", asked.append)
    result = materialize(market, root)
    failed = [event for event in result.all_events if event.is_step_failure]
    assert {event.step_key for event in failed} == {"receive"}
    (cause,) = [event.step_failure_data.error.cause for event in failed]
    assert cause.cls_name == SourceError.__name__
    assert f"{folder / name}, {says}" in cause.message
    assert not asked
    assert fingerprints(root) == before
