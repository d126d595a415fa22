"""Claims about markets with too little history: every leg publishes, or says when it begins."""

import re
from pathlib import Path

import dagster as dg
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.errors import TooShortError
from sfr_pipeline.inputs.as_of import RECEIVED
from sfr_pipeline.markets import Market, load_market
from sfr_pipeline.opinion.npoi import NO_POSTS
from sfr_pipeline.report.page import optional_tables_of, tables_of
from sfr_pipeline.report.summary import summary_text
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline.stress import latest
from sfr_pipeline_tests.conftest import CATALOGUES
from sfr_pipeline_tests.stress.daily_market import daily_market, simulated_prices

# One input beside the index, known from the first month on.
BILL_RATE = {
    "id": "bill",
    "name": "Bill rate",
    "unit": "per cent",
    "input": {"series": "bill_rate"},
    "transform": ["level"],
    "why": "Policy.",
}
NO_INDEX = "The index needs 24 months of an indicator and has {}: it begins in {} at the earliest."
NO_REGIMES = "The regimes need 29 months of the index and have {}: they begin in 2005-05."
NO_WARNING = (
    "The early warning needs {} months from 2003-01 on before its first forecast and has {}: it "
    "begins in {}, or earlier with a smaller forecasting.min_months."
)


def monthly_market(end, first_vintage="2005-01", min_months=36, **changes):
    """The mini market from 2003 on, with early warning."""
    catalogue = yaml.safe_load((CATALOGUES / "mini.yaml").read_text())
    own = {
        "sample": {"start": "2003-01", "end": end, "first_vintage": first_vintage},
        "forecasting": {"start": "2003-01", "min_months": min_months, "inputs": [BILL_RATE]},
    }
    return Market.model_validate(catalogue | own | changes)


def run(market, root, names=None, without=()):
    """Materialize tables of a market, by default all, but for some; returns result, warehouse."""
    warehouse = Warehouse(root=str(root))
    definitions = build_definitions(market, resources={"warehouse": warehouse})
    keys = definitions.resolve_asset_graph().get_all_asset_keys()
    chosen = {key for key in keys if key.path[-1] not in without}
    if names is not None:
        chosen = {key for key in keys if key.path[-1] in names}
    window = {}
    if market.partitioned:
        window = {
            "dagster/asset_partition_range_start": market.first_partition(),
            "dagster/asset_partition_range_end": market.sample.end,
        }
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=dg.DagsterInstance.ephemeral(),
        asset_selection=[*chosen],
        tags=window,
        run_config={"loggers": {"progress": {}}},
        raise_on_error=False,
    )
    return result, warehouse


def assert_told(sentences, market, warehouse, log):
    """Log, summary and report say each sentence, in the same words."""
    frames = warehouse.read_all(market.name, tables_of(market), optional_tables_of(market))
    summary = " ".join(summary_text(market, frames).split())
    page = (Path(warehouse.root) / "reports" / f"{market.name}.html").read_text()
    for sentence in sentences:
        assert sentence in summary
        assert sentence in page
        # The regimes' own words stand in the log, for every vintage.
        if not sentence.startswith("The regimes"):
            assert sentence in log


