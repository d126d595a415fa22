"""``README.md`` of an export: what lies in the folder, of which run, and what may be passed on."""

from collections.abc import Iterable, Iterator, Sequence

from sfr_pipeline import __version__
from sfr_pipeline.exports.provenance import SYNTHETIC, Provenance
from sfr_pipeline.exports.terms import MEANING, POSTS, by_terms
from sfr_pipeline.storage.tables import (
    DAILY_QUOTES,
    DELIVERIES,
    INDICATORS,
    PRICES,
    REVISIONS,
    SERIES,
)

FILE = "README.md"
# Tables that hold values as they were delivered, or as good as that.
RAW = (DELIVERIES, REVISIONS, SERIES, PRICES, INDICATORS, DAILY_QUOTES)

ABOUT = {
    "csv": "`csv/MARKET/`: a file a series, with columns `observation_date` and its id; "
    "`MARKET_MONTHLY.csv` and `MARKET_DAILY.csv` with all headline series of a frequency side by "
    "side; the smaller tables in lower case, as `sfri.csv`. UTF-8 without a byte order mark.",
    "xlsx": "`sfr.xlsx`: the same headline series and tables as sheets, with a dictionary of every "
    "column. It is what Excel should open: Excel takes a CSV without a byte order mark for another "
    "encoding.",
    "parquet": "`parquet/MARKET/TABLE.parquet`: every table whole, with types, units and meaning "
    "in its schema.",
    "duckdb": "`sfr.duckdb`: the same tables and the macros of the cookbook in one file. It alone "
    "has no hash in `datapackage.json`, because the order of its blocks is left to its threads.",
}


def readme(provenances: Sequence[Provenance], formats: Iterable[str], posts: Iterable[str]) -> str:
    """The text of ``README.md``.

    Args:
        provenances: of the markets.
        formats: that were written.
        posts: markets with posts that somebody really wrote.
    """
    lines = [
        "# Export of sfr_pipeline",
        f"Written by version {__version__}. `datapackage.json` describes each file with its "
        "columns, units, size and SHA-256 (`frictionless validate datapackage.json` checks them).",
        "## Markets",
        *(_market(one) for one in provenances),
        "## What is in it",
        "\n".join(f"- {ABOUT[name]}" for name in formats),
        "Texts that begin like a formula (`=`, `+`, `-`, `@`, tab, line break, or their full-width "
        "forms) have an apostrophe before them in CSV and XLSX, and in these alone.",
        "## What may be passed on",
        "What this project computed is yours to pass on. Raw values are not this project's. They "
        "stand in the CSV files `*_INPUT_*` and `*_PRICE_*`, and in Parquet and DuckDB in the "
        f"tables {', '.join(f'`{table.name}`' for table in RAW)}. Of each source that they come "
        "from, what is known of its terms; none of it is legal advice.",
        *_passing(provenances, list(posts)),
    ]
    return "\n\n".join(lines) + "\n"


def _market(one: Provenance) -> str:
    lines = [f"**{one.market}**: {one.title}"]
    if one.synthetic:
        lines.append(f"**{SYNTHETIC}.**")
    if one.told_at is not None:
        lines.append(f"run of {one.told_at:%Y-%m-%d %H:%M} UTC by version {one.version}")
    if one.data is not None:
        lines.append(f"data `{one.data}`")
    if one.catalogue is not None:
        lines.append(f"catalogue `{one.catalogue}`")
    return "- " + "\n  - ".join(lines)


def _passing(provenances: Sequence[Provenance], posts: Sequence[str]) -> Iterator[str]:
    for one in provenances:
        for terms, names in by_terms(one.sources):
            page = f" <{terms.page}>" if terms.page else ""
            yield (
                f"- **{one.market}, {terms.publisher}: {MEANING[terms.passing]}.** {terms.why}"
                f"{page}\n  - {', '.join(f'`{name}`' for name in names)}"
            )
    if posts:
        yield f"- **{', '.join(posts)}, posts:** {POSTS}"
