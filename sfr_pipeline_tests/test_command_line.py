"""What a newcomer does and what stands beside it: of a wheel, in a workspace of an awkward name."""

import json
import re
import shutil
import subprocess
import sys
from functools import partial

import dagster as dg
import duckdb
import pytest

from sfr_pipeline import __version__
from sfr_pipeline.__main__ import main
from sfr_pipeline.cli.workspace_files import workspace_yaml
from sfr_pipeline.evaluation.models import benchmark
from sfr_pipeline.gallery.queries import questions
from sfr_pipeline.markets import load_market
from sfr_pipeline.report.forecasting.verdict import headline_forecaster
from sfr_pipeline.report.index.reasons import reasons
from sfr_pipeline.report.stress.volatility_verdict import newest_outlook
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage.dictionary import data_dictionary
from sfr_pipeline.storage.tables import OPINION_TABLES, TABLES, TRUTH
from sfr_pipeline.stress.alarms import DAILY
from sfr_pipeline.stress.alarms import alarms as standing
from sfr_pipeline_tests import ledger
from sfr_pipeline_tests.browser.whole import check_evidence, check_report
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.conftest import CATALOGUES
from sfr_pipeline_tests.exports.made_up import validated
from sfr_pipeline_tests.report.test_figures import FIGURES, assert_close
from sfr_pipeline_tests.typed import calls, copy_of_the_checkout, filled, with_notes, words

US_TABLES = [table for table in TABLES if table not in (*OPINION_TABLES, TRUTH)]


@pytest.fixture(scope="module")
def before(installed):
    """What lay in the installed package before anybody used it."""
    return installed.state()


@pytest.fixture(scope="module")
def home(before, installed, tmp_path_factory):
    """The workspace after the main job on the real data."""
    return installed.after_run(tmp_path_factory.mktemp("home"), "us")


def test_the_main_job_ends_with_what_it_found_and_where_it_is(home):
    output = (home / "output").read_text(encoding="utf-8")
    for word in ("the risk index was", "of the months known then", "driven by", "November 2018"):
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
    lines = (home / "progress").read_text(encoding="utf-8").splitlines()
    for table in US_TABLES:
        own = [line for line in lines if re.search(rf"us/{table.name}(,|$)", line)]
        assert len(own) == 1, table.name
    assert any("us/sfri_vintages, 238 months" in line for line in lines)
    # Fits are told every few seconds. Beside them: what is not compared and what is done without,
    # models, the report.
    lines = [line for line in lines if not re.search(r"\d of \d+ fits", line)]
    assert len(lines) <= len(US_TABLES) + 40


# One process, which loads Dagster once, for commands one after another.
IN_TURN = """
import json, sys
from dagster._cli import create_dagster_cli

for words in json.loads(sys.argv[1]):
    create_dagster_cli().main(words, standalone_mode=False)
"""


