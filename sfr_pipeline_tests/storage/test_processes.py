"""Claims about several processes at work on one warehouse at a time."""

import random
import signal
from concurrent.futures import ProcessPoolExecutor

import duckdb
import pytest

from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.places import WAREHOUSE
from sfr_pipeline.storage.publish import publish
from sfr_pipeline_tests.storage import processes
from sfr_pipeline_tests.storage.processes import CONTEXT, MONTHS, TALLY, VERSIONS, version_frame


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


def test_two_writers_of_the_same_months_never_leave_months_of_both(root):
    assert processes.mixed_rounds(root, rounds=8) == 0


def test_kills_at_random_instants_never_leave_months_of_two_writes(root):
    mixed, seen = processes.mixed_kills(root, kills=5, seed=3)
    assert mixed == 0
    assert seen > 1


@pytest.mark.parametrize("move", range(1 + len(MONTHS)))
def test_a_writer_killed_before_any_move_has_written_all_months_or_none(root, move):
    writer = CONTEXT.Process(target=processes.die_at_move, args=(root, move))
    writer.start()
    writer.join(30)
    assert writer.exitcode == -signal.SIGKILL
    # Whoever publishes next completes it, before anybody reads or writes.
    publish(root, {"us": [VERSIONS]})
    assert tally(root) == (len(MONTHS), 0, 1 if move == 0 else 2)
    assert processes.versions(root) == {1 if move == 0 else 2}


def test_whoever_reads_next_completes_what_a_killed_writer_began(root):
    writer = CONTEXT.Process(target=processes.die_at_move, args=(root, 2))
    writer.start()
    writer.join(30)
    with duckdb.connect(str(root / WAREHOUSE), read_only=True) as connection:
        sql = "SELECT DISTINCT version FROM us.versions"
        assert len(connection.execute(sql).fetchall()) == 2  # the kill did come between two moves
    assert processes.versions(root) == {2}
