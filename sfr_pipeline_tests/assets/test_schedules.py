"""Monthly operation: when the schedule runs, what it asks for, what is late, what a plan tells."""

import datetime as dt

import dagster as dg
import pandas as pd
import pytest
import time_machine

from sfr_pipeline import clock
from sfr_pipeline.assets.table_asset import month_partitions
from sfr_pipeline.cli.dagster_command import as_line, materialize_month, materialize_months
from sfr_pipeline.cli.refresh_plan import as_text, expected_period, plan_refresh
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.markets import load_market, market_names
from sfr_pipeline.markets.market import END
from sfr_pipeline.paths import PROJECT_ROOT
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.schedules import last_complete_month, month_to_refresh, refresh_day
from sfr_pipeline.storage import tables


@pytest.fixture
def recent(mini):
    """The mini market, as if its sample went on to October 2026."""
    sample = mini.sample.model_copy(update={"first_vintage": "2026-07", "until": "2026-10"})
    return mini.model_copy(update={"sample": sample})


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


def vintages_of(warehouse, market, *months):
    """Store the vintages of months."""
    ends = pd.PeriodIndex(months, freq="M").to_timestamp("M").normalize()
    frame = pd.DataFrame(
        [
            {"as_of": day, "ref_date": day, "sfri": 0.0, "equal_weight": 0.0, "factor": 0.0,
             "n_indicators": 5}
            for day in ends
        ]
    )  # fmt: skip
    warehouse.store.write(market.name, tables.SFRI_VINTAGES, frame, months=months)


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


# What would be done ---------------------------------------------------------------------------


def store(warehouse, market, **last):
    """Store one value an indicator, and the vintages of two months."""
    rows = [
        {"ref_date": pd.Timestamp(day), "indicator": name, "value": 1.0, "source": "made up",
         "available_at": pd.Timestamp(day)}
        for name, day in last.items()
    ]  # fmt: skip
    warehouse.store.write(market.name, tables.INDICATORS, pd.DataFrame(rows))
    vintages_of(warehouse, market, "2026-07", "2026-09")


def test_a_plan_says_which_tables_which_month_what_is_stale_and_what_to_backfill(recent, tmp_path):
    warehouse = Warehouse(root=str(tmp_path))
    store(
        warehouse,
        recent,
        stock_volatility="2026-11-13",
        stock_drawdown="2026-10-30",
        default_spread="2026-10-31",
        payrolls="2026-10-31",
        retail_sales="2026-09-30",
    )
    before = sorted(tmp_path.rglob("*"))
    plan = plan_refresh(recent, warehouse, dt.date(2026, 11, 16))
    assert sorted(tmp_path.rglob("*")) == before, "nothing is written"
    assert plan.month == "2026-10"
    assert {name for name, of_month in plan.assets if of_month} == {"sfri_vintages", "index_news"}
    names = [name for name, _ in plan.assets]
    assert names.index("prices") < names.index("indicators") < names.index("sfri_vintages")
    assert plan.missing_months == ["2026-08"]
    state = plan.inputs.set_index("indicator")["state"].to_dict()
    assert state == {
        "stock_volatility": "current",
        "stock_drawdown": "current",
        "default_spread": "current",
        "payrolls": "current",
        "retail_sales": "stale",
        "bank_beta": "stale",
        "bill_change": "stale",
    }
    text = as_text(plan)
    assert "sfri_vintages (partition 2026-10)" in text
    assert "1 earlier months have no vintage (2026-08 to 2026-08)" in text
    assert "--partition 2026-10" in text
    (row,) = (line.split() for line in text.splitlines() if line.strip().startswith("retail_sales"))
    assert row == ["retail_sales", "retail_sales", "2026-09-30", "2026-10-31", "stale"]


def test_a_plan_for_an_empty_warehouse_or_a_finished_market_says_so(mini, recent, tmp_path):
    plan = plan_refresh(recent, Warehouse(root=str(tmp_path)), dt.date(2026, 11, 16))
    assert plan.missing_months == ["2026-07", "2026-08", "2026-09"]
    assert "never" in as_text(plan)
    finished = plan_refresh(mini, Warehouse(root=str(tmp_path)), dt.date(2026, 11, 16))
    assert (finished.month, finished.assets) == (None, [])
    assert "would do nothing: 2026-10 is not among the months" in as_text(finished)


