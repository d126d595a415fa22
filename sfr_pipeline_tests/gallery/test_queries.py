"""The cookbook by itself: its files, its page, and what ``sfr ask`` puts in the place of what.

What the queries answer is held where a run is: of us and of the sandbox.
"""

import re

import duckdb
import pandas as pd
import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.errors import SettingError
from sfr_pipeline.exports.headlines import HEADLINES
from sfr_pipeline.gallery.queries import FILE, OTHERS, Question, questions
from sfr_pipeline.storage.places import WAREHOUSE
from sfr_pipeline.storage.publish import MACROS
from sfr_pipeline_tests.checkout import CHECKOUT

FOLDER = CHECKOUT / "sfr_pipeline" / "gallery" / "queries"
QUESTIONS = questions()


def test_every_file_is_a_question_in_a_sentence_and_one_statement():
    there = {path.name for path in FOLDER.iterdir() if path.is_file()} - {"__init__.py"}
    assert there == {question.file for question in QUESTIONS.values()} | set(OTHERS)
    assert len(QUESTIONS) >= 24
    numbers = [int(question.file[:2]) for question in QUESTIONS.values()]
    assert numbers == list(range(1, len(numbers) + 1))
    for question in QUESTIONS.values():
        assert FILE.fullmatch(question.file)
        assert question.sql.startswith(f"-- {question.text}\n")
        assert question.text.endswith("?")
        assert len(duckdb.extract_statements(question.sql)) == 1


def test_the_page_lists_them_in_their_order_and_of_what_they_ask():
    page = (CHECKOUT / "docs" / "cookbook.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \| (.*\?) \| (.*)\|$", page, flags=re.MULTILINE)
    of = {(True, False): "a month ", (False, True): "a day ", (False, False): " "}
    assert [(name, text, kind) for name, text, kind in listed] == [
        (one.name, one.text, of[one.of_a_month, one.of_a_day]) for one in QUESTIONS.values()
    ]


def test_the_page_names_every_macro():
    page = (CHECKOUT / "docs" / "cookbook.md").read_text(encoding="utf-8")
    defined = re.findall(r"CREATE OR REPLACE MACRO (\w+)", MACROS.read_text(encoding="utf-8"))
    assert [name for name in defined if f"`{name}`" not in page] == []


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_query_asks_of_whatever_market_is_named_and_of_no_other(name):
    question = QUESTIONS[name]
    assert question.market == ("us" if "us" in re.split(r"\W", question.sql) else "sandbox")
    asked = question.asked("order")
    statement = re.sub(r"^--.*\n", "", asked, flags=re.MULTILINE)
    assert not {"us", "sandbox"} & set(re.split(r"\W", statement))
    assert '"order".' in statement or "'order'" in statement
    assert len(duckdb.extract_statements(asked)) == 1
    assert question.asked(question.market) == question.sql


def test_a_moment_is_put_in_the_place_of_that_of_the_file():
    question = Question("q", "01_q.sql", "?", "FROM sfri_as_of('us', '2008-09-15')")
    assert question.asked("us", day="2020-01-31") == "FROM sfri_as_of('us', '2020-01-31')"
    with pytest.raises(SettingError, match="'q' asks of no month: leave --month out"):
        question.asked("us", month="2020-01")


@pytest.fixture
def warehouse(tmp_path, monkeypatch):
    """A warehouse with an index of two months, and with nothing else."""
    monkeypatch.setenv("SFR_WORKSPACE", str(CHECKOUT))
    monkeypatch.setenv("SFR_WAREHOUSE", str(tmp_path))
    with duckdb.connect(str(tmp_path / WAREHOUSE)) as connection:
        connection.execute(MACROS.read_text(encoding="utf-8"))
        connection.execute(
            "CREATE SCHEMA us; CREATE TABLE us.sfri AS FROM (VALUES "
            "('real_time', DATE '2008-09-30', 1.23456789, 0.0, 2.0, 50.0, 26), "
            "('real_time', DATE '2008-10-31', 3.0, 0.0, 4.0, 100.0, 26)) AS t(mode, ref_date, "
            "sfri, band_low, band_high, percentile, n_indicators); "
            "CREATE TABLE us.dimension_indices AS FROM (VALUES ('real_time', DATE '2008-10-31', "
            "'bond', 1.5, 0.5, 3.0, 4)) AS t(mode, ref_date, dimension, contribution, weight, "
            "dimension_index, n_indicators)"
        )
    return tmp_path