@pytest.mark.parametrize(
    ("market", "sentences", "empty"),
    [
        pytest.param(
            monthly_market("2003-01", "2003-01"),
            [NO_INDEX.format(1, "2004-12")],
            {"sfri", "regimes", "forecasts"},
            id="one month",
            marks=pytest.mark.faults,
        ),
        pytest.param(
            monthly_market("2004-11", "2004-06", events=[]),
            [NO_INDEX.format(23, "2004-12")],
            {"sfri", "sfri_vintages", "regimes", "dimension_indices", "forecasts", "events"},
            id="no indicator has joined, no events",
            marks=pytest.mark.faults,
        ),
        pytest.param(
            monthly_market("2005-01"),
            [NO_REGIMES.format(25), NO_WARNING.format(36, 24, "2006-01")],
            {"regimes", "regime_parameters", "forecasts", "forecast_scores", "forecast_fan"},
            id="one vintage",
            marks=pytest.mark.faults,
        ),
        pytest.param(
            monthly_market("2005-04"),
            [NO_REGIMES.format(28), NO_WARNING.format(36, 27, "2006-01")],
            {"regimes", "regime_parameters", "forecasts"},
            id="one month short of regimes",
            marks=pytest.mark.faults,
        ),
        pytest.param(
            monthly_market("2005-06"),
            [NO_WARNING.format(36, 29, "2006-01")],
            {"forecasts", "forecast_explanations", "training_history", "transfer_entropy"},
            id="thirty months",
            marks=pytest.mark.faults,
        ),
        pytest.param(
            monthly_market("2006-04", min_months=40),
            [NO_WARNING.format(40, 39, "2006-05")],
            {"forecasts", "forecast_scores"},
            id="one month short of min_months",
            marks=pytest.mark.faults,
        ),
    ],
)
def test_a_short_monthly_market_runs_through_and_says_what_has_not_begun(
    market, sentences, empty, tmp_path, capfd
):
    result, warehouse = run(market, tmp_path)
    assert result.success
    assert [c.check_name for c in result.get_asset_check_evaluations() if not c.passed] == []
    assert_told(sentences, market, warehouse, capfd.readouterr().err)
    assert {name for name in empty if len(warehouse.read(market.name, name))} == set()


# As the study needs its labels; of the small market's own the third horizon is missing.
LABELS = {"horizons": [5, 21, 63], "window": 400, "min_outcomes": 100, "balanced_window": 300}


@pytest.mark.parametrize(
    ("last_day", "first_test_year", "sentence"),
    [
        pytest.param(
            "2000-01-04",
            2003,
            "and the prices end on 2000-01-04: it begins in 2003.",
            marks=pytest.mark.faults,
        ),
        pytest.param(
            "2002-11-29",
            2003,
            "and the prices end on 2002-11-29: it begins in 2003.",
            marks=pytest.mark.faults,
        ),
        (
            "2001-03-30",
            2001,
            "Daily stress needs 126 known days of label F5 before 2000 and has 0: set "
            "stress.first_test_year later, or begin the daily panel earlier.",
        ),
    ],
)
def test_daily_stress_before_its_first_test_year_is_empty_and_says_when_it_begins(
    last_day, first_test_year, sentence, tmp_path, capfd
):
    market = daily_market(labels=LABELS, first_test_year=first_test_year)
    Warehouse(root=str(tmp_path)).store.write(
        market.name, tables.PRICES, simulated_prices(last_day)
    )
    # Nobody is asked: these prices are made up.
    received = {table.name for table in RECEIVED}
    result, warehouse = run(
        market, tmp_path, without=received | {"prices", "revisions", "publications"}
    )
    assert result.success
    assert [c.check_name for c in result.get_asset_check_evaluations() if not c.passed] == []
    assert_told([sentence], market, warehouse, capfd.readouterr().err)
    for name in (
        "stress_predictions", "stress_scores", "alarm_scores", "stress_robustness",
        "volatility_forecasts", "volatility_scores",
    ):  # fmt: skip
        assert warehouse.read(market.name, name).empty
    with pytest.raises(TooShortError, match=re.escape(sentence)):
        latest.latest_probabilities(
            market, warehouse.read_all(market.name, latest.TABLES), Path(warehouse.root)
        )


def test_a_forum_without_a_post_in_any_month_has_an_empty_index_that_says_so(mini, tmp_path, capfd):
    sandbox = load_market("sandbox")
    market = mini.model_copy(update={"forum": sandbox.forum, "sentiment": sandbox.sentiment})
    for table in (tables.POSTS, tables.SENTIMENT):
        path = tmp_path / "parquet" / market.name / table.name / "month=2007-01" / "part-0.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(table.arrow_schema().empty_table(), path)
    result, warehouse = run(market, tmp_path, names={"npoi", "npoi_scaling"})
    assert result.success
    assert NO_POSTS in capfd.readouterr().err
    for name in ("npoi", "npoi_scaling"):
        assert warehouse.read(market.name, name).empty


def test_an_empty_frame_of_a_table_has_the_types_that_the_store_gives_back(tmp_path):
    store = Warehouse(root=str(tmp_path)).store
    store.write("mini", tables.FORECASTS, tables.FORECASTS.empty())
    pd.testing.assert_frame_equal(
        tables.FORECASTS.empty(), store.read("mini", tables.FORECASTS), check_exact=True
    )
