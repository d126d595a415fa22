"""Which engine a setting means, and what is said where there is none."""

import sys

import pytest

from sfr_pipeline.engine import THIS_MACHINE, Local, engine_named, on_ray
from sfr_pipeline.engine.on_ray import OnRay, look_for_cluster
from sfr_pipeline.errors import DeviceError, EngineError
from sfr_pipeline.resources.device import Device
from sfr_pipeline.resources.engine import ComputeEngine
from sfr_pipeline_tests.ray_cluster import free_port


@pytest.mark.parametrize(
    ("name", "address", "said"),
    [
        ("rey", "", "no engine 'rey': choose one of local, ray"),
        ("ray", "", "needs the address of a cluster: set RAY_ADDRESS=HOST:PORT"),
        ("ray", "ray://10.0.0.1:10001", "make this machine a node of the cluster"),
    ],
)
def test_what_names_no_engine_is_refused_with_the_remedy(name, address, said):
    with pytest.raises(EngineError, match=said):
        ComputeEngine(name=name, address=address).resolve()


def test_this_machine_is_the_default_and_a_cluster_is_reached_for_at_its_first_work():
    assert ComputeEngine(name="local").resolve() is THIS_MACHINE
    assert list(OnRay("10.0.0.1:6379").completed(len, [])) == []
    assert engine_named("ray", "10.0.0.1:6379") == OnRay("10.0.0.1:6379")


@pytest.mark.parametrize("address", ["127.0.0.1:{}", "127.0.0.1", "127.0.0.1:x"])
def test_an_address_where_nobody_listens_is_told_with_the_remedy(address):
    address = address.format(free_port())
    with pytest.raises(EngineError, match=f"at RAY_ADDRESS={address} .*: start one with"):
        look_for_cluster(address)


def test_without_ray_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    with pytest.raises(EngineError, match=r"pip install 'sfr_pipeline\[ray\]'"):
        list(OnRay("127.0.0.1:1").completed(len, ["piece"]))


def test_threads_and_workers_of_this_machine_give_results_in_order():
    assert Local(2).mapped(len, ["a", "", "bc"]) == [1, 0, 2]
    assert Local(2).on("cpu") == Local(2)
    assert Local(2).on("cuda:0") == Local(1)


@pytest.mark.parametrize(
    ("wanted", "gpus", "given"),
    [("auto", 3, "cuda:0"), ("auto", 0, "cpu"), ("cuda", 1, "cuda:0"), ("cpu", 3, "cpu")],
)
def test_a_cluster_gives_out_its_gpus_and_none_of_this_machine_is_held(
    monkeypatch, wanted, gpus, given
):
    monkeypatch.setattr(OnRay, "count", lambda self, kind: gpus)
    monkeypatch.setattr(Device, "resolve", None)  # would look at this machine's
    engine = ComputeEngine(name="ray", address="127.0.0.1:1")
    with engine.held(Device(name=wanted), print) as held:
        assert held == given


@pytest.mark.parametrize(
    ("wanted", "said"), [("cuda:1", "says itself who has which"), ("cuda", "no node of the")]
)
def test_a_device_that_a_cluster_has_not_is_refused(monkeypatch, wanted, said):
    monkeypatch.setattr(OnRay, "count", lambda self, kind: 0)
    engine = ComputeEngine(name="ray", address="127.0.0.1:1")
    with pytest.raises(DeviceError, match=said), engine.held(Device(name=wanted), print):
        pass


def test_a_device_of_this_machine_is_held_by_this_machine(monkeypatch):
    monkeypatch.setattr(on_ray.OnRay, "count", None)
    with ComputeEngine(name="local").held(Device(name="cpu"), print) as held:
        assert held == "cpu"
