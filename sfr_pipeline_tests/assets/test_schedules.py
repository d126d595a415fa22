"""Monthly operation: when the schedule runs, what it asks for, what is late."""

import datetime as dt

import dagster as dg
import pandas as pd
import pytest
import time_machine

from sfr_pipeline import clock
from sfr_pipeline.assets.table_asset import month_partitions
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.markets import load_market, market_names
from sfr_pipeline.markets.market import END
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.schedules import last_complete_month, month_to_refresh, refresh_day
from sfr_pipeline.storage import tables


def schedule_of(market):
    return build_definitions(market).resolve_schedule_def(f"{market.name}_monthly")


@pytest.fixture
def instance(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        yield instance


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(root=str(tmp_path / "warehouse"))


def tick(market, instance, warehouse, *moment):
    return tick_of(build_definitions(market), market, instance, warehouse, *moment)


def tick_of(definitions, market, instance, warehouse, *moment):
    with dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=dt.datetime(*moment, 6),
        repository_def=definitions.get_repository_def(),
        resources={"warehouse": warehouse},
    ) as context:
        return definitions.resolve_schedule_def(f"{market.name}_monthly").evaluate_tick(context)


def published(warehouse, market, *months):
    """Store that months were published."""
    at = pd.Timestamp(clock.now())
    told = {"quantity": "sfri", "name": "", "value": 0.0, "text": "index", "delivered_until": at,
            "catalogue": "0", "code_version": "0", "run": "r"}  # fmt: skip
    for number, month in enumerate(months):
        day, moment = pd.Period(month).end_time.normalize(), at + pd.Timedelta(seconds=number)
        rows = pd.DataFrame([{**told, "published_at": moment, "ref_date": day, "target_date": day}])
        rows = rows.astype({"published_at": "datetime64[us]", "delivered_until": "datetime64[us]"})
        warehouse.store.append(market.name, tables.PUBLICATIONS, rows, moment, "r")


def asked(ticked):
    """First and last month that a tick asks for, of its one run; None where it asks for none."""
    if not ticked.run_requests:
        return None
    (request,) = ticked.run_requests
    tags = request.tags
    if one := tags.get("dagster/partition"):
        return one, one
    return tags["dagster/asset_partition_range_start"], tags["dagster/asset_partition_range_end"]


@pytest.mark.parametrize("name", market_names())
def test_every_market_has_a_schedule_that_is_off_and_looks_every_day(name):
    schedule = schedule_of(load_market(name))
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    assert schedule.cron_schedule == "0 6 * * *"
    assert schedule.execution_timezone == "UTC"


def test_a_month_is_due_after_the_release_lags_of_its_figures(mini):
    # The longest lag of mini's monthly series is that of retail sales, 15 days.
    assert refresh_day(mini) == 16
    late = [series.model_copy(update={"release_lag": 61}) for series in mini.series]
    assert refresh_day(mini.model_copy(update={"series": late})) == 28
    quarterly = [series.model_copy(update={"frequency": "quarterly"}) for series in late]
    assert refresh_day(mini.model_copy(update={"series": quarterly})) == 1


@pytest.mark.parametrize(
    ("today", "month"),
    [((2026, 11, 16), "2026-10"), ((2026, 1, 1), "2025-12"), ((2024, 3, 31), "2024-02")],
)
def test_the_last_complete_month_is_that_before_today(today, month):
    assert last_complete_month(dt.date(*today)) == month


def test_a_tick_asks_for_the_month_just_published_and_all_tables(recent, instance, warehouse):
    ticked = tick(recent, instance, warehouse, 2026, 11, 16)
    (request,) = ticked.run_requests
    assert request.partition_key == "2026-10"
    definitions = build_definitions(recent)
    job = definitions.resolve_job_def("mini_refresh")
    assert set(job.asset_layer.executable_asset_keys) == set(
        definitions.resolve_asset_graph().get_all_asset_keys()
    )
    assert "2026-10" in job.partitions_def.get_partition_keys()
    assert request.tags["dagster/partition"] == "2026-10"


