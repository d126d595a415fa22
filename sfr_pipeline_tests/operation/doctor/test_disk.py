"""Disks that are full, and file systems that keep no locks."""

from pathlib import Path

import pytest

from sfr_pipeline.operation.doctor.disk import (
    free_files,
    free_mb,
    look_at_locks,
    look_at_room,
    system_of,
    takes_lock,
)

HERE = Path("/w")


@pytest.mark.parametrize(
    ("free", "files", "states"),
    [
        (50_000, 1_000_000, ["ok"]),
        (50_000, None, ["ok"]),
        (900, 1_000_000, ["note"]),
        (100, 1_000_000, ["broken"]),
        (50_000, 100, ["ok", "broken"]),
    ],
)
def test_room_and_files_that_a_run_needs_are_held_against_what_is_free(free, files, states):
    found = list(look_at_room(HERE, free, files))
    assert [one.state for one in found] == states
    assert all("sfr tidy" in one.remedy for one in found if one.state != "ok")


@pytest.mark.parametrize(
    ("system", "locks", "state"),
    [
        ("ext4", True, "ok"), ("nfs4", True, "note"), ("nfs", False, "broken"),
        ("ext4", False, "broken"),
    ],
)  # fmt: skip
def test_a_file_system_without_sure_locks_is_told(system, locks, state):
    (found,) = look_at_locks(HERE, system, lambda folder: locks)
    assert found.state == state
    assert ("SFR_WAREHOUSE" in found.remedy) == (state != "ok")


def test_the_file_system_is_that_of_the_nearest_mount_point(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    mounted = {"/": "ext4", str(tmp_path / "a"): "nfs4", str(tmp_path / "a" / "bb"): "cifs"}
    assert system_of(inner, mounted) == "nfs4"
    assert system_of(tmp_path, mounted) == "ext4"
    assert system_of(tmp_path, {}) == "unknown"


def test_trying_a_lock_leaves_nothing_behind(tmp_path):
    assert takes_lock(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "not yet/there", "file/below"])
def test_this_disk_is_measured_where_the_folder_will_lie_too(tmp_path, name):
    (tmp_path / "file").touch()
    folder = tmp_path / name
    assert free_mb(folder) > 0
    assert free_files(folder) is None or free_files(folder) > 0
    assert takes_lock(folder)


def test_a_warehouse_that_is_not_there_yet_is_measured(workspace, told, monkeypatch, tmp_path):
    monkeypatch.setenv("SFR_WAREHOUSE", str(tmp_path / "not yet" / "there"))
    for check in ("disk", "locks"):
        assert "can't be looked at" not in " ".join(one.says for one in told(check))
        assert [one.state for one in told(check)] != ["broken"]
    assert not (tmp_path / "not yet").exists()
