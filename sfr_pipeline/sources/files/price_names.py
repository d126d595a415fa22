"""What files of prices may call the instruments of a market, and what their mapping says of it.

Belongs here: names, and ``mapping.yaml``. Does not belong here: which files are read (`prices`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, Protocol

from sfr_pipeline.sources.files.checks import abridged, refuse
from sfr_pipeline.sources.files.content import LARGEST_MAPPING, read_content
from sfr_pipeline.sources.files.layouts.plain_prices import COLUMNS
from sfr_pipeline.sources.files.text import decoded
from sfr_pipeline.yaml_text import NotYamlError, load_texts, quoted

MAPPING = "mapping.yaml"


class Traded(Protocol):
    """What a file must know of the instrument that it holds; one of a catalogue does."""

    @property
    def symbol(self) -> str:
        """Its name in the market."""
        ...

    @property
    def code(self) -> str | None:
        """Its name at the source, None where it has none."""
        ...

    @property
    def known_as(self) -> Sequence[str]:
        """Its names in the files of vendors."""
        ...


@dataclass(frozen=True)
class _Mapping:
    columns: dict[str, str]
    symbols: dict[str, str]
    ignore: frozenset[str]


class Names(NamedTuple):
    """What files may call the instruments of a market.

    Attributes:
        exact: symbol of each name.
        folded: symbols of each name in small letters.
        mapping: what the user says.
    """

    exact: Mapping[str, str]
    folded: Mapping[str, frozenset[str]]
    mapping: _Mapping


def known_names(path: Path, instruments: Sequence[Traded]) -> Names:
    """The names of instruments.

    Args:
        path: of the mapping, which need not exist.
        instruments: of the market.

    Raises:
        SourceError: the mapping can't be read, or names what the market has not.
    """
    exact = {
        name: item.symbol
        for item in instruments
        for name in (*item.known_as, item.code, item.symbol)
        if name is not None
    }
    folded: dict[str, frozenset[str]] = {}
    for name, symbol in exact.items():
        folded[name.casefold()] = folded.get(name.casefold(), frozenset()) | {symbol}
    return Names(exact, folded, _mapping(path, exact))


def symbol_of(file: str, row: int | None, called: Sequence[str], names: Names) -> str | None:
    """The instrument that a file names; None where it is to be ignored.

    Args:
        file: its name, for messages.
        row: the first of the instrument.
        called: what it may be called there, the surest first.
        names: of the instruments.

    Raises:
        SourceError: it is no instrument of the market.
    """
    mapping = names.mapping
    for written in called:
        if written in mapping.ignore:
            return None
        for known in (mapping.symbols, names.exact):
            if written in known:
                return known[written]
    for written in called:
        low = written.casefold()
        if low in {name.casefold() for name in mapping.ignore}:
            return None
        mapped = {ours for theirs, ours in mapping.symbols.items() if theirs.casefold() == low}
        found = mapped or names.folded.get(low, frozenset())
        if len(found) == 1:
            return next(iter(found))
    written = called[0]
    near = get_close_matches(called[-1], names.exact, n=1)
    hint = f"did you mean '{near[0]}'? Else write" if near else "write"
    refuse(
        file,
        row,
        f"'{abridged(written)}' is no instrument of the market: {hint} 'symbols: "
        f"{{{quoted(written)}: ...}}' with its symbol, or 'ignore: [{quoted(written)}]', into "
        f"{MAPPING} beside it",
    )


def _mapping(path: Path, names: dict[str, str]) -> _Mapping:
    if not path.exists():
        return _Mapping({}, {}, frozenset())
    try:
        content = (
            load_texts(decoded(str(path), read_content(path, LARGEST_MAPPING)).text).content or {}
        )
    except NotYamlError as error:
        refuse(str(path), None, f"it is no valid YAML: {error}")
    if not isinstance(content, dict) or not set(content) <= {"columns", "symbols", "ignore"}:
        refuse(str(path), None, "it may hold 'columns', 'symbols' and 'ignore', and nothing else")
    columns, symbols, ignore = (
        content.get("columns", {}),
        content.get("symbols", {}),
        content.get("ignore", []),
    )
    if not (isinstance(columns, dict) and isinstance(symbols, dict) and isinstance(ignore, list)):
        refuse(
            str(path),
            None,
            "it must read like 'columns: {close: Adj Close}', 'symbols: {SPX: ^GSPC}' and "
            "'ignore: [SPY]'",
        )
    for name in (*columns, *columns.values(), *symbols, *symbols.values(), *ignore):
        if not isinstance(name, str) or not name:
            refuse(str(path), None, "a name is missing: one called null or ~ stands in quotes")
    for name, theirs in columns.items():
        if name not in COLUMNS:
            refuse(str(path), None, f"'{name}' is no column: choose from {', '.join(COLUMNS)}")
        first = next(one for one, column in columns.items() if column == theirs)
        if first != name:
            refuse(
                str(path),
                None,
                f"'{first}' and '{name}' both name the column '{theirs}': remove one of them",
            )
    for theirs in symbols:
        if theirs in ignore:
            refuse(str(path), None, f"'{theirs}' stands in 'symbols' and in 'ignore': keep one")
    for theirs, ours in symbols.items():
        if ours not in names:
            near = get_close_matches(ours, names, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "remove the line"
            refuse(str(path), None, f"'{theirs}: {ours}': no instrument of the market, {hint}")
    return _Mapping(
        columns,
        {theirs: names[ours] for theirs, ours in symbols.items()},
        frozenset(ignore),
    )