@pytest.mark.parametrize(
    ("stored", "today", "expected"),
    [
        # Never run: the newest month whose figures are out, and no history.
        ([], (2026, 10, 16), ("2026-09", "2026-09")),
        ([], (2026, 10, 15), ("2026-08", "2026-08")),
        (["2026-08"], (2026, 10, 15), None),
        (["2026-08"], (2026, 10, 16), ("2026-09", "2026-09")),
        # Missed months are made up in one run, on any day.
        (["2026-07"], (2026, 10, 15), ("2026-08", "2026-08")),
        (["2026-07"], (2026, 10, 31), ("2026-08", "2026-09")),
        (["2026-07"], (2026, 11, 20), ("2026-08", "2026-10")),
        # A gap further back is a backfill's.
        (["2026-07", "2026-09"], (2026, 10, 31), None),
        # The sample is over: what it lacks is asked for, nothing beyond.
        (["2026-09"], (2027, 3, 1), ("2026-10", "2026-10")),
        (["2026-10"], (2027, 3, 1), None),
    ],
)
def test_a_tick_asks_for_what_is_out_and_not_stored(
    recent, instance, warehouse, stored, today, expected
):
    if stored:
        published(warehouse, recent, *stored)
    ticked = tick(recent, instance, warehouse, *today)
    assert asked(ticked) == expected
    if expected is None:
        assert f"market mini is done up to {max(stored)}" in ticked.skip_message


def test_a_finished_sample_is_told_as_the_reason(recent, instance, warehouse):
    published(warehouse, recent, "2026-10")
    ticked = tick(recent, instance, warehouse, 2026, 12, 16)
    assert ticked.skip_message == (
        "market mini is done up to 2026-10, and its sample ends in 2026-10"
    )


def test_what_is_not_out_yet_is_told_with_its_day(recent, instance, warehouse):
    published(warehouse, recent, "2026-08")
    assert tick(recent, instance, warehouse, 2026, 10, 3).skip_message == (
        "market mini is done up to 2026-08: 2026-09 is refreshed on 2026-10-16"
    )


@pytest.mark.parametrize(
    "status", ["NOT_STARTED", "STARTING", "STARTED", "CANCELING", "FAILURE", "SUCCESS"]
)
def test_a_month_is_asked_for_again_when_its_run_failed_and_not_while_one_is_under_way(
    recent, instance, warehouse, status
):
    first = tick(recent, instance, warehouse, 2026, 11, 16)
    (request,) = first.run_requests
    run = instance.create_run_for_job(
        build_definitions(recent).resolve_job_def("mini_refresh"),
        status=dg.DagsterRunStatus[status],
        # The daemon adds those of the job.
        tags={**request.tags, "market": "mini"},
    )
    second = tick(recent, instance, warehouse, 2026, 11, 17)
    # A run that ended without a word of the month has not done it, whatever its status.
    if status in ("FAILURE", "SUCCESS"):
        assert asked(second) == ("2026-10", "2026-10")
        assert second.run_requests[0].run_key != request.run_key
    else:
        assert not second.run_requests
        assert f"run {run.run_id} of market mini is not over ({status})" in second.skip_message


def test_a_run_of_another_market_is_not_waited_for(recent, instance, warehouse):
    instance.create_run_for_job(
        build_definitions("world").resolve_job_def("world_refresh"),
        status=dg.DagsterRunStatus.STARTED,
        tags={"market": "world"},
    )
    assert asked(tick(recent, instance, warehouse, 2026, 11, 16)) == ("2026-10", "2026-10")


