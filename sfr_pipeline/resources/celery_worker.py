"""What a worker of Celery runs: ``celery -A sfr_pipeline.resources.celery_worker worker``.

Belongs here: that a worker reads the same settings as the runs that give it work, from the file
that SFR_EXECUTOR_CONFIG names. How late a worker acknowledges a step is the worker's setting, not
the run's: started with other settings it would lose the steps that it is killed over.
"""

from dagster_celery.executor import CeleryExecutor
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_task

from sfr_pipeline.resources.executors import celery_settings

_settings = {name: value for name, value in celery_settings().items() if name != "retries"}
app = make_app(CeleryExecutor.for_cli(**_settings).app_args())
execute_plan = create_task(app)
