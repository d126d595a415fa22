"""A setting that means nothing, or leaves nothing to do, is told before anything runs."""

import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli import dagster_command
from sfr_pipeline.errors import CatalogueError
from sfr_pipeline.markets.catalogue import read_market
from sfr_pipeline_tests.checkout import CHECKOUT


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """Commands of Dagster's that were begun; each fails at once."""
    asked = []
    monkeypatch.setattr(dagster_command, "run_dagster", lambda *one: asked.append(one[0]) or 7)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SFR_WAREHOUSE", str(tmp_path / "warehouse"))
    monkeypatch.setenv("SFR_WORKSPACE", str(CHECKOUT))
    return asked


@pytest.mark.parametrize(
    ("name", "value", "market", "says"),
    [
        ("SFR_FILES_ONLY", "nope", "us", "SFR_FILES_ONLY=nope says neither yes nor no"),
        ("SFR_IMPORTS", "/no/such/folder", "china", "SFR_IMPORTS=/no/such/folder is no folder"),
        ("SFR_EXECUTOR", "multiproces", "us", "SFR_EXECUTOR=multiproces names no executor"),
        ("SFR_END", "1950-01", "us_live", "must follow one another"),
        ("SFR_END", "2999-01", "us_live", "SFR_END=2999-01 is not over yet"),
        ("SFR_WAREHOUSE", "~nobody-of-this-name", "us", "begins in the home of a user"),
    ],
)
def test_it_is_told_and_nothing_is_begun(begun, monkeypatch, capsys, name, value, market, says):
    monkeypatch.setenv(name, value)
    assert main(["run", market]) == 1
    assert says in capsys.readouterr().err
    assert begun == []


def test_a_variable_that_nothing_reads_is_told_and_stops_nobody(begun, monkeypatch, capsys):
    monkeypatch.setenv("SFR_IMPORT", "~/data")
    assert main(["run", "us"]) == 7
    assert "Nothing reads the variable SFR_IMPORT, SFR_IMPORTS is meant?" in capsys.readouterr().err
    monkeypatch.delenv("SFR_IMPORT")
    assert main(["run", "us"]) == 7
    assert "Nothing reads" not in capsys.readouterr().err
    assert len(begun) == 2


@pytest.mark.parametrize("month", ["1950-01", "2999-01"])
def test_a_month_outside_the_tables_is_not_measured_anew(
    begun, monkeypatch, tmp_path, capsys, month
):
    monkeypatch.delenv("SFR_END", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["recompute", "us_live", "2026-11-01", str(tmp_path / "then"), "--month", month])
    assert ended.value.code == 2
    assert f"{month} is no month of us_live, whose tables go from" in capsys.readouterr().err
    assert begun == []
    assert not (tmp_path / "then").exists()


POSTS_ALONE = """\
name: talk
title: Talk
sample: {{start: 2020-01, end: 2021-12, first_vintage: 2020-01}}
forum: {{first_month: {first}, exports: {{folder: imports/talk/posts, columns: {columns}}}}}
sentiment: {{checkpoint: x, folder: sandbox, language: en}}
"""
COLUMNS = "{id: id, published_at: when, title: title}"


def test_posts_that_begin_after_the_sample_leave_nothing_to_measure(tmp_path):
    file = tmp_path / "talk.yaml"
    file.write_text(POSTS_ALONE.format(first="2021-12", columns=COLUMNS), encoding="utf-8")
    assert read_market(file).first_partition() == "2021-12"
    file.write_text(POSTS_ALONE.format(first="2022-01", columns=COLUMNS), encoding="utf-8")
    with pytest.raises(CatalogueError, match="no month of the sample, which ends in 2021-12"):
        read_market(file)
