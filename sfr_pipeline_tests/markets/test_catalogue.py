"""A right catalogue is read, a wrong one is refused with the line that is wrong."""

import re

import pytest

from sfr_pipeline.errors import CatalogueError, SettingError
from sfr_pipeline.markets import load_market, market_names, read_market
from sfr_pipeline_tests.conftest import CATALOGUES

MINI = (CATALOGUES / "mini.yaml").read_text(encoding="utf-8")


SALES = "name: S, unit: USD million, input: {series: retail_sales}, transform: [level], why: S."

# Sections on early warning: what is written, where it is wrong, what the refusal says.
WARNINGS = [
    ("  start: 1999-12", "start: 1999-12", "lies outside the sample, 2000-01 to 2008-12"),
    ("  start: 2001-01\n  min_months: 12", "min_months: 12", "greater than or equal to 36"),
    (
        f"  start: 2001-01\n  inputs:\n  - {{id: a, {SALES}}}\n  - {{id: a, {SALES}}}  # again",
        "# again",
        "'a' is already the id of entry 1 of 'forecasting > inputs'",
    ),
    (f"  start: 2001-01\n  inputs:\n  - {{id: sfri, {SALES}}}", "id: sfri", "rename this one"),
    (
        f"  start: 2001-01\n  inputs:\n  - {{id: a, {SALES.replace('level', 'month_mean')}}}",
        "id: a, name: S",
        "month_mean is for daily",
    ),
    (
        "  start: 2001-01\n  gaps:\n  - {id: g, name: G, input: {measure: close, symbols: [XY]}}",
        "id: g",
        "XY is not among this market's 'prices'",
    ),
    (
        "  start: 2001-01\n  gaps:\n  - {id: g, name: G, input: {measure: beta, symbols: [BAC],"
        " market: SP500}}",
        "id: g",
        "a gap cannot be formed of beta: choose from close",
    ),
    (
        "  start: 2001-01\n  gaps:\n  - {id: g, name: G, input: {series: payrolls}}",
        "id: g",
        "'payrolls' is monthly: only a daily series tells of a month's end",
    ),
    (
        "  start: 2001-01\n  gaps:\n  - {id: g, name: G, input: {series: payroll}}",
        "id: g",
        "did you mean 'payrolls'?",
    ),
    ("  start: 2001-01\n  rate: bill_rate", "rate: bill_rate", "'bill_rate' is monthly"),
    ("  start: 2001-01\n  rate: bond", "rate: bond", "there is no series 'bond'"),
    (
        "  start: 2001-01\n  implied_volatility: {series: vix, of: SP500}",
        "series: vix",
        "there is no series 'vix'",
    ),
    (
        "  start: 2001-01\n  implied_volatility: {series: bill_rate, of: SPX}",
        "of: SPX",
        "there is no series 'SPX'",
    ),
]


def line_of(text, fragment):
    return next(n for n, line in enumerate(text.splitlines(), 1) if fragment in line)


@pytest.mark.parametrize("name", market_names())
def test_every_shipped_catalogue_is_sound(name):
    market = load_market(name)
    assert market.name == name
    assert {indicator.dimension for indicator in market.indicators} == set(market.dimensions)
    assert all(indicator.why for indicator in market.indicators)


