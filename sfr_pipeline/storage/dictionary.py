"""The data dictionary: the contracts of the tables, and the macros, as a page for readers.

Belongs here: turning them into Markdown. Does not belong here: any fact about a table, which is in
its contract, or about a macro, which is in the comment that stands with it.
"""

from collections.abc import Iterable
from pathlib import Path

from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.publish import MACROS

HEADER = (
    "| column | type | unit | may be missing | values | description |\n|---|---|---|---|---|---|"
)


MACROS_HEAD = (
    "## Macros\n\nQuestions that are asked of every market, as functions that stand where a table "
    "may: `FROM sfri_latest('us')`. The argument `market` is its name.\n\n"
    "| macro | arguments | answers |\n|---|---|---|"
)


def data_dictionary(tables: Iterable[Table], macros_sql: Path = MACROS) -> str:
    """A Markdown page with one section a table, in the order given, and one for all macros.

    Args:
        tables: the contracts.
        macros_sql: SQL that defines the macros, with a comment on each.
    """
    sections = [_section(table) for table in tables]
    return "\n\n".join(["# Data dictionary", _macros(macros_sql), *sections]) + "\n"


def _macros(macros_sql: Path) -> str:
    """What DuckDB has understood of them, by name."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(macros_sql.read_text(encoding="utf-8"))
        found = connection.execute(
            "SELECT function_name, parameters, comment FROM duckdb_functions() "
            "WHERE NOT internal ORDER BY ALL"
        ).fetchall()
    rows = [
        f"| `{name}` | {', '.join(f'`{one}`' for one in arguments)} | {_escaped(comment)} |"
        for name, arguments, comment in found
    ]
    return "\n".join([MACROS_HEAD, *rows])


def _section(table: Table) -> str:
    facts = [f"- Key: {', '.join(f'`{name}`' for name in table.key)}"]
    if table.partition_column is not None:
        facts.append(f"- One Parquet file a month of `{table.partition_column}`")
    facts += [f"- Always: {_escaped(rule.description)}" for rule in table.rules]
    rows = [HEADER, *map(_row, table.columns)]
    return "\n\n".join(
        [f"## {table.name}", _escaped(table.description), "\n".join(facts), "\n".join(rows)]
    )


def _row(column: Column) -> str:
    cells = (
        f"`{column.name}`",
        column.type,
        _escaped(column.unit),
        "yes" if column.nullable else "no",
        _escaped(column.domain),
        _escaped(column.description),
    )
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text that stays within its table cell."""
    return " ".join(text.split()).replace("|", "\\|")
