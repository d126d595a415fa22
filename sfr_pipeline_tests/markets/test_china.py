"""The catalogues ``china`` and ``us_live``: what the paper's Table 2 says, and what can be had."""

import datetime as dt
import re
from dataclasses import replace

import pytest
import requests
import time_machine
import yaml

from sfr_pipeline.errors import CatalogueError, SourceError
from sfr_pipeline.markets import load_market, read_market
from sfr_pipeline.markets.catalogue import FOLDER
from sfr_pipeline.sources.live import limits
from sfr_pipeline_tests.inputs.received import fetch_prices, fetch_series
from sfr_pipeline_tests.sources.yahoo_memory import own_memory

# Typed from Table 2: the signs of X1 to X26, and where the dimensions begin.
SIGNS = "+-++++++++-++-++--+---+--+"
SIZES = {
    "institutions": 5,
    "stock": 4,
    "bond": 3,
    "money": 4,
    "foreign_exchange": 3,
    "real_estate": 4,
    "government": 3,
}


@pytest.fixture(scope="module")
def china():
    return load_market("china")


def test_x1_to_x26_have_the_directions_and_dimensions_of_table_2(china):
    assert [i.id for i in china.indicators] == [f"x{number}" for number in range(1, 27)]
    assert "".join("+" if i.direction > 0 else "-" for i in china.indicators) == SIGNS
    expected = [name for name, size in SIZES.items() for _ in range(size)]
    assert [i.dimension for i in china.indicators] == expected
    assert list(china.dimensions) == list(SIZES)


def test_names_and_signs_are_those_printed(china, shared_data):
    paper = (shared_data.parent / "papers" / "tvp_favar_transformer_china.txt").read_text()
    table = paper[paper.rindex("Table 2. Indicator system") : paper.rindex("Table 3. Descriptive")]
    plain = re.sub(r"\s", "", table.replace("’", "'").replace("−", "-"))
    for indicator in china.indicators:
        number = int(indicator.id[1:])
        before, after = plain.split(f"X{number}", 1) if number > 1 else plain.split("X1The", 1)
        assert before.endswith(indicator.name.replace(" ", "")), indicator.id
        meaning = re.split(r"X\d+", after)[0]
        sign = re.findall(r"\(([+-])\)", meaning)[0]
        assert sign == ("+" if indicator.direction > 0 else "-"), indicator.id


def test_the_early_warning_inputs_of_table_6_are_there(china):
    assert [m.id for m in china.forecasting.inputs] == ["r007", "ppi", "inv", "ar", "mar"]


def test_what_has_no_open_source_says_where_a_file_can_be_had(china):
    closed = [series for series in china.series if series.source is None]
    assert {series.id for series in closed} == {
        "long_loans",
        "capital_adequacy",
        "bad_loans",
        "repo_1y",
        "implied_volatility",
    }
    assert all(series.vendor for series in closed)
    assert {series.workbook for series in china.series} - {None} == {
        "pboc.loans",
        "pboc.deposits",
        "pboc.medium_long_term_loans",
        "nfra.capital_adequacy_ratio",
        "nfra.non_performing_loan_ratio",
    }


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("market_value", "Financial firms are included"),
        ("csi300", "Financial firms are included"),
        ("libor_3m", "ended on 2023-06-30"),
        ("property_climate", "Re-based each January"),
        ("producer_prices", "month on month"),
        ("repo_7d", "median"),
        ("fixed_investment", "No January"),
    ],
)
def test_where_the_open_series_differs_the_catalogue_says_so(china, name, word):
    (series,) = (series for series in china.series if series.id == name)
    assert word in series.note


def test_every_series_has_a_range_of_values_that_can_be_right(china):
    assert [series.id for series in china.series if series.valid_range is None] == []


def test_release_lags_follow_the_agencies(china):
    lag = {i.id: china.release_lag_of(i) for i in china.indicators}
    assert (lag["x26"], lag["x20"], lag["x24"], lag["x17"], lag["x18"]) == (13, 20, 20, 9, 23)
    assert lag["x7"] == lag["x13"] == 0
    # A spread is known with its later leg.
    assert lag["x10"] == 2
    assert china.frequency_of(china.indicators[4]) == "quarterly"


def test_libor_is_continued_by_sofr_plus_the_fallback_adjustment(china):
    (libor,) = (series for series in china.series if series.id == "libor_3m")
    assert libor.continuation.series == "sofr_90d"
    assert (str(libor.continuation.start), libor.continuation.add) == ("2023-07-01", 0.26161)


def test_events_name_a_dimension_and_are_in_order(china):
    onsets = [event.onset for event in china.events]
    assert onsets == sorted(onsets)
    assert {event.dimension for event in china.events} <= set(china.dimensions)