def test_us_has_at_least_the_papers_26_indicators_and_says_what_it_lacks():
    market = load_market("us")
    assert len(market.indicators) >= 26
    assert "foreign" not in market.dimensions
    assert any("foreign-exchange" in note for note in market.notes)


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("transform: [level]", "transform: [cube]", "transform: [cube]", "'log'"),
        ("- id: payrolls", "- id: bank_beta  # again", "# again", "already the id of entry 3"),
        ("direction: -1", "direction: 0", "direction: 0", "bill_change > direction: Input"),
        (
            "source: bundled, code: sp500",
            "source: ether, code: sp500",
            "ether",
            "no source 'ether'",
        ),
        ("code: frbny.PAYEMS", "code: frbny.NOPE", "frbny.NOPE", "offers no series 'frbny.NOPE'"),
        ("dimension: economy", "dimension: weather", "dimension: weather", "no dimension"),
        ("symbols: [BAC, JPM]", "symbols: [BAC, XYZ]", "XYZ", "XYZ is not among"),
        ("transform: [month_mean]", "transform: [log]", "transform: [log]", "begin with one of"),
        ("difference: 12", "difference: many", "difference: many", "valid integer"),
        ("market: SP500, window: 252", "window: 252", "{measure: beta", "beta needs 'market'"),
        ("symbols: [SP500]}", "symbols: [SP500, BAC]}", "{measure: close", "one symbol"),
        ("economy: Economy}", "economy: Economy, x: X}", "x: X", "no indicator belongs"),
        ("code: BAC", "code: JPM", "JPMorgan Chase", "'JPM' is already the code"),
        ("release_lag: 7", "release_lag: -7", "release_lag: -7", "greater than or equal to 0"),
        ("why: Demand.", "wherefore: Demand.", "wherefore", "retail_sales > why: Field required"),
        ("end: 2008-12", "end: 2008-13", "end: 2008-13", "should match pattern"),
        ("end: 2008-12", "end: 1999-12", "end: 1999-12", "must follow one another"),
        ("onset: 2008-09-15", "onset: someday", "onset: someday", "valid date"),
        ("minus: aaa_yield", "minus: aaa_yeld", "aaa_yeld", "did you mean 'aaa_yield'?"),
        ("minus: aaa_yield", "minus: payrolls", "minus: payrolls", "same unit"),
        ("minus: aaa_yield", "minus: aaa_yield, over: bill_rate", "over:", "not both"),
        ("minus: aaa_yield", "over: bill_rate", "id: aaa_yield", "nothing refers to this series"),
        ("unit: thousand persons\n", "unit: persons\n", "unit: persons", "in thousand persons"),
        (
            "id: bill_rate",
            "id: aaa_yield",
            "Treasury bill",
            "already the id of entry 2 of 'series'",
        ),
        ("frequency: monthly", "frequency: yearly", "yearly", "'quarterly'"),
        ("code: frbny.RSAFS}", "code: null}", "name: Retail sales, unit", "go together"),
        ("source: bundled, code: frbny.RSAFS}", "source: null}", "source: null", "'vendor' must"),
        (
            "source: bundled, code: frbny.RSAFS}",
            "source: null, vendor: Wind}",
            "vendor: Wind",
            "files: imports/mini",
        ),
        ("code: frbny.RSAFS}", "code: frbny.RSAFS, carry: -1}", "carry: -1", "greater than"),
        ("code: frbny.RSAFS}", "code: frbny.RSAFS, valid_range: [2, 1]}", "[2, 1]", "low below"),
        ("code: frbny.RSAFS}", "code: frbny.RSAFS, workbook: x}", "workbook: x", "no workbook"),
        ("transform: [level]", "transform: [month_mean]  # here", "# here", "is for daily"),
        (
            "frequency: monthly, release_lag: 7",
            "frequency: daily, release_lag: 7",
            "transform: [year_on_year]",
            "begin with one of",
        ),
        (
            "code: moodys.aaa}",
            "code: moodys.aaa, continuation: {series: payrolls, start: 2005-01-01}}",
            "continuation",
            "continue with a series of the same kind",
        ),
        (
            "code: moodys.aaa}",
            "code: moodys.aaa, continuation: {series: x, start: 2005-01-01}}",
            "continuation",
            "there is no series 'x': add it",
        ),
        ("dimensions: {", "files: elsewhere\ndimensions: {", "elsewhere", "should match pattern"),
        (
            "events:",
            "forecasting:\n  start: 2001-01\n  inputs:\n  - {id: w, name: W, unit: x,"
            " input: {series: w}, transform: [level], why: W.}\nevents:",
            "id: w,",
            "there is no series 'w'",
        ),
        *(
            ("events:", f"forecasting:\n{section}\nevents:", where, says)
            for section, where, says in WARNINGS
        ),
    ],
)
def test_a_wrong_catalogue_is_refused_with_the_line_that_is_wrong(tmp_path, old, new, where, says):
    text = MINI.replace(old, new, 1)
    assert text != MINI
    path = tmp_path / "mini.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as refusal:
        read_market(path)
    message = str(refusal.value)
    assert says in message
    lines = [int(number) for number in re.findall(r"mini\.yaml:(\d+):", message)]
    expected = line_of(text, where)
    # A rule about a whole entry names the entry's first line.
    assert any(expected - 1 <= line <= expected for line in lines), (lines, expected, message)


def test_broken_yaml_and_unknown_markets_say_so(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("name: [unclosed", encoding="utf-8")
    with pytest.raises(CatalogueError, match="not valid YAML"):
        read_market(path)
    path.write_text("just words", encoding="utf-8")
    with pytest.raises(CatalogueError, match="must hold a mapping"):
        read_market(path)
    with pytest.raises(CatalogueError, match=r"choose from .*\bus\b"):
        load_market("atlantis")


@pytest.mark.parametrize(
    ("transform", "says"),
    [
        ("difference: 1", "must span whole quarters"),
        ("month_on_month", "needs values of every month"),
        ("garch_volatility: difference", "needs values of every month"),
        ("rolling_sd: 12", "needs values of every month"),
    ],
)
def test_transforms_of_quarterly_series_span_quarters(tmp_path, transform, says):
    kind = "frequency: {}, release_lag: 0, source: bundled, code: french.bill"
    text = MINI.replace(kind.format("monthly"), kind.format("quarterly"))
    path = tmp_path / "mini.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_market(path).frequency_of(read_market(path).indicators[4]) == "quarterly"
    path.write_text(text.replace("difference: 12", transform), encoding="utf-8")
    with pytest.raises(CatalogueError, match=says):
        read_market(path)


def test_frequency_lag_and_carry_are_those_of_the_series():
    market = read_market(CATALOGUES / "patchy.yaml")
    by_id = {indicator.id: indicator for indicator in market.indicators}
    ratio, repo, investment = (
        by_id[name] for name in ("money_over_output", "repo_level", "investment")
    )
    assert (market.frequency_of(ratio), market.frequency_of(repo)) == ("quarterly", "daily")
    assert (market.release_lag_of(ratio), market.release_lag_of(repo)) == (20, 1)
    assert [market.carry_of(i) for i in (ratio, repo, investment)] == [3, 0, 1]
    assert str(ratio.input) == "money_growth / output_growth"


@pytest.mark.parametrize(("end", "said"), [("2020-13", "is no month"), ("2999-01", "not over yet")])
def test_a_wrong_end_is_an_error_of_this_project_wherever_it_is_read(end, said, mini, monkeypatch):
    sample = mini.sample.model_copy(update={"until": "latest"})
    monkeypatch.setenv("SFR_END", end)
    with pytest.raises(SettingError, match=said):
        _ = sample.end
