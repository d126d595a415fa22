"""The cookbook: questions in SQL, a file each, and some of them in other languages.

Each file begins with its question, as a comment; more comment says what to know of the answer. It
stands as an analyst pastes it, with a market, a month and a day that can be changed: ``sfr ask``
puts others in their place. ``sfr init`` lays copies into the workspace's folder
``gallery/queries/``, and `docs/cookbook.md` has a line on each.
"""

import re
from dataclasses import dataclass
from importlib.resources import files

from sfr_pipeline.errors import SettingError

# The same questions, asked in pandas, polars and R.
OTHERS = ("five.py", "five_polars.py", "five.R")
FILE = re.compile(r"\d\d_(?P<name>[a-z_]+)\.sql")
# Where a market stands in a query: before a table, and as an argument.
MARKET = re.compile(r"\b(?P<schema>us|sandbox)(?=\.\w)|'(?P<argument>us|sandbox)'")
# What can be put in the place of a moment.
MONTH = re.compile(r"'\d{4}-\d{2}'")
DAY = re.compile(r"'\d{4}-\d{2}-\d{2}'")


@dataclass(frozen=True)
class Question:
    """A query of the cookbook.

    Attributes:
        name: what it is asked by.
        file: its file's name.
        text: what its sentence asks.
        sql: the whole file.
    """

    name: str
    file: str
    text: str
    sql: str

    @property
    def market(self) -> str:
        """The market that the file asks of."""
        found = MARKET.search(self.sql)
        assert found is not None, self.file
        return found["schema"] or found["argument"]

    @property
    def of_a_month(self) -> bool:
        """Whether it asks of a month."""
        return MONTH.search(self.sql) is not None

    @property
    def of_a_day(self) -> bool:
        """Whether it asks of a day."""
        return DAY.search(self.sql) is not None

    def asked(self, market: str, month: str | None = None, day: str | None = None) -> str:
        """The query with others in the place of its market and its moment.

        Args:
            market: the name of one.
            month: as 2008-10; None for that of the file.
            day: as 2008-09-15; None for that of the file.

        Raises:
            SettingError: a month or a day is given to a query that asks of none.
        """
        sql = MARKET.sub(lambda found: _named(market, found), self.sql)
        for value, pattern, what in ((month, MONTH, "month"), (day, DAY, "day")):
            if value is None:
                continue
            if not pattern.search(sql):
                raise SettingError(f"'{self.name}' asks of no {what}: leave --{what} out")
            sql = pattern.sub(f"'{value}'", sql)
        return sql


def _named(market: str, found: re.Match[str]) -> str:
    if found["argument"]:
        return f"'{market}'"
    # As a schema a market's name may be a word of SQL, such as order.
    return market if found["schema"] == market else f'"{market}"'


def file_text(name: str) -> str:
    """The text of a file of the cookbook."""
    return (files(__name__) / name).read_text(encoding="utf-8")


def questions() -> dict[str, Question]:
    """All queries by name, in their order."""
    found = {}
    for name in sorted(entry.name for entry in files(__name__).iterdir()):
        if match := FILE.fullmatch(name):
            sql = file_text(name)
            first = sql.splitlines()[0].removeprefix("-- ")
            found[match["name"]] = Question(match["name"], name, first, sql)
    return found
