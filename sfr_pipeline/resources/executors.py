"""Which executor runs the steps of a run: this process, others of this machine, or other machines.

Belongs here: the choice by SFR_EXECUTOR, its settings from the YAML file that SFR_EXECUTOR_CONFIG
names, and what each executor must be told so that a step finds what it needs. Does not belong here:
what is done around whatever executes them (`owning`), equal pieces within a step (`engine`).

Resources read the environment wherever a step runs. Processes of this machine inherit it. A step on
Ray or Kubernetes is given the variables of this project from the process of the run; what is secret
(keys of a store, of a source) should be in the environment there already, or be named in the
settings. A worker of Celery has the environment that it was started with.
"""

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import dagster as dg

from sfr_pipeline.errors import SettingError
from sfr_pipeline.resources.owning import Remove, owning
from sfr_pipeline.settings import path as named_path
from sfr_pipeline.settings import text
from sfr_pipeline.threads import processors
from sfr_pipeline.yaml_text import NotYamlError, load_values

EXECUTOR, SETTINGS = "SFR_EXECUTOR", "SFR_EXECUTOR_CONFIG"
IN_PROCESS = "in_process"
# What a process of this machine imports that then forks one for each step: importing takes longer
# than most steps.
PRELOADED = ("sfr_pipeline.resources.step_process", "sfr_pipeline.definitions", "duckdb")
# Steps that Ray is given at a time: it fails one that waits for a processor a quarter of an hour.
AT_ONCE_ON_RAY = 4
# Beside those of this project, what a step reads of the environment and what is no secret.
PASSED_ON = (
    "DAGSTER_HOME", "PATH", "PYTHONPATH", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAY_ADDRESS",
    "AWS_ENDPOINT_URL", "AWS_REGION", "XDG_CACHE_HOME", "XDG_STATE_HOME",
)  # fmt: skip
# Addresses that alerts go to may hold passwords.
SECRET = ("SFR_ALERTS_TO",)
# A step that is under way when its worker is killed goes to another worker: without these it is
# lost, and its run waits for ever.
LATE = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    # A step that waits in a worker is done by no other.
    "worker_prefetch_multiplier": 1,
}
_BROKERS = ("amqp", "pyamqp", "amqps")


def executor_name(environment: Mapping[str, str] = os.environ) -> str:
    """Which executor the environment asks for.

    Raises:
        SettingError: there is none of this name.
    """
    name = text(EXECUTOR, environment) or IN_PROCESS
    if name not in EXECUTORS:
        raise SettingError(
            f"{EXECUTOR}={name} names no executor: choose one of {', '.join(EXECUTORS)}"
        )
    return name


def executor_definition(
    remove: Remove = lambda is_over: None, environment: Mapping[str, str] = os.environ
) -> dg.ExecutorDefinition:
    """The executor that the environment asks for, with its settings.

    Args:
        remove: removes what steps passed on, once a run has succeeded.
        environment: the variables.

    Raises:
        SettingError: no such executor, it is not installed, or its settings are wrong; the message
            says which, and what to do.
    """
    name = executor_name(environment)
    definition = owning(inside_of(name), remove)
    given = settings(environment)
    if name == IN_PROCESS and not given:
        # As Dagster has it, a run may still say how its steps are tried again.
        return definition
    config = EXECUTORS[name](given, environment)
    _check(definition, config, environment)
    return definition.configured(config)


