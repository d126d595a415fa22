"""What this project adds to whatever executes the steps of a run.

The process of the run holds the run's lock and heals the history when it begins, wherever the steps
are executed: in it, in other processes, or on other machines. A step whose process died is begun
again, because it has done no wrong; one that raised an error is not, because it would raise it
again (`sfr_pipeline.assets.retries` says which steps are tried again all the same). What steps
passed on to each other is removed when the run has succeeded.

Belongs here: the same around every executor. Does not belong here: which there are (`executors`),
locks and healing (`runs`).
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
from dagster import DagsterEvent
from dagster._core.execution.context.system import IStepContext, PlanOrchestrationContext
from dagster._core.execution.plan.objects import StepFailureData, StepRetryData
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.plan.state import KnownExecutionState
from dagster._core.execution.retries import RetryMode
from dagster._core.execution.step_dependency_config import StepDependencyConfig
from dagster._core.executor.child_process_executor import ChildProcessCrashException
from dagster._grpc.types import ExecuteStepArgs
from dagster._utils.error import SerializableErrorInfo

from sfr_pipeline.resources.crawl_pools import hold_to_one
from sfr_pipeline.resources.progress import PROGRESS, ProgressHandler
from sfr_pipeline.resources.run_locks import own
from sfr_pipeline.resources.runs import MARKET_TAG, heal, market_of

# How often a step is begun again whose process died. One that dies of too little memory would do so
# for ever.
BEGUN_AGAIN = 2
# Of an executor's error about a step whose process died: Dagster names no class where a watch over
# processes elsewhere found it.
_DIED = (None, ChildProcessCrashException.__name__)

# Removes what the steps of some runs passed on, given whether those of a run are among them.
Remove = Callable[[Callable[[str], bool]], None]


class OwningExecutor(dg.Executor):
    """An executor that owns its run: lock, tags, steps that died, and what is left behind.

    Args:
        executor: executes the steps.
        remove: removes what steps passed on.
    """

    def __init__(self, executor: dg.Executor, remove: Remove) -> None:
        self._executor, self._remove = executor, remove
        # Whoever executes steps asks itself what becomes of one that died.
        vars(executor)["log_failure_or_retry_event_after_error"] = self._after_error

    def __getattr__(self, name: str) -> Any:
        """What Celery's loop asks the executor of its run for."""
        return getattr(self._executor, name)

    @property
    def retries(self) -> RetryMode:
        """Whether steps are tried again, as the executor inside has it."""
        return self._executor.retries

    @property
    def step_dependency_config(self) -> StepDependencyConfig:
        """What a step waits for, as the executor inside has it."""
        return self._executor.step_dependency_config

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[DagsterEvent]:
        """Execute the plan's steps."""
        instance, run = plan_context.instance, plan_context.dagster_run
        tags = own(instance, run.run_id)
        market = market_of(run)
        if market:
            # For the queue, and for the schedule, which both let one run of a market go on.
            tags[MARKET_TAG] = market
        instance.add_run_tags(run.run_id, tags)
        heal(instance)
        hold_to_one(instance, execution_plan)
        failed = False
        loggers: Any = run.run_config.get("loggers", {})
        progress = ProgressHandler() if PROGRESS in loggers else None
        for event in self._executor.execute(plan_context, execution_plan):
            failed = failed or event.is_step_failure
            # What happened in this process has been told.
            if progress is not None and event.pid != os.getpid():
                progress.tell(event)
            yield event
        if not failed:
            self._remove(lambda run_id: _is_over(instance, run_id, run.run_id, market))

    def _after_error(
        self,
        step_context: IStepContext,
        err_info: SerializableErrorInfo,
        known_state: KnownExecutionState,
    ) -> DagsterEvent:
        """What becomes of a step whose process died, or could not begin."""
        if err_info.cls_name not in _DIED:
            return super().log_failure_or_retry_event_after_error(
                step_context, err_info, known_state
            )
        begun_again = known_state.get_retry_state().get_attempt_count(step_context.step.key)
        if begun_again < BEGUN_AGAIN and not step_context.retry_mode.disabled:
            step_context.log.warning(
                f"the process of this step died; the step is begun again ({begun_again + 1} of "
                f"{BEGUN_AGAIN}). {err_info.message.strip()}"
            )
            return DagsterEvent.step_retry_event(
                step_context, StepRetryData(error=err_info, seconds_to_wait=0)
            )
        told = SerializableErrorInfo(
            f"the process of this step died {begun_again + 1} times: is there too little memory? "
            f"Run again to complete what is left. {err_info.message.strip()}",
            stack=[],
            cls_name=None,
        )
        return DagsterEvent.step_failure_event(
            step_context=step_context,
            step_failure_data=StepFailureData(error=told, user_failure_data=None),
        )


def owning(
    inner: dg.ExecutorDefinition, remove: Remove = lambda is_over: None
) -> dg.ExecutorDefinition:
    """The same executor, which owns its runs; whoever configures it configures the one inside.

    Args:
        inner: which, without settings of its own.
        remove: removes what steps passed on.
    """
    create = inner.executor_creation_fn
    assert create is not None

    def created(context: dg.InitExecutorContext) -> OwningExecutor:
        return OwningExecutor(create(context), remove)

    return dg.ExecutorDefinition(
        name=inner.name,
        config_schema=inner.config_schema.as_field(),
        requirements=inner.get_requirements,
        executor_creation_fn=created,
        description=f"{inner.description or inner.name} The process of the run holds its lock.",
    )


def deaths(step: ExecuteStepArgs) -> int:
    """How often a step was begun, and neither ended nor asked to be tried again."""
    assert step.instance_ref is not None, "a run on workers has a history that they share"
    # Dagster has an event of its own for a step that is begun again because it asked for it.
    begun = {dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_RESTARTED}
    ended = dg.DagsterEventType.STEP_UP_FOR_RETRY
    with dg.DagsterInstance.from_ref(step.instance_ref) as instance:
        noted = [
            entry.get_dagster_event()
            for entry in instance.all_logs(step.run_id, of_type={*begun, ended})
        ]
    kinds = [one.event_type for one in noted if one.step_key in (step.step_keys_to_execute or ())]
    return sum(kind in begun for kind in kinds) - kinds.count(ended)


def _is_over(instance: dg.DagsterInstance, run_id: str, succeeded: str, market: str | None) -> bool:
    """Whether nobody will go on with a run, now that another has succeeded."""
    if run_id == succeeded:
        return True
    run = instance.get_run_by_id(run_id)
    # One that this history does not know may be under way in another.
    return run is not None and run.is_finished and market_of(run) == market
