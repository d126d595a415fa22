"""A run asks each source once for each code, counted where the requests arrive."""

import re
from collections import Counter
from dataclasses import replace

import dagster as dg
import numpy as np
import pandas as pd
import pytest
import requests

from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.reference import Reference
from sfr_pipeline.resources.crawler import Crawler
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.sandbox import forum, server
from sfr_pipeline.sources import sandbox
from sfr_pipeline.sources.live import limits
from sfr_pipeline.storage import tables
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.inputs.recorded_web import DRIFT, Answers, NotRecorded, send_here, serve
from sfr_pipeline_tests.sources.yahoo_memory import own_memory

# AKShare and yfinance still use an argument that pandas is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")

# The input leg, and what used to ask for itself.
ASKING = (
    "deliveries", "input_status", "missing_series", "catalogues", "prices", "series", "revisions",
    "indicators", "missing_indicators", "warning_panel",
)  # fmt: skip


def sfri_of(market):
    """Made-up rows of table ``sfri``: nothing here is measured."""
    months = pd.period_range("2020-01", market.sample.end, freq="M")
    rows = pd.DataFrame(
        {
            "ref_date": months.to_timestamp("M").normalize(),
            "sfri": np.random.default_rng(1).normal(size=len(months)),
            "percentile": 50.0,
            "n_indicators": 20,
        }
    )
    for column in tables.SFRI.columns:
        if column.name not in (*rows, "mode"):
            rows[column.name] = np.nan if column.nullable else 1.0
    return pd.concat([rows.assign(mode=mode) for mode in ("paper", "real_time")])


def materialize(market, root, names, resources=(), **options):
    """Materialize tables of a market in one run; returns its warehouse."""
    warehouse = Warehouse(root=str(root), synthetic=market.synthetic)
    warehouse.store.write(market.name, tables.SFRI, sfri_of(market))
    given = {"warehouse": warehouse, **dict(resources)}
    definitions = build_definitions(market, resources=given)
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=dg.DagsterInstance.ephemeral(),
        asset_selection=[dg.AssetKey([market.name, name]) for name in names],
        run_config={"loggers": {"progress": {}}},
        **options,
    )
    assert result.success
    return warehouse


@pytest.mark.parametrize("leg", ["index", "forecasting", "stress"])
def test_no_leg_imports_a_source(leg):
    files = sorted((CHECKOUT / "sfr_pipeline" / leg).rglob("*.py"))
    assert len(files) > 3
    importing = [
        path.name
        for path in files
        if re.search(r"sfr_pipeline(\.| import \(?[\w, ]*)sources\b", path.read_text())
    ]
    assert importing == []


# us_live, over recorded answers -----------------------------------------------------------------

# What another entry of the catalogue asks for too: the same code, and the same document.
SHARED = [
    {"id": "vix_index", "name": "VIX", "frequency": "daily", "source": "fred", "code": "VIXCLS",
     "valid_range": [5, 150]},
    {"id": "ofr_credit", "name": "Credit", "frequency": "daily", "source": "ofr",
     "code": "fsi.credit", "valid_range": [-50, 100]},
]  # fmt: skip


@pytest.fixture(scope="module")
def live_run(tmp_path_factory):
    """The market, what its sources were asked, and its warehouse after the run."""
    root = tmp_path_factory.mktemp("us_live")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SFR_ANSWERS", "SFR_RAW", "SFR_FILES_ONLY"):
            patch.delenv(name, raising=False)
        (root / "imports").mkdir()
        patch.setenv("SFR_IMPORTS", str(root / "imports"))
        patch.setenv("SFR_END", "2024-12")
        market = load_market("us_live")
        references = [*market.references, *(Reference.model_validate(one) for one in SHARED)]
        market = market.model_copy(update={"references": references})
        answers = Answers(market)
        token = limits.LIMITS.set(replace(limits.USUAL, pause=0.0, backoff=0.0))
        try:
            with own_memory(root / "yahoo"), serve(answers) as address:
                send_here(patch, address)
                warehouse = materialize(market, root, (*ASKING, "reference_comparison"))
        finally:
            limits.LIMITS.reset(token)
    return market, dict(answers.asked), answers, warehouse


