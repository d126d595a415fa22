"""Environment variables that nothing reads, or whose value means nothing."""

import re

import pytest

from sfr_pipeline.operation.doctor.settings import look_at_settings
from sfr_pipeline.settings import VARIABLES
from sfr_pipeline_tests.checkout import CHECKOUT


def told(**environment):
    return list(look_at_settings(environment, {"SFR_ALERTS_TO"}))


def test_the_variables_are_those_that_the_code_and_the_docs_name():
    texts = [
        path for room in ("sfr_pipeline", "scrapers") for path in (CHECKOUT / room).rglob("*.py")
    ]
    texts += [CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")]
    named = {
        name
        for path in texts
        if path.name != "data_dictionary.md"
        for name in re.findall(r"\bSFR_[A-Z]+(?:_[A-Z]+)*\b", path.read_text(encoding="utf-8"))
    }
    # Of rules files, whose variables are what they name.
    assert {name for name in named if not name.startswith("SFR_ALERTS_")} == {*VARIABLES}


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("SFR_PROFIL", "quick", "export SFR_PROFILE=quick; unset SFR_PROFIL"),
        ("SFR_WAREHOSE", "/a b", "export SFR_WAREHOUSE='/a b'; unset SFR_WAREHOSE"),
        ("SFR_ALERT_TO", "json://x", "export SFR_ALERTS_TO=json://x; unset SFR_ALERT_TO"),
        ("SFR_QQQQQQQQQQ", "1", "unset SFR_QQQQQQQQQQ"),
    ],
)
def test_a_variable_that_nothing_reads_is_a_note_with_the_nearest_name(name, value, remedy):
    (found,) = told(**{name: value})
    assert (found.state, found.remedy) == ("note", remedy)
    assert name in found.says


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("SFR_PROFILE", "quik", "export SFR_PROFILE=quick"),
        ("SFR_FILES_ONLY", "si", "unset SFR_FILES_ONLY"),
        ("SFR_IMPORTS", "/no/such/folder", "unset SFR_IMPORTS"),
        ("SFR_ALERTS", "/no/such/folder", "unset SFR_ALERTS"),
        ("SFR_CACHE", "~nobody-of-this-name/cache", "unset SFR_CACHE"),
        ("SFR_DEVICE", "gpu", "unset SFR_DEVICE"),
        ("SFR_DEVICE", "cude", "export SFR_DEVICE=cuda"),
    ],
)
def test_a_value_that_means_nothing_is_broken(name, value, remedy):
    (found,) = told(**{name: value})
    assert (found.state, found.remedy) == ("broken", remedy)


@pytest.mark.parametrize(("end", "broken"), [("2020-13", 1), ("2999-01", 1), ("2020-12", 0)])
def test_an_end_that_is_no_month_or_not_over_is_broken(monkeypatch, end, broken):
    monkeypatch.setenv("SFR_END", end)
    found = [one for one in told(SFR_END=end) if one.state == "broken"]
    assert [one.remedy for one in found] == ["unset SFR_END"] * broken


def test_what_works_otherwise_than_one_may_think_is_a_note():
    (found,) = told(SFR_ACCEPT="cpi")
    assert found.state == "note"
    assert "unset SFR_ACCEPT" in found.remedy


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_that_holds_blanks_alone_is_not_set(name):
    (found,) = told(**{name: " "})
    assert found.state == "ok"


def test_variables_of_ours_with_sound_values_are_listed():
    (found,) = told(SFR_DEVICE="cuda:1", SFR_ALERTS_TO="x", SFR_FILES_ONLY="0", PATH="/bin")
    assert found.state == "ok"
    assert found.says.endswith("SFR_ALERTS_TO, SFR_DEVICE, SFR_FILES_ONLY")
