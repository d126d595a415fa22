"""Who wrote a post is kept nowhere; what was written no longer than a market wants it kept."""

import json
from contextlib import nullcontext
from dataclasses import replace

import dagster as dg
import pandas as pd
import pyarrow.parquet as pq
import pytest
import time_machine

from sfr_pipeline.assets import opinion
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.opinion import Exports
from sfr_pipeline.markets.opinion import Forum as Catalogue
from sfr_pipeline.resources.crawler import Crawler
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline_tests.scrapers.forum import BAR, Forum, make_post

AUTHOR = "某某作者壹贰叁"
TITLE = "利好，明天大涨"
BODY = "看好后市，加仓，这一句只在这里"
REFUSED = "利空，明天暴跌，但阅读数是负的"
TABLES = ("posts", "posts_rejected", "sentiment", "npoi", "npoi_scaling")
WINDOW = {
    "dagster/asset_partition_range_start": "2007-06",
    "dagster/asset_partition_range_end": "2007-07",
}


@pytest.fixture
def site(monkeypatch):
    """A forum whose pages say who wrote what, in all the places where a page may say so."""
    by = {
        "user_nickname": AUTHOR,
        "post_user": {"user_nickname": AUTHOR, "user_is_majia": False},
        "post_ip": AUTHOR,
    }
    posts = [
        make_post(3, "2007-07-02 12:00:00", comments=1, post_title=TITLE, **by),
        make_post(2, "2007-07-01 09:30:00", post_title=REFUSED, **by) | {"post_click_count": -7},
        make_post(1, "2007-06-01 10:00:00", post_title=TITLE, **by),
        make_post(0, "2007-06-01 09:00:00", post_title={"by": AUTHOR}, post_click_count=[AUTHOR]),
        [AUTHOR],
        make_post(-1, "2006-12-01 10:00:00", post_title=TITLE, **by),
    ]
    with Forum([post for post in posts if isinstance(post, dict)]) as forum:
        forum.posts = posts
        whole = forum.post_page
        forum.post_page = lambda number: whole(number, content=f"<p>{BODY}</p>")
        monkeypatch.setattr(opinion, "_site", lambda _: nullcontext(forum.site))
        yield forum


@pytest.fixture
def market(mini):
    def made(days, **forum):
        given = {"site": "sandbox", "bars": [BAR], "first_month": "2007-06", "delay": 0}
        catalogue = Catalogue(**given, texts_kept_days=days, **forum)
        sentiment = load_market("sandbox").sentiment
        return mini.model_copy(update={"forum": catalogue, "sentiment": sentiment})

    return made


@pytest.fixture
def home(tmp_path):
    """The folder of all that a run leaves, Dagster's logs included."""
    (tmp_path / "dagster").mkdir()
    with dg.instance_for_test(temp_dir=str(tmp_path / "dagster")):
        yield tmp_path


def run(market, home, selection=TABLES):
    root = home / "warehouse"
    resources = {
        "warehouse": Warehouse(root=str(root)),
        "crawler": Crawler(root=str(root / "crawl")),
    }
    job = build_definitions(market, resources=resources).resolve_implicit_global_asset_job_def()
    return job.execute_in_process(
        instance=dg.DagsterInstance.get(),
        asset_selection=[dg.AssetKey(["mini", name]) for name in selection],
        tags=WINDOW,
        run_config={"loggers": {"progress": {}}},
        raise_on_error=False,
    )


def said(result):
    """Everything that the steps logged."""
    records = dg.DagsterInstance.get().all_logs(result.run_id)
    return "\n".join(str(record.user_message) for record in records)


def files_with(text, folder):
    """Files in which a text stands, as bytes of any likely spelling, or in a cell."""
    spellings = {
        text.encode(), text.encode("utf-16-le"), text.encode("gb18030"),
        json.dumps(text)[1:-1].encode(), json.dumps(json.dumps(text)[1:-1])[1:-1].encode(),
    }  # fmt: skip
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += repr(pq.read_table(path).to_pylist()).encode()
            content += repr(pq.read_metadata(path).to_dict()).encode()
        if any(spelling in content for spelling in spellings):
            found.append(str(path.relative_to(folder)))
    return found


def scores(home):
    return Warehouse(root=str(home / "warehouse")).read("mini", "sentiment")


def posts(home):
    return Warehouse(root=str(home / "warehouse")).read("mini", "posts")


def test_nobody_is_named_in_anything_that_a_run_leaves(site, market, home):
    result = run(market(None), home)
    assert result.success
    assert len(posts(home)) == 2
    # What is looked for would be found.
    assert json.dumps(AUTHOR)[1:-1] in site.list_page(1)
    assert {path.split("/")[1] for path in files_with(BODY, home)} >= {"crawl", "parquet"}
    assert any("posts_rejected" in path for path in files_with(REFUSED, home))
    assert files_with(AUTHOR, home) == []


