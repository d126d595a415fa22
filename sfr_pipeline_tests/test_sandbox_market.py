"""The sandbox market as its user runs it: crawled, scored, measured, held against the truth.

In a workspace with the models of the worked examples, which are in everything that is made.
"""

import html
import re
import subprocess
import sys
from functools import partial

import duckdb
import pytest

from sfr_pipeline.gallery.queries import questions
from sfr_pipeline.markets import load_market
from sfr_pipeline.report.index.recovery import recoveries
from sfr_pipeline.report.page import tables_of
from sfr_pipeline.resources import step_frames
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.sandbox.forum import make_forum
from sfr_pipeline.storage.tables import TABLES
from sfr_pipeline_tests import worked_examples
from sfr_pipeline_tests.browser.whole import check_report
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.gallery.scripts import OF_A_MARKET, findings, run_script
from sfr_pipeline_tests.report.test_figures import FIGURES, assert_close

# Nothing published speaks of a synthetic market.
SANDBOX_TABLES = {table.name for table in TABLES} - {"reference_comparison"}

# Faults that make a row unusable; the others are read around.
REJECTED = {"negative_count", "broken_date", "future_date", "empty_title"}


# Models of the worked examples, by leg, id and what readers call them.
OWN = {
    ("forecasting", "half_way_back"): "Half way back",
    ("forecasting", "last_month"): "Last month alone",
    ("stress", "drawdown"): "Drawdown",
    ("stress", "last_day"): "Last day alone",
    ("volatility", "mean_gap"): "Mean gap",
    ("volatility", "harx_last_day"): "Linear panel and last day",
}

TRIAL = "try_forecaster"
COMMANDS = """
from sfr_pipeline.__main__ import main

assert main(["score", "sandbox", "half_way_back"]) == 0
assert main(["predict", "sandbox"]) == 0
"""


@pytest.fixture(scope="module")
def home(installed, tmp_path_factory):
    """A workspace after the sandbox's main job, run from a wheel, with models of the user."""
    folder = tmp_path_factory.mktemp("sandbox")
    return installed.after_run(folder, "sandbox", worked_examples.every_file())


