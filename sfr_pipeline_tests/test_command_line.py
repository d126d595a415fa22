"""The two commands of a newcomer, and what stands beside them."""

import os
import re
import subprocess
import sys

import duckdb
import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.markets import load_market
from sfr_pipeline.storage.dictionary import data_dictionary
from sfr_pipeline.storage.tables import OPINION_TABLES, TABLES, TRUTH
from sfr_pipeline_tests.checkout import CHECKOUT

US_TABLES = [table for table in TABLES if table not in (*OPINION_TABLES, TRUTH)]


def command(home, *arguments):
    """Run a module; networks are hardly trained, for their figures are not looked at here."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "SFR_WAREHOUSE": str(home / "warehouse"),
            "DAGSTER_HOME": str(home),
            "SFR_PROFILE": "quick",
        },
        check=False,
    )


def make_home(folder, market):
    """A Dagster home and warehouse after the main job of a market."""
    (folder / "dagster.yaml").write_bytes((CHECKOUT / "dagster_home" / "dagster.yaml").read_bytes())
    done = command(folder, "sfr_pipeline", "run", market)
    assert done.returncode == 0, done.stderr
    (folder / "output").write_text(done.stdout)
    (folder / "progress").write_text(done.stderr)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """What the main job on the real data leaves."""
    return make_home(tmp_path_factory.mktemp("home"), "us")


def test_the_main_job_ends_with_what_it_found_and_where_it_is(home):
    output = (home / "output").read_text()
    for word in ("index", "percentile", "driven by", "November 2018"):
        assert word in output
    indicators = len(load_market("us").indicators)
    (with_data,) = re.findall(rf"\b(\d+) of {indicators} had data", output)
    assert 19 <= int(with_data) <= indicators
    for file in (
        home / "warehouse" / "reports" / "us.html",
        home / "warehouse" / "warehouse.duckdb",
    ):
        assert str(file) in output
        assert file.exists()


def test_progress_is_a_line_a_table_and_no_debug_log(home):
    lines = (home / "progress").read_text().splitlines()
    for table in US_TABLES:
        own = [line for line in lines if re.search(rf"us/{table.name}(,|$)", line)]
        assert len(own) == 1, table.name
    assert any("us/sfri_vintages, 238 months" in line for line in lines)
    # Beside them: what is not compared and what is done without, models, fits, the report.
    assert len(lines) <= len(US_TABLES) + 40


def test_plain_dagster_commands_do_the_parts(home):
    module = ("dagster", "asset", "materialize", "-m", "sfr_pipeline.definitions", "-a", "us")
    downstream = command(home, *module, "--select", "us/sfri+", "--partition", "2018-11")
    assert downstream.returncode == 0, downstream.stderr[-2000:]
    alone = command(home, *module, "--select", "us/events")
    assert alone.returncode == 0, alone.stderr[-2000:]


def test_macros_and_export_answer_an_analyst(home, tmp_path, monkeypatch, capsys):
    published = home / "warehouse" / "warehouse.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        latest = connection.execute("select ref_date, sfri from sfri_latest('us')").fetchone()
        assert str(latest[0]) == "2018-11-30"
        crisis = connection.execute(
            "select count(*) from sfri_as_of('us', '2008-09-15')"
        ).fetchone()
        assert crisis == (224,), "the vintage of August 2008, from January 1990"
        moved, indicators = connection.execute(
            "select sum(change), count(*) from index_news_of('us', '2008-09-30')"
        ).fetchone()
        (jump,) = connection.execute(
            "select max(sfri) filter (ref_date = '2008-09-30') - max(sfri) filter (ref_date = "
            "'2008-08-31') from us.sfri where mode = 'real_time'"
        ).fetchone()
        assert (moved, indicators) == (pytest.approx(jump, abs=1e-12), 26)
    done = command(home, "sfr_pipeline", "export", str(tmp_path / "copy.duckdb"))
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(tmp_path / "copy.duckdb"), read_only=True) as connection:
        assert connection.execute("select sfri from sfri_latest('us')").fetchone() == latest[1:]


def test_every_query_of_the_cookbook_and_the_readme_runs(home):
    pages = ["warehouse/README.md"]
    pages += [f"docs/{name}.md" for name in ("forecasting", "papers", "stress", "volatility")]
    cookbook = "\n".join((CHECKOUT / page).read_text() for page in pages)
    readme = (CHECKOUT / "README.md").read_text()
    blocks = re.findall(r"```sql\n(.*?)```", cookbook, flags=re.S)
    queries = [query for block in blocks for query in block.split(";") if query.strip()]
    queries += re.findall(r'\.sql\("(.*?)"\)', readme)
    assert len(queries) >= 10
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        for query in queries:
            assert connection.execute(query).fetchall(), query


def test_the_data_dictionary_in_the_docs_is_that_of_the_contracts():
    written = (CHECKOUT / "docs" / "data_dictionary.md").read_text()
    assert written == data_dictionary(TABLES), "run 'make docs'"


def test_an_export_never_destroys_anything(home, tmp_path):
    published = home / "warehouse" / "warehouse.duckdb"
    notes = tmp_path / "notes.txt"
    notes.write_text("my notes")
    for target, says in [
        (published, "is the warehouse itself"),
        (notes, "is no DuckDB file"),
        (tmp_path / "nowhere" / "x.duckdb", "there is no folder"),
    ]:
        before = target.read_bytes() if target.exists() else None
        done = command(home, "sfr_pipeline", "export", str(target))
        assert done.returncode == 1
        assert says in done.stderr
        assert (target.read_bytes() if target.exists() else None) == before
    empty = command(tmp_path, "sfr_pipeline", "export", str(tmp_path / "x.duckdb"))
    assert "make run" in empty.stderr


def test_mistakes_end_in_a_sentence(tmp_path):
    nowhere = command(tmp_path, "sfr_pipeline", "summary", "us")
    assert nowhere.returncode == 1
    assert "materialize us/" in nowhere.stderr
    assert "Traceback" not in nowhere.stderr
    with pytest.raises(SystemExit):
        main(["run", "atlantis"])


def test_help_helps(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    assert "materialize every table" in capsys.readouterr().out
