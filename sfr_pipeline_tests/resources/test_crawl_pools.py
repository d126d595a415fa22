"""A site has one slot in the whole instance, which a run that was killed does not keep."""

import json
import os
import signal
import subprocess
import sys
import time

import dagster as dg
import pytest

from sfr_pipeline.assets import opinion
from sfr_pipeline.markets import load_market
from sfr_pipeline.resources.crawl_pools import free_ended, hold_to_one, pool_of
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.resources.two_hosts import SITE, Host, made_up

POOL = pool_of(SITE)


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    root = tmp_path_factory.mktemp("hosts")
    storage = {"sqlite": {"base_dir": str(root / "shared")}}
    return [Host(root, name, storage) for name in ("here", "there")]


@pytest.fixture
def instances(hosts):
    """Of each host, on the history that they share; no slot is taken."""
    here, there = hosts
    with here.instance() as one, there.instance() as two:
        yield one, two


@pytest.mark.parametrize(
    ("site", "pool"),
    [
        ("https://Guba.example.com", "crawl_guba_example_com"),
        ("http://guba.example.com:8080", "crawl_guba_example_com"),
        ("http://127.0.0.1:81", "crawl_127_0_0_1_81"),
        ("sandbox", None),
        (None, None),
    ],
)
def test_a_pool_bears_the_name_of_the_site_as_the_lock_does(site, pool):
    assert pool_of(site) == pool


def test_the_step_that_crawls_is_in_the_pool_of_its_site():
    for name in ("china", "sandbox"):
        market = load_market(name)
        posts, *_ = opinion.build_assets(market)
        assert posts.op.pool == pool_of(market.forum.site)


def plan():
    job = made_up.resolve_implicit_global_asset_job_def()
    return dg._core.execution.api.create_execution_plan(job, run_config=config("t", "u"))


def config(times, until):
    return {"ops": {"made_up__crawled": {"config": {"times": str(times), "until": str(until)}}}}


def run_in(instance):
    job = made_up.resolve_implicit_global_asset_job_def()
    return instance.create_run_for_job(job, run_config=config("t", "u")).run_id


def test_two_hosts_share_one_slot_whatever_was_set(instances):
    one, two = instances
    for instance in (one, two):
        hold_to_one(instance, plan())
    one.event_log_storage.set_concurrency_slots(POOL, 5)
    hold_to_one(two, plan())
    first, second = run_in(one), run_in(two)
    assert one.event_log_storage.claim_concurrency_slot(POOL, first, "step").is_claimed
    claim = two.event_log_storage.claim_concurrency_slot
    assert not claim(POOL, second, "step").is_claimed
    one.event_log_storage.free_concurrency_slot_for_step(first, "step")
    assert claim(POOL, second, "step").is_claimed
    two.event_log_storage.free_concurrency_slots_for_run(second)


def test_a_run_that_is_over_keeps_no_slot_and_one_that_goes_on_does(instances):
    one, two = instances
    hold_to_one(one, plan())
    first, second = run_in(one), run_in(two)
    assert one.event_log_storage.claim_concurrency_slot(POOL, first, "step").is_claimed
    free_ended(two)
    claim = two.event_log_storage.claim_concurrency_slot
    assert not claim(POOL, second, "step").is_claimed
    one.report_run_failed(one.get_run_by_id(first))
    free_ended(two)
    assert claim(POOL, second, "step").is_claimed
    two.event_log_storage.free_concurrency_slots_for_run(second)


def crawl(host, times, until):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "dagster", "asset", "materialize",
         "-m", "sfr_pipeline_tests.resources.two_hosts", "-a", "made_up", "--select", "*",
         "--config-json", json.dumps(config(times, until))],
        cwd=CHECKOUT, env={**os.environ, "DAGSTER_HOME": str(host.home)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def wait_for(what, seconds=60):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.faults
def test_a_second_host_crawls_when_the_first_has_ended_or_was_killed(hosts, tmp_path):
    here, there = hosts
    times, until = tmp_path / "times", tmp_path / "until"
    times.touch()
    with here.instance() as instance:
        instance.get_runs(limit=1)
    killed = crawl(here, times, until)
    wait_for(lambda: times.read_text() == "began\n")
    waiting = crawl(there, times, until)
    with there.instance() as instance:
        wait_for(lambda: len(instance.event_log_storage.get_concurrency_run_ids()) == 2)
        time.sleep(2)
        assert times.read_text() == "began\n", "the second waits"
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        until.touch()
        # The next run of the host whose run was killed marks that, and frees its slot.
        assert crawl(here, times, until).wait(90) == 0
        assert waiting.wait(60) == 0
    assert sorted(times.read_text().split()) == ["began"] * 3 + ["ended"] * 2
    (after,) = [times.read_text().split()[1:]]
    assert after == ["began", "ended", "began", "ended"], "one at a time"
