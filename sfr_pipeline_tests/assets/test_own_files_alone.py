"""Markets of price files alone and of posts alone: every leg that they have is run and told."""

import datetime as dt

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.cli.refresh_plan import POSTS_ALONE, as_text, plan_refresh
from sfr_pipeline.drafting.posts import draft_posts
from sfr_pipeline.drafting.prices import draft_prices
from sfr_pipeline.drafting.sections import without_panel
from sfr_pipeline.inputs.probe import as_text as probed
from sfr_pipeline.inputs.probe import probe
from sfr_pipeline.markets import load_market
from sfr_pipeline.operation.readings import last_month, watched_tables
from sfr_pipeline.report.page import optional_tables_of, tables_of
from sfr_pipeline.report.summary import summary_text
from sfr_pipeline.schedules import months_done
from sfr_pipeline_tests.assets.test_short_history import run
from sfr_pipeline_tests.drafting.made_up import own_workspace
from sfr_pipeline_tests.drafting.made_up_prices import closes, wide

TEXTS = {
    "2020-01-05": "市场今天上涨，明天看多",
    "2020-01-06": "大盘下跌，亏损严重",
    "2020-03-01": "利好",
}


def failed_checks(result):
    return [check.check_name for check in result.get_asset_check_evaluations() if not check.passed]


def page_and_summary(market, warehouse):
    tables = warehouse.read_all(market.name, tables_of(market), optional_tables_of(market))
    page = warehouse.report_path(market.name).read_text(encoding="utf-8")
    return " ".join(page.split()), " ".join(summary_text(market, tables).split())


@pytest.fixture(scope="module")
def opinion(tmp_path_factory):
    """A market of posts alone, drafted, written and run; with result and warehouse."""
    root = tmp_path_factory.mktemp("opinion")
    path = root / "said.csv"
    frame = pd.DataFrame({"when": TEXTS.keys(), "text": TEXTS.values()})
    frame.to_csv(path, index=False)
    with own_workspace(root) as own:
        section = draft_posts(path, "said", own, checkpoint="sandbox")
        without_panel("said", "Said", [section]).write(own)
        market = load_market("said")
        return market, *run(market, root / "warehouse")


def test_posts_alone_give_sentiment_index_report_and_publications(opinion):
    market, result, warehouse = opinion
    assert result.success
    # A month without posts is warned of, and nothing else.
    assert failed_checks(result) == ["months_are_sound"]
    scores = warehouse.read("said", "sentiment").set_index("published_at")["score"]
    npoi = warehouse.read("said", "npoi")
    real_time = npoi[npoi["variant"] == "real_time"].set_index("ref_date")["npoi"]
    months = scores.groupby(scores.index.to_period("M").to_timestamp("M")).mean()
    np.testing.assert_allclose(real_time, months, atol=1e-9)
    assert list(real_time.index.strftime("%Y-%m")) == ["2020-01", "2020-03"]
    told = warehouse.read("said", "publications").set_index("quantity")["value"]
    assert told["npoi"] == pytest.approx(scores["2020-03-01"].item())
    page, summary = page_and_summary(market, warehouse)
    assert "As of March 2020." in page
    assert "<title>Public opinion: Said, March 2020</title>" in page
    assert "all weigh the same, and the index is their mean sentiment" in page
    assert "3 posts in all, all of the same weight" in summary
    for words in (page, summary):
        assert "SYNTHETIC model of the sandbox, and their sentiment means nothing" in words


def test_posts_alone_are_probed_planned_and_watched(opinion):
    market, _, warehouse = opinion
    assert probed(probe(market)) == "The market names nothing that a source could deliver."
    plan = plan_refresh(market, warehouse, dt.date(2020, 4, 2))
    assert (plan.month, plan.missing_months) == ("2020-03", [])
    assert POSTS_ALONE in as_text(plan)
    names = watched_tables(market)
    assert last_month(warehouse.read_all("said", names, optional=names)) == pd.Period("2020-03")
    with dg.DagsterInstance.ephemeral() as instance:
        assert list(months_done(market, warehouse, instance)) == [pd.Period("2020-03")]


@pytest.mark.faults
def test_closes_of_a_year_have_empty_tables_that_say_when_they_begin(tmp_path):
    frame = closes()
    frame.loc[frame.index[::7], "B"] = np.nan  # another calendar
    frame.loc[frame.index[:20], "B"] = np.nan  # and another history
    section = draft_prices(wide(frame, tmp_path / "files"))
    with own_workspace(tmp_path) as own:
        without_panel("priced", "Priced", [section]).write(own)
        market = load_market("priced")
        result, warehouse = run(market, tmp_path / "warehouse")
        page, summary = page_and_summary(market, warehouse)
    assert result.success
    assert failed_checks(result) == []
    assert set(warehouse.read("priced", "daily_returns")["sub_market"]) == {"a", "b"}
    assert warehouse.read("priced", "stress_predictions").empty
    for words in (page, summary):
        assert "Daily stress is judged from 2027 on, and the prices end on 2021-12-31" in words