def test_a_question_is_answered_as_a_table_as_csv_or_with_its_query(warehouse, capsys):
    assert main(["ask", "us", "index"]) == 0
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert head == QUESTIONS["index"].text
    assert [row.split()[:2] for row in rows] == [["2008-10-31", "3"], ["2008-09-30", "1.235"]]
    assert main(["ask", "us", "index", "--csv"]) == 0
    assert "2008-09-30,1.23456789,0.0" in capsys.readouterr().out
    assert main(["ask", "us", "dimensions", "--month", "2001-02", "--sql"]) == 0
    told = capsys.readouterr().out
    assert told == QUESTIONS["dimensions"].sql.replace("2008-10", "2001-02")


def test_the_newest_month_is_asked_of_where_none_is_named(warehouse, capsys):
    assert main(["ask", "us", "dimensions"]) == 0
    assert "2008-10-31      bond" in capsys.readouterr().out
    assert main(["ask", "us", "dimensions", "--month", "2008-09"]) == 0
    assert "No row" in capsys.readouterr().out


def test_without_a_question_all_are_listed_and_no_warehouse_is_needed(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SFR_WORKSPACE", str(CHECKOUT))
    monkeypatch.setenv("SFR_WAREHOUSE", str(tmp_path))
    assert main(["ask", "us"]) == 0
    listed = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert listed == [[name, question.text] for name, question in QUESTIONS.items()]
    assert main(["ask", "us", "index"]) == 1
    assert "warehouse.duckdb yet: run '" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["indx"], "there is no question 'indx': did you mean 'index'? ('"),
        (["opinion"], "us lacks what 'opinion' asks of (Table with name npoi does not exist!)"),
        (["index", "--day", "2008-09-15"], "'index' asks of no day: leave --day out"),
    ],
)
def test_a_question_that_cannot_be_asked_is_told_with_a_remedy(typed, told, warehouse, capsys):
    assert main(["ask", "us", *typed]) == 1
    assert told in capsys.readouterr().err


def test_a_moment_that_is_none_is_refused_with_an_example(warehouse, capsys):
    for option, typed in (("--month", "October 2008"), ("--day", "2008-02-30")):
        with pytest.raises(SystemExit):
            main(["ask", "us", "drivers", option, typed])
        assert f"'{typed}' is no {option[2:]}, as 2008-" in capsys.readouterr().err


def test_the_questions_in_r_read_series_that_an_export_has():
    """The columns of the wide file, which R alone could tell otherwise."""
    source = (FOLDER / "five.R").read_text(encoding="utf-8")
    named = re.findall(r'series\("(\w+)"\)', source)
    kinds = re.findall(r'_(\w+)_"', source)
    monthly = {one.id: one for one in HEADLINES if one.frequency == "monthly"}
    assert set(named) == {"SFRI", "REGIME_HIGH"}
    assert set(kinds) == {"DIM"}
    assert monthly.keys() >= {*named, *kinds}
    assert monthly["DIM"].by is not None
    assert '"_MONTHLY.csv"' in source


def test_the_forum_s_questions_are_of_the_synthetic_market():
    of_sandbox = {name for name, question in QUESTIONS.items() if question.market == "sandbox"}
    assert of_sandbox == {"opinion", "sentiment", "rejected_posts"}
    assert pd.Series([question.text for question in QUESTIONS.values()]).is_unique
