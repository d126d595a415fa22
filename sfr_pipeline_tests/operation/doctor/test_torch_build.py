"""Builds of torch on machines with and without GPU; the texts are those of an H100's tools."""

import shlex
import sys
from importlib.metadata import version

import pytest

from sfr_pipeline.operation.doctor.torch_build import (
    Gpu,
    Torch,
    gpus_in,
    installed_torch,
    look_at_torch,
    torch_in,
)

SMI = "NVIDIA H100 80GB HBM3, 580.159.04, 81079\n"
VERSIONS = """from typing import Optional

__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'rocm', 'xpu']
__version__ = '2.11.0+cu130'
debug = False
cuda: Optional[str] = '13.0'
"""
H100 = Gpu("NVIDIA H100 80GB HBM3", "580.159.04", 81_079)
CUDA, SMALL = Torch("2.11.0+cu130", "13.0"), Torch("2.13.0+cpu", None)


def look(torch, gpus=(), usable=0, wanted="auto"):
    return list(look_at_torch(torch, gpus, lambda: usable, wanted))


def test_what_the_tools_say_is_read():
    assert gpus_in(SMI) == (H100,)
    assert gpus_in("") == ()
    assert gpus_in("NVIDIA GB10, 580.1, [N/A]\n") == (Gpu("NVIDIA GB10", "580.1", 0),)
    assert torch_in(VERSIONS) == CUDA


def test_the_installed_build_is_known_without_an_import_of_torch():
    assert installed_torch().version == version("torch")


@pytest.mark.parametrize(
    ("torch", "gpus", "usable", "state", "says", "remedy"),
    [
        (SMALL, (), 0, "ok", "for processors", ""),
        (CUDA, (H100,), 1, "ok", "can use 1 of 1", ""),
        (CUDA, (), 0, "note", "gigabytes", "pytorch.org shows for Compute Platform CPU"),
        (SMALL, (H100,), 0, "note", "there is a NVIDIA H100", "Compute Platform CUDA"),
        (CUDA, (H100,), 0, "broken", "driver 580.159.04 is too old", "update the driver"),
        (CUDA, (H100,), None, "broken", "did not say", "import torch"),
        (None, (), 0, "broken", "not installed", "pip install torch"),
    ],
)
def test_a_build_that_does_not_fit_the_machine_is_told(torch, gpus, usable, state, says, remedy):
    (found,) = look(torch, gpus, usable)
    assert found.state == state
    assert says in found.says
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("torch", "gpus", "usable", "wanted", "broken"),
    [
        (SMALL, (), 0, "cuda", True),
        (CUDA, (H100,), 1, "cuda:1", True),
        (CUDA, (H100,), 1, "cuda:0", False),
        (CUDA, (H100,), 1, "cuda", False),
        (SMALL, (), 0, "auto", False),
    ],
)
def test_a_device_that_is_asked_for_and_missing_is_broken(torch, gpus, usable, wanted, broken):
    told = [one for one in look(torch, gpus, usable, wanted) if wanted in one.says]
    assert [one.remedy for one in told] == ["unset SFR_DEVICE"] * broken
    assert all(one.state == "broken" for one in told)


@pytest.mark.parametrize(("torch", "gpus"), [(None, ()), (CUDA, (H100,))])
def test_a_remedy_is_typed_as_it_stands_where_python_lies_in_a_folder_with_a_space(
    monkeypatch, torch, gpus
):
    monkeypatch.setattr(sys, "executable", "/my env/bin/python")
    (found,) = look(torch, gpus, None)
    assert shlex.split(found.remedy)[0] == "/my env/bin/python"


def test_a_gpu_that_others_fill_is_a_note():
    full = Gpu(H100.name, H100.driver, 300)
    note = look(CUDA, (H100, full), 2)[1]
    assert note.state == "note"
    assert "GPU 1" in note.says
    assert "300 MB" in note.says
