"""Figures of our runs in the prose of README and docs/: each with the query that gives it.

    an error of <!-- sql: SELECT printf('%.2f', rmse) FROM us.x -->2.07<!-- /sql --> at five years

The query gives the very text that stands between the marks, so that it can be written anew and a
test can hold it to a warehouse. ``sql, default profile`` marks what depends on how long networks
train. A figure that no warehouse has, of data that are not shipped or of papers, names the test
that holds it: ``<!-- held: sfr_pipeline_tests/x.py -->.935<!-- /held -->``. A mark may go over
several lines, but begins none: Markdown would take the line for HTML. Does not belong here: whole
tables and sentences of a run, which are `findings`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SQL = re.compile(
    r"<!-- sql(?P<profile>,\s+default\s+profile)?:\s+(?P<sql>.+?)\s+-->(?P<text>.*?)<!-- /sql -->",
    flags=re.DOTALL,
)
HELD = re.compile(
    r"<!-- held:\s+(?P<test>\S+)\s+-->(?P<text>.*?)<!-- /held -->",
    flags=re.DOTALL,
)


@dataclass(frozen=True)
class Figure:
    """A figure in prose, and where it comes from.

    Attributes:
        text: as it stands on the page.
        sql: the query that gives this text.
        of_default_profile: whether a run of another profile gives another.
    """

    text: str
    sql: str
    of_default_profile: bool

    def speaks_of(self, market: str) -> bool:
        """Whether its query asks of a market."""
        return re.search(rf"\b{market}\.\w|'{market}'", self.sql) is not None


def figures(page: str) -> Iterator[Figure]:
    """All figures of a page that a query gives."""
    for found in SQL.finditer(page):
        yield _figure(found)


def renewed(page: str, market: str, ask: Callable[[str], object]) -> str:
    """The page with its figures of a market as the warehouse has them now.

    Args:
        page: its text.
        market: whose figures are written anew.
        ask: gives the one value that a query answers.

    Raises:
        ValueError: a query gives nothing.
    """

    def write(found: re.Match[str]) -> str:
        figure = _figure(found)
        if not figure.speaks_of(market):
            return found[0]
        value = ask(figure.sql)
        if value is None:
            raise ValueError(f"the query of the figure '{figure.text}' gives nothing: {figure.sql}")
        return f"{found[0][: found.start('text') - found.start()]}{value}<!-- /sql -->"

    return SQL.sub(write, page)


def _figure(found: re.Match[str]) -> Figure:
    return Figure(found["text"], " ".join(found["sql"].split()), found["profile"] is not None)
