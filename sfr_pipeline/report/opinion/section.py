"""The report's section on public opinion: its latest month and its picture, all from frames."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.opinion.npoi import NO_POSTS
from sfr_pipeline.report.opinion.charts import npoi_chart
from sfr_pipeline.report.opinion.verdict import opinion_summary, why_meaningless

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLES = ("npoi",)


def opinion_section(market: Market, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any] | None:
    """What the template shows of public opinion; None where there is none, or it was not run.

    Args:
        market: the catalogue.
        tables: frames by name.
    """
    if not _is_complete(market, tables):
        return None
    about = {"meaningless": why_meaningless(market)}
    if tables["npoi"].empty:
        return {"waits": NO_POSTS, "summary": None, **about}
    return {"waits": None, "summary": opinion_summary(tables["npoi"]), **about}


def opinion_figures(market: Market, tables: Mapping[str, pd.DataFrame]) -> "dict[str, Figure]":
    """The picture of that section; none where the section is missing."""
    if not _is_complete(market, tables) or tables["npoi"].empty:
        return {}
    return {"opinion": npoi_chart(tables["npoi"])}


def _is_complete(market: Market, tables: Mapping[str, pd.DataFrame]) -> bool:
    return market.forum is not None and all(name in tables for name in TABLES)
