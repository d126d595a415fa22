"""The gallery's scripts that need no run; those that do are run where one is: the sandbox's."""

import re

import duckdb
import pandas as pd
import pytest

from sfr_pipeline.cli.workspace_files import write_workspace
from sfr_pipeline.econometrics import TVPFAVAR
from sfr_pipeline.gallery import SCRIPTS, open_warehouse
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.gallery.scripts import GALLERY, OF_A_MARKET, findings, run_script

CSV = "indicators_SYNTHETIC.csv"


def text(name):
    return (GALLERY / name).read_text(encoding="utf-8")


def test_the_index_of_a_made_up_csv_is_measured_and_one_that_is_there_is_read(
    tmp_path, monkeypatch
):
    printed = run_script("own_index.py", tmp_path, monkeypatch)
    assert findings(printed).startswith("indicators_SYNTHETIC: ")
    assert "check direction" not in printed
    assert (tmp_path / "pictures" / "own_index.png").stat().st_size > 10_000
    panel = pd.read_csv(tmp_path / CSV, index_col=0, parse_dates=True).to_period("M")
    index = TVPFAVAR(panel.assign(capital_ratio=-panel["capital_ratio"])).fit().index
    assert f"highest in {index.idxmax()} ({index.max():.2f})" in findings(printed)
    own = panel.iloc[:60, :3].rename_axis("month").rename(index=str)
    own.to_csv(tmp_path / CSV)
    before = (tmp_path / CSV).read_bytes()
    printed = run_script("own_index.py", tmp_path, monkeypatch, LOWER_IS_WORSE=[], CSV=f"{CSV}")
    assert "wrote" not in printed
    assert "the index of 3 indicators over 60 months" in findings(printed)
    assert (tmp_path / CSV).read_bytes() == before


def test_posts_are_scored_and_the_turn_that_was_put_in_is_found(tmp_path, monkeypatch):
    printed = run_script("score_posts.py", tmp_path, monkeypatch, N_POSTS=150)
    first, second = map(float, re.findall(r"[+-]\d\.\d\d", findings(printed)))
    assert first > 0 > second
    assert (tmp_path / "pictures" / "score_posts.png").exists()


@pytest.mark.parametrize("name", OF_A_MARKET)
def test_without_a_run_a_script_says_in_one_sentence_what_to_run(name, tmp_path, monkeypatch):
    with pytest.raises(
        SystemExit, match=r"^There is no .*warehouse.duckdb yet: run 'sfr run us' f"
    ):
        run_script(name, tmp_path, monkeypatch)


def test_a_market_without_a_leg_is_told_by_the_table_that_it_lacks(tmp_path, monkeypatch):
    (tmp_path / "warehouse").mkdir()
    with duckdb.connect(str(tmp_path / "warehouse" / "warehouse.duckdb")) as connection:
        connection.execute("CREATE SCHEMA brazil")
        for table in ("events", "index_news", "sfri"):
            connection.execute(f"CREATE VIEW brazil.{table} AS SELECT 1 AS one")
    says = "no brazil.sfri_vintages: run 'sfr run brazil' first, or name a market that has it"
    with pytest.raises(SystemExit, match=says):
        run_script("known_then.py", tmp_path, monkeypatch, MARKET="brazil")


def test_outside_a_workspace_a_script_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.delenv("SFR_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="run 'sfr init FOLDER' and go there first"):
        open_warehouse("us")


def test_a_new_workspace_is_given_the_scripts_and_what_was_changed_stays(tmp_path):
    assert "gallery/" in write_workspace(tmp_path, ["us"])
    folder = tmp_path / "gallery"
    laid = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert laid.items() > {name: text(name) for name in SCRIPTS}.items()
    asked = {path.name for path in (GALLERY / "queries").iterdir() if path.is_file()}
    assert laid.keys() == {*SCRIPTS, *(f"queries/{name}" for name in asked - {"__init__.py"})}
    assert laid["queries/five.py"] == text("queries/five.py")
    (tmp_path / "gallery" / SCRIPTS[0]).write_text("mine", encoding="utf-8")
    (tmp_path / "gallery" / SCRIPTS[1]).unlink()
    assert write_workspace(tmp_path, ["us"]) == ["gallery/"]
    assert (tmp_path / "gallery" / SCRIPTS[0]).read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "gallery" / SCRIPTS[1]).exists()
    assert write_workspace(tmp_path, ["us"]) == []


def test_every_script_is_in_the_list_and_on_the_page_and_has_cells():
    page = (CHECKOUT / "docs" / "gallery.md").read_text(encoding="utf-8")
    there = {path.name for path in GALLERY.glob("*.py")} - {"__init__.py"}
    assert there == set(SCRIPTS)
    assert re.findall(r"^\| `(\w+\.py)`", page, flags=re.MULTILINE) == list(SCRIPTS)
    for name in SCRIPTS:
        assert text(name).startswith("# %% [markdown]\n")
        assert text(name).count("\n# %%") >= 4
        needs = re.search(rf"`{name}` .* \| (.*) \|\n", page)[1]
        assert (needs == "`sfr run us`") == (name in OF_A_MARKET)


def test_nothing_is_made_up_where_a_file_was_named_and_no_name_is_passed_over(
    tmp_path, monkeypatch
):
    with pytest.raises(FileNotFoundError, match=r"mine\.csv"):
        run_script("own_index.py", tmp_path, monkeypatch, CSV="mine.csv")
    with pytest.raises(KeyError, match="capital"):
        run_script("own_index.py", tmp_path, monkeypatch, LOWER_IS_WORSE=["capital"])
