"""What ``dagster_home/dagster.yaml`` names: how runs of this project are queued and watched.

Dagster loads these classes by their names, in its web server and its daemon. Assets know nothing of
them. When a run counts as dead is decided in ``resources/runs.py``.
"""

from dagster import DagsterRun, DefaultRunLauncher, QueuedRunCoordinator
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._core.run_coordinator import SubmitRunContext

from sfr_pipeline.resources.runs import GONE, MARKET_TAG, is_gone, market_of


class WatchingLauncher(DefaultRunLauncher):
    """Dagster's launcher, which can also tell whether the process of a run is there."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """True: that is what it is for."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the process of a run that has begun is there; asked by Dagster's monitoring."""
        if is_gone(self._instance, run.run_id):
            return CheckRunHealthResult(WorkerStatus.FAILED, GONE)
        return CheckRunHealthResult(WorkerStatus.RUNNING)


class MarketQueue(QueuedRunCoordinator):
    """Dagster's queue, in which every run says whose market it is.

    ``dagster.yaml`` lets one run of a market go on at a time; without the tag that would hold for
    the schedule's runs alone, and not for backfills and for what is started by hand in the UI.
    """

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Put a run into the queue."""
        run = context.dagster_run
        if market := market_of(run):
            self._instance.add_run_tags(run.run_id, {MARKET_TAG: market})
        return super().submit_run(context)
