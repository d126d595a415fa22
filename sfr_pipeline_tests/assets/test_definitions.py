"""The graph: its lineage, its metadata, and how light it is to load."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
import yaml
from dagster._core.execution.plan.plan import can_isolate_steps

from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.markets import load_market, market_names
from sfr_pipeline.storage.tables import TABLES
from sfr_pipeline_tests.checkout import CHECKOUT

# What loading a code location may take, as a multiple of importing Dagster alone.
LOADED = 3.5
HEAVY = (
    "akshare",
    "apprise",
    "arch",
    "duckdb",
    "jinja2",
    "matplotlib",
    "scipy",
    "scrapy",
    "skfolio",
    "sklearn",
    "statsmodels",
    "torch",
    "transformers",
    "yfinance",
)

# Every change of lineage shows here, on purpose.
RECEIVED = {
    "deliveries": [],
    # Of the same step, which asks every source once.
    "input_status": ["deliveries"],
    "catalogues": ["deliveries"],
    "prices": ["deliveries"],
    "revisions": ["deliveries"],
}
LINEAGE = {
    **RECEIVED,
    "missing_series": ["deliveries"],
    "series": ["deliveries"],
    "publications": ["deliveries", "regimes", "sfri"],
    "indicators": ["missing_series", "prices", "series"],
    "missing_indicators": ["indicators", "missing_series"],
    "indicator_panel": ["indicators", "prices", "revisions", "series"],
    # Of the same step: neither can be read without the other.
    "panel_revisions": ["indicator_panel", "indicators", "prices", "revisions", "series"],
    "indicator_statistics": ["indicator_panel"],
    "sfri": ["indicator_panel", "panel_revisions"],
    "sfri_weights": ["indicator_panel", "panel_revisions", "sfri"],
    "sfri_contributions": ["indicator_panel", "panel_revisions", "sfri"],
    "dimension_indices": ["sfri", "sfri_contributions", "sfri_weights"],
    "dimension_correlations": ["dimension_indices", "sfri"],
    "sfri_vintages": ["indicator_panel", "panel_revisions", "sfri"],
    "index_news": ["indicator_panel", "panel_revisions", "sfri"],
    "regimes": ["sfri", "sfri_vintages"],
    "regime_parameters": ["sfri", "sfri_vintages"],
    "events": ["dimension_indices", "sfri"],
    "alerts": ["input_status", "regimes", "sfri"],
    "report": [
        "dimension_correlations",
        "dimension_indices",
        "events",
        "index_news",
        "indicator_panel",
        "indicator_statistics",
        "input_status",
        "missing_indicators",
        "missing_series",
        "panel_revisions",
        "publications",
        "regime_parameters",
        "regimes",
        "revisions",
        "series",
        "sfri",
        "sfri_contributions",
        "sfri_vintages",
        "sfri_weights",
    ],
}


# What a market with a forum and a known truth has besides.
OPINION_LINEAGE = {
    "truth": [],
    "posts": [],
    "posts_rejected": [],
    "sentiment": ["posts"],
    "npoi": ["posts", "sentiment"],
    "npoi_scaling": ["posts", "sentiment"],
    "report": sorted([*LINEAGE["report"], "npoi", "posts_rejected", "truth"]),
}
TOLD = ["deliveries", "forecast_fan", "regimes", "sfri", "stress_predictions"]


# What early warning adds to a market with an index.
WARNING_LINEAGE = {
    "warning_panel": ["missing_series", "prices", "revisions", "series", "sfri"],
    "warning_lag_orders": ["warning_panel"],
    "nonlinearity_tests": ["warning_panel"],
    "transfer_entropy": ["warning_panel"],
    "forecasts": ["indicator_panel", "panel_revisions", "regimes", "warning_panel"],
    "training_history": ["indicator_panel", "panel_revisions", "regimes", "warning_panel"],
    "forecast_explanations": ["indicator_panel", "panel_revisions", "regimes", "warning_panel"],
    "forecast_scores": ["forecasts"],
    "forecast_fan": ["forecast_scores", "forecasts", "sfri"],
}


# What the stress leg is, beside prices; a market may have nothing else.
TRAINED_ON = ["daily_features", "daily_returns", "stress_labels", "stress_outcomes"]
DAILY_LINEAGE = {
    "prices_quality": ["prices"],
    "daily_quotes": ["prices"],
    "daily_returns": ["prices"],
    "daily_features": ["daily_quotes", "daily_returns"],
    "stress_outcomes": ["daily_returns"],
    "stress_labels": ["daily_returns"],
    "stress_label_statistics": ["daily_returns"],
    "stress_predictions": TRAINED_ON,
    "stress_training_history": TRAINED_ON,
    "stress_robustness": TRAINED_ON,
    "stress_scores": ["stress_labels", "stress_predictions"],
    "event_scores": ["stress_predictions"],
    "alarm_scores": ["stress_predictions"],
    "volatility_forecasts": ["daily_features", "daily_quotes", "daily_returns"],
    "volatility_scores": ["daily_features", "daily_quotes", "daily_returns"],
}
# Of which the report shows these.
DAILY_REPORTED = [
    "alarm_scores",
    "daily_returns",
    "event_scores",
    "prices_quality",
    "stress_label_statistics",
    "stress_labels",
    "stress_predictions",
    "stress_robustness",
    "stress_scores",
    "stress_training_history",
    "volatility_forecasts",
    "volatility_scores",
]


def graph(market):
    return build_definitions(market).resolve_asset_graph()


def lineage(market):
    assets = graph(market)
    return {
        key.path[-1]: sorted(parent.path[-1] for parent in assets.get(key).parent_keys)
        for key in assets.get_all_asset_keys()
    }


def test_lineage_of_a_market_without_a_forum(mini):
    assert lineage(mini) == LINEAGE


def test_lineage_of_a_market_with_all_legs():
    warned = sorted(["npoi", "sfri", "stress_predictions"])
    beside = {
        "warning_panel": ["missing_series", "npoi", "prices", "revisions", "series", "sfri"],
        "event_scores": warned,
        "alarm_scores": warned,
        "alerts": ["forecasts", "input_status", "regimes", "sfri", "stress_predictions"],
        "models": [],
        "publications": TOLD,
        "report": sorted([*OPINION_LINEAGE["report"], *WARNING_LINEAGE, *DAILY_REPORTED]),
    }
    expected = LINEAGE | OPINION_LINEAGE | WARNING_LINEAGE | DAILY_LINEAGE | beside
    assert lineage(load_market("sandbox")) == expected


def test_lineage_of_a_market_with_the_daily_leg_alone():
    told = {"publications": ["deliveries", "stress_predictions"]}
    beside = {
        "models": [],
        "report": sorted([*DAILY_REPORTED, "input_status", "revisions"]),
        "alerts": ["input_status", "stress_predictions"],
    }
    expected = {**RECEIVED, **DAILY_LINEAGE, **told, **beside}
    assert lineage(load_market("world")) == expected


@pytest.mark.parametrize("name", ["us", "sandbox"])
def test_every_asset_tells_what_it_is(name):
    tables = {table.name: table for table in TABLES}
    market = load_market(name)
    for node in graph(market).asset_nodes:
        name = node.key.path[-1]
        assert node.key.path[0] == market.name
        assert node.description
        assert node.description.startswith("SYNTHETIC") == (market.synthetic and name != "report")
        assert node.owners == ["team:systemic-risk"]
        assert node.kinds
        assert node.backfill_policy == dg.BackfillPolicy.single_run()
        if name in tables:
            schema = node.metadata["dagster/column_schema"]
            assert [column.name for column in schema.columns] == [
                column.name for column in tables[name].columns
            ]


def test_every_asset_can_be_queried_made_again_and_traced_to_its_code(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_WAREHOUSE", str(tmp_path))
    market = load_market("sandbox")
    for node in graph(market).asset_nodes:
        name, told = node.key.path[-1], node.metadata
        (code,) = told["dagster/code_references"].code_references
        assert Path(code.file_path).is_file()
        assert f"--select sandbox/{name}" in told["materialize"].value
        assert ("--partition 2024-12" in told["materialize"].value) == (
            node.partitions_def is not None
        )
        if name != "report":
            assert told["dagster/table_name"] == f"sandbox.{name}"
            assert told["query"].value == f"```sql\nFROM sandbox.{name} LIMIT 10;\n```"
    told = {node.key.path[-1]: node.metadata for node in graph(market).asset_nodes}
    pages = {name: page["report"].value for name, page in told.items() if "report" in page}
    assert pages["report"] == (tmp_path / "reports" / "sandbox.html").as_uri()
    assert pages["sfri"].startswith((tmp_path / "reports" / "sandbox.html").as_uri() + "#")
    assert pages["stress_robustness"] == (
        (tmp_path / "reports" / "sandbox_evidence.html").as_uri() + "#stress"
    )


def test_legs_follow_each_other_in_the_order_of_the_flow():
    order = ["inputs", "index", "opinion", "forecasting", "stress", "report"]
    for market in ("us", "sandbox"):
        assets = graph(load_market(market))
        leg = {node.key: node.group_name.removeprefix(f"{market}_") for node in assets.asset_nodes}
        assert set(leg.values()) <= set(order)
        for node in assets.asset_nodes:
            for parent in node.parent_keys:
                assert order.index(leg[parent]) <= order.index(leg[node.key]), (parent, node.key)


def test_every_table_has_a_blocking_contract_check():
    graphs = [graph(load_market(name)) for name in ("us", "sandbox")]
    checks = {
        (key.asset_key.path[-1], key.name): assets.get(key).blocking
        for assets in graphs
        for key in assets.asset_check_keys
    }
    for table in TABLES:
        assert checks[table.name, "contract"] is True
    assert checks["sfri_contributions", "sum_to_the_index"] is True


def test_a_gpu_is_held_where_networks_are_trained_or_read_and_nowhere_else():
    job = build_definitions(load_market("sandbox")).resolve_implicit_global_asset_job_def()
    holders = {
        node.name
        for node in job.all_node_defs
        if isinstance(node, dg.OpDefinition) and "device" in node.required_resource_keys
    }
    assert holders == {
        "sandbox__sentiment",
        "train_networks",
        "train_stress_networks",
        "train_volatility_networks",
    }


@pytest.mark.parametrize("market", market_names())
def test_steps_pass_nothing_on_in_memory(market):
    job = build_definitions(market).resolve_implicit_global_asset_job_def()
    assert can_isolate_steps(job)


def test_a_step_of_several_outputs_may_be_asked_for_one():
    job = build_definitions("sandbox").resolve_implicit_global_asset_job_def()
    several = [
        node
        for node in job.all_node_defs
        if isinstance(node, dg.OpDefinition) and len(node.output_defs) > 1
    ]
    assert {"train_networks", "predict_stress"} <= {node.name for node in several}
    assert [n.name for n in several if any(out.is_required for out in n.output_defs)] == []


def test_vintages_are_partitioned_by_the_months_of_the_catalogue(mini):
    node = graph(mini).get(dg.AssetKey(["mini", "sfri_vintages"]))
    months = node.partitions_def.get_partition_keys()
    assert (months[0], months[-1], len(months)) == ("2007-01", "2008-12", 24)


@pytest.mark.parametrize("name", ["mini", *market_names()])
def test_a_run_over_a_range_notes_each_month_for_the_tables_that_have_months_alone(name, mini):
    market = mini if name == "mini" else load_market(name)
    definitions = build_definitions(market)
    assets = definitions.resolve_asset_graph()
    first = market.first_partition()
    last = str(pd.Period(first, "M") + 4)
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(
            definitions.resolve_implicit_global_asset_job_def(),
            tags={
                "dagster/asset_partition_range_start": first,
                "dagster/asset_partition_range_end": last,
            }
            if market.partitioned
            else {},
        )
        planned = Counter(
            record.asset_key
            for record in (entry.dagster_event for entry in instance.all_logs(run.run_id))
            if record.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
        )
    assert planned == {
        key: 5 if assets.get(key).partitions_def else 1 for key in assets.get_all_asset_keys()
    }


def test_all_partitioned_tables_of_a_market_share_their_months():
    assets = graph(load_market("sandbox"))
    definitions = {
        node.partitions_def for node in assets.asset_nodes if node.partitions_def is not None
    }
    assert len(definitions) == 1
    assert definitions.pop().get_partition_keys()[0] == load_market("sandbox").forum.first_month


@pytest.mark.parametrize("market", market_names())
def test_the_workspace_lists_every_market(market):
    workspace = yaml.safe_load((CHECKOUT / "workspace.yaml").read_text())
    locations = [entry["python_module"] for entry in workspace["load_from"]]
    assert market in [location["attribute"] for location in locations]
    dg.Definitions.validate_loadable(build_definitions(market))


@pytest.mark.parametrize(
    "market",
    [
        pytest.param(name, marks=() if name in ("us", "china") else pytest.mark.faults)
        for name in market_names()
    ],
)
def test_a_code_location_loads_with_dagster_and_nothing_heavy(market):
    """Beside what Dagster itself takes: seconds would be those of this machine."""
    bare, loaded = [], []
    # Processor time of the whole process, interpreter included; as other work disturbs, one of
    # several tries is enough.
    for _ in range(8):
        bare.append(spent_by("import dagster"))
        loaded.append(spent_by(f"from sfr_pipeline.definitions import {market}"))
        if min(loaded) <= LOADED * min(bare):
            break
    assert min(loaded) <= LOADED * min(bare), (loaded, bare)


def spent_by(script):
    """Processor seconds of a process that runs a line, loads nothing heavy and says nothing."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys, time; {script}; "
            f"print(time.process_time(), [name for name in {HEAVY} if name in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=CHECKOUT,
    )
    spent, _, loaded = done.stdout.strip().partition(" ")
    assert loaded == "[]"
    assert done.stderr == ""
    return float(spent)
