"""A right catalogue is read, a wrong one is refused with the line that is wrong."""

import re

import pytest

from sfr_pipeline.errors import CatalogueError
from sfr_pipeline.markets import load_market, market_names, read_market
from sfr_pipeline_tests.conftest import CATALOGUES

MINI = (CATALOGUES / "mini.yaml").read_text(encoding="utf-8")


def line_of(text, fragment):
    return next(n for n, line in enumerate(text.splitlines(), 1) if fragment in line)


@pytest.mark.parametrize("name", market_names())
def test_every_shipped_catalogue_is_sound(name):
    market = load_market(name)
    assert market.name == name
    assert {indicator.dimension for indicator in market.indicators} == set(market.dimensions)
    assert all(indicator.why for indicator in market.indicators)


def test_us_has_the_papers_number_of_indicators_and_says_what_it_lacks():
    market = load_market("us")
    assert len(market.indicators) == 26
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
        ("transform: [month_mean]", "transform: [log]", "Loss of the S&P 500", "begin with one of"),
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
    with pytest.raises(CatalogueError, match="choose from sandbox, us"):
        load_market("atlantis")
