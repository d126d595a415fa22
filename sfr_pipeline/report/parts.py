"""What a page is put together from: parts, each with its words, its charts and its tables.

Belongs here: what every part has. Does not belong here: any part.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.report.chart import Chart

Tables = Mapping[str, pd.DataFrame]


def no_tables(_: Market) -> tuple[str, ...]:
    """Names of no table."""
    return ()


def no_charts(_: Market, __: Tables) -> dict[str, Chart]:
    """Charts of a part that draws none."""
    return {}


def no_excerpts(_: Market) -> tuple["Excerpt", ...]:
    """Excerpts of no table."""
    return ()


class Excerpt(NamedTuple):
    """What a page reads of a table that is too large to be read whole.

    Attributes:
        name: under which the rows stand among the tables.
        table: that they come from.
        rows: of a table of vintages what each says of its own month, or all that the newest one
            says; or all rows.
        columns: only these; None of all.
    """

    name: str
    table: str
    rows: Literal["own month", "newest vintage", "all"]
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Part:
    """One section of a page.

    Attributes:
        id: target of links to it.
        title: its heading.
        template: file of `report/` that shows it. It knows ``market``, ``charts`` (by name), and
            as ``section`` what ``shown`` returned.
        shown: what the template shows; None where the market has nothing of it.
        charts: by name, which is one of the page's; those that the template names.
        needed: names of tables without which there is no page.
        wanted: names of tables that may be missing.
        excerpts: of tables that may be missing too.
        monthly: template of what changes with the month that a reader picks; None of a part that
            speaks of the newest alone. It knows ``market``, and as ``month`` one of
            ``section.months``, which ``shown`` returns by "YYYY-MM".
    """

    id: str
    title: str
    template: str
    shown: Callable[[Market, Tables], dict[str, Any] | None]
    charts: Callable[[Market, Tables], dict[str, Chart]] = no_charts
    needed: Callable[[Market], tuple[str, ...]] = no_tables
    wanted: Callable[[Market], tuple[str, ...]] = no_tables
    excerpts: Callable[[Market], tuple[Excerpt, ...]] = no_excerpts
    monthly: str | None = None

    def tables(self, market: Market) -> tuple[str, ...]:
        """Names of all tables that it reads."""
        cut = (excerpt.table for excerpt in self.excerpts(market))
        return (*self.needed(market), *self.wanted(market), *cut)
