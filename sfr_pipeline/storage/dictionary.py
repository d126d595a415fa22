"""The data dictionary: the contracts of the tables as a page for readers.

Belongs here: turning contracts into Markdown. Does not belong here: any fact about a table; all of
them are in its contract.
"""

from collections.abc import Iterable

from sfr_pipeline.storage.contract import Column, Table

HEADER = (
    "| column | type | unit | may be missing | values | description |\n|---|---|---|---|---|---|"
)


def data_dictionary(tables: Iterable[Table]) -> str:
    """A Markdown page with one section a table, in the order given."""
    sections = [_section(table) for table in tables]
    return "\n\n".join(["# Data dictionary", *sections]) + "\n"


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
