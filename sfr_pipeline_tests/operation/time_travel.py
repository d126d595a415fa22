"""Months of operation on the sandbox: one code location, its schedule, and a moved clock."""

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
import time_machine

from sfr_pipeline import sources
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.inputs.as_of import BY_MONTH, RECEIVED, lay_out
from sfr_pipeline.markets import load_market
from sfr_pipeline.resources.profile import TrainingProfile
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline_tests.operation.publishing import Economy, moment_of

RULES = """
notify: []
rules:
  - {id: stale, kind: stale, days: 1, severity: warning, text: Look at its source.}
"""


def going_on(**legs):
    """The sandbox as if its sample went on, with the index and what else is named."""
    market = load_market("sandbox")
    sample = market.sample.model_copy(update={"until": "latest", "first_vintage": "2022-01"})
    few = market.index.model_copy(update={"draws": 100, "replications": 100})
    without = {"forum": None, "sentiment": None, "forecasting": None, "stress": None, "truth": None}
    return market.model_copy(update={"sample": sample, "index": few, **without, **legs})


@dataclass
class Operation:
    """What some months of operation left.

    Attributes:
        market: the catalogue.
        root: of the warehouse.
        rules: folder of the rules of alerts.
        results: of each refresh, by month: whether it succeeded.
        told: rows of table ``publications`` that each refresh added, by month.
        indices: table ``sfri`` as each refresh left it, by month.
    """

    market: object
    root: Path
    rules: Path
    results: dict
    told: dict
    indices: dict

    def read(self, table):
        return Warehouse(root=str(self.root)).read("sandbox", table)


def operate(root, first, last, market=None, **faults):
    """Refresh by the schedule's own evaluation, month after month, and never reload."""
    market = market or going_on()
    rules = root / "rules"
    rules.mkdir(parents=True)
    (rules / "sandbox.yaml").write_text(RULES)
    done = Operation(market, root / "warehouse", rules, {}, {}, {})
    economy = Economy(market, **faults)
    with circumstances(rules, lambda name: economy):
        _operate(done, root, first, last)
    return done


@contextmanager
def circumstances(rules, source):
    """The rules of alerts, who answers for a source, and no end of the sample."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "source", source)
        patch.delenv("SFR_END", raising=False)
        patch.setenv("SFR_ALERTS", str(rules))
        yield


def nobody(name):
    raise AssertionError(f"{name} was asked")


def _operate(done, root, first, last):
    market = done.market
    with time_machine.travel(moment_of(first)):
        definitions = build_definitions(market, resources=_resources(done.root, market))
    schedule = definitions.resolve_schedule_def("sandbox_monthly")
    job = definitions.resolve_job_def("sandbox_refresh")
    home = root / "home"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        for month in pd.period_range(first, last, freq="M").astype(str):
            with time_machine.travel(moment_of(month)):
                (request,) = _tick(schedule, definitions, instance, done, month).run_requests
                assert request.partition_key == month
                result = job.execute_in_process(
                    instance=dg.DagsterInstance.ephemeral(),
                    partition_key=month,
                    run_config={"loggers": {"progress": {}}},
                    raise_on_error=False,
                )
                # Published, and so nothing is asked for on the day after.
                with time_machine.travel(moment_of(month) + pd.Timedelta(days=1)):
                    after = _tick(schedule, definitions, instance, done, month)
                    assert not after.run_requests, after.run_requests
            done.results[month] = result.success
            told = done.read("publications")
            done.told[month] = told[told["run"] == result.run_id].reset_index(drop=True)
            done.indices[month] = done.read("sfri")


def _resources(root, market):
    warehouse = Warehouse(root=str(root), synthetic=market.synthetic)
    return {"warehouse": warehouse, "profile": TrainingProfile(name="quick")}


def _tick(schedule, definitions, instance, done, month):
    with dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=moment_of(month),
        repository_def=definitions.get_repository_def(),
        resources={"warehouse": Warehouse(root=str(done.root))},
    ) as context:
        return schedule.evaluate_tick(context)


def assert_published_again(done, month, root):
    """A month's publication is made again from the archive as it was at the run's own time.

    Bit for bit, but for the columns of provenance. What else was made again is left at ``root``.
    """
    told = done.told[month]
    published_at = told["published_at"].iloc[0].to_pydatetime()
    with (
        time_machine.travel(published_at.replace(tzinfo=dt.UTC), tick=False),
        circumstances(done.rules, nobody),
    ):
        lay_out(ParquetStore(done.root), done.market, published_at, ParquetStore(root))
        _remeasure(done.market, root)
    again = Warehouse(root=str(root)).read("sandbox", "publications")
    provenance = ["published_at", "run"]
    key = ["quantity", "name", "ref_date", "target_date"]
    one, other = (
        frame.drop(columns=provenance).sort_values(key, ignore_index=True)
        for frame in (told, again)
    )
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def _remeasure(market, root):
    """Make every table but those that others are asked for, over all months."""
    definitions = build_definitions(market, resources=_resources(root, market))
    asked = {table.name for table in (*RECEIVED, *BY_MONTH)}
    keys = definitions.resolve_asset_graph().get_all_asset_keys()
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=dg.DagsterInstance.ephemeral(),
        asset_selection=[key for key in keys if key.path[-1] not in asked],
        tags={
            "dagster/asset_partition_range_start": market.sample.first_vintage,
            "dagster/asset_partition_range_end": market.sample.end,
        },
        run_config={"loggers": {"progress": {}}},
    )
    assert result.success


def assert_rebuilt_from_deliveries(done, root):
    """Series, prices and every vintage, made again from ``deliveries`` alone, are the same."""
    theirs, ours = ParquetStore(root), ParquetStore(done.root)
    for table in (tables.SERIES, tables.PRICES, tables.REVISIONS, tables.SFRI):
        before, after = (store.read("sandbox", table) for store in (ours, theirs))
        pd.testing.assert_frame_equal(before, after, check_exact=True)
    for table in (tables.SFRI_VINTAGES, tables.INDEX_NEWS):
        months = ours.months("sandbox", table)
        before, after = (store.read("sandbox", table, months) for store in (ours, theirs))
        pd.testing.assert_frame_equal(before, after, check_exact=True)
