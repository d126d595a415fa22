"""A Job of Kubernetes as dagster-k8s renders it of our tags and settings: no cluster is at hand."""

import logging

import pytest
import yaml

from sfr_pipeline.assets.kubernetes import gpu_tags
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline_tests.deploy.files import DEPLOY


@pytest.fixture(scope="module")
def settings():
    """Of the executor, as it takes them."""
    # Kubernetes changes what the log of its client hears.
    client = logging.getLogger("urllib3")
    level = client.level
    k8s = pytest.importorskip("dagster_k8s", reason="the extra 'k8s' is not installed")
    client.setLevel(level)
    from dagster._config import process_config

    given = yaml.safe_load((DEPLOY / "k8s.yaml").read_text(encoding="utf-8"))
    field = k8s.k8s_job_executor.config_schema.as_field()
    result = process_config(field.config_type, given)
    assert result.success, result.errors
    return result.value


def container_of(op, settings):
    """The container of the Job of a step, as the API of Kubernetes takes it."""
    from dagster_k8s.container_context import K8sContainerContext
    from dagster_k8s.job import (
        DagsterK8sJobConfig,
        UserDefinedDagsterK8sConfig,
        construct_dagster_k8s_job,
        get_user_defined_k8s_config,
    )

    of_all, of_step = (
        K8sContainerContext(run_k8s_config=config)
        for config in (
            UserDefinedDagsterK8sConfig.from_dict(settings["step_k8s_config"]),
            get_user_defined_k8s_config(op.tags),
        )
    )
    job = construct_dagster_k8s_job(
        DagsterK8sJobConfig(
            job_image=settings["job_image"],
            dagster_home="/workspace/dagster_home",
            env_secrets=settings["env_secrets"],
        ),
        args=["dagster", "api", "execute_step"],
        job_name="step",
        user_defined_k8s_config=of_all.merge(of_step).run_k8s_config,
    ).to_dict()
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return container


def ops_on_gpus(monkeypatch, **environment):
    """Ops of a market that are in the pool of GPUs, and one that is not."""
    for name in ("SFR_DEVICE", "SFR_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    job = build_definitions("sandbox").resolve_implicit_global_asset_job_def()
    ops = [*job.graph.iterate_op_defs()]
    return [op for op in ops if op.pool == "gpu"], next(op for op in ops if op.pool is None)


def test_steps_on_a_gpu_ask_for_one_and_others_do_not(settings, monkeypatch):
    on_gpus, other = ops_on_gpus(monkeypatch, SFR_DEVICE="cuda")
    assert len(on_gpus) >= 4
    for op in on_gpus:
        container = container_of(op, settings)
        assert container["resources"]["limits"] == {"nvidia.com/gpu": "1", "memory": "16Gi"}, (
            op.name
        )
        assert container["resources"]["requests"] == {"cpu": "2", "memory": "4Gi"}
    container = container_of(other, settings)
    assert "nvidia.com/gpu" not in container["resources"]["limits"]
    assert container["image"] == "sfr_pipeline"
    assert [each["secret_ref"]["name"] for each in container["env_from"]] == ["sfr"]


@pytest.mark.parametrize(
    "environment",
    [{}, {"SFR_DEVICE": "auto"}, {"SFR_DEVICE": "cpu"},
     {"SFR_DEVICE": "cuda", "SFR_ENGINE": "ray"}],
)  # fmt: skip
def test_no_step_asks_for_what_nobody_wanted(environment):
    assert gpu_tags(environment) == {}
