"""What the plan of a refresh tells: what is stale, which tables and months, which commands."""

import datetime as dt
import shlex

import pandas as pd
import pytest

from sfr_pipeline.cli.dagster_command import materialize_month, materialize_months
from sfr_pipeline.cli.refresh_plan import as_text, expected_period, plan_refresh
from sfr_pipeline.markets import load_market
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline_tests.assets.stored_months import vintages_of
from sfr_pipeline_tests.checkout import CHECKOUT


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
        "bank_beta": "never fetched",
        "bill_change": "never fetched",
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
    assert set(plan.inputs["state"]) == {"never fetched"}
    assert f"{len(plan.inputs)} x never fetched" in as_text(plan)
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
    china, us = load_market("china"), load_market("us")
    shown = (CHECKOUT / "docs" / "china.md").read_text(encoding="utf-8")
    assert typed(materialize_month(china, "2026-10")) in shown
    assert typed(materialize_months(china, "2024-01", "2024-12")) in shown
    shown = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    months = us.sample.first_vintage, us.sample.end
    assert typed(materialize_months(us, *months)) in shown


def typed(arguments):
    """A command in a checkout."""
    return shlex.join([".venv/bin/dagster", *arguments])


def test_a_quarter_is_expected_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    china = load_market("china")
    gdp = next(i for i in china.indicators if i.id == "x24")
    assert expected_period(china, gdp, dt.date(2026, 10, 20)) == pd.Timestamp("2026-09-30")
    assert expected_period(china, gdp, dt.date(2026, 10, 19)) == pd.Timestamp("2026-06-30")
    plan = plan_refresh(china, Warehouse(root=str(tmp_path)), dt.date(2026, 11, 22))
    lacking = plan.inputs[plan.inputs["state"] == "needs a file"]["indicator"]
    assert lacking.to_list() == ["x2", "x3", "x4", "x15"]
