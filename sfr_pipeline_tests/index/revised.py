"""The mini market with values revised twice, withdrawn once, and once delivered badly."""

import pandas as pd

from sfr_pipeline.index.indicators import deliver_indicators
from sfr_pipeline.index.panel import build_panel
from sfr_pipeline.inputs.views import View
from sfr_pipeline_tests.inputs.received import fetch_prices, fetch_series

FIRST = pd.Period("2000-01", "M")
# Payrolls of two months are revised, then two months of retail sales withdrawn and a price mended.
REVISED, MENDED = pd.Period("2008-03", "M"), pd.Period("2008-09", "M")
PAYROLLS = (pd.Timestamp("2004-05-31"), pd.Timestamp("2007-06-30"))
WITHDRAWN = (pd.Timestamp("2005-02-28"), pd.Timestamp("2005-03-31"))


def with_values(series, name, dates, change):
    """The table with some values of one series changed; None takes them out."""
    chosen = (series["series"] == name) & series["ref_date"].isin(dates)
    assert chosen.sum() == len(dates)
    if change is None:
        return series[~chosen].reset_index(drop=True)
    return series.assign(value=series["value"].where(~chosen, series["value"].map(change)))


def delivered(market):
    """Tables ``series``, ``prices`` and ``missing_series`` before any revision."""
    series, missing = fetch_series(market)
    return series, fetch_prices(market), missing


def views_of(series, prices):
    """What stood from the first month, from REVISED and from MENDED on."""
    revised = with_values(series, "payrolls", PAYROLLS, lambda value: value * 1.01)
    withdrawn = with_values(revised, "retail_sales", WITHDRAWN, None)
    wrong = (prices["symbol"] == "SP500") & (prices["date"] == "2006-05-10")
    assert wrong.sum() == 1
    mended = prices.assign(close=prices["close"].where(~wrong, prices["close"] * 1.02))
    return [
        View(FIRST, series, prices),
        View(REVISED, revised, prices),
        View(MENDED, withdrawn, mended),
    ]


def panel_of(market, views, missing):
    """The panel and its revisions, as the assets make them."""
    newest = views[-1]
    indicators = deliver_indicators(market, newest.prices, newest.series, missing)
    return build_panel(market, indicators, views)
