"""A warehouse on a server that speaks S3: the whole sandbox, kills, races, and a read-only disk."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load

from sfr_pipeline.errors import StorageError
from sfr_pipeline.storage import tickets
from sfr_pipeline.storage.object_store import ObjectStore
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.places import open_warehouse
from sfr_pipeline.storage.publish import publish
from sfr_pipeline.workspace import place_of
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.faults import object_store as processes
from sfr_pipeline_tests.storage.processes import MONTHS, VERSIONS, version_frame
from sfr_pipeline_tests.storage.s3_server import OTHERS, environment_of, objects, s3_server

pytestmark = pytest.mark.faults

# Posts say when they were fetched, by the clock of the crawler, which is a process of its own.
FETCHED = ("parquet/sandbox/posts/", "parquet/sandbox/posts_rejected/")
# Everything is read-only but what stands behind, in a name space of mounts that ends with it.
READ_ONLY = """
set -e
mount --make-rprivate /
for place in "$SFR_CACHE" "$DAGSTER_HOME"; do mount --bind "$place" "$place"; done
mount -o remount,bind,ro /
if touch /probe "$HOME/probe" "$CHECKOUT/probe" 2>/dev/null; then exit 97; fi
exec "$@"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with s3_server(tmp_path_factory.mktemp("s3")) as found:
        yield found


@pytest.fixture
def root(server, monkeypatch, tmp_path, request):
    """A place of its own for each test, with a table of months, version 1."""
    for name in OTHERS:
        monkeypatch.delenv(name, raising=False)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SFR_CACHE", str(tmp_path / "cache"))
    root = place_of(f"{server.root}-{abs(hash(request.node.name))}", "root")
    ParquetStore(root).write("us", VERSIONS, version_frame(1))
    return root


def versions(root):
    return set(ParquetStore(root).read("us", VERSIONS)["version"])


def test_two_publishers_lose_no_view_in_20_races(server, root):
    fresh = f"{root}-races"
    assert processes.two_at_once(processes.keep_publishing, fresh, 20) == []


def test_two_writers_of_the_same_months_never_leave_months_of_both_in_20_rounds(root):
    assert processes.two_at_once(processes.keep_writing_months, str(root), 20) == []


@pytest.mark.parametrize("copy", range(len(MONTHS)))
def test_a_writer_killed_before_any_copy_has_written_all_months(root, copy, monkeypatch):
    monkeypatch.setattr(tickets, "DEAD_AFTER", processes.SECONDS_OF_THE_DEAD)
    writer = processes.CONTEXT.Process(target=processes.die_at_copy, args=(str(root), copy, 2))
    writer.start()
    writer.join(60)
    assert writer.exitcode == -signal.SIGKILL
    assert versions(root) == {2}


def test_a_writer_killed_at_any_moment_leaves_months_of_one_version(root, monkeypatch):
    monkeypatch.setattr(tickets, "DEAD_AFTER", processes.SECONDS_OF_THE_DEAD)
    seen = set()
    for number in range(5):
        before = versions(root)
        writer = processes.CONTEXT.Process(
            target=processes.keep_writing, args=(str(root), 1_000 * (number + 1))
        )
        writer.start()
        while versions(root) == before and writer.is_alive():
            pass
        writer.join(0.07 * number)
        writer.kill()
        writer.join()
        assert len(versions(root)) == 1
        seen |= versions(root)
    assert len(seen) > 1


def test_a_writer_that_raises_leaves_the_old_object_small_and_large(root, monkeypatch):
    files = ObjectStore(root)
    for size in (1_000, 20_000_000):
        content = os.urandom(size)
        with files.replacing("reports/us.html") as page:
            page.write_bytes(content)
        with pytest.raises(TypeError), files.replacing("reports/us.html") as page:
            page.write_bytes("no bytes")
        with files.open("reports/us.html") as page:
            assert page.read() == content

    def breaks_off(source, target, length):
        target.write(source.read(12_000_000))
        raise OSError("the network is gone")

    monkeypatch.setattr("sfr_pipeline.storage.object_store.shutil.copyfileobj", breaks_off)
    with pytest.raises(StorageError, match="network"), files.replacing("reports/us.html") as page:
        page.write_bytes(os.urandom(20_000_000))
    with files.open("reports/us.html") as page:
        assert page.read() == content


def test_an_object_larger_than_what_is_fetched_whole_is_asked_by_column(root, monkeypatch):
    monkeypatch.setattr("sfr_pipeline.storage.for_duckdb.FETCHED_WHOLE", 1_000)
    publish(root, {"us": [VERSIONS]})
    with open_warehouse(root) as connection:
        found = connection.execute("SELECT count(*), max(version) FROM us.versions").fetchone()
    assert found == (8_000 * len(MONTHS), 1)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AWS_SECRET_ACCESS_KEY", "another", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9", "AWS_ENDPOINT_URL"),
    ],
)
def test_a_server_that_refuses_or_is_not_there_is_told_with_the_remedy(
    root, monkeypatch, name, value, said
):
    monkeypatch.setenv(name, value)
    with pytest.raises(StorageError, match=f"{root}.*{said}"):
        ParquetStore(root).read("us", VERSIONS)