@pytest.fixture(scope="module")
def query(home):
    """Asks the published warehouse."""
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def test_what_a_run_leaves_in_a_warehouse_is_nothing_to_commit(home):
    left = {path.name for path in (home / "warehouse").iterdir()} | {step_frames.FOLDER}
    asked = [f"warehouse/{name}{'' if '.' in name else '/file'}" for name in sorted(left)]
    told = subprocess.run(
        ["git", "check-ignore", *asked], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    if "not a git repository" in told.stderr:
        pytest.skip("this copy is no git checkout")
    assert set(asked) - set(told.stdout.split()) <= {"warehouse/README.md"}


def test_the_main_job_crawls_scores_and_builds_every_table(home, query):
    output = (home / "output").read_text(encoding="utf-8")
    for word in ("SYNTHETIC data", "public opinion", "recovery of the known truth"):
        assert word in output
    names = {name for (name,) in query("select view_name from duckdb_views() where not internal")}
    assert names >= SANDBOX_TABLES


def test_models_of_the_user_are_in_every_table_that_models_are_in(query):
    listed = query("select leg, model, name, family, variants from sandbox.models")
    assert {(leg, model): name for leg, model, name, *_ in listed}.items() >= OWN.items()
    assert [row[3:] for row in listed if row[1] == "half_way_back"] == [("own", 2)]
    for table, leg in (
        ("forecasts", "forecasting"),
        ("forecast_scores", "forecasting"),
        ("stress_predictions", "stress"),
        ("stress_scores", "stress"),
        ("volatility_forecasts", "volatility"),
        ("volatility_scores", "volatility"),
    ):
        there = {model for (model,) in query(f"select distinct model from sandbox.{table}")}
        assert there >= {model for own, model in OWN if own == leg}, table
    seeds = "select count(distinct seed) from sandbox.{} where model = '{}' and seed >= 0"
    for table, model in (
        ("training_history", "last_month"),
        ("forecasts", "last_month"),
        ("stress_training_history", "last_day"),
        ("stress_predictions", "last_day"),
    ):
        assert query(seeds.format(table, model)) == [(5,)], table


def test_the_report_judges_the_models_of_the_user(home):
    page = html.unescape((home / "warehouse" / "reports" / "sandbox_evidence.html").read_text())
    for name in OWN.values():
        assert name in page


def test_the_report_stands_a_reader_in_a_browser_and_shows_what_the_warehouse_holds(home):
    read = partial(Warehouse(root=str(home / "warehouse")).read, "sandbox")
    check_report(home / "warehouse", load_market("sandbox"), read)


def test_one_model_is_scored_alone_as_it_stands_in_the_table(installed, home, query, tmp_path):
    """The page's notebook, and beside it the commands that do the same and ask of today."""
    (notebook,) = [block for block in worked_examples.blocks("own_forecaster") if TRIAL in block]
    script = tmp_path / "notebook.py"
    script.write_text(f"{notebook}\n{COMMANDS}", encoding="utf-8")
    done = installed.command(home, sys.executable, "-W", "ignore", str(script))
    assert done.returncode == 0, done.stderr
    ((ratio,),) = query(
        "select rmse_ratio from sandbox.forecast_scores where model = 'half_way_back' and protocol "
        "= 'real_time' and target = 'basket' and horizon = 1 and period = 'all'"
    )
    words = [line.split() for line in done.stdout.splitlines()]
    (own,) = [line for line in words if line[:5] == [">", "Half", "way", "back", "1"]]
    assert f"{ratio:.3f}" in own
    assert ["1", "half_way_back", f"{ratio:.6f}"] in [line[1:4] for line in words]
    assert re.search(r"Last day alone \([^)]*trained to", done.stdout)


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
    for name in ("sandbox.html", "sandbox_evidence.html"):
        page = (home / "warehouse" / "reports" / name).read_text(encoding="utf-8")
        assert "This market is synthetic" in page
        assert "data-synthetic" in page


def newest(question):
    """The last month of the market, where the question asks of one."""
    month = {"month": "2024-12"} if question.of_a_month else {}
    return month | ({"day": "2024-12-31"} if question.of_a_day else {})


def test_the_cookbook_asks_of_a_market_with_a_forum_as_well(query):
    views = "select view_name from duckdb_views() where schema_name = 'sandbox'"
    known = {name for (name,) in query(views)}
    asked = {
        name: question.asked("sandbox", **newest(question))
        for name, question in questions().items()
    }
    of = {name: set(re.findall(r'"?sandbox"?\.(\w+)', sql)) for name, sql in asked.items()}
    empty = {name for name, sql in asked.items() if of[name] <= known and not query(sql)}
    # What the sandbox has all of, and nothing odd.
    assert empty == {"missing", "quality"}
    assert [name for name in asked if not of[name] <= known] == ["references"]


def test_figures_of_the_pages_are_those_of_this_run(query):
    held = [one for _, one in FIGURES if one.speaks_of("sandbox") and not one.of_default_profile]
    assert len(held) >= 1
    for figure in held:
        assert_close(figure, query(figure.sql)[0][0])


@pytest.mark.parametrize("name", OF_A_MARKET)
def test_the_gallery_s_scripts_find_something_in_a_run(name, home, tmp_path, monkeypatch):
    printed = run_script(name, tmp_path, monkeypatch, home / "warehouse", MARKET="sandbox")
    assert "sandbox" in findings(printed)
    assert "nan" not in findings(printed)
    assert findings(printed).endswith(".")
    assert (tmp_path / "pictures" / name.replace(".py", ".png")).stat().st_size > 5_000


# What training hands on to the steps after it is in the first three.
FROM_POSTS = (
    "forecasts", "training_history", "forecast_explanations", "npoi", "forecast_scores",
    "event_scores",
)  # fmt: skip


def file_of(home, table):
    return home / "warehouse" / "parquet" / "sandbox" / table / "data.parquet"


def test_a_post_of_a_month_can_be_crawled_and_scored_again_alone(installed, home, query):
    """And all that follows from posts, each step in a process of its own: the same tables."""
    made = {name: file_of(home, name).read_bytes() for name in FROM_POSTS}
    before = query("select * from sandbox.posts where month = '2015-07' order by post_id")
    module = ("asset", "materialize", "-m", "sfr_pipeline.definitions", "-a", "sandbox")
    done = installed.dagster(
        home, *module, "--select", "sandbox/posts+", "--partition", "2015-07",
        "--config-json", '{"loggers": {"progress": {}}}',
        DAGSTER_HOME=str(home / "dagster_home"), SFR_EXECUTOR="multiprocess",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert {name: file_of(home, name).read_bytes() for name in FROM_POSTS} == made
    assert [*(home / "warehouse" / "steps").iterdir()] == [], "nothing is left between steps"
    assert "0 texts were read, the others had been read before" in done.stderr
    after = query("select * from sandbox.posts where month = '2015-07' order by post_id")
    columns = [name for name, *_ in query("describe sandbox.posts")]
    fetched = columns.index("retrieved_at")
    assert len(before) > 50
    assert [row[:fetched] + row[fetched + 1 :] for row in before] == [
        row[:fetched] + row[fetched + 1 :] for row in after
    ]
