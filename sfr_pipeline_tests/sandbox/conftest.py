"""The sandbox market measured once for all its tests."""

import pytest

from sfr_pipeline.index import indicators as indicator_room
from sfr_pipeline.index import panel as panel_room
from sfr_pipeline.index import sfri as index_room
from sfr_pipeline.markets import load_market
from sfr_pipeline.sandbox.truth import truth_rows
from sfr_pipeline_tests.inputs.received import fetch_prices, fetch_series


@pytest.fixture(scope="session")
def market():
    market = load_market("sandbox")
    # The bands are not what these tests look at.
    few = market.index.model_copy(update={"draws": 100, "replications": 100})
    return market.model_copy(update={"index": few})


@pytest.fixture(scope="session")
def truth():
    """The truth, one column a variable."""
    return truth_rows().pivot(index="ref_date", columns="variable", values="value")


@pytest.fixture(scope="session")
def panel(market):
    indicators = indicator_room.deliver_indicators(
        market, fetch_prices(market), *fetch_series(market)
    )
    return panel_room.build_panel(market, indicators).panel


@pytest.fixture(scope="session")
def index(market, panel):
    """Tables ``sfri``, ``sfri_weights`` and ``sfri_contributions``."""
    return index_room.index_tables(market, panel)
