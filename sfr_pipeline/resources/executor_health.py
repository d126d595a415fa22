"""Whether the steps of a run could be executed where the environment says, for `sfr doctor`.

Belongs here: looking. Does not belong here: the executors (`executors`), and what can be seen
without Dagster (`sfr_pipeline.operation.doctor`).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sfr_pipeline.errors import SettingError
from sfr_pipeline.operation.doctor.finding import Finding
from sfr_pipeline.resources.executors import (
    EXECUTOR,
    SETTINGS,
    celery_settings,
    executor_definition,
    executor_name,
)

# That a broker, and a worker behind it, may take to answer.
SECONDS = 2.0
WORKER = "celery -A sfr_pipeline.resources.celery_worker worker"


def workers_of(settings: Mapping[str, Any]) -> list[str]:
    """Names of the workers of Celery that answer.

    Args:
        settings: of the executor.

    Raises:
        OSError: the broker does not answer.
    """
    from dagster_celery.executor import CeleryExecutor
    from dagster_celery.make_app import make_app
    from kombu.exceptions import OperationalError

    given = {name: value for name, value in settings.items() if name != "retries"}
    app = make_app(CeleryExecutor.for_cli(**given).app_args())
    with app.connection_for_read() as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0.0, timeout=SECONDS)
        except OperationalError as error:
            raise ConnectionError(str(error)) from error
        answers = app.control.ping(timeout=SECONDS, connection=connection)
    return sorted(name for answer in answers for name in answer)


def look_at_executor(
    environment: Mapping[str, str],
    workers: Callable[[Mapping[str, Any]], list[str]] = workers_of,
) -> Iterator[Finding]:
    """Whether the executor that the environment names can be used.

    Args:
        environment: of this process.
        workers: names those that answer.
    """
    try:
        name = executor_name(environment)
        executor_definition(environment=environment)
    except SettingError as error:
        yield Finding("broken", str(error), f"unset {EXECUTOR} {SETTINGS}")
        return
    if name != "celery":
        yield Finding("ok", f"steps of runs are executed by '{name}'")
        return
    try:
        found = workers(celery_settings(environment))
    except OSError as error:
        yield Finding(
            "broken",
            f"the broker of Celery does not answer ({error})",
            f"start RabbitMQ, or name it as 'broker' in the file of {SETTINGS}",
        )
        return
    if found:
        yield Finding("ok", f"steps of runs are executed by '{name}': {', '.join(found)}")
    else:
        yield Finding("note", "no worker of Celery answers, and runs wait for one", WORKER)
