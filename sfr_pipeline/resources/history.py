"""What Dagster keeps of its runs, and the sweeper that ends its growth.

A run leaves a database of its events of one to several MB, most of it pictures in metadata, and the
logs of its steps; nothing in Dagster ever removes them. Ticks of schedules and sensors end by the
``retention`` of ``dagster_home/dagster.yaml``.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

import dagster as dg
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage

from sfr_pipeline.resources.runs import FINISHED, MARKET_TAG

# Of each market: more than a year of monthly runs.
RUNS_KEPT = 20


@dataclass(frozen=True)
class SweptHistory:
    """What a sweep removed, or would remove.

    Attributes:
        deleted: ids of runs of which nothing is left.
        emptied: ids of runs whose events and logs are gone, but whose materializations stay,
            because nothing newer has been written of some table or month.
        bytes: size of the files.
    """

    deleted: tuple[str, ...]
    emptied: tuple[str, ...]
    bytes: int


def sweep_history(
    instance: dg.DagsterInstance, kept: int = RUNS_KEPT, dry_run: bool = False
) -> SweptHistory:
    """Remove all finished runs of each market but the newest.

    The newest materialization of every table, and of every month of it, stays whatever its age: it
    says when it was written, and from what.

    Args:
        instance: Dagster's.
        kept: how many runs of each market stay whole.
        dry_run: whether to tell only.
    """
    old = _old_runs(instance, kept)
    newest = _runs_of_newest_materializations(instance) if old else set()
    files = {run_id: [*_files_of(instance, run_id)] for run_id in old}
    deleted = tuple(run_id for run_id in old if run_id not in newest)
    emptied = tuple(run_id for run_id in old if run_id in newest and files[run_id])
    paths = [path for of_run in files.values() for path in of_run]
    size = sum(_size(path) for path in paths)
    if not dry_run:
        for run_id in deleted:
            instance.delete_run(run_id)
        # Dagster deletes rows of the run's database, and leaves the file as large as it was.
        for path in paths:
            if path.is_dir():
                rmtree(path)
            else:
                path.unlink(missing_ok=True)
    return SweptHistory(deleted, emptied, size)


def _old_runs(instance: dg.DagsterInstance, kept: int) -> list[str]:
    by_market = defaultdict(list)
    # The newest first.
    for run in instance.get_runs(dg.RunsFilter(statuses=[*FINISHED])):
        by_market[run.tags.get(MARKET_TAG)].append(run.run_id)
    return [run_id for runs in by_market.values() for run_id in runs[kept:]]


def _runs_of_newest_materializations(instance: dg.DagsterInstance) -> set[str]:
    found = set()
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION
    for key in instance.all_asset_keys():
        if event := instance.get_latest_materialization_event(key):
            found.add(event.run_id)
        by_month = instance.event_log_storage.get_latest_storage_id_by_partition(key, kind)
        if by_month:
            events = instance.fetch_materializations(
                dg.AssetRecordsFilter(asset_key=key, storage_ids=[*by_month.values()]),
                limit=len(by_month),
            )
            found |= {record.event_log_entry.run_id for record in events.records}
    return found


def _files_of(instance: dg.DagsterInstance, run_id: str) -> Iterator[Path]:
    """The database of a run's events, where each run has one of its own, and its steps' logs."""
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        database = Path(storage.path_for_shard(run_id))
        yield from (path for path in database.parent.glob(f"{database.name}*") if path.exists())
    logs = Path(instance.storage_directory()) / run_id
    if logs.is_dir():
        yield logs


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