def test_where_texts_are_kept_for_no_days_none_is_left_after_a_run(site, market, home):
    result = run(market(0), home)
    assert result.success
    for text in (TITLE, BODY, REFUSED, AUTHOR):
        assert files_with(text, home) == []
    frame = posts(home)
    assert frame["text"].to_list() == ["", ""]
    assert frame["likes"].notna().any()
    assert len(scores(home)) == 2
    rejected = Warehouse(root=str(home / "warehouse")).read("mini", "posts_rejected")
    raw = json.loads(rejected.set_index("post_id").loc["2", "raw"])
    assert (raw["title"], raw["reads"]) == (f"({len(REFUSED)} characters)", -7)


@pytest.mark.faults
def test_a_setting_that_comes_later_drops_what_was_kept_before(site, market, home):
    run(market(None), home)
    assert files_with(TITLE, home)
    # Of all months: the posts of none are fetched again.
    run(market(0), home, ("sentiment",))
    Crawler(root=str(home / "warehouse" / "crawl")).forget("mini", 0)
    for text in (TITLE, BODY, REFUSED):
        assert files_with(text, home) == []
    stored = Warehouse(root=str(home / "warehouse")).read("mini", "posts_rejected")
    run(market(0), home)
    again = Warehouse(root=str(home / "warehouse")).read("mini", "posts_rejected")
    assert stored["post_id"].to_list() == again["post_id"].to_list()


@pytest.mark.faults
def test_scores_outlive_the_texts(site, market, home):
    run(market(0), home)
    before, asked = scores(home), len(site.asked)
    result = run(market(0), home, ("sentiment", "npoi", "npoi_scaling"))
    assert result.success
    pd.testing.assert_frame_equal(scores(home), before)
    assert len(site.asked) == asked
    assert "keep the scores" not in said(result)


@pytest.mark.faults
def test_another_model_cannot_read_what_is_gone_and_says_so(site, market, home, monkeypatch):
    run(market(0), home)
    before = scores(home)
    whole = opinion.shard_reader

    def another(*arguments):
        return replace(whole(*arguments), scorer_id="another model")

    monkeypatch.setattr(opinion, "shard_reader", another)
    result = run(market(0), home, ("sentiment",))
    assert result.success
    pd.testing.assert_frame_equal(scores(home), before)
    assert "2 posts keep the scores of" in said(result)
    assert "so another model can't read them" in said(result)


@pytest.mark.faults
def test_posts_without_text_and_score_are_an_error_that_says_what_to_do(site, market, home):
    run(market(0), home)
    for path in (home / "warehouse" / "parquet" / "mini" / "sentiment").rglob("*.parquet"):
        path.unlink()
    result = run(market(0), home, ("sentiment",))
    assert not result.success
    [failed] = [event for event in result.all_events if event.is_step_failure]
    assert "posts have neither a text nor a score" in str(failed.step_failure_data.error)
    assert SourceError.__name__ in str(failed.step_failure_data.error)


@pytest.mark.faults
def test_texts_are_dropped_when_their_days_are_over_and_not_before(site, market, home):
    run(market(3), home)
    assert (posts(home)["text"] != "").all()
    # The journal is not needed any more; the texts stand in table posts.
    assert not list((home / "warehouse" / "crawl").rglob("*.jsonl"))
    with time_machine.travel(pd.Timestamp.now("UTC") + pd.Timedelta(days=2, hours=12)):
        run(market(3), home, ("sentiment",))
    assert (posts(home)["text"] != "").all()
    with time_machine.travel(pd.Timestamp.now("UTC") + pd.Timedelta(days=4)):
        run(market(3), home, ("sentiment",))
    assert (posts(home)["text"] == "").all()
    assert len(scores(home)) == 2


def test_texts_of_exports_are_dropped_too_and_the_users_own_files_stay(market, home):
    folder = home / "exports"
    folder.mkdir()
    rows = [
        f"2007-06-01 10:00,{TITLE},{AUTHOR},1",
        f"2007-06-02 10:00,{REFUSED},{AUTHOR},-7",
        f"2007-06-03 10:00,{REFUSED},{AUTHOR},1,2,3",
        f"{REFUSED},2007-06-03 10:00,{AUTHOR},1",
    ]
    file = folder / "posts.csv"
    file.write_text("\n".join(["published_at,text,author,reads", *rows]) + "\n")
    before = file.read_bytes()
    assert run(market(0, exports=Exports(folder=str(folder))), home).success
    assert len(posts(home)) == 1
    for text in (TITLE, REFUSED, AUTHOR):
        assert files_with(text, home) == ["exports/posts.csv"]
    assert file.read_bytes() == before


def test_a_crawl_broken_off_is_forgotten_when_nobody_goes_on_with_it(tmp_path):
    crawler = Crawler(root=str(tmp_path))
    folder = tmp_path / "mini"
    folder.mkdir()
    for name in ("a.jsonl", "b.stored.jsonl"):
        (folder / name).write_text("{}\n")
    crawler.forget("mini", 0)
    assert [path.name for path in folder.iterdir()] == ["a.jsonl"]
    with time_machine.travel(pd.Timestamp.now("UTC") + pd.Timedelta(days=6)):
        crawler.forget("mini", 7)
        assert (folder / "a.jsonl").exists()
        crawler.forget("mini", 5)
    assert not (folder / "a.jsonl").exists()