def test_plain_dagster_commands_do_the_parts(installed, home, tmp_path):
    """The workspace is that of the current folder; Dagster's home is named, as Dagster wants it.

    That is another than the workspace's, in which no schedule is to stay on.
    """
    typed = [words(text)[1:] for text in ledger.typed_in(ledger.DAGSTER)]
    whole = [one for one in typed if len(one) > 2]
    shutil.copy(home / "dagster_home" / "dagster.yaml", tmp_path)
    command = [sys.executable, "-W", "ignore", "-c", IN_TURN, json.dumps(whole)]
    done = installed.command(home, *command, DAGSTER_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Started schedule us_live_monthly" in done.stdout
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        made = {key.path[-1] for key in instance.all_asset_keys() if key.path[0] == "us"}
    assert made >= {"events", "prices", "deliveries", "input_status", "catalogues"}


@pytest.mark.faults  # all that follows at once: forecasts, scores and the pages
def test_a_month_and_what_follows_from_it_are_made_again(installed, home):
    module = ("asset", "materialize", "-m", "sfr_pipeline.definitions", "-a", "us")
    history = {"DAGSTER_HOME": str(home / "dagster_home")}
    selection = ("--select", "us/sfri+", "--partition", "2018-11")
    done = installed.dagster(home, *module, *selection, **history)
    assert done.returncode == 0, done.stderr[-2000:]


def test_dagster_loads_an_own_market_from_the_folder_of_its_workspace(installed, tmp_path):
    workspace = installed.workspace(tmp_path)
    shutil.copy(CATALOGUES / "mini.yaml", workspace / "markets")
    (workspace / "workspace.yaml").write_text(workspace_yaml(["mini"]), encoding="utf-8")
    loaded = installed.dagster(workspace, "definitions", "validate", "-w", "workspace.yaml")
    assert "Validation successful for code location mini." in loaded.stdout
    assert loaded.returncode == 0


def test_the_foot_of_the_report_tells_its_version_and_the_hash_of_its_data(home):
    foot = (home / "warehouse" / "reports" / "us.html").read_text(encoding="utf-8")
    foot = foot.partition("<footer")[2]
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        (data,) = connection.execute(
            "select sha256(string_agg(line, chr(10) order by line)) from (select distinct kind || "
            "' ' || item || ' ' || sha256 as line from us.deliveries)"
        ).fetchone()
        (catalogue,) = connection.execute("select sha256 from us.catalogues").fetchone()
    assert f"by sfr_pipeline {__version__}, run" in foot
    assert data in foot
    assert catalogue in foot


def test_the_report_stands_a_reader_in_a_browser_and_shows_what_the_warehouse_holds(home):
    read = partial(Warehouse(root=str(home / "warehouse")).read, "us")
    check_report(home / "warehouse", load_market("us"), read)


@pytest.mark.faults  # two dozen charts: a minute and more of a browser
def test_the_evidence_stands_a_reader_in_a_browser(home):
    check_evidence(home / "warehouse", load_market("us"))


def test_nothing_is_written_where_the_package_is_installed(installed, home, before):
    """The whole run, Dagster, its processes and compiled code included."""
    where = [sys.executable, "-c", "import sfr_pipeline; print(sfr_pipeline.__file__)"]
    used = installed.command(home, *where)
    assert used.stdout.strip() == str(installed.site / "sfr_pipeline" / "__init__.py")
    assert len(before) > 500
    assert installed.state() == before


def test_macros_and_export_answer_an_analyst(installed, home, tmp_path):
    published = home / "warehouse" / "warehouse.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        latest = connection.execute("select ref_date, sfri from sfri_latest('us')").fetchone()
        assert str(latest[0]) == "2018-11-30"
        crisis = connection.execute(
            "select count(*) from sfri_as_of('us', '2008-09-15')"
        ).fetchone()
        assert crisis == (224,), "the vintage of August 2008, from January 1990"
        moved, indicators = connection.execute(
            "select sum(change), count(*) from sfri_news('us', '2008-09')"
        ).fetchone()
        (jump,) = connection.execute(
            "select max(sfri) filter (ref_date = '2008-09-30') - max(sfri) filter (ref_date = "
            "'2008-08-31') from us.sfri where mode = 'real_time'"
        ).fetchone()
        assert (moved, indicators) == (pytest.approx(jump, abs=1e-12), 26)
    done = installed.sfr(home, "export", str(tmp_path / "copy.duckdb"))
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(tmp_path / "copy.duckdb"), read_only=True) as connection:
        assert connection.execute("select sfri from sfri_latest('us')").fetchone() == latest[1:]


