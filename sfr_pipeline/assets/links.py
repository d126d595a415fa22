"""What stands beside an asset in the Dagster UI: its query, command, code and place in the report.

Belongs here: links that every asset has. Does not belong here: what a run found, which each asset
notes itself.
"""

import shlex
import sys
import warnings
from collections.abc import Sequence

import dagster as dg

from sfr_pipeline.markets import Market
from sfr_pipeline.report.answers import ANSWERS
from sfr_pipeline.report.evidence import EVIDENCE
from sfr_pipeline.resources.warehouse import TABLE_BY_NAME, Warehouse
from sfr_pipeline.settings import text
from sfr_pipeline.workspace import ENVIRONMENT, WAREHOUSE_VARIABLE, Place


def with_links(
    market: Market, assets: Sequence[dg.AssetsDefinition], warehouse: Warehouse
) -> list[dg.AssetsDefinition]:
    """The assets of a market with what helps whoever looks at one.

    Args:
        market: the catalogue.
        assets: all of its.
        warehouse: where its pages lie, or will.
    """
    report, evidence = warehouse.report_path(market.name), warehouse.evidence_path(market.name)
    # What a shell of the reader's may lack, and this process was told.
    told = {name: text(name) for name in ("DAGSTER_HOME", ENVIRONMENT, WAREHOUSE_VARIABLE)}
    settings = [f"{name}={shlex.quote(value)}" for name, value in told.items() if value]

    def linked(spec: dg.AssetSpec) -> dg.AssetSpec:
        table = spec.key.path[-1]
        # With this very Python: Dagster's own programs may not be on the reader's path.
        command = [sys.executable, "-m", "dagster", "asset", "materialize"]
        command += ["-m", "sfr_pipeline.definitions", "-a", market.name]
        command += ["--select", spec.key.to_user_string()]
        if spec.partitions_def is not None:
            command += ["--partition", market.sample.end]
        typed = _block("sh", " ".join([*settings, shlex.join(command)]))
        metadata: dict[str, object] = {"materialize": dg.MetadataValue.md(typed)}
        if table in TABLE_BY_NAME:
            name = f"{market.name}.{table}"
            metadata |= {
                "dagster/table_name": name,
                "query": dg.MetadataValue.md(_block("sql", f"FROM {name} LIMIT 10;")),
            }
        if shown := _section(market, table, report, evidence):
            metadata["report"] = dg.MetadataValue.url(shown)
        return spec.merge_attributes(metadata=metadata)

    with warnings.catch_warnings():
        # Where an asset's function stands is marked beta.
        warnings.simplefilter("ignore", dg.BetaWarning)
        located = dg.with_source_code_references(assets)
    return [
        asset.map_asset_specs(linked) for asset in located if isinstance(asset, dg.AssetsDefinition)
    ]


def _section(market: Market, table: str, report: Place, evidence: Place) -> str | None:
    """Where a table is told of: an answer of the report, else a part of the evidence."""
    if table == "report":
        return report.as_uri()
    for page, parts in ((report, ANSWERS), (evidence, EVIDENCE)):
        for part in parts:
            if table in part.tables(market):
                return f"{page.as_uri()}#{part.id}"
    return None


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"
