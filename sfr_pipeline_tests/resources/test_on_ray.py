"""Steps as jobs of a Ray cluster, whose place a few processes of this machine take.

They are started as Ray starts a job: elsewhere, with the variables that the job brings and little
else. The whole sandbox on a real cluster is in `faults/test_executors.py`.
"""

import os
import shlex
import subprocess
from types import SimpleNamespace

import dagster as dg
import pytest

from sfr_pipeline_tests.checkout import CHECKOUT

pytest.importorskip("dagster_ray", reason="the extra [ray] is not installed")
job_submission = pytest.importorskip("ray.job_submission", reason="the extra [ray] is missing")

pytestmark = pytest.mark.faults


class Jobs:
    """Takes jobs, as `ray.job_submission.JobSubmissionClient` does."""

    started = {}  # noqa: RUF012

    def __init__(self, address, **about):
        self.folder = "/"

    def submit_job(self, entrypoint, submission_id, runtime_env, entrypoint_num_cpus, **about):
        assert entrypoint_num_cpus == 1
        self.started[submission_id] = subprocess.Popen(
            shlex.split(entrypoint),
            cwd=self.folder,
            env={"HOME": os.environ["HOME"], **runtime_env["env_vars"]},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def get_job_status(self, submission_id):
        status = job_submission.JobStatus
        ended = self.started[submission_id].poll()
        if ended is None:
            return status.RUNNING
        return status.FAILED if ended else status.SUCCEEDED

    def get_job_info(self, submission_id):
        return SimpleNamespace(error_type="", message="killed")


def test_a_step_is_given_what_it_needs_and_begun_again_when_it_dies(tmp_path, monkeypatch):
    monkeypatch.setattr(job_submission, "JobSubmissionClient", Jobs)
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    (tmp_path / "first").write_text("1")
    job = dg.build_reconstructable_job(
        "sfr_pipeline_tests.resources.handing_on",
        "job_on_ray",
        reconstructable_args=(str(tmp_path),),
    )
    home = tmp_path / "home"
    home.mkdir()
    with (
        dg.DagsterInstance.local_temp(str(home)) as instance,
        dg.execute_job(job, instance) as run,
    ):
        assert run.success
        events = run.all_events
    restarted = [event.step_key for event in events if event.is_step_up_for_retry]
    assert restarted == ["made_up__first.use_first"]
    assert len(Jobs.started) == 5
    assert [*(tmp_path / "steps").iterdir()] == []
