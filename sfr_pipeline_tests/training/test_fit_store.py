import errno
import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sfr_pipeline.engine import Local
from sfr_pipeline.networks import architecture
from sfr_pipeline.training import fit_store
from sfr_pipeline.training.fit_store import FitStore, fit_keys
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline.training.spec import Fit, Training
from sfr_pipeline_tests.networks.architectures import NETWORKS
from sfr_pipeline_tests.training.test_fitting import linear_task, same

CHECKOUT = Path(__file__).parents[2]


def key_of(task, device="cpu"):
    return fit_keys([task], device)[0]


def stored(folder):
    return sorted(folder.glob("*.safetensors"))


def test_what_is_put_comes_back(tmp_path):
    store, task = FitStore(tmp_path / "fits"), linear_task()
    key = key_of(task)
    assert store.get(key) is None
    (fitted,) = fit_all([task], "cpu")
    store.put(key, fitted, task.name)
    again = store.get(key)
    assert same(fitted, again)
    np.testing.assert_array_equal(fitted.validation_loss, again.validation_loss)


def test_a_fit_that_is_there_is_not_made_again(tmp_path):
    store, tasks = FitStore(tmp_path), [linear_task(seed) for seed in range(3)]
    marked = Fit(np.full((9, 1), 42.0), np.zeros(1), np.zeros(1), {})
    store.put(key_of(tasks[1]), marked, "marked")
    told = []
    fits = fit_all(tasks, "cpu", store, engine=Local(1), progress=told.append)
    assert (fits[1].outputs == 42.0).all()
    assert not (fits[0].outputs == 42.0).any()
    assert told[0] == "1 of 3 fits were kept from an earlier run"
    assert len(stored(tmp_path)) == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"network": NETWORKS["tcn"]},
        {"seed": 1},
        {"training": Training(epochs=6, learning_rate=1e-2)},
        {"options": {"channels": 4}},
        {"inputs": linear_task().inputs * 1.001},
        {"targets": linear_task().targets + 0.001},
        {"predict": linear_task().predict[:-1]},
        {"validation_inputs": linear_task().inputs, "validation_targets": linear_task().targets},
    ],
)
def test_everything_that_a_fit_depends_on_changes_its_key(changed):
    assert key_of(replace(linear_task(), **changed)) != key_of(linear_task())


def test_key_depends_on_device_release_and_versions_but_not_on_the_name(monkeypatch):
    task = linear_task()
    assert key_of(replace(task, name="another")) == key_of(task)
    assert key_of(task, "cuda:1") == key_of(task, "cuda:0") != key_of(task)
    before, key_of_tcn = key_of(task), key_of(replace(task, network=NETWORKS["tcn"]))
    monkeypatch.setattr(fit_store, "version", lambda _: "99.0")
    assert key_of(task) != before
    monkeypatch.undo()
    monkeypatch.setattr(fit_store, "LOOP_VERSION", fit_store.LOOP_VERSION + 1)
    assert key_of(task) != before
    monkeypatch.undo()
    cnn = architecture(task.network)
    monkeypatch.setattr(cnn, "version", cnn.version + 1)
    assert key_of(task) != before
    assert key_of(replace(task, network=NETWORKS["tcn"])) == key_of_tcn


class Trap:
    def __reduce__(self):
        return os.abort, ()


@pytest.mark.parametrize("content", [pickle.dumps(Trap()), b"", b"half a fit"])
def test_a_file_that_is_no_fit_is_trained_again_and_never_unpickled(tmp_path, caplog, content):
    store, task = FitStore(tmp_path), linear_task()
    path = tmp_path / f"{key_of(task)}.safetensors"
    path.write_bytes(content)
    (fitted,) = fit_all([task], "cpu", store)
    [said] = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"{path} is no finished fit")
    assert same(fitted, store.get(key_of(task)))


def test_a_fit_that_the_disk_does_not_take_is_used_all_the_same(tmp_path, caplog, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    task = linear_task()
    (fitted,) = fit_all([task], "cpu", FitStore(tmp_path))
    assert same(fitted, fit_all([task], "cpu")[0])
    assert list(tmp_path.iterdir()) == []
    assert "is not kept" in caplog.text
    assert "free some space" in caplog.text


def test_what_no_run_has_used_for_months_is_deleted(tmp_path):
    store, tasks = FitStore(tmp_path), [linear_task(seed) for seed in range(3)]
    fit_all(tasks, "cpu", store, engine=Local(1))
    long_ago = time.time() - 100 * 86_400
    for path in stored(tmp_path):
        os.utime(path, (long_ago, long_ago))
    # Two are used again, which keeps them.
    fit_all(tasks[:2], "cpu", store)
    assert len(stored(tmp_path)) == 2


RUN = """
import sys
from pathlib import Path
from sfr_pipeline.training.fit_store import FitStore
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline_tests.training.test_fit_store import long_tasks
fit_all(long_tasks(), "cpu", FitStore(Path(sys.argv[1])), engine=Local(2))
"""


def long_tasks():
    """Three short ones for one worker, and one for the other that nobody will wait for."""
    return [linear_task(seed, epochs=3 if seed < 3 else 100_000) for seed in range(4)]


def children_of(pid):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def descendants_of(pid):
    children = children_of(pid)
    return children + [grandchild for child in children for grandchild in descendants_of(child)]


def ends_within(seconds, condition):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.faults
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_killed_run_loses_nothing_finished_and_leaves_no_process(tmp_path):
    command = [sys.executable, "-c", RUN, str(tmp_path)]
    with subprocess.Popen(command, cwd=CHECKOUT) as run:
        try:
            assert ends_within(60, lambda: len(stored(tmp_path)) == 3)
            helpers = descendants_of(run.pid)
            assert len(helpers) >= 3  # the server and two workers
        finally:
            os.kill(run.pid, signal.SIGKILL)
    assert ends_within(20, lambda: not any(Path(f"/proc/{pid}").exists() for pid in helpers))
    told = []
    fits = fit_all(long_tasks()[:3], "cpu", FitStore(tmp_path), progress=told.append)
    assert told == ["3 of 3 fits were kept from an earlier run"]
    assert all(np.isfinite(found.outputs).all() for found in fits)
