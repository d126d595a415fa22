"""What AKShare or a site behind it changes or fails at is refused, not taken for data."""

import json

import pandas as pd
import pytest
import requests

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import akshare
from sfr_pipeline.sources.live.checks import LayoutError
from sfr_pipeline.sources.live.refusals import NoAnswerError
from sfr_pipeline_tests.sources import chinese_sites

# AKShare and yfinance still use an argument that pandas is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")


def change(sites, monkeypatch, alter):
    """Let ``alter`` change the rows that EastMoney sends."""
    whole = sites.pages["https://datacenter-web.eastmoney.com/api/data/v1/get"]

    def altered(request):
        answer = json.loads(whole(request))
        answer["result"]["data"] = alter(answer["result"]["data"])
        return json.dumps(answer).encode()

    monkeypatch.setitem(
        sites.pages, "https://datacenter-web.eastmoney.com/api/data/v1/get", altered
    )


def test_a_new_field_at_the_site_stops_with_what_was_expected_and_found(sites, monkeypatch):
    change(sites, monkeypatch, lambda rows: [{**row, "NEW_FIELD": 1} for row in rows])
    with pytest.raises(LayoutError, match=r"expected: REPORT_DATE, TIME.*found.*NEW_FIELD"):
        akshare.fetch_series(["cpi_mom"])


def test_fields_that_changed_places_do_not_become_wrong_data(sites, monkeypatch):
    def swap(rows):
        return [
            {"NATIONAL_SEQUENTIAL" if name == "NATIONAL_SAME" else
             "NATIONAL_SAME" if name == "NATIONAL_SEQUENTIAL" else name: value
             for name, value in row.items()} for row in rows
        ]  # fmt: skip

    change(sites, monkeypatch, swap)
    with pytest.raises(LayoutError, match="columns expected"):
        akshare.fetch_series(["cpi_mom"])


def test_another_layout_from_akshare_itself_is_caught(sites, monkeypatch):
    frame = pd.DataFrame({"月份": ["2024年10月份"], "全国-环比增长": [0.1]})
    own = akshare._module("akshare.economic.macro_china")
    monkeypatch.setattr(own, "macro_china_cpi", lambda: frame)
    with pytest.raises(
        LayoutError, match=r"columns expected: 月份, 全国-当月.*found: 月份, 全国-环"
    ):
        akshare.fetch_series(["cpi_mom"])


def test_a_renamed_row_of_the_statistics_bureau_is_caught(sites, monkeypatch):
    renamed = {"房地产/新建商品房销售额": {"商品房销售额累计增长(%)": {"2020年2月": "-35.9"}}}
    monkeypatch.setattr(chinese_sites.NbsSession, "tables", renamed)
    with pytest.raises(LayoutError, match=r"expected: 新建商品房销售额.*found: 商品房销售额"):
        akshare.fetch_series(["home_sales_value_ytd_yoy"])


def test_a_javascript_challenge_is_no_answer_and_leaves_nothing_behind(sites, monkeypatch):
    post = chinese_sites.NbsSession.post
    challenge = chinese_sites.Reply("", b"<script>")
    monkeypatch.setattr(chinese_sites.NbsSession, "post", lambda *a, **k: challenge)
    with pytest.raises(NoAnswerError, match=r"macro_china_nbs_nation.*JSONDecodeError"):
        akshare.fetch_series(["fai_ytd_yoy"])
    monkeypatch.setattr(chinese_sites.NbsSession, "post", post)
    assert len(akshare.fetch_series(["fai_ytd_yoy"])) == 1


def test_an_empty_catalogue_of_the_bureau_is_not_remembered(sites, monkeypatch):
    own = akshare._module("akshare.economic.macro_china_nbs")
    own._get_nbs_tree.cache_clear()  # of other tests
    own._get_nbs_root_id.cache_clear()
    whole, asked = chinese_sites.NbsSession.get, []

    def first_empty(self, url, params=None, **options):
        asked.append(url)
        if "queryIndexTree" in url and sum("queryIndexTree" in url for url in asked) == 1:
            return chinese_sites.Reply(url, b'{"data": []}')
        return whole(self, url, params=params, **options)

    monkeypatch.setattr(chinese_sites.NbsSession, "get", first_empty)
    assert len(akshare.fetch_series(["fai_ytd_yoy"])) == 1


def test_a_refusal_of_eastmoney_says_so(sites):
    url = "https://datacenter-web.eastmoney.com/api/data/v1/get"
    sites.pages[url] = '{"result": null, "message": "访问过于频繁"}'.encode()
    with pytest.raises(NoAnswerError, match="EastMoney sent no data: 访问过于频繁"):
        akshare.fetch_series(["cpi_mom"])
    assert len(sites.requests) == 3


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ((429, b""), "HTTP 429"),
        (requests.ConnectionError("RemoteDisconnected"), "RemoteDisconnected"),
        (b"<html>maintenance</html>", "JSONDecodeError"),
    ],
)
def test_a_site_that_fails_is_one_sentence_with_a_remedy(sites, page, sentence):
    sites.pages["https://datacenter-web.eastmoney.com/api/data/v1/get"] = page
    with pytest.raises(NoAnswerError, match=rf"(?s)macro_china_cpi.*{sentence}.*docs/inputs"):
        akshare.fetch_series(["cpi_mom"])


@pytest.mark.parametrize(
    ("alter", "sentence"),
    [
        (
            lambda rows: [{**row, "NATIONAL_SEQUENTIAL": 103} for row in rows],
            "lies outside -3 to 4",
        ),
        (lambda rows: [{**row, "NATIONAL_SEQUENTIAL": "一"} for row in rows], "no values came"),
        (lambda rows: [{**row, "TIME": "2024.9"} for row in rows], "'2024.9' is no date"),
        (lambda rows: [{**row, "TIME": "2094年9月份"} for row in rows], "2094-09-30 is in the fut"),
        (
            lambda rows: [{**rows[0], "NATIONAL_SEQUENTIAL": n} for n in (0.1, 0.2)],
            "2024-10-31 has the values 0.1, 0.2",
        ),
    ],
)
def test_bad_values_are_refused(sites, monkeypatch, alter, sentence):
    change(sites, monkeypatch, alter)
    with pytest.raises(SourceError, match=sentence):
        akshare.fetch_series(["cpi_mom"])


def test_a_balance_in_yuan_does_not_pass_for_one_in_hundred_millions(sites, monkeypatch):
    change(sites, monkeypatch, lambda rows: [{**row, "FIN_BALANCE": 2.27e12} for row in rows])
    with pytest.raises(SourceError, match="has the unit changed"):
        akshare.fetch_series(["margin_balance"])


def test_index_columns_that_changed_places_are_caught(sites, monkeypatch):
    swapped = [(day, o, low, h, c, v) for day, o, h, low, c, v in chinese_sites.INDEX_DAYS]
    monkeypatch.setattr(chinese_sites, "INDEX_DAYS", swapped)
    with pytest.raises(LayoutError, match="changed places"):
        akshare.fetch_prices(["csi000300"])


def test_unknown_codes_are_refused(sites):
    with pytest.raises(SourceError, match="no series 'nonsense'"):
        akshare.fetch_series(["nonsense"])
    with pytest.raises(SourceError, match="no prices 'cpi_mom'"):
        akshare.fetch_prices(["cpi_mom"])