def settings(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Settings of the executor, from the file that the environment names; none where it names none.

    Raises:
        SettingError: there is no such file, or it is no YAML of settings by name.
    """
    path = named_path(SETTINGS, environment)
    if path is None:
        return {}
    try:
        read = load_values(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(
            f"{SETTINGS}={path} can't be read ({error.strerror}): name a YAML file with the "
            f"settings of the executor, or unset {SETTINGS}"
        ) from error
    except (NotYamlError, UnicodeDecodeError) as error:
        raise SettingError(f"{SETTINGS}={path} is no YAML: {error}") from error
    if read is None:
        return {}
    if not isinstance(read, dict):
        raise SettingError(
            f"{SETTINGS}={path} holds a {type(read).__name__}: write settings by name, such as "
            "'max_concurrent: 2'"
        )
    return read


def celery_settings(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Settings of Celery, the same for runs and for workers.

    Raises:
        SettingError: the broker is no RabbitMQ.
    """
    return _celery(settings(environment), environment)


def _in_process(given: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    return given


def _multiprocess(given: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    forked = {"forkserver": {"preload_modules": [*PRELOADED]}}
    return {"max_concurrent": processors(), "start_method": forked} | given


def _ray(given: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    passed = passed_on(environment)
    # The first that answers to "dagster" is that of this environment.
    passed["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), passed.get("PATH", "")))
    own = {"num_cpus": 1, **given.get("ray", {})}
    own["env_vars"] = [
        *(f"{name}={value}" for name, value in passed.items()),
        *own.get("env_vars", []),
    ]
    return {"max_concurrent": AT_ONCE_ON_RAY} | given | {"ray": own}


def _k8s(given: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    ours = [f"{name}={value}" for name, value in _of_this_project(environment).items()]
    return given | {"env_vars": [*ours, *given.get("env_vars", [])]}


def _celery(given: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    broker = given.get("broker")
    if isinstance(broker, dict):
        broker = environment.get(str(broker.get("env")), "")
    if broker is not None and str(broker).partition("://")[0] not in _BROKERS:
        kind = str(broker).partition(":")[0]
        raise SettingError(
            f"Celery's broker is {kind}: a step whose worker is killed there is given to no other, "
            "and its run waits for ever. Use RabbitMQ ('broker: pyamqp://user:password@host//')"
        )
    return given | {"config_source": {**(given.get("config_source") or {}), **LATE}}


# What the settings of each become.
EXECUTORS: dict[str, Callable[[dict[str, Any], Mapping[str, str]], dict[str, Any]]] = {
    IN_PROCESS: _in_process,
    "multiprocess": _multiprocess,
    "ray": _ray,
    "k8s": _k8s,
    "celery": _celery,
}
_ELSEWHERE = {
    "ray": ("dagster_ray", "ray_executor"),
    "k8s": ("dagster_k8s", "k8s_job_executor"),
    "celery": ("dagster_celery", "celery_executor"),
}


def passed_on(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables that a step on another machine is given, with their values."""
    found = _of_this_project(environment)
    return found | {name: environment[name] for name in PASSED_ON if name in environment}


def _of_this_project(environment: Mapping[str, str]) -> dict[str, str]:
    # Where a step is executed nothing else is, and the file of settings may not be there. Whoever
    # sees the job sees what it is given.
    return {
        name: value
        for name, value in environment.items()
        if name.startswith("SFR_") and name not in (EXECUTOR, SETTINGS, *SECRET)
    }


def inside_of(name: str) -> dg.ExecutorDefinition:
    """The executor of a name as its library has it.

    Raises:
        SettingError: it is not installed.
    """
    if name == IN_PROCESS:
        return dg.in_process_executor
    if name == "multiprocess":
        return dg.multiprocess_executor
    module, attribute = _ELSEWHERE[name]
    try:
        found: dg.ExecutorDefinition = getattr(import_module(module), attribute)
    except ImportError as error:
        raise SettingError(
            f"{EXECUTOR}={name} needs what is not installed here ({error}): "
            f"pip install 'sfr_pipeline[{name}]'"
        ) from error
    if name != "ray":
        return found
    # It takes how many steps it is given at a time, and does not say so.
    known: Any = found.config_schema.config_type
    return dg.ExecutorDefinition(
        name=found.name,
        config_schema={**known.fields, "max_concurrent": dg.Field(int, is_required=False)},
        requirements=found.get_requirements,
        executor_creation_fn=found.executor_creation_fn,
        description=found.description,
    )


def _check(
    definition: dg.ExecutorDefinition, config: dict[str, Any], environment: Mapping[str, str]
) -> None:
    """Refuse settings that the executor does not know, before a run begins."""
    from dagster._config import process_config

    field = definition.config_schema.as_field()
    result = process_config(field.config_type, config)
    if not result.success:
        causes = "; ".join(error.message for error in result.errors or ())
        raise SettingError(
            f"{SETTINGS}={text(SETTINGS, environment)} does not suit the executor "
            f"'{definition.name}': {causes}"
        )
