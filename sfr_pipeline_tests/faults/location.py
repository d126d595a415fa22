"""A code location of the mini market over 180 months, for daemons that tests start and kill."""

from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.markets import read_market
from sfr_pipeline_tests.conftest import CATALOGUES

FIRST, LAST = "1994-01", "2008-12"


def long_market():
    market = read_market(CATALOGUES / "mini.yaml")
    sample = market.sample.model_copy(update={"start": "1990-01", "first_vintage": FIRST})
    return market.model_copy(update={"sample": sample})


mini = build_definitions(long_market())
