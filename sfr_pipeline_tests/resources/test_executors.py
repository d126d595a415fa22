"""Where steps are executed: every name loads, and what is wrong is refused with the remedy."""

import logging
import os
import subprocess
import sys

import dagster as dg
import pytest
import urllib3

from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.errors import SettingError
from sfr_pipeline.resources import executors
from sfr_pipeline.resources.executor_health import look_at_executor
from sfr_pipeline.resources.executors import (
    EXECUTORS,
    celery_settings,
    executor_definition,
    passed_on,
)
from sfr_pipeline_tests.checkout import CHECKOUT

ELSEWHERE = {"ray": "dagster_ray", "k8s": "dagster_k8s", "celery": "dagster_celery"}


def environment(name, path=None, **others):
    return {"SFR_EXECUTOR": name, **({"SFR_EXECUTOR_CONFIG": str(path)} if path else {}), **others}


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "réglages d'exécution.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(autouse=True)
def loggers_as_they_were(monkeypatch):
    """What talks to Kubernetes says how loud its own libraries are."""
    logger = logging.getLogger(urllib3.__name__)
    monkeypatch.setattr(logger, "level", logger.level)


def needs(name):
    if name in ELSEWHERE:
        pytest.importorskip(ELSEWHERE[name], reason=f"the extra [{name}] is not installed")


def applied(definition):
    """Settings of an executor as a run resolves them."""
    return definition.apply_config_mapping({}).value["config"]


@pytest.mark.parametrize("name", EXECUTORS)
def test_definitions_load_under_each_name(name, mini, monkeypatch):
    needs(name)
    monkeypatch.setenv("SFR_EXECUTOR", name)
    definitions = build_definitions(mini)
    job = definitions.resolve_implicit_global_asset_job_def()
    assert job.executor_def.name == name
    dg.Definitions.validate_loadable(definitions)


def test_the_default_executes_in_the_process_of_the_run_and_takes_a_runs_own_settings():
    definition = executor_definition(environment={})
    assert definition.name == "in_process"
    assert "retries" in definition.config_schema.config_type.fields


@pytest.mark.parametrize("name", EXECUTORS)
def test_settings_reach_the_executor(name, written):
    needs(name)
    text = {
        "in_process": "retries: {disabled: {}}",
        "multiprocess": "max_concurrent: 7",
        "ray": "max_concurrent: 7\nray: {num_cpus: 3, env_vars: [LANG]}",
        "k8s": "max_concurrent: 7\njob_namespace: risk",
        "celery": "broker: pyamqp://guest@far//\nconfig_source: {timezone: Asia/Shanghai}",
    }[name]
    found = applied(executor_definition(environment=environment(name, written(text))))
    expected = {
        "in_process": lambda: "disabled" in found["retries"],
        "multiprocess": lambda: found["max_concurrent"] == 7,
        "ray": lambda: (found["max_concurrent"], found["ray"]["num_cpus"]) == (7, 3),
        "k8s": lambda: (found["max_concurrent"], found["job_namespace"]) == (7, "risk"),
        "celery": lambda: found["config_source"]["timezone"] == "Asia/Shanghai",
    }
    assert expected[name]()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("dask", "", "SFR_EXECUTOR=dask names no executor: choose one of in_process, multi"),
        ("multiprocess", "max_concurent: 2", "does not suit the executor 'multiprocess'.*max_conc"),
        ("multiprocess", "max_concurrent: many", "does not suit the executor 'multiprocess'"),
        ("multiprocess", "a: [", "is no YAML"),
        ("multiprocess", "- max_concurrent", "holds a list: write settings by name"),
    ],
)
def test_what_is_wrong_is_refused_with_the_remedy(name, text, message, written):
    with pytest.raises(SettingError, match=message):
        executor_definition(environment=environment(name, written(text)))


def test_a_file_of_settings_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingError, match=r"gone\.yaml can't be read .*unset SFR_EXECUTOR_CONFIG"):
        executor_definition(environment=environment("in_process", tmp_path / "gone.yaml"))


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_executor_that_is_not_installed_says_how_to_install_it(name, monkeypatch):
    monkeypatch.setitem(sys.modules, ELSEWHERE[name], None)
    with pytest.raises(SettingError, match=rf"pip install 'sfr_pipeline\[{name}\]'"):
        executor_definition(environment=environment(name))


