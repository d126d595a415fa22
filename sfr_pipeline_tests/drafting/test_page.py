"""The page on own markets does what it says: its commands, its snippet, its numbers."""

import re
import shlex

import pandas as pd
import pytest
import yaml

from sfr_pipeline.__main__ import main
from sfr_pipeline.drafting import instruments, months
from sfr_pipeline.drafting.dates import is_date
from sfr_pipeline.drafting.guessing import LAGS, TRENDING
from sfr_pipeline.drafting.numbers import is_missing, is_number
from sfr_pipeline.drafting.price_values import LEAST_CLOSES
from sfr_pipeline.drafting.reading import LEAST_MONTHS
from sfr_pipeline.markets import load_market
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.drafting.made_up import panel, wide
from sfr_pipeline_tests.drafting.made_up_prices import closes

SAID = pd.DataFrame(
    {"when": ["2020-01-31 14:03:09"], "what was said": ["市场今天上涨，明天看多"], "likes": [3]}
)


@pytest.fixture(scope="module")
def page():
    return (CHECKOUT / "docs" / "own_market.md").read_text(encoding="utf-8")


def section(page, title):
    """From a heading to the next of its rank."""
    start = page.index(f"## {title}")
    end = page.find("\n## ", start)
    return page[start : end if end > 0 else None]


def test_the_commands_make_the_market_that_the_page_describes(page, tmp_path, monkeypatch):
    own = section(page, "From a panel of series")
    (header,) = re.findall(r"<!-- panel.csv -->\n```\n(.*)\n```", own)
    file = wide(panel(n_months=96), tmp_path)
    assert file.read_text(encoding="utf-8").splitlines()[0] == header
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SFR_WORKSPACE", raising=False)
    monkeypatch.delenv("SFR_IMPORTS", raising=False)
    (commands,) = re.findall(r"```sh\n(.*?)```", own, flags=re.DOTALL)
    *made, run = [shlex.split(line) for line in commands.splitlines()]
    for command, *arguments in made:
        if command == "cd":
            monkeypatch.chdir(arguments[0])
        else:
            assert main(arguments) == 0
    # What a run of a drafted market gives is in test_panel; here that there is something to run.
    assert run == ["sfr", "run", load_market("brazil").name]
    for named in ("markets/brazil.yaml", "imports/brazil/wide.csv", "imports/brazil/mapping.yaml"):
        assert (tmp_path / "risk" / named).exists()
    (snippet,) = re.findall(r"```yaml\n(.*?)```", own, flags=re.DOTALL)
    written = (tmp_path / "risk" / "markets" / "brazil.yaml").read_text(encoding="utf-8")
    assert snippet in written
    assert yaml.safe_load(written)["name"] == "brazil"


@pytest.mark.parametrize(
    ("title", "file", "frame", "named"),
    [
        ("Prices alone", "prices.csv", closes().rename_axis("Date"), "imports/mine/prices/A.csv"),
        ("Posts alone", "posts.csv", SAID.set_index("when"), "imports/said/posts/posts.csv"),
    ],
    ids=["prices", "posts"],
)
def test_the_commands_of_files_alone_make_the_market(
    page, own, tmp_path, monkeypatch, title, file, frame, named
):
    text = section(page, title)
    (header,) = re.findall(rf"<!-- {file} -->\n```\n(.*)\n```", text)
    frame.to_csv(tmp_path / file)
    assert (tmp_path / file).read_text(encoding="utf-8").splitlines()[0] == header
    (commands,) = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    (_, *command), run = [shlex.split(line) for line in commands.splitlines()]
    monkeypatch.chdir(own)
    assert main(command) == 0
    assert run == ["sfr", "run", load_market(command[1]).name]
    assert named.rpartition("/")[0] in text
    assert (own / named).exists()


def test_the_numbers_of_prices_are_those_of_the_rules(page):
    text = " ".join(section(page, "Prices alone").split())
    assert f"fewer than {LEAST_CLOSES} closes" in text
    assert f"{instruments.MOST_SUB_MARKETS - 1} others" in text
    assert f"correlate with one of them by {instruments.ALIKE} or more" in text
    waits = f"{instruments.BEFORE_TESTS} years after the start, {instruments.FEWEST_BEFORE_TESTS}"
    assert f"{waits} where that leaves fewer than {instruments.USUAL_TESTS} years" in text


def test_the_dates_and_signs_that_the_page_names_are_read(page):
    (dates,) = re.findall(r"\*\*Dates\*\*: (.*?)\. Of", page, flags=re.DOTALL)
    assert all(is_date(text.strip()) for text in dates.split(", "))
    (numbers,) = re.findall(r"\*\*Numbers\*\*: (.*?), per cent", page)
    assert all(is_number(text) for text in numbers.split(" or "))
    (signs,) = re.findall(r"for -12; (.*?) stand\s", page, flags=re.DOTALL)
    assert all(is_missing(sign) for sign in re.findall(r"`(.*?)`", signs))


def test_its_numbers_are_those_of_the_rules(page):
    text = " ".join(page.split())
    assert f"spans fewer than {LEAST_MONTHS} months" in text
    assert f"needs {months.LEAST} months in which half" in text
    assert f"from {months.LEAST_FOR_FORECASTS} months on" in text
    assert "daily {daily} day, monthly {monthly}, quarterly {quarterly}".format(**LAGS) in text
    assert f"correlate with time by {TRENDING} or more" in text
