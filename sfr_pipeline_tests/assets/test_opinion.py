"""The opinion leg in Dagster: exports stand in for the crawl, failures lose nothing."""

import dagster as dg
import pandas as pd
import pytest

from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.errors import DeviceError, SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.opinion import Exports, Forum
from sfr_pipeline.resources.crawler import Crawler
from sfr_pipeline.resources.device import Device
from sfr_pipeline.resources.warehouse import Warehouse

TABLES = ("posts", "posts_rejected", "sentiment", "npoi", "npoi_scaling")
WINDOW = {
    "dagster/asset_partition_range_start": "2007-01",
    "dagster/asset_partition_range_end": "2008-12",
}


class BlockedCrawler(Crawler):
    """A crawler that a site has stopped."""

    def crawl(self, *arguments, **options):
        raise SourceError("the crawl stopped (challenge)")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    pd.DataFrame(
        {
            "date": [
                "2007-06-01 10:00",
                "2007-06-02 11:00",
                "2007-07-01 09:30",
                "2007-07-02 12:00",
            ],
            "text": ["利好，明天大涨", "利空，明天暴跌", "利好，明天大涨", "看好后市，加仓"],
            "reads": ["1.2万", "300", "40", "-7"],
            "comments": [3, 0, 1, 2],
        }
    ).to_csv(folder / "posts.csv", index=False)
    return folder


@pytest.fixture
def market(mini, folder):
    forum = Forum(
        site="sandbox",
        bars=["zssh000001"],
        first_month="2007-06",
        delay=0,
        exports=Exports(folder=str(folder), columns={"published_at": "date"}),
    )
    sentiment = load_market("sandbox").sentiment
    return mini.model_copy(update={"forum": forum, "sentiment": sentiment})


def run(market, root):
    """Materialize the leg; returns the result, with errors in it rather than raised."""
    definitions = build_definitions(
        market, resources={"warehouse": Warehouse(root=str(root)), "crawler": BlockedCrawler()}
    )
    return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=[dg.AssetKey(["mini", name]) for name in TABLES],
        tags=WINDOW,
        run_config={"loggers": {"progress": {}}},
        raise_on_error=False,
    )


def metadata(result, table):
    return result.asset_materializations_for_node(f"mini__{table}")[0].metadata


def test_exports_stand_in_for_the_crawl(market, tmp_path):
    result = run(market, tmp_path)
    assert result.success
    warehouse = Warehouse(root=str(tmp_path))
    posts = warehouse.read("mini", "posts")
    assert sorted(posts["reads"]) == [40, 300, 12000]
    assert posts["likes"].isna().all()
    [reason] = warehouse.read("mini", "posts_rejected")["reason"]
    assert "-7" in reason or "negative" in reason
    scores = warehouse.read("mini", "sentiment").merge(posts, on="post_id").set_index("text")
    assert (scores.loc["利好，明天大涨", "score"] > 0).all()
    assert scores.loc["利空，明天暴跌", "score"] < 0
    npoi = warehouse.read("mini", "npoi")
    assert set(npoi["ref_date"].dt.strftime("%Y-%m")) == {"2007-06", "2007-07"}
    assert (npoi["share_missing"] == 0.5).all()


def test_months_before_the_forum_are_written_empty(market, tmp_path):
    run(market, tmp_path)
    store = Warehouse(root=str(tmp_path)).store
    files = sorted((store.root / "parquet" / "mini" / "posts").glob("month=*"))
    assert [file.name for file in files[:2]] == ["month=2007-01", "month=2007-02"]
    assert len(files) == 24


@pytest.mark.faults
def test_a_second_run_asks_the_model_nothing_and_changes_nothing(market, tmp_path):
    first = run(market, tmp_path)
    before = Warehouse(root=str(tmp_path)).read("mini", "sentiment")
    second = run(market, tmp_path)
    assert metadata(first, "sentiment")["texts_new"].value == 3
    assert metadata(second, "sentiment")["texts_new"].value == 0
    pd.testing.assert_frame_equal(before, Warehouse(root=str(tmp_path)).read("mini", "sentiment"))


def test_a_crawl_that_was_stopped_fails_the_month_and_keeps_what_was_there(
    market, folder, tmp_path
):
    assert run(market, tmp_path).success
    before = Warehouse(root=str(tmp_path)).read("mini", "posts")
    folder.rename(folder.with_name("elsewhere"))
    result = run(market, tmp_path)
    assert not result.success
    failed = [event.step_key for event in result.all_events if event.is_step_failure]
    assert failed == ["fetch_posts"]
    pd.testing.assert_frame_equal(before, Warehouse(root=str(tmp_path)).read("mini", "posts"))


def test_a_device_that_is_not_there_is_named():
    assert Device(name="cpu").resolve() == "cpu"
    with pytest.raises(DeviceError, match="cuda:7"):
        Device(name="cuda:7").resolve()
    with pytest.raises(DeviceError, match="abacus"):
        Device(name="abacus").resolve()
