"""A cluster gives what this machine gives, outlives its workers, and lets nobody else in.

Whoever asks it is a process of its own: Ray changes settings of the process that joins.
"""

import ipaddress

import psutil
import pytest

from sfr_pipeline_tests.engine.pieces import ask, asking, refused, told
from sfr_pipeline_tests.ray_cluster import ray_cluster

REFUSED = """
from sfr_pipeline.errors import EstimationError
try:
    list(ray.completed(pieces.short, [1, 2, 3]))
except EstimationError as error:
    tell([type(error).__name__, str(error), error.series])
try:
    list(ray.completed(pieces.bare, [5]))
except KeyError as error:
    tell([type(error).__name__, str(error)])
"""


def test_a_cluster_gives_the_bytes_of_this_machine_and_errors_as_they_are():
    with ray_cluster() as cluster:
        found = ask(
            cluster,
            """
import os, signal
del os.environ["RAY_AUTH_MODE"]
environment = dict(os.environ)
handler = signal.getsignal(signal.SIGTERM)
ours = {place: found.tobytes() for place, found in ray.completed(pieces.in_place, pieces.arrays())}
theirs = dict(Local(1).completed(pieces.in_place, pieces.arrays()))
tell([ours == {place: found.tobytes() for place, found in theirs.items()}, len(ours)])
(_, one), = ray.completed(np.copy, [np.zeros(2)])
one += 1
tell(ray.mapped(pieces.short, [2, 0, 1]))
tell(list(ray.completed(pieces.short, [])))
def of_the_script(piece):
    return piece + 1
tell(ray.mapped(of_the_script, range(3)))
tell([signal.getsignal(signal.SIGTERM) == handler, dict(os.environ) == environment])
"""
            + REFUSED,
        )
    assert found == [
        [True, 7],
        [2, 0, 1],
        [],
        [1, 2, 3],
        [True, True],
        ["EstimationError", "series 3 (counted from 0) is too short: lengthen it", [3]],
        ["KeyError", "5"],
    ]


@pytest.fixture(scope="module")
def cluster():
    with ray_cluster(nodes=2, gpus=1) as started:
        yield started


@pytest.mark.faults
def test_fits_bands_and_vintages_are_those_of_this_machine_bit_for_bit(cluster):
    found = ask(
        cluster,
        """
from dataclasses import replace
import pandas as pd
from sfr_pipeline.econometrics.sfri import bootstrap_replicas
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings
from sfr_pipeline.index.known import KnownPanel
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline_tests.econometrics.simulation import simulate
from sfr_pipeline_tests.networks.architectures import NETWORKS
from sfr_pipeline_tests.training.test_fitting import linear_task, same
tasks = [replace(linear_task(seed), network=NETWORKS[name]) for name in NETWORKS for seed in (0, 1)]
pairs = zip(fit_all(tasks, "cpu", engine=ray), fit_all(tasks, "cpu", engine=Local(1)), strict=True)
tell([same(one, other) for one, other in pairs])
panel = simulate(80, n_series=7, seed=11).panel
options = {"replications": 60, "block_length": 6, "seed": 0}
one, other = (
    bootstrap_replicas(panel, "index", **options, spread=engine.mapped)
    for engine in (ray, Local(2))
)
tell([one.shape, one.tobytes() == other.tobytes()])
months = pd.period_range("2010-01", periods=80, freq="M")
known = KnownPanel(months, pd.RangeIndex(7), "one", np.array([0]), (panel,))
options = {"min_observations": 24, "settings": TvpFavarSettings()}
one, other = (
    known.estimate(np.arange(40, 80), **options, spread=engine.mapped) for engine in (ray, Local(2))
)
tell([len(one.index), all(a.tobytes() == b.tobytes() for a, b in zip(one.index, other.index))])
""",
    )
    assert found[0] == [True] * len(found[0])
    assert found[1:] == [[[60, 80], True], [40, True]]


@pytest.mark.faults
def test_a_killed_worker_is_survived_and_one_that_always_dies_is_named(cluster, tmp_path):
    marker = str(tmp_path / "marker")
    assert ask(cluster, f"tell(ray.mapped(pieces.killed_once, [{marker!r}]))") == [["done"]]
    said = refused(cluster, "list(ray.completed(pieces.deadly, [1], 'the fit {}'.format))")
    assert "EstimationError" in said
    assert "began the fit 1 died (WorkerCrashedError), 4 of them: is there too little" in said


