"""A backfill of six months: what checks and publishing take, with little and with much stored.

The tables of a market lie in a warehouse, with made-up vintages of 240 and of 2,400 months; Dagster
materializes six of them in one run, through the store, the checks and the publishing that any run
has. What is computed takes no time here.
"""

import logging
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import numpy as np
import pandas as pd

from benchmarks.settings import Settings
from benchmarks.timing import Findings, shown
from sfr_pipeline.assets.table_asset import contract_check, table_asset
from sfr_pipeline.markets import Market, load_market
from sfr_pipeline.resources import warehouse as resource
from sfr_pipeline.resources.warehouse import TABLE_BY_NAME, Warehouse
from sfr_pipeline.storage.tables import SFRI_VINTAGES
from sfr_pipeline.workspace import Place

MONTHS_WRITTEN, ROWS, LAST = 6, 180, "2019-12"
TARGET = 1.0


def checks_and_publishing(settings: Settings) -> Findings:
    """Time what a backfill does beside computing and writing."""
    stored = settings.pick(full=(240, 2_400), quick=(240, 2_400), tiny=(8, 16))
    repetitions = settings.pick(full=9, quick=3, tiny=1)
    market = load_market("us")
    with tempfile.TemporaryDirectory() as folder:
        roots = [Path(folder) / str(n_months) for n_months in stored]
        for root, n_months in zip(roots, stored, strict=True):
            _fill(root, market, n_months)
            _backfill(root, market)
        # They take turns, so that a machine that slows down for a while slows both.
        seconds = np.median(
            [[_backfill(root, market) for root in roots] for _ in range(repetitions)], axis=0
        )
    rows = [
        (f"{n_months:,}", shown(taken), f"{taken / TARGET:.2f}", f"{taken / seconds[0]:.2f}")
        for n_months, taken in zip(stored, seconds, strict=True)
    ]
    return Findings(
        f"Checks and publishing in a backfill of {MONTHS_WRITTEN} months",
        ("months stored", "seconds", f"share of the {shown(TARGET)} target", "to the first"),
        tuple(rows),
        f"All tables of a market stored; {ROWS} rows a month. Dagster's own work on the step of "
        "the check is counted, the writing of the months is not.",
    )


def _vintages(months: pd.PeriodIndex) -> pd.DataFrame:
    """Made-up rows; every column of the table has some value that its contract allows."""
    as_of = months.repeat(ROWS).to_timestamp(how="end").normalize()
    back = np.tile(np.arange(ROWS), len(months))
    ends = (months.repeat(ROWS) - back).to_timestamp(how="end").normalize()
    frame = pd.DataFrame({"as_of": as_of, "ref_date": ends})
    for column in SFRI_VINTAGES.columns:
        if column.name not in frame:
            frame[column.name] = {"double": 0.0, "int": 1, "bool": False, "string": ""}[column.type]
    return frame


def _fill(root: Path, market: Market, n_months: int) -> None:
    warehouse = Warehouse(root=str(root))
    for table in TABLE_BY_NAME.values():
        empty = table.empty()
        if table.append_only:
            at = pd.Timestamp("2020-01-01").to_pydatetime()
            warehouse.store.append(market.name, table, empty, at, "bench")
        elif table.partition_column is None:
            warehouse.store.write(market.name, table, empty)
    months = pd.period_range(end=LAST, periods=n_months, freq="M")
    warehouse.store.write(market.name, SFRI_VINTAGES, _vintages(months))
    warehouse.publish(market.name)


def _backfill(root: Path, market: Market) -> float:
    """Seconds of checks and publishing in one run over the last months."""
    months = pd.period_range(end=LAST, periods=MONTHS_WRITTEN, freq="M")
    partitions = dg.StaticPartitionsDefinition([str(month) for month in months])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)

        @table_asset(market, SFRI_VINTAGES, leg="index", partitions_def=partitions)
        def sfri_vintages() -> pd.DataFrame:
            return _vintages(months)

    definitions = dg.Definitions(
        assets=[sfri_vintages],
        asset_checks=[contract_check(market, SFRI_VINTAGES)],
        resources={
            "warehouse": Warehouse(root=str(root)),
            "io_manager": Warehouse(root=str(root)),
        },
        loggers={"silent": _silent},
    )
    spent: list[float] = []
    with mock.patch.object(resource, "publish", _timed(resource.publish, spent)):
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            tags={
                "dagster/asset_partition_range_start": str(months[0]),
                "dagster/asset_partition_range_end": str(months[-1]),
            },
            run_config={"loggers": {"silent": {}}},
        )
    [check] = result.get_asset_check_evaluations()
    if not check.passed:
        raise RuntimeError(f"the made-up vintages break their contract: {check.description}")
    [milliseconds] = [
        event.step_success_data.duration_ms
        for event in result.all_events
        if event.is_step_success and str(event.step_key).endswith("contract")
    ]
    return sum(spent) + milliseconds / 1000


def _timed(function: Callable[..., Place], spent: list[float]) -> Callable[..., Place]:
    def timed(*arguments: Any) -> Place:
        start = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            spent.append(time.perf_counter() - start)

    return timed


@dg.logger
def _silent(_context: dg.InitLoggerContext) -> logging.Logger:
    silent = logging.Logger("silent")
    silent.addHandler(logging.NullHandler())
    return silent
