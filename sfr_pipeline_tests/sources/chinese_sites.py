"""What the sites behind AKShare send, written from AKShare's source and documentation.

A few well-known figures each, in the fields, texts and units of the site; ``answer_all`` makes a
``Web`` (see ``conftest``) answer as those sites do, and ``NbsSession`` stands for curl_cffi's.
"""

import json
from urllib.parse import parse_qs, urlsplit

# EastMoney's report -> rows. Fields that AKShare asks for and are not named here are null.
EASTMONEY = {
    "RPT_ECONOMY_CURRENCY_SUPPLY": [
        {"TIME": "2024年10月份", "BASIC_CURRENCY": 3097100, "BASIC_CURRENCY_SAME": 7.5},
        {"TIME": "2024年09月份", "BASIC_CURRENCY": 3094798, "BASIC_CURRENCY_SAME": 6.8},
    ],
    "RPT_ECONOMY_FOREX_DEPOSIT": [{"TIME": "2022年10月份", "BASE_ACCUMULATE": 2610227.88}],
    "RPT_ECONOMY_STOCK_STATISTICS": [
        {"TIME": "2024年10月份", "TOTAL_MARKE_SH": 512345.5, "TOTAL_MARKE_SZ": 322222.25}
    ],
    "RPT_ECONOMY_GOLD_CURRENCY": [
        {"TIME": "2014年06月份", "FOREX": 39932.13},
        {"TIME": "2014年07月份", "FOREX": 39662.67},
    ],
    "RPT_ECONOMY_CPI": [
        {"TIME": "2024年10月份", "NATIONAL_SAME": 0.3, "NATIONAL_SEQUENTIAL": -0.3},
        {"TIME": "2024年09月份", "NATIONAL_SAME": 0.4, "NATIONAL_SEQUENTIAL": 0.0},
    ],
    "RPT_ECONOMY_PPI": [{"TIME": "2024年10月份", "BASE": 97.1, "BASE_SAME": -2.9}],
    "RPT_ECONOMY_GDP": [
        {"TIME": "2020年第1-2季度", "SUM_SAME": -1.6},
        {"TIME": "2020年第1季度", "SUM_SAME": -6.8},
    ],
    "RPT_INDUSTRY_INDEX": [
        {"REPORT_DATE": "2024-10-01 00:00:00", "INDICATOR_VALUE": 92.49},
        {"REPORT_DATE": "2024-10-01 00:00:00", "INDICATOR_VALUE": 92.49},
        {"REPORT_DATE": "2024-09-01 00:00:00", "INDICATOR_VALUE": 92.41},
    ],
}
# (market, currency, tenor) -> days and rates, newest first.
INTERBANK = {
    ("001", "CNY", "001"): [("2013-06-21", 8.492), ("2013-06-20", 13.444)],
    **{
        ("001", "CNY", tenor): [("2013-06-21", rate - 1), ("2013-06-20", rate)]
        for tenor, rate in (
            ("101", 11.004), ("102", 7.592), ("201", 9.399), ("203", 5.803), ("206", 4.24),
            ("209", 4.28), ("301", 4.4005),
        )
    },
    ("003", "USD", "203"): [("2008-10-10", 4.81875)],
    ("002", "CNY", "301"): [("2024-10-08", 2.1)],
}  # fmt: skip
MARGIN_FIELDS = (
    "STATISTICS_DATE", "FIN_BALANCE", "LOAN_BALANCE", "FIN_BUY_AMT", "LOAN_SELL_AMT",
    "SECURITY_ORG_NUM", "OPERATEDEPT_NUM", "PERSONAL_INVESTOR_NUM", "ORG_INVESTOR_NUM",
    "INVESTOR_NUM", "MARGINLIAB_INVESTOR_NUM", "TOTAL_GUARANTEE", "AVG_GUARANTEE_RATIO",
)  # fmt: skip
MARGIN = [("2015-06-18", 22666.35, 63.9), ("2015-06-17", 22624.8, 70.1)]
YIELD_FIELDS = {
    "EMM00588704": 1.4, "EMM00166462": 1.8, "EMM00166466": 2.15, "EMM00166469": 2.3,
    "EMM01276014": 0.75, "EMM00000024": 4.6, "EMG00001306": 3.9, "EMG00001308": 3.85,
    "EMG00001310": 4.01, "EMG00001312": 4.3, "EMG01339436": 0.11, "EMG00159635": 2.7,
}  # fmt: skip
CURVES = {"中债国债收益率曲线": 0.0, "中债商业银行普通债收益率曲线(AAA)": 0.3}
CURVE_YIELDS = (1.38, 1.43, 1.45, 1.6, 1.82, 2.0, 2.15, 2.33)
LOANS = [("2025-09", 12900, "-18.9%", "118.6%", 2703902.21, "6.6%"),
         ("2025-08", 5900, "-34.4%", "--", 2691002.0, "6.8%")]  # fmt: skip