def test_each_live_source_is_asked_once_for_each_code(live_run):
    market, asked, answers, warehouse = live_run
    documents = {
        ("ofr", "fsi.csv") if entry.source == "ofr" else (entry.source, entry.code)
        for entry in market.sourced_series
    }
    prices = {(instrument.source, instrument.code) for instrument in market.prices}
    assert asked == dict.fromkeys(documents | prices, 1)
    # Of each exchange Yahoo is asked for the time zone as well, by yfinance itself.
    zones = {key[1]: count for key, count in answers.beside.items() if key[0] == "time zone"}
    assert zones == {code: 1 for _, code in prices}
    came = set(warehouse.read("us_live", "series")["series"])
    assert came == {entry.id for entry in market.sourced_series}
    assert warehouse.read("us_live", "missing_series").empty


def test_index_and_early_warning_hold_one_truth_though_the_sources_change_their_answers(live_run):
    market, _, answers, warehouse = live_run
    delivered = warehouse.read("us_live", "indicators")
    rows = warehouse.read("us_live", "warning_panel")

    def indicator(request):
        """Values of the indicator that is made of the same series."""
        name = next(i.id for i in market.indicators if str(i.input) == request)
        values = delivered[delivered["indicator"] == name].set_index("ref_date")["value"]
        return values.groupby(values.index.to_period("M"))

    def variable(name):
        own = rows[(rows["mode"] == "paper") & (rows["variable"] == name)]
        return own.set_index(own["ref_date"].dt.to_period("M"))["value"]

    vix, bond = indicator("vix"), indicator("treasury_10y")
    expected = {
        "default_spread": indicator("baa_yield - aaa_yield").last(),
        "bill_rate": indicator("bill_3m").mean(),
        "implied_mean": np.log(vix.last() / vix.mean()),
        "rate_gap": bond.last() - bond.mean(),
    }
    for name, values in expected.items():
        assert len(values) == 60
        assert variable(name).to_numpy() == pytest.approx(values.to_numpy(), abs=1e-12), name
    # The control: whoever had asked once more would hold another truth.
    again = answers.answer("fred.stlouisfed.org", "/graph/fredgraph.csv", {"id": "DGS10"})
    assert float(again.split(b",")[-1]) == pytest.approx((1 + DRIFT) * bond.last().iloc[-1])


def test_a_host_that_nothing_is_recorded_of_is_named_with_what_to_add():
    answers = Answers(load_market("us_live"))
    says = r"nothing is recorded of data\.example\.org: let `Answers\.answer` in .*recorded_web"
    with pytest.raises(NotRecorded, match=says), serve(answers) as address:
        requests.get(f"{address}/data.example.org/series", timeout=10)


# The sandbox ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sandbox_run(tmp_path_factory):
    """Codes that the sandbox's source was asked for, and paths that its forum was asked for.

    The forum is asked over a socket, and counted there. Prices, series and truth of the sandbox
    are made in this process: the calls of its source module are the boundary there is.
    """
    root, codes, paths = tmp_path_factory.mktemp("sandbox"), Counter(), Counter()
    few_posts = forum.make_forum("2010-01", "2010-02")

    def counted(name):
        fetch = getattr(sandbox, name)

        def asked(*given):
            codes.update((name, code) for code in (given[0] if given else ["all"]))
            return fetch(*given)

        return asked

    class Handler(server._Handler):
        def do_GET(self):
            paths[self.path] += 1
            super().do_GET()

    with pytest.MonkeyPatch.context() as patch:
        for name in ("fetch_prices", "fetch_series", "fetch_truth"):
            patch.setattr(sandbox, name, counted(name))
        patch.setattr(server, "_Handler", Handler)
        patch.setattr(server, "make_forum", lambda: few_posts)
        market = load_market("sandbox")
        crawler = Crawler(root=str(root / "crawl"))
        materialize(
            market, root, (*ASKING, "truth", "posts", "posts_rejected"),
            resources={"crawler": crawler}, partition_key="2010-01",
        )  # fmt: skip
    return market, codes, paths


def test_the_sandbox_is_asked_once_for_each_code_and_each_page(sandbox_run):
    market, codes, paths = sandbox_run
    assert codes == {
        **{("fetch_prices", instrument.code): 1 for instrument in market.prices},
        **{("fetch_series", series.code): 1 for series in market.series},
        ("fetch_truth", "all"): 1,
    }
    lists = {path: count for path, count in paths.items() if path.startswith("/list,")}
    assert {count for path, count in paths.items() if path not in lists} == {1}
    assert sum(path.startswith("/news,") for path in paths) > 30
    # The crawler looks for its months in the list before it walks them.
    assert max(lists.values()) <= 2
