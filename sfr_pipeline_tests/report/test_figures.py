"""No figure of ours stands in README or docs/ that neither a query nor a test gives.

Figures are held to the last run in the checkout here; `test_command_line` holds those that no
profile changes to a run of its own.
"""

import re
from dataclasses import replace

import duckdb
import pytest

from sfr_pipeline.markets import load_market
from sfr_pipeline.report import findings
from sfr_pipeline.report.figures import HELD, SQL, Figure, figures, renewed
from sfr_pipeline.storage.places import WAREHOUSE
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.report.test_findings import last_run, numbers, slack

# Derived from the contracts, which another test holds it to.
GENERATED = "docs/data_dictionary.md"
PAGES = {
    path.relative_to(CHECKOUT).as_posix(): path.read_text(encoding="utf-8")
    for path in (CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md")))
}
FIGURES = [(page, figure) for page, text in PAGES.items() for figure in figures(text)]
HOLDERS = [(page, found) for page, text in PAGES.items() for found in HELD.finditer(text)]

# What is no prose, or whose figures other tests hold.
APART = (
    re.compile(r"<!-- found: \w+ -->.*?<!-- end of what was found -->", flags=re.DOTALL),
    re.compile(r"<!-- measured -->.*?<!-- end of what was measured -->", flags=re.DOTALL),
    SQL,
    HELD,
    re.compile(r"^```.*?^```", flags=re.DOTALL | re.MULTILINE),
    re.compile(r"^    .*$", flags=re.MULTILINE),
    re.compile(r"`[^`\n]*`"),
    re.compile(r"\]\([^)]*\)"),
)
# Figures that can be of a run: decimals, per cent, thousands.
CANDIDATE = re.compile(
    r"(?<![\w.,])[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.\d+)(?![\d.]*\w)(?: ?%)?"
    r"|\b\d+(?: ?%| per cent)"
)

# Those that are of no run, by page: what they are.
SETTINGS = "a setting or a definition, which the code has"
LEVEL = "the level of a test or of an interval"
PAPER = "of a paper: a section, a formula, or a printed number"
LIMIT = "a limit of what is read or written"
EXAMPLE = "an example of how a file may be written"
VERSION = "a version of a program"
HISTORY = "what happened on a market that is no table here"
OF_NO_RUN = {
    "README.md": {"3.11": VERSION},
    "docs/evaluating.md": {"90 %": LEVEL, "5 %": LEVEL, "95 %": LEVEL},
    "docs/exports.md": {
        "50 %": LEVEL, "90 %": LEVEL, "1.2": VERSION, "1,048,576": LIMIT, "32,767": LIMIT,
    },
    "docs/forecasting.md": {".94": SETTINGS, "5 %": LEVEL, "9 %": LEVEL},
    "docs/index.md": {".99": SETTINGS, ".96": SETTINGS, "1,000": SETTINGS},
    "docs/inputs.md": {
        "0.03": EXAMPLE, "-37.63": HISTORY, "4,096": LIMIT, "15,000": LIMIT,
    },
    "docs/markets.md": {"1.4826": SETTINGS},
    "docs/models.md": {"2.1": PAPER},
    "docs/opinion.md": {
        "2.2": PAPER, "99 %": SETTINGS, "0.001": SETTINGS, "1 %": SETTINGS,
        "10,000,000,000": LIMIT, "2,000": SETTINGS, "8,192": SETTINGS,
        "16,777,216": LIMIT, "4,096": LIMIT,
    },
    "docs/own_market.md": {
        "1,234.5": EXAMPLE, "1.234": EXAMPLE, "0.7": SETTINGS, "0.8": SETTINGS,
    },
    "docs/papers.md": {"4.2": PAPER, ".1088": PAPER, ".85": PAPER},
    "docs/stress.md": {
        "90 %": SETTINGS, "85 %": SETTINGS, "15 %": SETTINGS, "2.5": SETTINGS, ".5": SETTINGS,
        "75 %": SETTINGS,
    },
    "docs/volatility.md": {"85 %": SETTINGS, "2.5": SETTINGS, ".05": LEVEL},
}  # fmt: skip


def candidates(text):
    """Figures of a page that stand in its prose without a mark."""
    for apart in APART:
        text = apart.sub(" ", text)
    return {found[0].strip() for found in CANDIDATE.finditer(text)}


@pytest.mark.parametrize("page", sorted(PAGES.keys() - {GENERATED}))
def test_no_figure_stands_in_prose_that_nothing_gives(page):
    assert candidates(PAGES[page]) == OF_NO_RUN.get(page, {}).keys(), (
        "mark it with its query or its test (report/figures.py), or say above what it is"
    )


def test_what_is_looked_for_is_found():
    text = "An error of .93, 12 %, 6,775 days, +1.10 and `.5`, on 2019-01-02, 127.0.0.1, v1.2.3.\n"
    marked = (
        "1.09 and <!-- sql: SELECT 1.08 -->1.08<!-- /sql --> <!-- held: t.py -->7 %<!-- /held -->"
    )
    assert candidates(text) == {".93", "12 %", "6,775", "+1.10"}
    assert candidates(marked) == {"1.09"}


def test_a_mark_is_closed_and_begins_no_line():
    """Markdown takes a line that begins with one for HTML, and prints it as it stands."""
    for page, text in PAGES.items():
        opened = re.findall(r"<!-- (?:sql|held)\b", text)
        assert len(opened) == len(re.findall(r"<!-- /(?:sql|held) -->", text)), page
        assert len(opened) == len(list(SQL.finditer(text))) + len(list(HELD.finditer(text))), page
        assert not re.search(r"^\s*<!-- /?(?:sql|held)\b", text, flags=re.MULTILINE), page


@pytest.mark.parametrize(("page", "found"), HOLDERS, ids=[page for page, _ in HOLDERS])
def test_a_figure_that_no_warehouse_has_stands_in_the_test_that_it_names(page, found):
    """Or that test reads the page."""
    test = (CHECKOUT / found["test"]).read_text(encoding="utf-8")
    there = {float(number) for number in re.findall(r"\d*\.?\d+", test)}
    said = re.findall(r"\d*\.\d+", found["text"])
    assert said
    reads = page.removeprefix("docs/") in test
    assert reads or {float(number) for number in said} <= there


@pytest.mark.parametrize(("page", "figure"), FIGURES, ids=[page for page, _ in FIGURES])
def test_a_figure_is_that_of_the_last_run(page, figure):
    (market,) = [name for name in ("us", "sandbox") if figure.speaks_of(name)]
    last_run(market)
    with duckdb.connect(str(CHECKOUT / "warehouse" / WAREHOUSE), read_only=True) as connection:
        (value,) = connection.execute(figure.sql).fetchone()
    assert_close(figure, value)


def assert_close(figure, found):
    """To the last digit; what networks gave, to what another processor may change."""
    words, there = numbers(figure.text.replace(",", "")), numbers(str(found).replace(",", ""))
    assert words.keys() == there.keys()
    for said, values in words.items():
        for here, now in zip(values, there[said], strict=True):
            digit = 10.0 ** -len(here.partition(".")[2])
            allowed = slack(here) if figure.of_default_profile else digit * (digit < 1)
            assert abs(float(here) - float(now)) <= allowed * 1.001, f"{figure}: {now}"


def test_a_figure_that_is_another_is_found():
    plain = Figure("0.28", "SELECT 1", of_default_profile=False)
    for found in ("0.28", "0.29"):
        assert_close(plain, found)
    for figure, found in ((plain, "0.30"), (plain, "0.28 of"), (replace(plain, text="26"), 27)):
        with pytest.raises(AssertionError):
            assert_close(figure, found)
    assert_close(replace(plain, of_default_profile=True), "0.30")
    with pytest.raises(AssertionError):
        assert_close(replace(plain, of_default_profile=True), "0.38")


def test_a_page_is_written_anew_where_it_speaks_of_a_market_and_nowhere_else():
    page = (
        "of <!-- sql: SELECT a\nFROM us.t -->1.0<!-- /sql -->, <!-- sql, default profile: FROM "
        "f('us') -->x<!-- /sql --> and <!-- sql: FROM us_live.t -->3.0<!-- /sql --> or 4.0"
    )
    told = {"SELECT a FROM us.t": "2.5", "FROM f('us')": 7}
    new = renewed(page, "us", told.pop)
    assert [figure.text for figure in figures(new)] == ["2.5", "7", "3.0"]
    assert [figure.of_default_profile for figure in figures(new)] == [False, True, False]
    assert new == page.replace(">1.0<", ">2.5<").replace(">x<", ">7<")
    with pytest.raises(ValueError, match=r"of the figure '3\.0' gives nothing: FROM us_live"):
        renewed(page, "us_live", lambda sql: None)


def test_the_markets_of_the_readme_have_as_many_indicators_as_it_says():
    rows = re.findall(r"^\| `(\w+)` \| (.* indicators.*) \|$", PAGES["README.md"], flags=re.M)
    counts = {
        name: int(found[1])
        for name, row in rows
        if (found := re.search(r"(\d+)(?:<!-- /sql -->)? indicators", row))
    }
    assert counts == {name: len(load_market(name).indicators) for name in counts}
    assert {"us", "sandbox", "us_live"} <= counts.keys()
    assert set(findings.held(PAGES["README.md"])) == {"us"}