@pytest.mark.faults
def test_a_node_that_is_killed_whole_costs_nothing():
    with ray_cluster(nodes=2) as cluster:
        process = asking(
            cluster,
            """
for found in ray.completed(pieces.pid_of, [0.4] * 30):
    tell(found)
""",
        )
        places, nodes = [], []
        for place, pid in told(process.stdout):
            places.append(place)
            if len(nodes) < 2 and (node := cluster.node_of(pid)) not in nodes:
                nodes.append(node)
                if len(nodes) == 2:
                    cluster.kill(1)
        assert process.wait(60) == 0
        process.stderr.close()
    assert sorted(places) == list(range(30))
    assert sorted(nodes) == [0, 1]


@pytest.mark.faults
def test_a_piece_has_a_gpu_for_itself(cluster):
    found = ask(
        cluster,
        """
tell([ray.count("GPU"), ray.on("cuda:0").at_once, ray.on("cpu").at_once])
tell(ray.on("cuda:0").mapped(pieces.gpu, [0.5] * 4))
tell(ray.mapped(pieces.gpu, [0.1] * 2))
""",
    )
    assert found[0] == [2, 2, 2]
    assert {seen for seen, _, _ in found[1]} == {"0"}  # each node has one
    at_a_time = [
        sum(began <= moment < ended for _, began, ended in found[1]) for _, moment, _ in found[1]
    ]
    assert max(at_a_time) <= 2
    assert {seen for seen, _, _ in found[2]} == {None}


@pytest.mark.faults
def test_work_knows_code_and_workspace_of_who_asks_and_no_secret_of_theirs(cluster, tmp_path):
    (tmp_path / "workspace.yaml").write_text("sfr_pipeline.definitions", encoding="utf-8")
    names = ["SFR_WORKSPACE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "FRED_API_KEY"]
    ((found,),) = ask(
        cluster,
        f"tell(ray.mapped(pieces.seen, [{names}]))",
        SFR_WORKSPACE=str(tmp_path),
        FRED_API_KEY="secret",
    )
    assert list(found.values()) == [str(tmp_path), "1", "1", None]


@pytest.mark.faults
def test_a_node_of_another_release_is_refused_with_both_named(cluster):
    said = refused(
        cluster,
        """
from sfr_pipeline.engine import on_ray
ours = on_ray._releases()
on_ray._releases = lambda: {**ours, "torch": "1.0"}
list(ray.completed(pieces.short, [1]))
""",
    )
    assert "EngineError: process " in said
    assert " has torch 2." in said
    assert "install the same releases on every node" in said


@pytest.mark.faults
@pytest.mark.parametrize(
    "environment",
    [
        {"RAY_AUTH_MODE": "disabled"},
        {"RAY_AUTH_TOKEN": "f" * 64},
        {"RAY_AUTH_TOKEN_PATH": "", "HOME": "/nonexistent"},
    ],
    ids=["no token is sent", "another token", "no token is there"],
)
def test_whoever_has_not_the_token_is_refused(cluster, environment):
    said = refused(cluster, "ray.mapped(pieces.short, [1])", **environment)
    assert "EngineError: the Ray cluster at 127.0.0.1:" in said
    assert "can't be joined: this process has not its token: put that of the head into" in said


@pytest.mark.faults
def test_ray_listens_beyond_loopback_although_told_not_to(cluster):
    """What docs/scaling.md says: hence the token."""
    beyond = set()
    for pid in [*cluster.pids(0), *cluster.pids(1)]:
        process = psutil.Process(pid)
        beyond |= {
            process.name()
            for connection in process.net_connections(kind="inet")
            if connection.status == psutil.CONN_LISTEN
            and not ipaddress.ip_address(connection.laddr.ip).is_loopback
        }
    assert {"gcs_server", "raylet"} <= beyond


@pytest.mark.faults
def test_work_that_no_node_is_left_for_is_not_waited_for():
    with ray_cluster(nodes=2, head_cpus=0) as cluster:
        process = asking(
            cluster,
            """
for found in ray.completed(pieces.pid_of, [0.4] * 30):
    tell(found)
""",
        )
        assert next(told(process.stdout))[0] == 0
        cluster.kill(1)
        _, errors = process.communicate(timeout=120)
    assert "EngineError: no node of the Ray cluster at 127.0.0.1:" in errors.splitlines()[-1]
    assert "has a CPU to work with: start one with 'ray start --address=127.0" in errors


@pytest.mark.faults
def test_a_head_that_is_lost_ends_who_asked_within_two_minutes():
    """Ray ends the process itself, which Dagster then knows for a run whose process is gone."""
    with ray_cluster(nodes=2, head_cpus=0) as cluster:
        process = asking(
            cluster,
            """
for found in ray.completed(pieces.pid_of, [0.4] * 400):
    tell(found)
""",
        )
        assert next(told(process.stdout))[0] == 0
        cluster.kill(0)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "Failed to connect to GCS" in errors
