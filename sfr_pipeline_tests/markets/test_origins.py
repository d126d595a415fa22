"""Where prices and posts may come from: an open source or a site, or the user's files alone."""

import pytest
from pydantic import ValidationError

from sfr_pipeline.errors import CatalogueError, SourceError
from sfr_pipeline.inputs import import_template
from sfr_pipeline.markets import load_market, read_market
from sfr_pipeline.markets.market import Instrument
from sfr_pipeline.markets.opinion import Forum
from sfr_pipeline.sources.files.prices import read_prices
from sfr_pipeline_tests.inputs.received import refresh

EXPORTS = {"folder": "imports/own/posts"}
POSTS = """
name: own
title: Own
sample: {start: 2020-01, end: 2020-12, first_vintage: 2020-01}
forum: {first_month: 2020-01, exports: {folder: imports/own/posts}}
sentiment: {checkpoint: mine, folder: models/mine, language: en}
"""
PRICES = """
name: own
title: Own
sample: {start: 2020-01, end: 2020-12, first_vintage: 2020-01}
files: imports/own
prices:
  - {symbol: A, name: A, unit: USD}
  - {symbol: B, name: B, unit: USD}
stress:
  start: 2000-01-03
  calendar: A
  sub_markets: [{id: a, name: A, symbols: [A]}, {id: b, name: B, symbols: [B]}]
  first_test_year: 2008
  development_end: 2010
"""


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))

    def read_text(text):
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        return read_market(path)

    return read_text


def test_instruments_without_a_source_need_a_folder_and_may_be_many(read):
    assert [one.code for one in read(PRICES).prices] == [None, None]
    with pytest.raises(CatalogueError, match=r"prices > A.*no open source.*imports/own"):
        read(PRICES.replace("files: imports/own\n", ""))


@pytest.mark.parametrize("given", [{"source": "yahoo"}, {"code": "^GSPC"}])
def test_half_of_a_source_is_refused(given):
    with pytest.raises(ValidationError, match="go together"):
        Instrument.model_validate({"symbol": "A", "name": "A", "unit": "USD"} | given)


def test_prices_without_a_file_are_told_with_the_remedy(read, tmp_path):
    market = read(PRICES)
    with pytest.raises(SourceError, match="no prices of A, B of market own: there is no file of"):
        refresh(market).stop_if_fatal()
    folder = tmp_path / "own" / "prices"
    folder.mkdir(parents=True)
    (folder / "A.csv").write_text("date,close\n2020-01-02,1\n2020-01-03,2\n")
    received = refresh(market)
    received.stop_if_fatal()
    assert set(received.deliveries["item"]) == {"A"}


def test_the_template_of_prices_says_which_and_is_no_price_itself(read, tmp_path):
    market = read(PRICES)
    written = import_template.write(market)
    assert [path.name for path in written.new] == ["README.txt"]
    text = written.new[0].read_text(encoding="utf-8")
    assert "A: A, USD (no open source, a file is needed)" in text
    assert read_prices(tmp_path / "own", market.prices).empty
    import_template.write(load_market("world"), tmp_path / "world")
    text = (tmp_path / "world" / "prices" / "README.txt").read_text(encoding="utf-8")
    assert "^GSPC: S&P 500, index points (without a file from yahoo: ^GSPC)" in text


def test_one_sub_market_is_a_stress_leg_if_its_breadth_is_one(read):
    one = PRICES.replace(", {id: b, name: B, symbols: [B]}", "")
    with pytest.raises(CatalogueError, match="a breadth of 2 needs as many sub-markets"):
        read(one)
    assert read(f"{one}  labels: {{breadth: 1}}\n").stress.labels.breadth == 1


def test_posts_alone_are_a_market(read):
    market = read(POSTS)
    assert market.posts_alone
    assert market.first_partition() == "2020-01"
    assert not load_market("sandbox").posts_alone


def test_months_of_posts_begin_with_the_posts_where_there_is_no_index(read):
    market = read(POSTS.replace("{first_month: 2020-01", "{first_month: 2020-05"))
    assert market.first_partition() == "2020-05"


def test_a_market_of_nothing_says_what_it_could_have(read):
    nothing = "\n".join(line for line in POSTS.splitlines() if line[:5] not in ("forum", "senti"))
    with pytest.raises(CatalogueError, match="'stress' for prices alone, or 'forum'"):
        read(nothing)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "posts need an origin"),
        ({"site": "https://example.org"}, "'bars' must name"),
        ({"exports": EXPORTS, "delay": 5, "contact": "a@b.c"}, "leave out delay, contact"),
        ({"site": "https://example.org", "bars": ["a"], "delay": 0.5}, "at most once a second"),
    ],
    ids=["nothing", "no boards", "nothing to crawl", "impolite"],
)
def test_a_forum_has_a_site_with_boards_or_exports(given, words):
    with pytest.raises(ValidationError, match=words):
        Forum.model_validate({"first_month": "2020-01"} | given)


def test_exports_alone_have_a_board_of_their_own_or_the_one_that_is_named():
    alone = {"first_month": "2020-01", "exports": EXPORTS}
    assert Forum.model_validate(alone).board == "posts"
    assert Forum.model_validate(alone | {"bars": ["600519"]}).board == "600519"