def test_a_market_without_months_is_refreshed_once_a_month(instance, warehouse):
    world = load_market("world")
    assert not world.partitioned
    with time_machine.travel(dt.datetime(2027, 2, 3, tzinfo=dt.UTC), tick=False):
        (request,) = tick(world, instance, warehouse, 2027, 2, 3).run_requests
        assert request.partition_key is None
        assert "dagster/asset_partition_range_start" not in request.tags
        job = build_definitions(world).resolve_job_def("world_refresh")
        status = dg.DagsterRunStatus.SUCCESS
        instance.create_run_for_job(job, status=status, tags=request.tags)
        # It had too little history to tell anything.
        nothing = warehouse.read_if_there("world", tables.PUBLICATIONS)
        warehouse.store.append("world", tables.PUBLICATIONS, nothing, clock.now(), "r")
        # By hand, for no month.
        instance.create_run_for_job(job, status=status)
        ticked = tick(world, instance, warehouse, 2027, 2, 4)
        assert "done up to 2027-01" in ticked.skip_message
    with time_machine.travel(dt.datetime(2027, 3, 1, tzinfo=dt.UTC), tick=False):
        assert len(tick(world, instance, warehouse, 2027, 3, 1).run_requests) == 1


def test_a_location_that_is_never_reloaded_gains_the_months_as_they_end(
    mini, instance, warehouse, monkeypatch
):
    monkeypatch.delenv(END, raising=False)
    sample = mini.sample.model_copy(update={"until": "latest"})
    goes_on = mini.model_copy(update={"sample": sample})
    with time_machine.travel(dt.datetime(2026, 11, 16, tzinfo=dt.UTC), tick=False) as moved:
        definitions = build_definitions(goes_on)
        job = definitions.resolve_job_def("mini_refresh")
        for month in pd.period_range("2026-10", "2028-02", freq="M"):
            # The last day on which it is not over, and the day on which its figures are out.
            evening = month.to_timestamp("M").normalize() + pd.Timedelta(hours=23)
            moved.move_to(evening.to_pydatetime())
            assert str(month) not in job.partitions_def.get_partition_keys()
            day = (month + 1).to_timestamp() + pd.Timedelta(days=15, hours=6)
            moved.move_to(day.to_pydatetime())
            assert job.partitions_def.get_last_partition_key() == str(month)
            ticked = tick_of(
                definitions, goes_on, instance, warehouse, day.year, day.month, day.day
            )
            assert asked(ticked) == (str(month), str(month))
            published(warehouse, goes_on, str(month))


def test_the_environment_ends_the_months_of_a_sample_that_goes_on(mini, monkeypatch):
    sample = mini.sample.model_copy(update={"until": "latest"})
    monkeypatch.setenv(END, "2020-03")
    months = month_partitions(mini.model_copy(update={"sample": sample}))
    assert months.get_last_partition_key() == "2020-03"
    assert not months.has_partition_key("2020-04")
    monkeypatch.delenv(END)
    assert month_partitions(
        mini.model_copy(update={"sample": sample})
    ).get_last_partition_key() == last_complete_month(clock.today())


def test_a_refresh_by_hand_takes_no_earlier_month_in_place_of_one_beyond_the_sample(recent):
    reason = month_to_refresh(recent, dt.date(2026, 12, 16))
    assert "2026-11 is not among the months of market mini, which end in 2026-10" in (
        reason.skip_message
    )
    assert "move 'sample.end' in its catalogue on" in reason.skip_message


# What is late ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", market_names())
def test_inputs_and_index_of_a_market_that_goes_on_are_late_after_their_refresh_day(name):
    market = load_market(name)
    graph = build_definitions(market).resolve_asset_graph()
    timed = {
        node.group_name: node.freshness_policy
        for node in graph.asset_nodes
        if node.freshness_policy is not None
    }
    if not market.sample.goes_on:
        assert timed == {}
        return
    legs = ("inputs", "index") if market.monthly else ("inputs",)
    assert set(timed) == {f"{name}_{leg}" for leg in legs}
    for node in graph.asset_nodes:
        assert (node.freshness_policy is not None) == (node.group_name in timed)
    (policy,) = set(timed.values())
    minute, hour, day, *rest = policy.deadline_cron.split()
    assert (int(minute), int(day), rest) == (0, refresh_day(market), ["*", "*"])
    # Whatever was materialized since the month before was over is fresh, nothing older is.
    since_midnight = dt.timedelta(days=int(day) - 1, hours=int(hour))
    assert policy.lower_bound_delta == since_midnight
    # The day's tick comes before the deadline.
    assert int(hour) > 6
