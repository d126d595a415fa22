"""FRED's CSV and ALFRED's observations, in the shapes that they send."""

import json

import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import SeriesKey, fred
from sfr_pipeline.sources.live.checks import LayoutError
from sfr_pipeline.sources.live.refusals import NoAnswerError

NEEDED = [
    "DGS3MO", "DGS2", "DGS5", "DGS10", "DGS30", "TB3MS", "DTB3", "AAA", "BAA", "DBAA", "DAAA",
    "TEDRATE", "SOFR", "DTWEXBGS", "DEXUSEU", "UNRATE", "PAYEMS", "INDPRO", "RSAFS", "HOUST",
    "PERMIT", "HSN1F", "TCU", "CPILFESL", "CPIAUCSL", "PPIACO", "NFCI", "STLFSI4", "VIXCLS",
    "USD3MTD156N", "BAMLH0A0HYM2", "DCOILWTICO", "M2SL", "CSUSHPISA",
]  # fmt: skip


def csv(header, *rows):
    return "\n".join([header, *rows]).encode() + b"\n"


def test_what_the_us_needs_is_on_offer():
    assert {SeriesKey("series", name) for name in NEEDED} <= set(fred.AVAILABLE_SERIES)


@pytest.mark.parametrize("header", ["DATE", "observation_date"])
def test_daily_values_stay_on_their_day_and_points_are_missing(web, header):
    rows = ("2024-10-11,4.08", "2024-10-14,.", "2024-10-15,4.03", "2024-10-16,")
    web.pages[fred.GRAPH] = csv(f"{header},DGS10", *rows, "2024-10-17,4.09")
    frame = fred.fetch_series(["DGS10"])
    assert list(frame.columns) == ["date", "code", "value", "available_at"]
    days = ["2024-10-11", "2024-10-15", "2024-10-17"]
    assert frame["date"].to_list() == [pd.Timestamp(day) for day in days]
    assert frame["value"].to_list() == [4.08, 4.03, 4.09]
    assert frame["available_at"].isna().all()
    assert "id=DGS10" in web.requests[0]


def test_months_and_quarters_are_their_last_day(web):
    web.pages[f"{fred.GRAPH}?id=UNRATE"] = csv("observation_date,UNRATE", "2024-09-01,4.1")
    web.pages[f"{fred.GRAPH}?id=DRTSCILM"] = csv("observation_date,DRTSCILM", "2024-07-01,7.9")
    frame = fred.fetch_series(["UNRATE", "DRTSCILM"]).set_index("code")
    assert frame.loc["UNRATE", "date"] == pd.Timestamp("2024-09-30")
    assert frame.loc["DRTSCILM", "date"] == pd.Timestamp("2024-09-30")


def test_a_negative_price_of_oil_is_history_but_negative_payrolls_are_not(web):
    web.pages[f"{fred.GRAPH}?id=DCOIL"] = csv("observation_date,DCOILWTICO", "2020-04-20,-36.98")
    assert fred.fetch_series(["DCOILWTICO"])["value"].to_list() == [-36.98]
    web.pages[f"{fred.GRAPH}?id=PAYEMS"] = csv("observation_date,PAYEMS", "2024-09-01,-1")
    with pytest.raises(SourceError, match="-1 on 2024-09-30 lies outside"):
        fred.fetch_series(["PAYEMS"])


@pytest.mark.parametrize(
    ("page", "error", "sentence"),
    [
        (b"<!DOCTYPE html><html>", NoAnswerError, "a web page came instead of data.*docs/inputs"),
        (
            b"day,DGS10\n2024-01-02,1\n",
            LayoutError,
            "expected: observation_date, DGS10; found: day",
        ),
        (b"observation_date,DGS2\n2024-01-02,1\n", LayoutError, "found: observation_date, DGS2"),
        (b"DATE,DGS10,EXTRA\n2024-01-02,1,2\n", LayoutError, "found: DATE, DGS10, EXTRA"),
        (b"DATE,DGS10\n2024-01-02,one\n", SourceError, "2024-01-02 is 'one', not a number"),
        (b"DATE,DGS10\n01/02/2024,1\n", SourceError, "'01/02/2024' is no date"),
        (b"DATE,DGS10\n", SourceError, "no values came"),
        (b"", LayoutError, "expected: observation_date, DGS10; found: none"),
        ((404, b""), NoAnswerError, "HTTP 404 from fred.stlouisfed.org"),
    ],
)
def test_what_is_no_series_is_refused_with_a_sentence(web, page, error, sentence):
    web.pages[fred.GRAPH] = page
    with pytest.raises(error, match=rf"fred DGS10.*{sentence}"):
        fred.fetch_series(["DGS10"])


