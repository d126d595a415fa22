"""What runs beside the tests in processes of its own: writers that may be killed, and analysts."""

import os
import signal
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from sfr_pipeline.storage import parquet, publish
from sfr_pipeline.storage.contract import Column, Table

ROWS = 8000  # a few pages, so that half a file is a thing one could meet
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
    """Overwrite months and publish, again and again; return how many versions were written."""
    store = parquet.ParquetStore(root)
    end = time.monotonic() + seconds
    version = 1
    while time.monotonic() < end:
        version += 1
        months = MONTHS if version % 5 == 0 else MONTHS[version % len(MONTHS) :][:1]
        store.write("us", VERSIONS, version_frame(version, months))
        publish.publish(root, {"us": [VERSIONS]})
    return version


def keep_asking(root, seconds, reconnect):
    """Query as an analyst would; return the queries, what went wrong, and the versions seen."""
    path = str(root / publish.WAREHOUSE)
    end = time.monotonic() + seconds
    connection = duckdb.connect(path, read_only=True)
    queries, errors, torn, seen = 0, [], 0, set()
    while time.monotonic() < end:
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


def write_and_die(root, point):
    """Write version 2 and publish it, killed at the named point of the way."""
    if "catalogue" in point:
        (root / publish.WAREHOUSE).chmod(0o644)  # as whoever wrote into it: it is built anew
    if point == "half a file is written":
        parquet._write_file = _half_a_file
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
