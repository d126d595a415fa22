"""Runs of the mini market in processes of their own, to be watched, starved or killed.

Run as ``python -m sfr_pipeline_tests.assets.runs ROOT [--kill TABLE]``: materializes every table of
the mini market into the warehouse at ROOT. With ``--kill`` a process that has loaded everything
forks once for each step of the run, and the child is killed by SIGKILL while it stores that table:
half of its bytes stand in the temporary file, nothing has been moved yet.
"""

import argparse
import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from unittest import mock

import dagster as dg

from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.markets import read_market
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import parquet_file
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.conftest import CATALOGUES


def materialize(root, selection=None, instance=None, months=None):
    """Materialize tables of the mini market in this process, over all months or those named."""
    market = read_market(CATALOGUES / "mini.yaml")
    definitions = build_definitions(market, resources={"warehouse": Warehouse(root=str(root))})
    job = definitions.resolve_implicit_global_asset_job_def()
    graph = definitions.resolve_asset_graph()
    # Tables that a step publishes together or not at all are selected together.
    chosen = {
        key
        for name in selection or ()
        for key in graph.get(dg.AssetKey(["mini", name])).execution_set_asset_keys
    }
    first, last = months or (market.sample.first_vintage, market.sample.end)
    window = {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last,
    }
    return job.execute_in_process(
        instance=instance or dg.DagsterInstance.ephemeral(),
        asset_selection=[*chosen] or None,
        tags=window,
        run_config={"loggers": {"progress": {}}},
        raise_on_error=False,
    )


def run_in_process(root, *options):
    """Start this module as a process; returns its ``Popen``."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(root), *options],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def die_while_storing(table):
    """Make the Parquet writer kill this process in the middle of a table's file."""
    whole = parquet_file.write

    def half(path, stored):
        whole(path, stored)
        if path.parts[-2] == table or path.parts[-3] == table:
            with path.open("rb+") as file:
                file.truncate(path.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    return mock.patch.object(parquet_file, "write", half)


def load_everything():
    """Import once what each of the children would import by itself."""
    dg.DagsterInstance.ephemeral()
    for module in (
        "arch.univariate",
        "duckdb",
        "matplotlib.backends.backend_agg",
        "scipy.optimize",
        "skfolio.datasets",
    ):
        import_module(module)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--kill", nargs="*", default=[], metavar="TABLE")
    options = parser.parse_args()
    if not options.kill:
        sys.exit(0 if materialize(options.root).success else 1)
    load_everything()
    for table in options.kill:
        child = os.fork()
        if child == 0:
            with die_while_storing(table):
                materialize(options.root, [table])
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(table, os.WTERMSIG(status) if os.WIFSIGNALED(status) else "survived", flush=True)


if __name__ == "__main__":
    main()