@pytest.mark.parametrize(
    ("indicator", "today", "expected"),
    [
        # Lag 15: September's is out on 15 October, not before.
        ("retail_sales", (2026, 10, 15), "2026-09-30"),
        ("retail_sales", (2026, 10, 14), "2026-08-31"),
        # Lag 0: a month is known on its last day.
        ("default_spread", (2026, 9, 30), "2026-09-30"),
        ("default_spread", (2026, 9, 29), "2026-08-31"),
        ("stock_volatility", (2026, 9, 29), "2026-09-29"),
        # Nothing is expected beyond the sample.
        ("stock_volatility", (2026, 12, 29), "2026-10-31"),
    ],
)
def test_what_should_be_out_follows_frequency_and_lag(recent, indicator, today, expected):
    (entry,) = (i for i in recent.indicators if i.id == indicator)
    assert expected_period(recent, entry, dt.date(*today)) == pd.Timestamp(expected)


def test_a_month_that_the_source_skips_is_not_waited_for_but_others_are(recent):
    series = [
        entry.model_copy(update={"carry": 1} | ({"skips": [9]} if entry.id == "payrolls" else {}))
        for entry in recent.series
    ]
    skipping = recent.model_copy(update={"series": series})
    by_id = {indicator.id: indicator for indicator in skipping.indicators}
    day = dt.date(2026, 10, 20)
    assert expected_period(skipping, by_id["payrolls"], day) == pd.Timestamp("2026-08-31")
    # That real time carries a value on is no leave for its source to be late.
    assert expected_period(skipping, by_id["retail_sales"], day) == pd.Timestamp("2026-09-30")


def test_a_carried_series_that_is_late_is_stale(recent, tmp_path):
    series = [entry.model_copy(update={"carry": 1}) for entry in recent.series]
    carried = recent.model_copy(update={"series": series})
    warehouse = Warehouse(root=str(tmp_path))
    store(warehouse, carried, retail_sales="2026-09-30", payrolls="2026-10-31")
    plan = plan_refresh(carried, warehouse, dt.date(2026, 11, 16))
    state = plan.inputs.set_index("indicator")["state"]
    assert (state["retail_sales"], state["payrolls"]) == ("stale", "current")


FORUM = "not group:china_opinion"


def test_a_plan_crawls_the_month_and_says_so_but_no_backfill_does(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    monkeypatch.delenv("SFR_CONTACT", raising=False)
    monkeypatch.delenv("SFR_END", raising=False)
    china, warehouse = load_market("china"), Warehouse(root=str(tmp_path / "warehouse"))
    month = china.sample.end
    today = (pd.Period(month) + 1).to_timestamp().date() + dt.timedelta(days=27)
    lines = as_text(plan_refresh(china, warehouse, today)).splitlines()
    (by_hand,) = (line for line in lines if line.endswith(f"--partition {month}"))
    (backfill,) = (line for line in lines if "--partition-range" in line)
    assert "--select '*'" in by_hand
    assert f"--select '{FORUM}'" in backfill
    text = " ".join(lines)
    assert f"It crawls the posts of {month} from https://guba.eastmoney.com" in text
    assert "SFR_CONTACT must hold an e-mail address" in text
    monkeypatch.setenv("SFR_CONTACT", "me@example.org")
    text = " ".join(as_text(plan_refresh(china, warehouse, today)).splitlines())
    assert "is given me@example.org to write to" in text
    # Exported posts stand in for the crawl, wherever the user's files lie.
    (tmp_path / "china" / "posts").mkdir(parents=True)
    text = as_text(plan_refresh(china, warehouse, today))
    assert "It crawls" not in text
    assert FORUM not in text


def test_the_docs_show_the_commands_of_the_plans(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    monkeypatch.delenv("SFR_END", raising=False)
    china, us = load_market("china"), load_market("us")
    shown = (PROJECT_ROOT / "docs" / "china.md").read_text()
    assert as_line(materialize_month(china, "2026-10")) in shown
    assert as_line(materialize_months(china, "2024-01", "2024-12")) in shown
    shown = (PROJECT_ROOT / "README.md").read_text()
    months = us.sample.first_vintage, us.sample.end
    assert as_line(materialize_months(us, *months)) in shown
    monkeypatch.setenv("SFR_END", "2024-12")
    assert as_line(["asset"]) == "SFR_END=2024-12 dagster asset"


def test_a_quarter_is_expected_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    china = load_market("china")
    gdp = next(i for i in china.indicators if i.id == "x24")
    assert expected_period(china, gdp, dt.date(2026, 10, 20)) == pd.Timestamp("2026-09-30")
    assert expected_period(china, gdp, dt.date(2026, 10, 19)) == pd.Timestamp("2026-06-30")
    plan = plan_refresh(china, Warehouse(root=str(tmp_path)), dt.date(2026, 11, 22))
    lacking = plan.inputs[plan.inputs["state"] == "needs a file"]["indicator"]
    assert lacking.to_list() == ["x2", "x3", "x4", "x15"]
