"""Whether a run was asked for anything: one that has nothing to do must not count as a success.

Belongs here: what a run says of what was asked. Does not belong here: which months and assets there
are, which Dagster refuses by itself where it knows none of a name.
"""

import dagster as dg

from sfr_pipeline.errors import SettingError

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
# The name that Dagster gives to runs of assets chosen one by one.
CHOSEN = "__ASSET_JOB"


def require_something(run: dg.DagsterRun) -> None:
    """Refuse a run that was asked for nothing.

    Args:
        run: which. One of Dagster's command line knows where its code lies; what Python runs in its
            own process does not, and there no selection means all there is.

    Raises:
        SettingError: it selects no asset, which Dagster takes for all of them, or its range of
            months is reversed, which Dagster takes for none.
    """
    first, last = run.tags.get(RANGE_START), run.tags.get(RANGE_END)
    if first is not None and last is not None and first > last:
        raise SettingError(
            f"the range {first}...{last} holds no month: its first must not be after its last; "
            f"write {last}...{first}"
        )
    chosen = run.asset_selection or run.asset_check_selection
    if run.job_name == CHOSEN and run.job_code_origin is not None and not chosen:
        raise SettingError(
            "the selection holds no asset, so there is nothing to make: correct --select, which "
            "'dagster asset list' takes too, or select '*' for all"
        )
