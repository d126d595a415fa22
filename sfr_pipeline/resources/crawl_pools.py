"""One crawl of a site at a time in the whole instance, on however many hosts its runs are made.

`one_crawl` keeps crawls of one host apart, whatever instance they belong to. Beyond the host there
is what all hosts of an instance share: Dagster's pools. Each site has a pool, and each pool one
slot, which the step that crawls holds. Dagster leaves the slot of a killed run taken; so whoever
heals runs frees it.
"""

import re

import dagster as dg
from dagster._core.execution.plan.plan import ExecutionPlan

from sfr_pipeline.resources.one_crawl import name_of

PREFIX = "crawl_"


def pool_of(site: str | None) -> str | None:
    """The pool of a site; None for the synthetic one, which each crawl has for itself.

    Args:
        site: its address, ``sandbox``, or None where nothing is crawled.
    """
    if site is None or site == "sandbox":
        return None
    # Two sites that differ in signs alone share a pool, which is only slower.
    return PREFIX + re.sub(r"\W", "_", name_of(site))


def hold_to_one(instance: dg.DagsterInstance, plan: ExecutionPlan) -> None:
    """Give the pool of each site that a run may crawl one slot, whatever it had.

    Args:
        instance: Dagster's.
        plan: of the run.
    """
    storage = instance.event_log_storage
    pools = {step.pool for step in plan.steps if step.pool and step.pool.startswith(PREFIX)}
    if not pools or not storage.supports_global_concurrency_limits:
        return
    held = {limit.name for limit in storage.get_pool_limits() if limit.limit == 1}
    for pool in sorted(pools - held):
        storage.set_concurrency_slots(pool, 1)


def free_ended(instance: dg.DagsterInstance) -> None:
    """Free the slots of runs that are over, of every pool."""
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return
    for run_id in storage.get_concurrency_run_ids():
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            storage.free_concurrency_slots_for_run(run_id)