def test_the_forum_is_asked_politely(china):
    assert china.forum.site == "https://guba.eastmoney.com"
    assert china.forum.delay >= 3
    assert china.sentiment.labels == {0: "neutral", 1: "positive", 2: "negative"}


def _broken(tmp_path, change):
    content = yaml.safe_load((FOLDER / "china.yaml").read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "china.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        read_market(path)
    return str(caught.value)


def test_mistakes_in_events_and_references_are_refused(tmp_path):
    message = _broken(tmp_path, lambda c: c["events"][0].update(dimension="weather"))
    assert "'weather' is no dimension of this market" in message
    message = _broken(tmp_path, lambda c: c["references"][0].update(id="reer"))
    assert "'reer' is a series already" in message
    message = _broken(tmp_path, lambda c: c["references"][0].update(source=None, code=None))
    assert "'vendor' must say where a file can be had" in message
    message = _broken(tmp_path, lambda c: c["references"][0].update(code="D.XX"))
    assert "source 'ecb' offers no series 'D.XX'" in message


@pytest.mark.parametrize(
    ("today", "latest"), [((2026, 1, 3), "2025-12"), ((2026, 11, 30), "2026-10")]
)
def test_the_latest_month_is_the_one_before_that_of_today_without_loading_again(today, latest):
    market = load_market("us_live")
    with time_machine.travel(dt.datetime(*today, tzinfo=dt.UTC), tick=False):
        assert market.sample.end == latest


def test_the_environment_may_name_the_end_of_a_sample_that_goes_on(monkeypatch):
    monkeypatch.setenv("SFR_END", "2024-12")
    assert load_market("china").sample.end == "2024-12"
    assert load_market("us").sample.end == "2018-11"
    monkeypatch.setenv("SFR_END", "")
    assert load_market("china").sample.end > "2024-12"


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ("2024", "SFR_END=2024 is no month: write it like"),
        ("2024-13", "SFR_END=2024-13 is no month"),
        ("2099-01", "SFR_END=2099-01 is not over yet"),
        ("2011-12", "must follow one another"),
    ],
)
def test_an_end_that_cannot_be_is_refused(monkeypatch, end, says):
    monkeypatch.setenv("SFR_END", end)
    with pytest.raises(CatalogueError, match=f"china.yaml:.*{says}"):
        load_market("china")


def test_months_that_a_source_skips_are_those_of_monthly_series(china, tmp_path):
    skipping = {series.id for series in china.series if series.skips}
    assert skipping == {
        "property_investment", "home_sales", "property_climate", "fixed_investment",
        "inventories", "receivables",
    }  # fmt: skip
    assert all(series.skips == [1] and series.carry for series in china.series if series.skips)
    message = _broken(tmp_path, lambda c: _series(c, "gdp_growth").update(skips=[1]))
    assert "'skips' is for monthly series, and this one is quarterly" in message


def _series(content, name):
    return next(series for series in content["series"] if series["id"] == name)


# us_live --------------------------------------------------------------------------------------


def test_us_live_adds_exchange_rates_and_a_treasury_curve():
    live, offline = load_market("us_live"), load_market("us")
    assert set(live.dimensions) == set(offline.dimensions) | {"foreign_exchange"}
    ids = {indicator.id for indicator in live.indicators}
    assert {"term_spread", "term_spread_2y", "dollar_volatility", "euro_volatility"} <= ids
    assert {i.source for i in live.prices} == {"yahoo"}
    assert {series.source for series in live.series} == {"fred"}
    assert {i.id for i in live.references} >= {"ofr_fsi", "nfci", "stlfsi"}


def test_without_a_network_us_live_says_what_failed_and_what_to_do(monkeypatch, tmp_path):
    def unreachable(self, request, **options):
        raise requests.ConnectionError("Failed to resolve 'fred.stlouisfed.org'")

    def no_curl(self, *args, **kwargs):
        raise OSError("Could not resolve host")

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", unreachable)
    monkeypatch.setattr("curl_cffi.Curl.perform", no_curl)
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    for name in ("SFR_FILES_ONLY", "SFR_ANSWERS", "SFR_RAW"):
        monkeypatch.delenv(name, raising=False)
    market = load_market("us_live")
    token = limits.LIMITS.set(replace(limits.USUAL, pause=0.0, backoff=0.0, attempts=1))
    try:
        with (
            own_memory(tmp_path / "yahoo"),
            pytest.raises(SourceError, match=r"yahoo \^GSPC did not answer .* put a file"),
        ):
            fetch_prices(market)
        with pytest.raises(SourceError, match=r"fred BAA did not answer .*is there a network\?"):
            fetch_series(market)
    finally:
        limits.LIMITS.reset(token)