DEPOSITS = [("2025-09", 3249387.56), ("2025-08", 3227300.0)]
INDEX_DAYS = [  # date, open, high, low, close, volume
    ("2015-06-11", 5101.4, 5122.5, 5050.7, 5121.59, 6.1e10),
    ("2015-06-12", 5143.3, 5178.19, 5103.4, 5166.35, 6.2e10),
]
# Path -> indicator -> period -> value, as text, the way the bureau sends it.
NBS = {
    "房地产/房地产开发投资情况": {
        "房地产投资__累计值(亿元)": {"2020年2月": "10115.42"},
        "房地产投资_累计增长(%)": {"2020年3月": "-7.7", "2020年2月": "-16.3", "2020年1月": ""},
    },
    "房地产/新建商品房销售额": {"新建商品房销售额累计增长(%)": {"2020年2月": "-35.9"}},
    "房地产/新建商品房销售面积": {"新建商品房销售面积累计增长(%)": {"2020年2月": "-39.9"}},
    "固定资产投资(不含农户)/固定资产投资概况": {
        "固定资产投资额累计增长(%)": {"2020年2月": "-24.5"}
    },
    "国民经济核算/国内生产总值指数": {
        "国内生产总值指数(上年同期=100)当季值": {
            "2020年第二季度": "103.2",
            "2020年第一季度": "93.2",
        }
    },
    "价格指数/工业生产者出厂价格分类指数/工业生产者出厂价格指数(上月=100)": {
        "工业生产者出厂价格指数(上月=100)": {"2024年10月": "99.9"},
        "生产资料工业生产者出厂价格指数(上月=100)": {"2024年10月": "99.8"},
    },
    "工业/工业企业主要经济指标": {
        "产成品存货增减(%)": {"2022年10月": "12.6"},
        "应收账款增减(%)": {"2022年10月": "12.0"},
    },
}


def _json(content):
    return json.dumps(content, ensure_ascii=False).encode()


def _query(request):
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def eastmoney(request):
    """The data centre: one report, the fields that are asked for, in the order asked."""
    query = _query(request)
    report, page = query["reportName"], int(query["pageNumber"])
    if report == "RPTA_WEB_MARGIN_DAILYTRADE":
        rows = [
            dict(zip(MARGIN_FIELDS, (f"{day} 00:00:00", *values, *range(10)), strict=True))
            for day, *values in MARGIN
        ]
    elif report == "RPT_IMP_INTRESTRATEN":
        wanted = tuple(
            query["filter"].split(f'{name}="')[1].split('"')[0]
            for name in ("MARKET_CODE", "CURRENCY_CODE", "INDICATOR_ID")
        )
        rows = [
            {"REPORT_DATE": f"{day} 00:00:00", "IR_RATE": rate, "CHANGE_RATE": 1.0}
            for day, rate in INTERBANK[wanted]
        ]
    else:
        rows = EASTMONEY[report]
    if query["columns"] != "ALL":
        rows = [{field: row.get(field) for field in query["columns"].split(",")} for row in rows]
    # Two rows a page where the function asks for pages: it must put them together.
    pages = [rows[start : start + 2] for start in range(0, len(rows), 2)]
    return _json({"success": True, "result": {"pages": len(pages), "data": pages[page - 1]}})


def yields(request):
    """The older data centre: Chinese and US yields, one page."""
    rows = [
        {"SOLAR_DATE": "2024-10-09 00:00:00", **YIELD_FIELDS},
        {"SOLAR_DATE": "2002-01-01 00:00:00", **dict.fromkeys(YIELD_FIELDS)},
    ]
    return _json({"result": {"pages": 1, "data": rows}})


def table(rows):
    """An HTML table; the first row is its head."""
    head, *body = rows
    lines = ["".join(f"<th>{cell}</th>" for cell in head)]
    lines += ["".join(f"<td>{cell}</td>" for cell in row) for row in body]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def chinabond(request):
    """One layout table, then the curves of one working day in the period asked for."""
    end = _query(request)["endDate"]
    head = ("曲线名称", "日期", "3月", "6月", "1年", "3年", "5年", "7年", "10年", "30年")
    rows = [
        (name, end, *(round(rate + spread, 4) for rate in CURVE_YIELDS))
        for name, spread in CURVES.items()
    ]
    return f"<html>{table([('&nbsp;',)])}{table([head, *rows])}</html>".encode()


def repo_fixing(request, longest=120):
    """ChinaMoney: one day in the period, or nothing where the period is too long."""
    import pandas as pd

    query = _query(request)
    span = pd.Timestamp(query["endDate"]) - pd.Timestamp(query["startDate"])
    if span.days > longest:
        return _json({"records": []})
    rates = {"FR001": "1.55", "FR007": "1.83", "FR014": "1.9", "FDR001": "1.5", "FDR007": "1.7"}
    return _json(
        {"records": [{"frValueMap": {"date": query["endDate"], **rates, "FDR014": "1.8"}}]}
    )


