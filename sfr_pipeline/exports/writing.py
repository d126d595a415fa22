"""The export put together: each format written aside, the folder put in place whole."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sfr_pipeline.errors import ExportError, NotMaterializedError
from sfr_pipeline.exports import datapackage, readme
from sfr_pipeline.exports.bundle import write_parquet
from sfr_pipeline.exports.datapackage import Resource, series_schema, table_schema
from sfr_pipeline.exports.delimited import write_series, write_table
from sfr_pipeline.exports.escaping import identifier
from sfr_pipeline.exports.folder import require_ours
from sfr_pipeline.exports.formats import FORMATS, Format
from sfr_pipeline.exports.headline_tables import HEADLINE_TABLES
from sfr_pipeline.exports.headlines import FREQUENCIES
from sfr_pipeline.exports.market_tables import MarketTables, as_stored, tables_by_market
from sfr_pipeline.exports.provenance import Provenance, provenance_of
from sfr_pipeline.exports.series import ExportedSeries, headline_series, input_series, wide
from sfr_pipeline.exports.workbook import MarketSheets, write_workbook
from sfr_pipeline.files import folder_in_place_of
from sfr_pipeline.storage.contract import Table
from sfr_pipeline.storage.damage import DamageError
from sfr_pipeline.storage.places import files_at
from sfr_pipeline.storage.publish import export
from sfr_pipeline.storage.table_files import TABLES_BELOW
from sfr_pipeline.storage.tables import POSTS
from sfr_pipeline.workspace import Place

WORKBOOK, DATABASE = "sfr.xlsx", "sfr.duckdb"
ALL = "all markets"


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        market: of which market, or ``ALL``.
        format: in which format.
        files: how many.
        bytes: their size.
        seconds: that it took.
    """

    market: str
    format: Format
    files: int
    bytes: int
    seconds: float


def export_folder(
    root: Place,
    target: Path,
    markets: Collection[str] = (),
    formats: Collection[Format] = FORMATS,
    tell: Callable[[Written], None] = lambda written: None,
) -> Path:
    """Write an export, whole or not at all.

    Args:
        root: where the warehouse lies.
        target: folder to write, or to replace with all that is in it.
        markets: only these; by default all that have tables.
        formats: only these.
        tell: is called with each market and format that is written.

    Returns:
        The folder.

    Raises:
        ExportError: the folder holds what no export put there, or there is no such market.
        NotMaterializedError: the warehouse is empty.
        DamageError: some tables have files that can't be read. All others are exported.
        StorageError: the disk refuses it; what was there before stays.
    """
    target = target.resolve()
    chosen, damaged = tables_by_market(root, markets)
    _require(root, markets, chosen, bool(damaged))
    with folder_in_place_of(target, require_ours) as folder:
        contents = [_Market.of(tables) for tables in chosen.values()]
        resources: list[Resource] = []
        for market, form, write in _writers(root, folder, contents, formats):
            begun = time.perf_counter()
            made = write()
            seconds = time.perf_counter() - begun
            size = sum((folder / one.path).stat().st_size for one in made)
            tell(Written(market, form, len(made), size, seconds))
            resources += made
        provenances = [one.provenance for one in contents]
        posts = [one.tables.market for one in contents if one.has_real_posts]
        wanted = [form for form in FORMATS if form in formats]
        (folder / readme.FILE).write_text(
            readme.readme(provenances, wanted, posts), encoding="utf-8"
        )
        (folder / datapackage.FILE).write_text(
            datapackage.descriptor(folder, resources, provenances), encoding="utf-8"
        )
    if damaged:
        raise DamageError(damaged)
    return target


def export_database(root: Place, target: Path, markets: Collection[str] = ()) -> Path:
    """Write the DuckDB file alone.

    Args:
        root: where the warehouse lies.
        target: file to write, or to replace.
        markets: only these; by default all that have tables.

    Returns:
        The file.

    Raises: as `sfr_pipeline.storage.publish.export`, and as `export_folder` of markets.
    """
    if not markets:
        return export(root, target)
    chosen, damaged = tables_by_market(root, markets)
    _require(root, markets, chosen, bool(damaged))
    path = export(root, target, only=_names(chosen.values()))
    if damaged:
        raise DamageError(damaged)
    return path


