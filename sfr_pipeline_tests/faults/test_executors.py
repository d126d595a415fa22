"""The whole sandbox with its steps elsewhere, and who executes one killed in the middle of it.

Whoever executes the steps, and whoever dies of it, the tables are those of a run in one process.
"""

import os
import signal

import pandas as pd
import psutil
import pytest

from sfr_pipeline_tests.faults import rabbit
from sfr_pipeline_tests.faults.whole_runs import START, SandboxRun
from sfr_pipeline_tests.ray_cluster import ray_cluster

pytestmark = pytest.mark.faults

# It takes seconds, reads what another step has handed on, and makes three tables.
KILLED = "discriminate.predict_stress"


@pytest.fixture(scope="module")
def in_process(tmp_path_factory):
    """The tables of a run in one process."""
    run = SandboxRun(tmp_path_factory.mktemp("in_process"))
    with run.begun() as process:
        run.end(process)
    assert run.handed_on() == []
    return run.tables()


def assert_same(run, in_process):
    found = run.tables()
    assert found.keys() == in_process.keys()
    for name, frame in found.items():
        pd.testing.assert_frame_equal(frame, in_process[name], check_exact=True, obj=name)
    assert run.handed_on() == []


def test_processes_of_this_machine(in_process, tmp_path):
    run = SandboxRun(tmp_path, SFR_EXECUTOR="multiprocess")
    with run.begun() as process:
        run.wait_for(lambda: KILLED in [event.step_key for event in run.events()])
        (event,) = [event for event in run.events() if event.step_key == KILLED]
        os.kill(event.pid, signal.SIGKILL)
        run.end(process)
    assert run.beginnings(KILLED) == 2
    assert_same(run, in_process)


@pytest.mark.skipif(rabbit.MISSING, reason=rabbit.WHY)
def test_two_workers_of_celery_with_caches_of_their_own(in_process, tmp_path):
    pytest.importorskip("dagster_celery", reason="the extra [celery] is not installed")
    settings = tmp_path / "celery.yaml"
    with rabbit.rabbitmq(tmp_path / "rabbitmq") as address:
        settings.write_text(f"broker: {address}\n", encoding="utf-8")
        run = SandboxRun(tmp_path, SFR_EXECUTOR="celery", SFR_EXECUTOR_CONFIG=str(settings))
        workers = {
            f"{name}@here": rabbit.worker(
                name, {**run.environment, "SFR_CACHE": str(tmp_path / name)}
            )
            for name in ("one", "two")
        }
        try:
            with run.begun() as process:
                run.wait_for(lambda: executing(run, KILLED))
                (unlucky,) = executing(run, KILLED)
                rabbit.kill(workers[unlucky])
                run.end(process)
        finally:
            for each in workers.values():
                rabbit.kill(each)
    (survivor,) = {*workers} - {unlucky}
    assert executing(run, KILLED) == [unlucky, survivor]
    assert_same(run, in_process)


def executing(run, step):
    """Workers of Celery that have begun a step, in order."""
    return [
        event.engine_event_data.metadata["Celery worker"].value
        for event in run.events(None)
        if event and event.step_key == step and "in celery worker" in (event.message or "")
    ]


def test_two_nodes_of_ray(in_process, tmp_path):
    pytest.importorskip("dagster_ray", reason="the extra [ray] is not installed")
    pytest.importorskip("aiohttp_cors", reason="ray[default], which takes jobs, is not installed")
    with ray_cluster(nodes=2, dashboard=True) as cluster:
        keys = ("RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN_PATH")
        ours = {key: cluster.environment[key] for key in keys}
        run = SandboxRun(tmp_path, SFR_EXECUTOR="ray", **ours)
        with run.begun() as process:
            # A step that is under way on the node that is not the head.
            unlucky = run.wait_for(lambda: step_on(cluster, 1, run))
            cluster.kill(1)
            run.end(process)
    assert run.beginnings(unlucky) == 2
    assert_same(run, in_process)


def step_on(cluster, node, run):
    """Key of a step that a node has begun and not ended; None where there is none."""
    started = {event.step_key for event in run.events(START)}
    for pid in cluster.pids(node):
        try:
            step = psutil.Process(pid).environ().get("DAGSTER_RUN_STEP_KEY")
        except psutil.Error:
            continue
        if step in started:
            return step
    return None
