"""What works on a warehouse in an object store in processes of its own, and may be killed.

Run as ``python -m sfr_pipeline_tests.faults.object_store``, it materializes the sandbox into the
warehouse of SFR_WAREHOUSE, at a moment and in a run that are always the same, and then asks of it
what its users do.
"""

import contextlib
import datetime as dt
import io
import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path

from sfr_pipeline.storage import object_store, tickets
from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.places import open_warehouse
from sfr_pipeline.storage.publish import publish
from sfr_pipeline.workspace import place_of
from sfr_pipeline_tests.storage.processes import VERSIONS, version_frame
from sfr_pipeline_tests.storage.samples import weights_frame

MOMENT = dt.datetime(2026, 11, 27, 9, 30)
RUN = "00000000-0000-4000-8000-000000000017"
# Each process starts from nothing, with the environment of who starts it.
CONTEXT = multiprocessing.get_context("spawn")
SECONDS_OF_THE_DEAD = 2.0
COMMANDS = (
    ("summary", "sandbox"), ("predict", "sandbox"), ("ask", "sandbox", "index"), ("publish",),
    ("archive", "verify"), ("tidy",),
)  # fmt: skip


def table_named(name):
    columns = (Column("row", "int", "The row."), Column("weight", "double", "Its weight."))
    return Table(name, "A table of its own.", columns, key=("row",))


def keep_publishing(root, first, rounds, together, lost):
    """In each round write a table that nobody knew, and publish at the moment another does."""
    root = place_of(root, "root")
    for number in range(rounds):
        table = table_named(f"of_{first}_{number}")
        frame = weights_frame().iloc[:0].reindex(columns=["row", "weight"])
        ParquetStore(root).write("us", table, frame.astype({"row": "int64", "weight": "float64"}))
        together.wait(60)
        publish(root, {"us": [table]})
        together.wait(60)
        if first:
            with open_warehouse(root) as connection:
                sql = "SELECT count(*) FROM duckdb_views() WHERE NOT internal"
                found = connection.execute(sql).fetchone()
            if found != (2 * (number + 1),):
                lost.put((number, found))
        together.wait(60)


def keep_writing_months(root, first, rounds, together, mixed):
    """In each round write all months at the moment another does."""
    store = ParquetStore(place_of(root, "root"))
    for number in range(rounds):
        frame = version_frame(2 + 2 * number + first)
        together.wait(60)
        store.write("us", VERSIONS, frame)
        together.wait(60)
        if first and len(set(store.read("us", VERSIONS)["version"])) != 1:
            mixed.put(number)
        together.wait(60)


def two_at_once(work, root, rounds):
    """Have two processes do something at the same time, so many times; returns what they found."""
    together, found = CONTEXT.Barrier(2), CONTEXT.SimpleQueue()
    both = [
        CONTEXT.Process(target=work, args=(root, first, rounds, together, found))
        for first in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join()
    if any(process.exitcode for process in both):
        raise RuntimeError("one failed: see above")
    said = []
    while not found.empty():
        said.append(found.get())
    return said


class Dying:
    """A client in whose process nobody survives the copy of that number."""

    def __init__(self, client, copies):
        self.client, self.copies = client, copies

    def __getattr__(self, name):
        return getattr(self.client, name)

    def copy_file(self, *names):
        if not self.copies:
            os.kill(os.getpid(), signal.SIGKILL)
        self.copies -= 1
        return self.client.copy_file(*names)


def die_at_copy(root, number, version):
    """Write a version of all months, and be killed before the copy of that number."""
    dying = Dying(object_store.client(), number)
    object_store.client = lambda: dying
    ParquetStore(place_of(root, "root")).write("us", VERSIONS, version_frame(version))


def keep_writing(root, version):
    """Write version after version until somebody ends it; the dead before it are soon forgotten."""
    tickets.DEAD_AFTER = SECONDS_OF_THE_DEAD
    while True:
        version += 1
        ParquetStore(place_of(root, "root")).write("us", VERSIONS, version_frame(version))


def keep_reading(root, done, found):
    """Read every view again and again while others write; tells how often, and what went wrong."""
    reads, errors = 0, []
    while not done.is_set():
        with contextlib.suppress(Exception):
            connection = open_warehouse(root)
            break
        time.sleep(0.5)
    chance = random.Random(1)
    while not done.is_set():
        try:
            if chance.random() < 0.2:  # as somebody who comes anew, and sees new tables
                connection.close()
                connection = open_warehouse(root)
            views = connection.execute(
                "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
            ).fetchall()
            for market, view in views:
                connection.execute(f"SELECT count(*), max(columns(*)) FROM {market}.{view}")
                connection.fetchall()
                reads += 1
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}"[:500])
    connection.close()
    found.put((reads, errors))


def materialize():
    """Make all tables of the sandbox at the moment, in the run."""
    import dagster as dg

    from sfr_pipeline import clock
    from sfr_pipeline.definitions import build_definitions
    from sfr_pipeline.markets import load_market

    clock.now = lambda: MOMENT
    market = load_market("sandbox")
    job = build_definitions(market).resolve_implicit_global_asset_job_def()
    window = {
        "dagster/asset_partition_range_start": market.first_partition(),
        "dagster/asset_partition_range_end": market.sample.end,
    }
    done = job.execute_in_process(
        instance=dg.DagsterInstance.get(), tags=window, run_id=RUN, raise_on_error=True
    )
    return done.success


def use():
    """Ask what users ask; each command must succeed."""
    from sfr_pipeline.__main__ import main

    for command in COMMANDS:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = main(list(command))
        print(" ".join(command), status, len(said.getvalue()), flush=True)
        if status:
            return False
    target = Path(os.environ["SFR_CACHE"]) / "handed over.duckdb"
    return main(["export", str(target)]) in (0, None)


if __name__ == "__main__":
    sys.exit(0 if materialize() and use() else 1)
