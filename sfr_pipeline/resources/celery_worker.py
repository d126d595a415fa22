"""What a worker of Celery runs: ``celery -A sfr_pipeline.resources.celery_worker worker``.

Belongs here: that a worker reads the same settings as the runs that give it work, from the file
that SFR_EXECUTOR_CONFIG names, and that a step which kills its workers does not go on for ever. How
late a worker acknowledges a step is the worker's setting, not the run's: started with other
settings it would lose the steps that it is killed over.
"""

import multiprocessing
from multiprocessing.process import AuthenticationString  # type: ignore[attr-defined]
from typing import Any

from celery import Task
from celery.signals import worker_process_init
from dagster._grpc.types import ExecuteStepArgs
from dagster._serdes import unpack_value
from dagster_celery.executor import CeleryExecutor
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_task

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.resources.executors import celery_settings
from sfr_pipeline.resources.owning import BEGUN_AGAIN, deaths

_settings = {name: value for name, value in celery_settings().items() if name != "retries"}
app = make_app(CeleryExecutor.for_cli(**_settings).app_args())


@worker_process_init.connect
def may_have_workers(**about: Any) -> None:
    """Let a step have worker processes of its own, which Celery's processes may not have.

    Celery's process stands for one of Python's, but may not be daemonic then, and its key must be
    of Python's kind: the other kind is handed to no process but Celery's own.
    """
    settings: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    settings["daemon"] = False
    settings["authkey"] = AuthenticationString(settings["authkey"])


class Step(Task):
    """A step, which is given up after it was under way when several workers died."""

    def __call__(self, execute_step_args_packed: Any, executable_dict: Any) -> Any:
        """Execute it.

        Raises:
            EstimationError: it is given up.
        """
        step = unpack_value(execute_step_args_packed, as_type=ExecuteStepArgs)
        if deaths(step) > BEGUN_AGAIN:
            (key,) = step.step_keys_to_execute or ("",)
            raise EstimationError(
                f"the workers that executed {key} died {BEGUN_AGAIN + 1} times: is there too "
                "little memory? Run again to complete what is left"
            )
        return super().__call__(execute_step_args_packed, executable_dict)


execute_plan = create_task(app, base=Step)