@pytest.mark.faults  # every series of the whole run; made-up tables are validated everywhere
def test_an_export_of_real_data_is_a_folder_of_valid_files(installed, home, tmp_path):
    done = installed.sfr(home, "export", str(tmp_path / "out"), "--only", "csv")
    assert done.returncode == 0, done.stderr
    line, where = done.stdout.splitlines()
    assert re.fullmatch(r" +us +csv +\d+ files +\d+\.\d MB +\d+\.\d s", line)
    assert where == str(tmp_path / "out")
    report = validated(tmp_path / "out")
    assert report.valid, report.flatten(["title", "rowNumber", "fieldName", "note"])
    wide = (tmp_path / "out" / "csv" / "us" / "US_MONTHLY.csv").read_text(encoding="utf-8")
    assert "2018-11-30" in wide


def test_the_macros_say_what_the_report_says(home):
    market, warehouse = load_market("us"), Warehouse(root=str(home / "warehouse"))
    read = partial(warehouse.read, "us")
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        drivers, forecast, outlook = (
            connection.execute(sql).fetchall()
            for sql in (
                "select contribution from sfri_drivers('us', null) where contribution is not null",
                "select distinct model from sfri_forecast('us')",
                "select date, market, horizon, forecast from volatility_outlook('us') "
                "qualify date = max(date) over ()",
            )
        )
        alarms = connection.execute("from stress_alarms('us') where date is not null").df()
    *_, newest_month = reasons(market, {name: read(name) for name in REASONS}).values()
    assert [row[0] for row in drivers] == [one.contribution for one in newest_month.drivers]
    assert forecast == [(headline_forecaster(read("forecast_scores"), read("forecast_fan")),)]
    day, newest = newest_outlook(market, read("volatility_forecasts"))
    assert sorted(outlook) == sorted(
        (day.date(), row.market, row.horizon, row.forecast) for row in newest
    )
    means = read("stress_predictions").query("protocol == 'walk_forward' and seed == -1")
    daily = means.pivot(index=["label", "date"], columns="model", values="probability")
    assert len(alarms) >= 40
    for row in alarms.itertuples():
        own = daily.loc[row.label, [row.model, benchmark("stress").id]].astype(float)
        on = standing(own.iloc[:, 0].to_numpy(), own.iloc[:, 1].to_numpy(), DAILY.consecutive)
        assert row.alarm_on == on[-1], (row.label, row.model)


REASONS = ("sfri_weights", "sfri_contributions", "dimension_indices", "indicator_statistics")


# Of a market that the reader makes, and of alerts, of which a first run raises none.
WITHOUT_ROWS = ("docs/own_market.md", "docs/alerts.md")


def test_every_query_of_the_cookbook_and_of_the_pages_runs(home):
    pages = ["warehouse/README.md"]
    pages += sorted(f"docs/{path.name}" for path in (CHECKOUT / "docs").glob("*.md"))
    queries = [
        (page, query.replace("brazil.", "us."))
        for page in pages
        for block in re.findall(
            r"```sql\n(.*?)```", (CHECKOUT / page).read_text(encoding="utf-8"), flags=re.S
        )
        for query in block.split(";")
        if query.strip()
    ]
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    queries += [("README.md", query) for query in re.findall(r'\.sql\("(.*?)"\)', readme)]
    assert len(queries) >= 20
    queries += [(one.file, one.sql) for one in questions().values() if one.market == "us"]
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        for page, query in queries:
            rows = connection.execute(query).fetchall()
            assert rows or page in WITHOUT_ROWS, query


# What begins a command of which a name alone, in a sentence, leaves out the market.
BARE = {("summary",)}


