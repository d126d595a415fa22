"""The sandbox market as its user runs it: crawled, scored, measured, held against the truth."""

import duckdb
import pytest

from sfr_pipeline.markets import load_market
from sfr_pipeline.report.index.recovery import recoveries
from sfr_pipeline.report.page import tables_of
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.sandbox.forum import make_forum
from sfr_pipeline.storage.tables import TABLES

# Nothing published speaks of a synthetic market.
SANDBOX_TABLES = {table.name for table in TABLES} - {"reference_comparison"}

# Faults that make a row unusable; the others are read around.
REJECTED = {"negative_count", "broken_date", "future_date", "empty_title"}


@pytest.fixture(scope="module")
def home(installed, tmp_path_factory):
    """A workspace after the sandbox's main job, run from a wheel: crawler and checkpoint too."""
    return installed.after_run(tmp_path_factory.mktemp("sandbox"), "sandbox")


@pytest.fixture(scope="module")
def query(home):
    """Asks the published warehouse."""
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def test_the_main_job_crawls_scores_and_builds_every_table(home, query):
    output = (home / "output").read_text(encoding="utf-8")
    for word in ("SYNTHETIC data", "public opinion", "recovery of the known truth"):
        assert word in output
    names = {name for (name,) in query("select view_name from duckdb_views() where not internal")}
    assert names >= SANDBOX_TABLES


def test_public_opinion_follows_the_true_sentiment(home):
    warehouse = Warehouse(root=str(home / "warehouse"))
    names = tables_of(load_market("sandbox"))
    found = {
        row.estimate: row for row in recoveries({n: warehouse.read("sandbox", n) for n in names})
    }
    for row in found.values():
        print(f"{row.estimate}: {row.measure} with true {row.truth} {row.value:.3f}")
    for variant in ("paper", "real_time", "robust"):
        row = found[f"public opinion, {variant}"]
        assert row.n_months == 180
        assert row.value >= 0.9
    assert found["index, paper"].value >= 0.9
    assert found["index, real_time"].value >= 0.85


def test_every_post_of_the_forum_is_kept_or_rejected_with_its_reason(query):
    forum = make_forum()
    planted = forum.planted()
    unusable = sum(planted[fault] for fault in REJECTED)
    ((kept,),) = query("select count(*) from sandbox.posts")
    ((rejected,),) = query("select count(*) from sandbox.posts_rejected")
    assert kept + rejected == len(forum.posts)
    assert rejected == unusable
    reasons = query("select reason, count(*) from sandbox.posts_rejected group by 1 order by 1")
    assert len(reasons) == len(REJECTED)
    assert {count for _, count in reasons} == {planted[fault] for fault in REJECTED}


def test_what_was_not_fetched_is_missing_and_not_zero(query):
    ((likes_without_page,),) = query(
        "select count(likes) from sandbox.posts where comments = 0 and kind <> 20"
    )
    assert likes_without_page == 0
    ((known,),) = query(
        "select avg((likes is not null)::int) from sandbox.posts where comments > 0"
    )
    assert known > 0.95
    ((in_words,),) = query("select count(*) from sandbox.posts where reads = 12000")
    assert in_words >= make_forum().planted()["count_in_words"]


def test_every_post_has_one_sentiment(query):
    ((unscored,),) = query(
        "select count(*) from sandbox.posts anti join sandbox.sentiment using (post_id)"
    )
    ((posts, scores),) = query(
        "select (select count(*) from sandbox.posts), (select count(*) from sandbox.sentiment)"
    )
    assert unscored == 0
    assert posts == scores


def test_everything_says_that_it_is_synthetic(home, query):
    comments = query("select view_name, comment from duckdb_views() where schema_name = 'sandbox'")
    assert {name for name, _ in comments} == SANDBOX_TABLES
    assert all(comment.startswith("SYNTHETIC") for _, comment in comments)
    page = (home / "warehouse" / "reports" / "sandbox.html").read_text(encoding="utf-8")
    assert "This market is synthetic" in page
    assert page.count("SYNTHETIC DATA") == page.count("<svg ")


def test_a_post_of_a_month_can_be_crawled_and_scored_again_alone(installed, home, query):
    before = query("select * from sandbox.posts where month = '2015-07' order by post_id")
    module = ("asset", "materialize", "-m", "sfr_pipeline.definitions", "-a", "sandbox")
    done = installed.dagster(
        home, *module, "--select", "sandbox/posts+", "--partition", "2015-07",
        "--config-json", '{"loggers": {"progress": {}}}',
        DAGSTER_HOME=str(home / "dagster_home"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "0 texts were new to the model" in done.stderr
    after = query("select * from sandbox.posts where month = '2015-07' order by post_id")
    columns = [name for name, *_ in query("describe sandbox.posts")]
    fetched = columns.index("retrieved_at")
    assert len(before) > 50
    assert [row[:fetched] + row[fetched + 1 :] for row in before] == [
        row[:fetched] + row[fetched + 1 :] for row in after
    ]
