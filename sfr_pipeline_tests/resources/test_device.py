import pytest

from sfr_pipeline.errors import DeviceError
from sfr_pipeline.resources.device import Device


@pytest.mark.parametrize("name", ["mps", "meta", "xpu:0"])
def test_a_device_that_nothing_here_runs_on_is_refused(name):
    with pytest.raises(DeviceError, match=f"'{name}' is none that this project runs on"):
        Device(name=name).resolve()


def test_all_names_of_the_processor_are_one():
    assert Device(name="cpu:0").resolve() == "cpu"
