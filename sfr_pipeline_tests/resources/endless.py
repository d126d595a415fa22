"""A code location with one asset that never ends and one that ends at once, to be killed."""

import time

import dagster as dg

from sfr_pipeline.resources.owning import owning


@dg.asset(key=["made_up", "endless"])
def endless():
    time.sleep(600)


@dg.asset(key=["made_up", "quick"])
def quick():
    return dg.MaterializeResult()


made_up = dg.Definitions([endless, quick], executor=owning(dg.in_process_executor))
