"""What runs beside the tests in processes of its own: writers that may be killed, and analysts."""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from sfr_pipeline.storage import parquet, parquet_file, publish
from sfr_pipeline.storage.contract import Column, Table

ROWS = 8000  # a few pages, so that half a file is a thing one could meet
ENOUGH = 10  # versions written, or queries, to have met one another
MONTHS = ("2020-01", "2020-02", "2020-03", "2020-04")

VERSIONS = Table(
    "versions",
    "Each write of a month carries one version in all of its rows.",
    (
        Column("day", "date", "The month-end."),
        Column("row", "int", "The row."),
        Column("version", "int", "The write that left it."),
        Column("noise", "double", "Bytes that do not compress."),
    ),
    key=("day", "row"),
    partition_column="day",
)

TALLY = f"""
    SELECT
        count(*) AS months,
        count(*) FILTER (rows <> {ROWS} OR versions <> 1) AS torn,
        max(version)
    FROM (
        SELECT
            month, count(*) AS rows, count(DISTINCT version) AS versions, max(version) AS version
        FROM us.versions
        GROUP BY month
    )
"""


def version_frame(version, months=MONTHS):
    noise = np.random.default_rng(version).normal(size=ROWS)
    parts = [
        pd.DataFrame(
            {
                "day": pd.Period(month, freq="M").end_time.normalize(),
                "row": range(ROWS),
                "version": version,
                "noise": noise,
            }
        )
        for month in months
    ]
    return pd.concat(parts, ignore_index=True)


def keep_writing(root, seconds):
    """Overwrite months and publish, again and again; return how many versions were written.

    At least so long, and on a slow machine until there are enough to see something.
    """
    store = parquet.ParquetStore(root)
    end = time.monotonic() + seconds
    version = 1
    while time.monotonic() < end or version <= ENOUGH:
        version += 1
        months = MONTHS if version % 5 == 0 else MONTHS[version % len(MONTHS) :][:1]
        store.write("us", VERSIONS, version_frame(version, months))
        publish.publish(root, {"us": [VERSIONS]})
    return version


def keep_asking(root, seconds, reconnect):
    """Query as an analyst would; return the queries, what went wrong, and the versions seen.

    At least so long, and on a slow machine until queries are enough to see something.
    """
    path = str(root / publish.WAREHOUSE)
    end = time.monotonic() + seconds
    connection = duckdb.connect(path, read_only=True)
    queries, errors, torn, seen = 0, [], 0, set()
    while time.monotonic() < end or not (errors or queries > ENOUGH):
        try:
            if reconnect:
                connection.close()
                connection = duckdb.connect(path, read_only=True)
            months, torn_now, version = connection.execute(TALLY).fetchone()
        except duckdb.Error as error:
            errors.append(str(error)[:200])
            continue
        queries += 1
        torn += torn_now + (months != len(MONTHS))
        seen.add(version)
    connection.close()
    return {"queries": queries, "errors": errors, "torn": torn, "seen": seen}


def _die(*_arguments):
    os.kill(os.getpid(), signal.SIGKILL)


def _half_a_file(path, _stored):
    path.write_bytes(b"PAR1 and then nothing")
    _die()


def _after(calls, function):
    """`function` for so many calls, then death."""
    count = 0

    def counted(*arguments):
        nonlocal count
        count += 1
        if count > calls:
            _die()
        return function(*arguments)

    return counted


# A server that has imported everything once; each process of a test starts from it at once.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


def versions(root):
    """The versions that the store holds; more than one after writes of all months is a mixture."""
    return set(parquet.ParquetStore(root).read("us", VERSIONS)["version"])


def _race(root, together, first, rounds, mixed):
    store = parquet.ParquetStore(root)
    for number in range(rounds):
        frame = version_frame(2 + 2 * number + first)
        together.wait(60)
        store.write("us", VERSIONS, frame)
        together.wait(60)
        if first and len(versions(root)) != 1:
            mixed.put(number)
        together.wait(60)


def mixed_rounds(root, rounds):
    """In how many rounds two processes that write the same months at once leave months of both."""
    together, mixed = CONTEXT.Barrier(2), CONTEXT.SimpleQueue()
    writers = [
        CONTEXT.Process(target=_race, args=(root, together, first, rounds, mixed))
        for first in range(2)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    if any(writer.exitcode for writer in writers):
        raise RuntimeError("a writer failed: see above")
    found = 0
    while not mixed.empty():
        mixed.get()
        found += 1
    return found


def _keep_replacing(root, version):
    while True:
        version += 1
        parquet.ParquetStore(root).write("us", VERSIONS, version_frame(version))


def mixed_kills(root, kills, seed):
    """After how many of so many kill -9 of a writer at random instants months of two versions stay.

    Returns:
        That number, and the number of versions seen, which shows that there was something to mix.
    """
    delays, found, seen = random.Random(seed), 0, set()
    for number in range(kills):
        writer = CONTEXT.Process(target=_keep_replacing, args=(root, 1_000 * (number + 1)))
        before = versions(root)
        writer.start()
        # However long it takes to begin: a writer that has written nothing cannot mix anything.
        deadline = time.monotonic() + 60
        while versions(root) == before and time.monotonic() < deadline:
            time.sleep(0.002)
        writer.join(delays.uniform(0.0, 0.2))
        writer.kill()
        writer.join()
        left = versions(root)
        found += len(left) != 1
        seen |= left
    return found, len(seen)


def die_at_move(root, number):
    """Write version 2 and be killed before the move of that number, the journal's being the 0th."""
    Path.replace = _after(number, Path.replace)
    parquet.ParquetStore(root).write("us", VERSIONS, version_frame(2))


def write_and_die(root, point):
    """Write version 2 and publish it, killed at the named point of the way."""
    if "catalogue" in point:
        (root / publish.WAREHOUSE).chmod(0o644)  # as whoever wrote into it: it is built anew
    if point == "half a file is written":
        parquet_file.write = _half_a_file
    elif point == "before the content is on disk":
        os.fsync = _die
    elif point == "before the first move":
        Path.replace = _die
    elif point == "between two moves":
        Path.replace = _after(2, Path.replace)  # the journal is moved first
    elif point == "while the catalogue is built":
        publish._comment = _die
    elif point == "before the catalogue is moved":
        Path.replace = _after(1 + len(MONTHS), Path.replace)
    elif point == "after the catalogue is moved":
        publish._unlink_logs = _after(1, publish._unlink_logs)
    parquet.ParquetStore(root).write("us", VERSIONS, version_frame(2))
    publish.publish(root, {"us": [VERSIONS]})
