"""Command ``ask``: put a question of the cookbook to the warehouse."""

import argparse
import datetime as dt
from typing import TYPE_CHECKING

from sfr_pipeline.cli.arguments import Commands, add_command, add_market, nearest
from sfr_pipeline.errors import NotMaterializedError, SettingError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from sfr_pipeline.gallery.queries import Question

# Longest text that a cell of the printed table shows.
WIDTH = 60


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "ask",
        "put a question of the cookbook to the warehouse, or list the questions",
        run,
        more="The queries lie in the workspace's gallery/queries/, to be changed.",
    )
    add_market(parser)
    parser.add_argument("question", nargs="?", help="name of one; without it all are listed")
    parser.add_argument(
        "--month",
        type=_month,
        help="of which it asks, as 2008-10 (default: the newest)",
    )
    parser.add_argument(
        "--day",
        type=_day,
        help="on which something was known, as 2008-09-15 (default: the end of the newest month)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="print the answer as CSV, unrounded")
    form.add_argument("--sql", action="store_true", help="print the query; nothing is asked")


def run(options: argparse.Namespace) -> None:
    """Print the answer, or the questions.

    Raises:
        SettingError: there is no such question, or it asks of no month or day.
        NotMaterializedError: the market has no table of those that it needs.
    """
    from sfr_pipeline.gallery.queries import questions

    known = questions()
    if options.question is None:
        for name, question in known.items():
            print(f"{name:<20}{question.text}")
        return
    if options.question not in known:
        near = nearest(options.question, known)
        raise SettingError(
            f"there is no question '{options.question}'{near} ('sfr ask {options.market}' lists "
            "them)"
        )
    question = known[options.question]
    if options.sql:
        print(question.asked(options.market, options.month, options.day), end="")
        return
    answer(question, options)


def answer(question: "Question", options: argparse.Namespace) -> None:
    """Ask, and print what was answered."""
    import duckdb

    from sfr_pipeline.resources.warehouse import Warehouse
    from sfr_pipeline.storage.places import WAREHOUSE, open_warehouse

    market, warehouse = options.market, Warehouse()
    warehouse.open()
    if not warehouse.files.exists(WAREHOUSE):
        file = warehouse.files.path(WAREHOUSE)
        raise NotMaterializedError(f"there is no {file} yet: run 'sfr run {market}' first")
    with open_warehouse(warehouse.folder) as connection:
        try:
            month, day = options.month, options.day
            if question.of_a_month and month is None:
                month = _newest(connection, market)[:7]
            if question.of_a_day and day is None:
                day = _newest(connection, market)
            found = connection.execute(question.asked(market, month, day)).df()
        except duckdb.CatalogException as error:
            lacks = str(error).splitlines()[0].removeprefix("Catalog Error: ")
            raise NotMaterializedError(
                f"{market} lacks what '{question.name}' asks of ({lacks}): run 'sfr run {market}', "
                "or name a market that has it"
            ) from error
    if options.csv:
        from sfr_pipeline.exports.escaping import escaped

        texts = found.select_dtypes(["string"]).columns
        found[texts] = found[texts].map(escaped, na_action="ignore")
        print(found.to_csv(index=False), end="")
        return
    print(question.text)
    if found.empty:
        print("No row: there is nothing of the kind.")
        return
    shown = found.to_string(
        index=False, na_rep="", float_format=lambda value: f"{value:.4g}", max_colwidth=WIDTH
    )
    print(shown)


def _newest(connection: "DuckDBPyConnection", market: str) -> str:
    """Last day of the newest month of the index."""
    row = connection.execute("SELECT ref_date FROM sfri_latest(?)", [market]).fetchone()
    if row is None:
        raise NotMaterializedError(f"{market} has no index yet: 'sfr summary {market}' says why")
    return str(row[0])


def _month(text: str) -> str:
    """A month as it was typed.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    return _as_typed(text, "%Y-%m", "month, as 2008-10")


def _day(text: str) -> str:
    """A day as it was typed.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    return _as_typed(text, "%Y-%m-%d", "day, as 2008-09-15")


def _as_typed(text: str, form: str, what: str) -> str:
    try:
        return dt.datetime.strptime(text, form).strftime(form)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no {what}") from None
