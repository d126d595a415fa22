"""What a run found, for a terminal: the lines of all legs put together, all from frames.

Belongs here: their order and the heading. Does not belong here: what a leg says, which stands in
its `verdict`.
"""

from collections.abc import Mapping

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.markets.indicator import undecided_notes
from sfr_pipeline.report.forecasting import verdict as forecasting
from sfr_pipeline.report.formats import labelled
from sfr_pipeline.report.index import recovery
from sfr_pipeline.report.index import verdict as index
from sfr_pipeline.report.opinion import verdict as opinion
from sfr_pipeline.report.stress import verdict as stress
from sfr_pipeline.report.stress import volatility_verdict as volatility

Tables = Mapping[str, pd.DataFrame]


def summary_text(market: Market, tables: Tables) -> str:
    """Sum up a market in some lines of text.

    Args:
        market: the catalogue.
        tables: frames by name, those of the report; the optional ones may be missing.
    """
    # Each leg is silent where the market does not have it.
    legs = (
        index.as_lines,
        opinion.as_lines,
        forecasting.as_lines,
        volatility.as_lines,
        stress.as_lines,
        recovery.as_lines,
    )
    lines = [line for as_lines in legs for line in as_lines(market, tables)]
    for note in undecided_notes(market.indicators):
        lines += labelled("UNDECIDED", note)
    return "\n".join([_heading(market, tables), *lines])


def _heading(market: Market, tables: Tables) -> str:
    origin = "SYNTHETIC data" if market.synthetic else "real data"
    if market.posts_alone:
        return f"{market.title}, public opinion alone ({origin})"
    if not market.monthly:
        beside = " and public opinion, no index" if market.forum else " alone"
        return f"{market.title}, stress leg{beside} ({origin})"
    if index.index_waits(market, tables):
        return f"{market.title} ({origin})"
    sfri = tables["sfri"]
    month = sfri.loc[sfri["mode"] == "real_time", "ref_date"].max()
    return f"{market.title}, end of {month:%B %Y} ({origin}, real time)"