def test_what_the_pages_have_typed_runs_as_it_stands(home, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SFR_WORKSPACE", str(home))
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    backup = tmp_path / "sfr"
    backup.mkdir()
    instead = {"/mnt/backup/sfr": str(backup), "~/risk": str(home)}
    typed = [filled(words(text)[1:], **instead) for text in ledger.typed_in(ledger.TYPED)]
    once = dict.fromkeys((*one, "us") if tuple(one) in BARE else tuple(one) for one in typed)
    assert len(once) >= 18
    for arguments in once:
        assert main(list(arguments)) == 0, arguments
        assert capsys.readouterr().out, arguments
    assert opened == [(home / "warehouse" / "reports" / "us.html").as_uri()]


def test_what_make_calls_runs_in_the_finished_workspace(home, tmp_path, monkeypatch, capsys):
    """By the Makefile as it stands; what its recipes call, with a checkout for the workspace."""
    checkout = copy_of_the_checkout(tmp_path / "checkout")
    with_notes(checkout)
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("SFR_WORKSPACE", str(checkout))
    monkeypatch.setenv("SFR_WAREHOUSE", str(home / "warehouse"))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    typed = [words(text) for text in ledger.typed_in(ledger.OF_MAKE)]
    made = [filled(one[1:]) for one in typed if one[0] == "make"]
    once = dict.fromkeys(call for asked in made for call in calls(checkout, *asked))
    assert {call.program for call in once} == {"sfr"}
    pages = [checkout / "README.md", checkout / "docs" / "us_index.png"]
    before = [page.stat().st_mtime_ns for page in pages]
    for call in once:
        assert main([*call.arguments]) == 0, call.arguments
        printed = capsys.readouterr().out
        assert printed or call.arguments[0] in ("picture", "findings"), call.arguments
    assert opened == [(home / "warehouse" / "reports" / "us.html").as_uri() + "#month=2008-10"]
    assert all(page.stat().st_mtime_ns > at for page, at in zip(pages, before, strict=True))


def test_figures_of_the_pages_that_no_profile_changes_are_those_of_this_run(home):
    held = [figure for _, figure in FIGURES if figure.speaks_of("us")]
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        for figure in held:
            (value,) = connection.execute(figure.sql).fetchone()
            if not figure.of_default_profile:
                assert_close(figure, value)
    assert len(held) >= 4


def test_five_questions_are_answered_alike_in_every_language(installed, home):
    folder = home / "gallery" / "queries"
    pandas, polars = (
        run_in(folder, sys.executable, name) for name in ("five.py", "five_polars.py")
    )
    assert [line[:2] for line in pandas] == ["1.", *["2."] * 3, *["3."] * 3, "4.", *["5."] * 3]
    assert pandas == polars
    assert "2. 2008-11" in pandas[1]
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed: its answers are not compared")
    exported = installed.sfr(home, "export", "--only", "csv")
    assert exported.returncode == 0, exported.stderr
    assert run_in(folder, "Rscript", "five.R") == pandas


def run_in(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_data_dictionary_in_the_docs_is_that_of_the_contracts():
    written = (CHECKOUT / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
    assert written == data_dictionary(TABLES), "run 'make docs'"


def test_an_export_never_destroys_anything(home, tmp_path, capsys):
    published = home / "warehouse" / "warehouse.duckdb"
    notes = tmp_path / "notes.txt"
    notes.write_text("my notes")
    for target, says in [
        (published, "is the warehouse itself"),
        (notes, "is no folder"),
        (tmp_path / "nowhere" / "x.duckdb", "there is no folder"),
    ]:
        before = target.read_bytes() if target.exists() else None
        assert main(["--workspace", str(home), "export", str(target)]) == 1
        assert says in capsys.readouterr().err
        assert (target.read_bytes() if target.exists() else None) == before


def test_mistakes_end_in_a_sentence(installed, tmp_path):
    workspace = installed.workspace(tmp_path)
    nowhere = installed.sfr(workspace, "summary", "us")
    assert nowhere.returncode == 1
    assert "materialize us/" in nowhere.stderr
    assert "Traceback" not in nowhere.stderr
    empty = installed.sfr(workspace, "export", str(tmp_path / "x.duckdb"))
    assert "sfr run" in empty.stderr
    with pytest.raises(SystemExit):
        main(["run", "atlantis"])


def test_help_helps(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    assert "materialize every table" in capsys.readouterr().out