def observation(date, published, value, until="9999-12-31"):
    return {"realtime_start": published, "realtime_end": until, "date": date, "value": value}


@pytest.fixture
def alfred(web, monkeypatch):
    """Unemployment: revised in February, and with a figure that came late; two rows a page."""
    monkeypatch.setenv("FRED_API_KEY", "hush")
    monkeypatch.setattr(fred, "PAGE", 2)
    rows = [
        observation("2023-11-01", "2023-12-08", "3.7"),
        observation("2023-12-01", "2024-01-05", "3.7", until="2024-02-01"),
        observation("2023-12-01", "2024-02-02", "3.8"),
        observation("2024-01-01", "2024-02-02", "."),
        observation("2024-01-01", "2024-02-16", "3.9"),
    ]

    def page(request):
        start = int(request.url.split("offset=")[1].split("&")[0])
        return json.dumps({"count": len(rows), "observations": rows[start : start + 2]}).encode()

    web.pages[fred.API] = page
    return web


def test_first_values_come_with_their_day_of_publication(alfred):
    frame = fred.fetch_series(["UNRATE.first"])
    assert frame["date"].dt.strftime("%Y-%m").to_list() == ["2023-11", "2023-12", "2024-01"]
    assert frame["value"].to_list() == [3.7, 3.7, 3.9]
    assert frame["available_at"].to_list()[1:] == [
        pd.Timestamp("2024-01-05"), pd.Timestamp("2024-02-16"),
    ]  # fmt: skip
    # The first vintage holds months that were published long before it.
    assert pd.isna(frame["available_at"].iloc[0])
    assert len(alfred.requests) == 3


def test_every_version_comes_with_its_day_of_publication(alfred):
    frame = fred.fetch_series(["UNRATE.vintages"]).sort_values(["date", "available_at"])
    told = list(zip(frame["date"].dt.strftime("%Y-%m"), frame["value"], strict=True))
    assert told == [("2023-11", 3.7), ("2023-12", 3.7), ("2023-12", 3.8), ("2024-01", 3.9)]
    assert frame["available_at"].to_list()[1:] == [
        pd.Timestamp("2024-01-05"), pd.Timestamp("2024-02-02"), pd.Timestamp("2024-02-16"),
    ]  # fmt: skip


@pytest.mark.parametrize("lost", [1, 2])
def test_an_answer_shorter_than_it_announces_is_asked_for_again(alfred, lost):
    whole = alfred.pages[fred.API]

    def cut(request):
        page = json.loads(whole(request))
        if "offset=2" in request.url:
            page["observations"] = page["observations"][lost:]
        return json.dumps(page).encode()

    alfred.pages[fred.API] = cut
    with pytest.raises(NoAnswerError, match=rf"announced 5 .* sent {2 - lost} of the 2") as caught:
        fred.fetch_series(["UNRATE.first"])
    assert caught.value.passing
    assert sum("offset=2" in url for url in alfred.requests) == 3


def test_a_number_that_changes_between_pages_is_no_whole_history(alfred):
    whole = alfred.pages[fred.API]

    def grown(request):
        page = json.loads(whole(request))
        page["count"] = 5 if "offset=0" in request.url else 4
        return json.dumps(page).encode()

    alfred.pages[fred.API] = grown
    with pytest.raises(NoAnswerError, match="announced 5 observations, then 4"):
        fred.fetch_series(["UNRATE.first"])


def test_first_values_need_a_key_and_say_where_to_get_it(web):
    with pytest.raises(SourceError, match=r"set FRED_API_KEY.*fredaccount.*'UNRATE'"):
        fred.fetch_series(["UNRATE.first"])
    assert web.requests == []


def test_a_refused_key_is_not_shown(web, monkeypatch):
    monkeypatch.setenv("FRED_API_KEY", "hush")
    web.pages[fred.API] = (400, b'{"error_message": "Bad Request. api_key=hush"}')
    with pytest.raises(NoAnswerError, match="HTTP 400") as caught:
        fred.fetch_series(["UNRATE.first"])
    assert "hush" not in str(caught.value)


def test_another_answer_of_alfred_is_caught(web, monkeypatch):
    monkeypatch.setenv("FRED_API_KEY", "hush")
    for page in (b"<html>", b"[]", b'{"observations": []}', b'{"seriess": []}'):
        web.pages[fred.API] = page
        with pytest.raises(SourceError, match=r"UNRATE\.first"):
            fred.fetch_series(["UNRATE.first"])


def test_unknown_codes_are_refused(web):
    for code in ("NONSENSE", "DGS10.first"):
        with pytest.raises(SourceError, match=f"no series '{code}'"):
            fred.fetch_series([code])
    assert web.requests == []
