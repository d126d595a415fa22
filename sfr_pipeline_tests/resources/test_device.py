import subprocess
import sys

import pytest

from sfr_pipeline.errors import DeviceError
from sfr_pipeline.resources.device import Device


@pytest.mark.parametrize("name", ["mps", "meta", "xpu:0"])
def test_a_device_that_nothing_here_runs_on_is_refused(name):
    with pytest.raises(DeviceError, match=f"'{name}' is none that this project runs on"):
        Device(name=name).resolve()


def test_all_names_of_the_processor_are_one():
    assert Device(name="cpu:0").resolve() == "cpu"


@pytest.mark.parametrize(("name", "meant"), [("cuda", 0), ("cuda:0", 0), ("cuda:1", 1)])
def test_a_gpu_has_one_name_so_that_its_users_find_each_other(monkeypatch, name, meant):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert Device(name=name).resolve() == f"cuda:{meant}"


def test_a_gpu_is_held_by_one_run_at_a_time_and_freed_by_the_death_of_its_holder(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(Device, "resolve", lambda self: "cuda:0")
    script = (
        "import sys, tempfile, time; tempfile.tempdir = sys.argv[1];"
        "from sfr_pipeline.engine.device import alone_on;"
        "held = alone_on('cuda:0', print); held.__enter__();"
        "print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    told = []

    def kill(text):
        told.append(text)
        holder.kill()

    with Device().held(kill) as device:
        assert device == "cuda:0"
    holder.wait()
    assert told == ["waiting for cuda:0, which another run is using"]