@pytest.fixture(scope="module")
def runs(server, tmp_path_factory):
    """The whole sandbox in a folder, then on the server while somebody reads.

    Returns:
        The folder, the reader's reads and errors, and what the second run said.
    """
    home = tmp_path_factory.mktemp("sandbox")
    local, cache = home / "wh", home / "cache"
    for folder in (cache / "tmp", home / "dagster_home", home / "local_home"):
        folder.mkdir(parents=True)
        shutil.copy(CHECKOUT / "dagster_home" / "dagster.yaml", folder)
    told = {
        "SFR_PROFILE": "quick", "SFR_CACHE": str(cache), "TMPDIR": str(cache / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1", "CHECKOUT": str(CHECKOUT),
        "SFR_WORKSPACE": str(CHECKOUT),
    }  # fmt: skip
    command = [sys.executable, "-m", processes.__name__]
    environment = environment_of(
        server, **told, SFR_WAREHOUSE=str(local), DAGSTER_HOME=str(home / "local_home")
    )
    first = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True)
    assert first.returncode == 0, first.stdout[-2000:] + first.stderr[-4000:]
    environment |= {"SFR_WAREHOUSE": server.root, "DAGSTER_HOME": str(home / "dagster_home")}
    done, found = processes.CONTEXT.Event(), processes.CONTEXT.SimpleQueue()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setenv("SFR_CACHE", str(home / "cache of the reader"))
        reader = processes.CONTEXT.Process(
            target=processes.keep_reading, args=(server.root, done, found)
        )
        reader.start()
    alone = ["unshare", "-m", "bash", "-c", READ_ONLY, "bash"] if can_mount() else []
    second = subprocess.run(
        [*alone, *command], cwd=CHECKOUT, env=environment, capture_output=True, text=True
    )
    done.set()
    reader.join(120)
    return local, found.get(), second


def can_mount():
    test = ["unshare", "-m", "mount", "--make-rprivate", "/"]
    return os.geteuid() == 0 and subprocess.run(test, capture_output=True).returncode == 0


def test_the_whole_sandbox_runs_where_nothing_else_can_be_written(runs):
    *_, run = runs
    if not can_mount():
        pytest.skip("only root can make a disk read-only for one process")
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]


def comparable(name, content):
    """The content; of trained models without the order of names, which their format leaves open."""
    if not name.endswith(".safetensors"):
        return content
    size = int.from_bytes(content[:8], "little")
    about = json.loads(content[8 : 8 + size])["__metadata__"]
    return about, {array: values.tobytes() for array, values in load(content).items()}


def test_its_files_are_byte_for_byte_those_of_a_local_run(runs, server):
    local, _, run = runs
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    found = objects(server)
    ours = {
        path.relative_to(local).as_posix(): path
        for below in ("parquet", "reports", "checkpoints")
        for path in (local / below).rglob("*")
        if path.is_file() and ".staged" not in path.parts and path.name != ".lock"
    }
    # Views name their place, and what steps pass on is no table.
    others = ("warehouse.duckdb", "steps/")
    assert {name for name in found if not name.startswith(others)} == set(ours)
    assert len(ours) > 300
    differing = [
        name
        for name, path in ours.items()
        if not name.startswith(FETCHED)
        and comparable(name, path.read_bytes()) != comparable(name, found[name])
    ]
    for name in differing:  # for whoever looks into it
        differs = local.parent / "differs" / name
        differs.parent.mkdir(parents=True, exist_ok=True)
        differs.write_bytes(found[name])
    assert differing == []


def test_posts_are_the_same_but_for_when_they_were_fetched(runs, root, server):
    from sfr_pipeline.storage.tables import POSTS

    here = ParquetStore(runs[0]).read("sandbox", POSTS)
    there = ParquetStore(place_of(server.root, "root")).read("sandbox", POSTS)
    assert len(here) > 2_000
    assert there.drop(columns="retrieved_at").equals(here.drop(columns="retrieved_at"))


def test_who_read_meanwhile_met_no_error(runs):
    _, (reads, errors), _ = runs
    assert errors == []
    assert reads > 100


def test_the_two_folders_hold_no_table(runs):
    home = Path(runs[0]).parent
    places = (home / "cache", home / "dagster_home")
    found = [path for place in places for path in place.rglob("*.parquet")]
    assert not [path for path in found if "parquet/sandbox" in path.as_posix()]
    assert not list((home / "cache" / "aside").iterdir())
