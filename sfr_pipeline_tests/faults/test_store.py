"""Faults of the store in full numbers (`make test-faults`); few of each are ordinary tests."""

import os
import subprocess

import pytest

from sfr_pipeline.errors import StorageError
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.publish import publish
from sfr_pipeline_tests.storage import processes

pytestmark = pytest.mark.faults


@pytest.fixture
def root(tmp_path):
    ParquetStore(tmp_path).write("us", processes.VERSIONS, processes.version_frame(1))
    return tmp_path


def test_two_writers_of_the_same_months_never_leave_months_of_both_in_200_rounds(root):
    assert processes.mixed_rounds(root, rounds=200) == 0


def test_100_kills_at_random_instants_never_leave_months_of_two_writes(root):
    mixed, seen = processes.mixed_kills(root, kills=100, seed=11)
    assert mixed == 0
    assert seen > 20


@pytest.fixture
def disk(tmp_path):
    """A disk of its own, small enough to be filled."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def write(root, version):
    ParquetStore(root).write("us", processes.VERSIONS, processes.version_frame(version))


def fill(disk):
    with (disk / "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def test_a_full_disk_is_told_and_leaves_every_month_of_the_old_version(disk):
    write(disk, 1)
    published = publish(disk, {"us": [processes.VERSIONS]})
    before = published.read_bytes()
    fill(disk)
    with pytest.raises(StorageError, match=f"{disk}.*No space left.*free some space"):
        write(disk, 2)
    assert processes.versions(disk) == {1}
    published.chmod(0o644)  # so that it is built anew
    with pytest.raises(StorageError, match=f"{disk}.*(full|free some space)"):
        publish(disk, {"us": [processes.VERSIONS]})
    assert published.read_bytes() == before
    (disk / "ballast").unlink()
    write(disk, 3)
    publish(disk, {"us": [processes.VERSIONS]})
    assert processes.versions(disk) == {3}
    assert not list(disk.rglob("*.tmp*"))


def test_a_disk_that_can_only_be_read_is_read_and_told_of_when_written(disk):
    write(disk, 1)
    publish(disk, {"us": [processes.VERSIONS]})
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert processes.versions(disk) == {1}
    for work in (lambda: write(disk, 2), lambda: publish(disk, {"us": [processes.VERSIONS]})):
        with pytest.raises(StorageError, match=f"{disk}.*Read-only.*mount it for writing"):
            work()
    assert processes.versions(disk) == {1}