def _require(root: Place, markets: Collection[str], chosen: Collection[str], damaged: bool) -> None:
    if not chosen and not damaged and not markets:
        raise NotMaterializedError(f"the warehouse at {root} is empty: run 'sfr run' first")
    if missing := [market for market in markets if market not in chosen]:
        there = ", ".join(files_at(root.resolve()).names(TABLES_BELOW)) or "no market"
        raise ExportError(
            f"the warehouse at {root} has no readable table of {', '.join(missing)}, but of "
            f"{there}: choose among these, or run 'sfr run {missing[0]}' first"
        )


@dataclass(frozen=True)
class _Market:
    """What is exported of one market."""

    tables: MarketTables
    provenance: Provenance
    headlines: list[ExportedSeries]

    @classmethod
    def of(cls, tables: MarketTables) -> "_Market":
        provenance = provenance_of(tables)
        return cls(tables, provenance, headline_series(tables, provenance))

    @property
    def has_real_posts(self) -> bool:
        """Whether there are posts, and people wrote them."""
        return self.tables.has(POSTS) and not self.provenance.synthetic

    def small_tables(self) -> list[Table]:
        """The headline tables that are there."""
        return [self.tables.contract(table) for table in HEADLINE_TABLES if self.tables.has(table)]


Writer = Callable[[], list[Resource]]


def _writers(
    root: Place, folder: Path, markets: Sequence[_Market], formats: Collection[Format]
) -> Iterator[tuple[str, Format, Writer]]:
    for one in markets:
        if "csv" in formats:
            yield one.tables.market, "csv", partial(_csv, folder, one)
        if "parquet" in formats:
            yield one.tables.market, "parquet", partial(_parquet, folder, one)
    if "xlsx" in formats:
        yield ALL, "xlsx", partial(_xlsx, folder, markets)
    if "duckdb" in formats:
        yield ALL, "duckdb", partial(_duckdb, root, folder, markets)


def _csv(folder: Path, market: _Market) -> list[Resource]:
    below = f"csv/{market.tables.market}"
    (folder / below).mkdir(parents=True)
    found = []
    every = [*market.headlines, *input_series(market.tables, market.provenance)]
    for one in every:
        path = f"{below}/{one.id}.csv"
        write_series(folder / path, one.values)
        found.append(
            Resource(path, one.title, _about(market, one), series_schema([one]), tabular=True,
                     source=one.source)
        )  # fmt: skip
    for frequency in FREQUENCIES:
        chosen = [one for one in market.headlines if one.frequency == frequency]
        if chosen:
            path = f"{below}/{identifier(market.tables.market)}_{frequency.upper()}.csv"
            write_series(folder / path, wide(chosen, frequency))
            title = f"All {frequency} headline series of {market.provenance.heading}"
            schema = series_schema(chosen)
            found.append(Resource(path, title, title, schema, tabular=True))
    for table in market.small_tables():
        path = f"{below}/{table.name}.csv"
        moments = frozenset(column.name for column in table.columns if column.type == "timestamp")
        write_table(folder / path, market.tables.read(table), moments)
        schema = table_schema(table)
        found.append(Resource(path, table.name, table.description, schema, tabular=True))
    return found


def _about(market: _Market, series: ExportedSeries) -> str:
    unit = f", in {series.unit}" if series.unit else ""
    return f"{market.provenance.heading}: {series.title}{unit}."


def _parquet(folder: Path, market: _Market) -> list[Resource]:
    below = f"parquet/{market.tables.market}"
    (folder / below).mkdir(parents=True)
    found = []
    for name, stored in market.tables.stored.items():
        path = f"{below}/{name}.parquet"
        write_parquet(folder / path, stored)
        contract = as_stored(stored)
        found.append(Resource(path, name, contract.description, table_schema(contract)))
    return found


def _xlsx(folder: Path, markets: Sequence[_Market]) -> list[Resource]:
    sheets = [
        MarketSheets(
            one.provenance,
            one.headlines,
            [(table, one.tables.read(table)) for table in one.small_tables()],
        )
        for one in markets
    ]
    write_workbook(folder / WORKBOOK, sheets)
    return [Resource(WORKBOOK, "Workbook", "Headline series and tables, with their dictionary.")]


def _duckdb(root: Place, folder: Path, markets: Sequence[_Market]) -> list[Resource]:
    export(root, folder / DATABASE, only=_names(one.tables for one in markets))
    text = "All tables and macros, for DuckDB from version 1.2 on."
    return [Resource(DATABASE, "DuckDB file", text, hashed=False)]


def _names(markets: Iterable[MarketTables]) -> set[tuple[str, str]]:
    return {(tables.market, name) for tables in markets for name in tables.stored}
