"""``datapackage.json``: what lies in the folder, as Frictionless programs read it.

Belongs here: the descriptor, whose fields come from the contracts of the tables. Does not belong
here: the files themselves.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfr_pipeline import __version__
from sfr_pipeline.exports.provenance import Provenance
from sfr_pipeline.exports.series import ExportedSeries
from sfr_pipeline.exports.terms import MEANING, terms_of
from sfr_pipeline.storage.column_types import ColumnType
from sfr_pipeline.storage.contract import Column, Table

FILE = "datapackage.json"
# In the descriptor, so that a folder tells that it may be replaced.
MARK = "sfr_pipeline"

FIELD_TYPES: dict[ColumnType, str] = {
    "date": "date",
    "timestamp": "datetime",
    "string": "string",
    "int": "integer",
    "double": "number",
    "bool": "boolean",
}


@dataclass(frozen=True)
class Resource:
    """A file of the folder.

    Attributes:
        path: below the folder, with slashes.
        title: for readers.
        description: of what is in it.
        schema: of its rows, None where it has none.
        tabular: whether a validator reads the rows; of a Parquet file it takes the hash alone.
        hashed: whether the same warehouse gives the same bytes.
        source: where its values came from, empty for what this project computed.
    """

    path: str
    title: str
    description: str
    schema: Mapping[str, Any] | None = None
    tabular: bool = False
    hashed: bool = True
    source: str = ""


def table_schema(table: Table) -> dict[str, Any]:
    """The contract of a table as a Frictionless table schema."""
    return {"fields": [_field(column) for column in table.columns], "primaryKey": list(table.key)}


def series_schema(series: Sequence[ExportedSeries]) -> dict[str, Any]:
    """The schema of series side by side."""
    day = {
        "name": "observation_date",
        "type": "date",
        "title": "Day, or last day of the month or quarter, that the values speak of",
        "constraints": {"required": True, "unique": True},
    }
    fields = [
        {"name": one.id, "type": "number", "title": one.title, "description": _with_unit(one)}
        for one in series
    ]
    return {"fields": [day, *fields], "primaryKey": ["observation_date"]}


def descriptor(
    folder: Path, resources: Sequence[Resource], provenances: Sequence[Provenance]
) -> str:
    """The text of ``datapackage.json``.

    Args:
        folder: in which the files lie.
        resources: of the folder.
        provenances: of the markets that are in it.
    """
    told = [one.told_at for one in provenances if one.told_at is not None]
    titles = "; ".join(one.heading for one in provenances)
    package: dict[str, Any] = {
        "profile": "data-package",
        "name": "sfr-export",
        "title": f"Systemic financial risk: {titles}",
        "description": "Tables and series of sfr_pipeline. README.md says what is what, and which "
        "inputs may not be passed on.",
        "version": __version__,
    }
    if told:
        package["created"] = f"{max(told):%Y-%m-%dT%H:%M:%SZ}"
    package[MARK] = {
        "markets": [
            {
                "name": one.market,
                "title": one.title,
                "synthetic": one.synthetic,
                "run": None if one.told_at is None else f"{one.told_at:%Y-%m-%dT%H:%M:%SZ}",
                "version": one.version,
                "data_sha256": one.data,
                "catalogue_sha256": one.catalogue,
            }
            for one in provenances
        ]
    }
    package["resources"] = [_resource(folder, one) for one in resources]
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


def paths_of(folder: Path) -> set[str] | None:
    """Files that an earlier export put into a folder; None where the folder is none of ours."""
    try:
        package = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if MARK not in package:
            return None
        return {FILE, *(str(resource["path"]) for resource in package["resources"])}
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _field(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": column.name,
        "type": FIELD_TYPES[column.type],
        "description": column.description,
    }
    if column.unit:
        found["unit"] = column.unit
    constraints: dict[str, Any] = {}
    # An empty text and a missing one look alike in a CSV.
    if not column.nullable and column.type != "string":
        constraints["required"] = True
    if column.minimum is not None:
        constraints["minimum"] = column.minimum
    if column.maximum is not None:
        constraints["maximum"] = column.maximum
    if column.allowed is not None:
        constraints["enum"] = list(column.allowed)
    return found | ({"constraints": constraints} if constraints else {})


def _with_unit(series: ExportedSeries) -> str:
    parts = [series.frequency, f"in {series.unit}" if series.unit else "", series.source]
    return "; ".join(part for part in parts if part)


def _resource(folder: Path, one: Resource) -> dict[str, Any]:
    path = folder / one.path
    found: dict[str, Any] = {
        "name": one.path.lower().replace("/", "."),
        "type": "table" if one.tabular else "file",
        "path": one.path,
        "title": one.title,
        "description": one.description,
        "format": path.suffix.removeprefix("."),
    }
    if one.tabular:
        found |= {"encoding": "utf-8", "mediatype": "text/csv"}
    if one.hashed:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found |= {"bytes": path.stat().st_size, "hash": f"sha256:{digest}"}
    if one.source:
        terms = terms_of(one.source)
        found["sources"] = [{"title": f"{one.source} ({terms.publisher})"}]
        found["passing_on"] = MEANING[terms.passing]
    if one.schema is not None:
        found["schema"] = one.schema
    return found
