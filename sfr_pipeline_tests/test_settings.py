"""What variables of the environment mean, and that they are read in one place."""

import re
from pathlib import Path

import pytest

from sfr_pipeline import settings
from sfr_pipeline.errors import SettingError, SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.resources.crawler import Crawler
from sfr_pipeline.resources.executors import executor_name
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.sources.files.folder import Imports, files_only, imports_folder
from sfr_pipeline.workspace import Url, cache_folder, dagster_home, imports_root, warehouse_folder
from sfr_pipeline_tests.checkout import CHECKOUT

BLANK = ("", " ", "\t")


@pytest.mark.parametrize("value", ["1", "true", "True", "YES", "on", " 1 ", "On"])
def test_words_that_say_yes(monkeypatch, value):
    monkeypatch.setenv("SFR_FILES_ONLY", value)
    assert files_only()


@pytest.mark.parametrize("value", ["0", "false", "False", "NO", "off", "0 ", *BLANK])
def test_words_that_say_no(monkeypatch, value):
    monkeypatch.setenv("SFR_FILES_ONLY", value)
    assert not files_only()
    monkeypatch.delenv("SFR_FILES_ONLY")
    assert not files_only()


@pytest.mark.parametrize("value", ["2", "ja", "none", "yes please", "-1"])
def test_other_words_are_refused_with_those_that_are_known(monkeypatch, value):
    monkeypatch.setenv("SFR_FILES_ONLY", value)
    with pytest.raises(SettingError, match=f"SFR_FILES_ONLY={value} says neither") as raised:
        files_only()
    assert "1, true, yes, on" in str(raised.value)
    assert "0, false, no, off" in str(raised.value)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SFR_WORKSPACE", str(CHECKOUT))
    for name in ("SFR_WAREHOUSE", "SFR_IMPORTS", "SFR_CACHE", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


PLACES = {
    "SFR_WAREHOUSE": ("warehouse", warehouse_folder),
    "SFR_IMPORTS": ("imports", imports_root),
    "SFR_CACHE": ("warehouse/cache", lambda: cache_folder(CHECKOUT / "warehouse")),
    "DAGSTER_HOME": ("dagster_home", dagster_home),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_folder_may_lie_in_the_home_or_beside_and_blank_is_not_set(home, monkeypatch, name):
    default, read = PLACES[name]
    (home / "data").mkdir()
    for blank in BLANK:
        monkeypatch.setenv(name, blank)
        assert read() == CHECKOUT / default
    monkeypatch.setenv(name, "~/data")
    assert read() == home / "data"
    monkeypatch.chdir(home)
    monkeypatch.setenv(name, "data")
    assert read() == home / "data"
    monkeypatch.setenv(name, "~nobody-of-this-name/data")
    with pytest.raises(SettingError, match=f"{name}=~nobody-of-this-name/data begins in the home"):
        read()


def test_the_warehouse_of_the_environment_is_that_of_runs(home, monkeypatch):
    monkeypatch.setenv("SFR_WAREHOUSE", "~/wh")
    assert Warehouse().folder == home / "wh"
    monkeypatch.setenv("SFR_WAREHOUSE", "")
    assert Warehouse().folder == CHECKOUT / "warehouse"
    monkeypatch.setenv("SFR_WAREHOUSE", "s3://bucket/risk")
    assert Warehouse().folder == Url("s3://bucket/risk")


@pytest.mark.parametrize(
    ("written", "near"),
    [("importz", "imports"), ("Imports", "imports"), ("importz/more", "imports/more"),
     ("imports/mroe", "imports/more")],
)  # fmt: skip
def test_a_misspelt_folder_of_files_is_refused_with_the_one_that_is_there(
    home, monkeypatch, written, near
):
    (home / "imports" / "more").mkdir(parents=True)
    (home / "other").mkdir()
    monkeypatch.setenv("SFR_IMPORTS", f"~/{written}")
    with pytest.raises(SettingError) as raised:
        imports_folder("imports/china")
    told = str(raised.value)
    assert told.startswith(f"SFR_IMPORTS={home / written} is no folder")
    remedy = re.search(r"did you mean SFR_IMPORTS=(\S+)\?", told)
    assert remedy
    monkeypatch.setenv("SFR_IMPORTS", remedy[1])
    assert imports_folder("imports/china") == home / near / "china"


def test_a_folder_that_nothing_resembles_is_refused_and_a_file_is_none(home, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(home / "qqqq"))
    with pytest.raises(SettingError, match="is no folder: create it, or unset SFR_IMPORTS"):
        imports_root()
    (home / "qqqq").write_text("")
    with pytest.raises(SettingError, match="is no folder: name the one that it lies in"):
        imports_root()


def test_only_the_default_folder_of_files_may_be_absent(home, monkeypatch):
    assert imports_root() == CHECKOUT / "imports"
    assert "m2_growth" not in Imports(home / "imports" / "china", load_market("china").series)


@pytest.mark.parametrize("blank", BLANK)
def test_a_blank_choice_is_the_default(blank):
    assert executor_name({"SFR_EXECUTOR": blank}) == "in_process"


def test_variables_that_nothing_reads_are_found_with_the_nearest():
    given = {"SFR_IMPORT": "x", "SFR_ALERTS_RISK": "y", "SFR_QQQQQQQQ": "z", "PATH": "/bin"}
    assert settings.unknown({"SFR_ALERTS_RISK"}, given) == {
        "SFR_IMPORT": "SFR_IMPORTS", "SFR_QQQQQQQQ": None,
    }  # fmt: skip


def test_no_forum_is_crawled_where_files_alone_may_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "sfr_pipeline.resources.crawler._run", lambda *_: pytest.fail("a crawl was begun")
    )
    china = load_market("china")
    months = ("2024-01", "2024-01")
    crawler = Crawler(root=str(tmp_path))
    monkeypatch.setenv("SFR_CONTACT", "me@example.org")
    monkeypatch.setenv("SFR_FILES_ONLY", "true")
    with pytest.raises(SourceError, match="SFR_FILES_ONLY forbids to crawl http://forum"):
        crawler.crawl("china", china.forum, *months, "http://forum.invalid", None)
    assert list(tmp_path.iterdir()) == []


# What may look into the environment itself, and what for.
ELSEWHERE = {
    "__main__.py": "names the workspace to this process, and puts back what was there",
    "cli/doctor_checks.py": "hands all of it to checks",
    "cli/dagster_command.py": "hands all of it on",
    "resources/crawler.py": "hands all of it on",
    "resources/executors.py": "hands it to settings",
    "assets/kubernetes.py": "hands it to settings",
    "engine/on_ray.py": "puts back what was there when Ray has changed it",
}


def test_variables_of_ours_are_read_in_one_place():
    """Others may read variables of other programs, by names that are none of ours."""
    package = CHECKOUT / "sfr_pipeline"
    read = {}
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        uses = re.findall(r"os\.environ\b.{0,40}|\bgetenv\b.{0,40}", text)
        uses = [one for one in uses if not re.search(r"XDG_|PROXY|PYTHONPATH|AUTHENTICATION", one)]
        if uses:
            read[path.relative_to(package).as_posix()] = uses
    others = {"settings.py", "storage/s3.py", "sources/fred.py", *ELSEWHERE}
    others |= {"cli/test_faults.py", "resources/database.py"}
    assert {*read} <= others
    assert Path(settings.__file__).name in read
