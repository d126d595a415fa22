"""Claims about several processes at work on one warehouse at a time."""

import multiprocessing
import random
import signal
from concurrent.futures import ProcessPoolExecutor

import duckdb
import pytest

from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.publish import WAREHOUSE, publish
from sfr_pipeline_tests.storage import processes
from sfr_pipeline_tests.storage.processes import MONTHS, TALLY, VERSIONS, version_frame

# A server that has imported everything once; each process of a test starts from it at once.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([processes.__name__])


@pytest.fixture
def root(tmp_path):
    ParquetStore(tmp_path).write("us", VERSIONS, version_frame(1))
    publish(tmp_path, {"us": [VERSIONS]})
    return tmp_path


def tally(root):
    with duckdb.connect(str(root / WAREHOUSE), read_only=True) as connection:
        return connection.execute(TALLY).fetchone()


def assert_good_and_writable(root):
    """Every month is whole, in the store and in the view, and the next writer finds no obstacle."""
    frame = ParquetStore(root).read("us", VERSIONS)
    assert (frame.groupby(frame["day"])["version"].nunique() == 1).all()
    months, torn, _ = tally(root)
    assert (months, torn) == (len(MONTHS), 0)
    ParquetStore(root).write("us", VERSIONS, version_frame(99))
    publish(root, {"us": [VERSIONS]})
    assert tally(root) == (len(MONTHS), 0, 99)


def test_analysts_meet_no_error_and_no_torn_month_while_another_process_writes_and_publishes(root):
    with ProcessPoolExecutor(3, mp_context=CONTEXT) as pool:
        holding = pool.submit(processes.keep_asking, root, 4.0, reconnect=False)
        opening = pool.submit(processes.keep_asking, root, 4.0, reconnect=True)
        written = pool.submit(processes.keep_writing, root, 4.0).result()
        for analyst in (holding.result(), opening.result()):
            assert analyst["errors"] == []
            assert analyst["torn"] == 0
            assert analyst["queries"] > 10
            assert len(analyst["seen"]) > 2  # it did look while things changed
    assert written > 10


@pytest.mark.parametrize(
    "point",
    [
        "half a file is written",
        "before the content is on disk",
        "before the first move",
        "between two moves",
        "while the catalogue is built",
        "before the catalogue is moved",
        "after the catalogue is moved",
    ],
)
def test_a_writer_killed_at_any_point_leaves_whole_months_and_a_working_warehouse(root, point):
    writer = CONTEXT.Process(target=processes.write_and_die, args=(root, point))
    writer.start()
    writer.join(30)
    assert writer.exitcode == -signal.SIGKILL
    assert_good_and_writable(root)


def test_writers_killed_at_any_moment_leave_whole_months_and_a_working_warehouse(root):
    delays = random.Random(5)
    for _ in range(6):
        writer = CONTEXT.Process(target=processes.keep_writing, args=(root, 30.0))
        writer.start()
        writer.join(delays.uniform(0.05, 0.6))
        writer.kill()
        writer.join(30)
        assert writer.exitcode == -signal.SIGKILL
        assert_good_and_writable(root)