def csindex(request):
    """CSIndex: sixteen fields a day."""
    names = ("沪深300指数", "沪深300", "CSI 300 Index", "CSI 300")
    return _json(
        {"data": [
            {"tradeDate": day.replace("-", ""), "indexCode": "000300",
             **dict(zip("abcd", names, strict=True)), "open": o, "high": h, "low": low, "close": c,
             "change": 1.0, "changePct": 0.1, "tradingVol": v, "tradingValue": 1.0,
             "consNumber": 300, "peg": 12.0}
            for day, o, h, low, c, v in INDEX_DAYS
        ]}
    )  # fmt: skip


def jin10(balance):
    """Jin10: days across, six numbers down, in yuan."""
    values = {"2010-03-31": [1, 2, 3, 4, 5, balance], "2010-04-01": [1, 2, 3, 4, 5, 2 * balance]}
    return _json({"values": values})


def klines(request):
    """EastMoney's quotes: fourteen fields a day in one text."""
    return _json({"data": {"klines": ["2024-10-08,1.8,1.9,2.0,1.7,100,1000.0,0,0,0,0,0,0,0"]}})


def answer_all(web, monkeypatch):
    """Make ``web`` answer as the sites behind AKShare do."""
    loans_head = ("月份", "总额", "同比", "环比", "总额", "同比")
    deposits = [(month, total, *["1.0%"] * 11) for month, total in DEPOSITS]
    web.pages |= {
        "https://datacenter-web.eastmoney.com/api/data/v1/get": eastmoney,
        "https://datacenter.eastmoney.com/api/data/get": yields,
        "https://data.10jqka.com.cn/macro/loan/": table([loans_head, *LOANS]).encode(),
        "https://data.10jqka.com.cn/macro/rmb/": table([range(13), *deposits]).encode(),
        "https://yield.chinabond.com.cn/": chinabond,
        "https://www.chinamoney.com.cn/ags/ms/cm-u-bk-currency/FrrHis": repo_fixing,
        "https://www.csindex.com.cn/csindex-home/perf/index-perf": csindex,
        "https://cdn.jin10.com/data_center/reports/fs_1.json": jin10(600_000_000),
        "https://cdn.jin10.com/data_center/reports/fs_2.json": jin10(50_000_000),
        "https://push2his.eastmoney.com/api/qt/stock/kline/get": klines,
        "https://finance.sina.com.cn/": b'var sh000001="scrambled";/* end */',
    }
    monkeypatch.setattr("py_mini_racer.MiniRacer", Scrambler)
    monkeypatch.setattr("curl_cffi.requests.Session", NbsSession)


class Scrambler:
    """Stands for the JavaScript that unscrambles Sina's days; the days are known here."""

    def eval(self, code):
        assert "function d" in code

    def call(self, function, text):
        assert (function, text) == ("d", "scrambled")
        fields = ("open", "high", "low", "close", "volume")
        return [
            {"date": f"{day}T00:00:00.000Z", **dict(zip(fields, map(str, rest), strict=True))}
            for day, *rest in INDEX_DAYS
        ]


class Reply:
    """What a session of curl_cffi returns."""

    def __init__(self, url, content, status_code=200):
        self.url, self.content, self.status_code = url, content, status_code
        self.headers = {}

    def json(self):
        return json.loads(self.content)


class NbsSession:
    """The statistics bureau: a tree of folders, the indicators of a leaf, their values."""

    tables = NBS
    asked: list[str] = []  # noqa: RUF012  tests read what any session was asked

    def __init__(self, impersonate):
        assert impersonate == "chrome"

    def get(self, url, params=None, headers=None, timeout=None, content_callback=None):
        assert timeout is not None
        self.asked.append(url)
        if url.endswith("queryIndexTreeAsync"):
            parent = params["pid"]
            if not parent:
                return Reply(url, _json({"data": [{"_id": "root", "_name": "all"}]}))
            depth = 0 if parent == "root" else parent.count("/") + 1
            names = {
                "/".join(path.split("/")[: depth + 1])
                for path in self.tables
                if depth == 0 or path.startswith(parent + "/")
            }
            nodes = [{"_id": name, "name": name.split("/")[-1]} for name in sorted(names)]
            return Reply(url, _json({"data": nodes}))
        if url.endswith("queryIndicatorsByCid"):
            rows = [{"_id": name, "i_showname": name} for name in self.tables[params["cid"]]]
            return Reply(url, _json({"data": {"list": rows}}))
        return Reply(url, b"<html>")

    def post(self, url, json=None, headers=None, timeout=None, content_callback=None):
        assert timeout is not None
        self.asked.append(url)
        indicators = self.tables[json["cid"]]
        periods = list(dict.fromkeys(period for row in indicators.values() for period in row))
        data = [
            {"name": period, "values": [
                {"i_showname": name, "value": row.get(period, "")}
                for name, row in indicators.items()
            ]}
            for period in periods
        ]  # fmt: skip
        return Reply(url, _json({"data": data}))
