"""The small sources that serve plain CSV: BIS, ECB and OFR."""

import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import SeriesKey, bis, ecb, ofr
from sfr_pipeline.sources.live.checks import LayoutError
from sfr_pipeline.sources.live.refusals import NoAnswerError

BIS_HEAD = (
    "FREQ,EER_TYPE,EER_BASKET,REF_AREA,UNIT_MEASURE,TIME_FORMAT,COLLECTION,TITLE_TS,TIME_PERIOD,"
    "OBS_VALUE,OBS_STATUS,OBS_CONF,OBS_PRE_BREAK"
)
BIS_URL = "https://stats.bis.org/api/v1/data/BIS,WS_EER,1.0/"
CISS = "D.CN.Z0Z.4F.EC.SS_CIN.IDX"
ECB_HEAD = (
    "KEY,FREQ,REF_AREA,CURRENCY,PROVIDER_FM,INSTRUMENT_FM,PROVIDER_FM_ID,DATA_TYPE_FM,TIME_PERIOD,"
    "OBS_VALUE,OBS_STATUS,TITLE"
)
OFR_HEAD = (
    "Date,OFR FSI,Credit,Equity valuation,Safe assets,Funding,Volatility,United States,"
    "Other advanced economies,Emerging markets"
)


def lines(*rows):
    return "\n".join(rows).encode() + b"\n"


def bis_row(period, value, kind="R", area="CN", frequency="M"):
    title = '"China, real, broad"'
    return f"{frequency},{kind},B,{area},882,,A,{title},{period},{value},A,F,"


def test_effective_exchange_rates_come_by_key(web):
    web.pages[f"{BIS_URL}M.R.B.CN?format=csv"] = lines(
        BIS_HEAD, bis_row("2024-09", 90.5), bis_row("2024-10", "NaN"), bis_row("2024-08", 89.25)
    )
    web.pages[f"{BIS_URL}D.N.B.CN?format=csv"] = lines(
        BIS_HEAD, bis_row("2024-09-02", 104.1, kind="N", frequency="D")
    )
    frame = bis.fetch_series(["M.R.B.CN", "D.N.B.CN"])
    assert frame["date"].dt.strftime("%F").to_list() == ["2024-08-31", "2024-09-30", "2024-09-02"]
    assert frame["value"].to_list() == [89.25, 90.5, 104.1]


def test_what_china_and_the_us_need_of_the_bis_is_on_offer():
    for code in ("M.R.B.CN", "M.N.B.CN", "M.R.B.US", "M.N.B.US", "D.N.B.CN"):
        assert SeriesKey("series", code) in bis.AVAILABLE_SERIES


@pytest.mark.parametrize(
    ("page", "error", "sentence"),
    [
        (lines(BIS_HEAD, bis_row("2024-09", 1, area="US")), LayoutError, "REF_AREA is US instead"),
        (lines(BIS_HEAD, bis_row("2024-09", 1, kind="N")), LayoutError, "EER_TYPE is N instead"),
        (lines("FREQ,TIME,VALUE", "M,2024-09,1"), LayoutError, "expected: FREQ.*found: FREQ, TIME"),
        (b"<html>\n<p>a, b</p>", NoAnswerError, "a web page came instead of data"),
        (b"", LayoutError, "found: none"),
        (lines(BIS_HEAD, bis_row("2024-09", 9000)), SourceError, "lies outside 30 to 300"),
        (lines(BIS_HEAD, bis_row("2024-09", "high")), SourceError, "'high', not a number"),
        ((404, b""), NoAnswerError, "HTTP 404"),
    ],
)
def test_another_answer_of_the_bis_is_refused(web, page, error, sentence):
    web.pages[BIS_URL] = page
    with pytest.raises(error, match=rf"bis M\.R\.B\.CN.*{sentence}"):
        bis.fetch_series(["M.R.B.CN"])


def test_the_stress_indicator_of_the_ecb_comes_by_key(web):
    row = f"CISS.{CISS},D,CN,Z0Z,4F,EC,SS_CIN,IDX,2015-08-24,0.41,A,China CISS"
    web.pages[f"https://data-api.ecb.europa.eu/service/data/CISS/{CISS}?format=csvdata"] = lines(
        ECB_HEAD, row
    )
    frame = ecb.fetch_series([CISS])
    assert frame.iloc[0].to_list() == [pd.Timestamp("2015-08-24"), CISS, 0.41]


def test_an_empty_or_other_answer_of_the_ecb_is_refused(web):
    url = "https://data-api.ecb.europa.eu/"
    web.pages[url] = b""
    with pytest.raises(LayoutError, match="no such series any more"):
        ecb.fetch_series([CISS])
    web.pages[url] = lines(ECB_HEAD, "CISS.OTHER,D,CN,Z0Z,4F,EC,SS_CIN,IDX,2015-08-24,0.4,A,x")
    with pytest.raises(LayoutError, match=r"KEY is CISS\.OTHER instead"):
        ecb.fetch_series([CISS])


def test_the_ofr_index_is_the_sum_of_its_categories_and_read_by_name(web):
    web.pages[ofr.URL] = lines(
        OFR_HEAD, "2000-01-04,2.421,0.604,0.079,0.627,0.55,0.561,1.977,0.587,-0.137",
        "2000-01-03,2.14,0.54,-0.051,0.67,0.472,0.509,1.769,0.521,-0.15",
    )  # fmt: skip
    parts = ["fsi.credit", "fsi.equity", "fsi.safe_assets", "fsi.funding", "fsi.volatility"]
    frame = ofr.fetch_series(["fsi", *parts]).pivot(index="date", columns="code", values="value")
    assert frame["fsi"].to_list() == [2.14, 2.421]
    assert frame[parts].sum(axis=1).to_list() == pytest.approx([2.14, 2.421], abs=0.002)
    assert len(web.requests) == 1


def test_another_layout_of_the_ofr_is_refused(web):
    web.pages[ofr.URL] = lines("Date,OFR FSI", "2000-01-03,2.14")
    with pytest.raises(LayoutError, match="columns expected: Date, OFR FSI, Credit"):
        ofr.fetch_series(["fsi"])


@pytest.mark.parametrize("module", [bis, ecb, ofr])
def test_unknown_codes_are_refused(web, module):
    with pytest.raises(SourceError, match="nonsense"):
        module.fetch_series(["nonsense"])
    assert web.requests == []