@pytest.mark.parametrize(
    "broker", ["redis://localhost:6379/0", "rediss://x", "sentinel://x", "filesystem://"]
)
def test_a_broker_that_loses_steps_is_refused(broker, written):
    path = written(f"broker: {broker}")
    for asked in (executor_definition, celery_settings):
        with pytest.raises(SettingError, match=f"broker is {broker.partition(':')[0]}.*RabbitMQ"):
            asked(environment=environment("celery", path))
    by_name = written("broker: {env: BROKER}")
    with pytest.raises(SettingError, match="RabbitMQ"):
        celery_settings(environment("celery", by_name, BROKER=broker))


def test_celery_acknowledges_late_whatever_its_settings_say(written):
    path = written("config_source: {task_acks_late: false, task_default_priority: 3}")
    found = celery_settings(environment("celery", path))["config_source"]
    assert found["task_acks_late"] is found["task_reject_on_worker_lost"] is True
    assert found["task_default_priority"] == 3


def test_a_worker_of_celery_acknowledges_late_too(written, monkeypatch):
    needs("celery")
    monkeypatch.setenv("SFR_EXECUTOR_CONFIG", str(written("broker: pyamqp://guest@far//")))
    monkeypatch.delitem(sys.modules, "sfr_pipeline.resources.celery_worker", raising=False)
    from sfr_pipeline.resources.celery_worker import app

    assert app.conf.broker_url == "pyamqp://guest@far//"
    assert app.conf.task_acks_late is app.conf.task_reject_on_worker_lost is True
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.tasks["execute_plan"].acks_late is True


STEP_WITH_WORKERS = """
import billiard

def step(answers):
    from operator import neg
    from sfr_pipeline.engine import local
    from sfr_pipeline.resources.celery_worker import may_have_workers

    local.PRELOADED.clear()
    may_have_workers()
    answers.put(sorted(local.Local(workers=2).completed(neg, [1, 2, 3])))

answers = billiard.Queue()
billiard.Process(target=step, args=(answers,), daemon=True).start()
print(answers.get(timeout=100))
"""


def test_a_step_in_a_process_of_celery_has_workers_of_its_own(written):
    needs("celery")
    settings = {"SFR_EXECUTOR_CONFIG": str(written("broker: pyamqp://guest@far//"))}
    done = subprocess.run(
        [sys.executable, "-c", STEP_WITH_WORKERS],
        env=os.environ | settings | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[(0, -1), (1, -2), (2, -3)]", done.stderr


def test_steps_elsewhere_are_given_the_variables_of_this_project_and_no_secrets(written):
    needs("ray")
    here = {"SFR_PROFILE": "quick", "PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "x", "HOME": "/root"}
    assert passed_on(environment("ray", "settings.yaml", **here)) == passed_on(here)
    assert passed_on(here) == {"SFR_PROFILE": "quick", "PATH": "/bin"}
    path = written("ray: {env_vars: [FRED_API_KEY]}")
    definition = executor_definition(environment=environment("ray", path, **here))
    given = applied(definition)["ray"]["env_vars"]
    assert "SFR_PROFILE=quick" in given
    assert "FRED_API_KEY" in given
    (search,) = [each for each in given if each.startswith("PATH=")]
    assert search.startswith(f"PATH={executors.Path(sys.executable).parent}:")


@pytest.mark.parametrize(
    ("answers", "state", "says"),
    [
        (lambda settings: ["w1@here"], "ok", "w1@here"),
        (lambda settings: [], "note", "runs wait for one"),
    ],
)
def test_the_doctor_tells_whether_workers_answer(answers, state, says):
    needs("celery")
    (found,) = look_at_executor(environment("celery"), answers)
    assert (found.state, says in found.says) == (state, True)


def test_the_doctor_tells_that_a_broker_is_away(written):
    needs("celery")
    path = written("broker: pyamqp://guest@127.0.0.1:9//")
    (found,) = look_at_executor(environment("celery", path))
    assert found.state == "broken"
    assert "does not answer" in found.says


def test_the_doctor_tells_what_is_wrong_with_the_settings(written):
    (found,) = look_at_executor(environment("multiprocess", written("a: [")))
    assert (found.state, found.remedy) == ("broken", "unset SFR_EXECUTOR SFR_EXECUTOR_CONFIG")
    (found,) = look_at_executor({})
    assert (found.state, "in_process" in found.says) == ("ok", True)
