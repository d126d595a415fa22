"""Levels of the stress leg that come as daily series rather than as prices."""

import dagster as dg
import pandas as pd
import pytest
from pydantic import ValidationError

from sfr_pipeline import sources
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.errors import CatalogueError, SourceError
from sfr_pipeline.inputs.as_of import RECEIVED
from sfr_pipeline.markets.catalogue import FOLDER, read_market
from sfr_pipeline.markets.stress import Level
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline.stress.features import feature_frame
from sfr_pipeline.stress.panel import daily_panel, quote_rows, read_panel, return_rows
from sfr_pipeline_tests.inputs.received import fetch_series
from sfr_pipeline_tests.stress.daily_market import CUT, daily_market, simulated_prices, up_to

BY_PRICE = daily_market()
LEVELS = [
    f"{name}_{measure}"
    for name, measures in (("rate", ()), ("implied", ("log",)))
    for measure in ("change", "change22", "rank", *measures)
]


def by_series(lag=0, **of_vix):
    """The same market; what was the Nasdaq's close comes as a series, published after ``lag``."""
    given = {"id": "vix", "name": "VIX", "unit": "points", "frequency": "daily", "vendor": "a page"}
    vix = {**given, "release_lag": lag, "source": None, **of_vix}
    level = [{"id": "rate", "series": "vix"}]
    return daily_market(
        beside={"files": "imports/small", "series": [vix]},
        rates=level,
        implied=[{"id": "implied", "series": "vix"}],
    )


@pytest.fixture(scope="module")
def prices():
    return simulated_prices()


@pytest.fixture
def write(prices, tmp_path, monkeypatch):
    """Writes the Nasdaq's closes as the file of the series; with a factor after ``CUT``."""
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    folder = tmp_path / "small"
    folder.mkdir()

    def write(factor=1.0):
        rows = prices[prices["symbol"] == "NASDAQ"][["date", "close"]]
        rows = rows.set_axis(["date", "value"], axis=1)
        rows.loc[rows["date"] > CUT, "value"] *= factor
        rows.to_csv(folder / "vix.csv", index=False)

    return write


def panel_of(market, prices, fetched):
    panel = daily_panel(market, prices)
    return read_panel(market, quote_rows(panel), return_rows(panel), *fetched)


def features_of(market, prices):
    return feature_frame(market, panel_of(market, prices, fetch_series(market)))


def test_a_series_gives_the_features_that_a_price_of_the_same_values_gives(prices, write):
    write()
    expected = feature_frame(BY_PRICE, daily_panel(BY_PRICE, prices))
    assert set(LEVELS) <= set(expected)
    found = features_of(by_series(), prices)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_what_comes_out_a_day_later_is_a_feature_of_the_next_day(prices, write):
    write()
    at_once, late = (features_of(by_series(lag), prices)[LEVELS] for lag in (0, 1))
    pd.testing.assert_frame_equal(
        late.iloc[1:], at_once.shift().iloc[1:], check_exact=True, check_freq=False
    )


def test_values_that_were_not_out_do_not_reach_back(prices, write):
    write()
    clean = features_of(by_series(), prices).reset_index()
    write(factor=1000.0)
    poisoned = features_of(by_series(), prices).reset_index()
    pd.testing.assert_frame_equal(up_to(poisoned), up_to(clean), check_exact=True)
    assert not poisoned["rate_rank"].equals(clean["rate_rank"])


def test_the_leg_does_without_a_series_that_nobody_delivers(prices, write):
    expected = feature_frame(BY_PRICE, daily_panel(BY_PRICE, prices)).drop(columns=LEVELS)
    found = features_of(by_series(), prices)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_the_leg_stops_where_the_source_of_its_series_fails(prices, write, monkeypatch):
    class Silent:
        @staticmethod
        def fetch_series(codes):
            raise SourceError("fred VIXCLS did not answer")

    market = by_series(source="fred", code="VIXCLS")
    monkeypatch.setattr(sources, "source", lambda name: Silent)
    fetched = fetch_series(market)
    assert fetched.missing["cause"].to_list() == ["failed"]
    with pytest.raises(SourceError, match="fred VIXCLS did not answer"):
        panel_of(market, prices, fetched)


def test_features_read_the_tables_of_series_only_where_the_catalogue_names_one(
    prices, write, tmp_path
):
    def parents(market):
        graph = build_definitions(market).resolve_asset_graph()
        keys = graph.get(dg.AssetKey(["small", "daily_features"])).parent_keys
        return sorted(key.path[-1] for key in keys)

    market = by_series()
    clean = ["daily_quotes", "daily_returns"]
    assert parents(BY_PRICE) == clean
    assert parents(market) == [*clean, "missing_series", "series"]
    write()
    warehouse = Warehouse(root=str(tmp_path / "warehouse"))
    warehouse.store.write("small", tables.PRICES, prices)
    definitions = build_definitions(market, resources={"warehouse": warehouse})
    definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=dg.DagsterInstance.ephemeral(),
        asset_selection=[
            dg.AssetKey(["small", name])
            for name in (*(table.name for table in RECEIVED), "series", *clean, "daily_features")
        ],
        run_config={"loggers": {"progress": {}}},
    )
    stored = warehouse.read("small", "daily_features")
    expected = features_of(market, prices)
    assert set(stored["feature"]) == set(expected)
    own = stored[stored["feature"] == "implied_log"].set_index("date")["value"]
    assert own.to_numpy() == pytest.approx(expected["implied_log"].dropna().to_numpy())


@pytest.mark.parametrize("given", [{}, {"symbol": "A", "series": "a"}])
def test_a_level_is_of_a_price_or_of_a_series(given):
    with pytest.raises(ValidationError, match="give 'symbol', an instrument, or 'series'"):
        Level.model_validate({"id": "rate", **given})


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("{id: vix, symbol: ^VIX}", "{id: vix, series: vix}", "there is no series 'vix'"),
        (
            "{id: vix, symbol: ^VIX}",
            "{id: vix, series: jobs}",
            "stress > implied > vix > series: 'jobs' is monthly: only a daily series",
        ),
        ("first_test_year: 1998", "first_test_year: 1998 ", "nothing refers to this series"),
    ],
)
def test_a_wrong_series_of_the_daily_leg_is_refused(tmp_path, old, new, fault):
    text = (FOLDER / "world.yaml").read_text()
    assert old in text
    jobs = (
        "series:\n  - {id: jobs, name: Jobs, unit: thousands, frequency: monthly, release_lag: 7, "
        "source: fred, code: PAYEMS}\n\nstress:\n"
    )
    path = tmp_path / "world.yaml"
    path.write_text(text.replace(old, new, 1).replace("\nstress:\n", f"\n{jobs}", 1))
    with pytest.raises(CatalogueError, match=fault):
        read_market(path)
