"""What this project asks of AKShare: the functions, and the series read from their tables.

Names, columns and traps were read from the source of AKShare 1.19.5 and its documentation; nothing
here was checked against the live sites when it was written (``sfr probe`` does that). Most of the
functions name their columns by position, so ``akshare`` also compares what the site itself sent.
"""

from dataclasses import dataclass, field
from typing import Literal

Frequency = Literal["daily", "monthly", "quarterly"]

BALANCE = "亿元"  # 100 million yuan
NBS = "macro_china_nbs_nation"


@dataclass(frozen=True)
class Table:
    """One call of an AKShare function.

    Attributes:
        function: its name.
        module: where it is defined.
        columns: what it returns, in order. Of the NBS function: the rows that are needed, for it
            returns indicators down and periods across.
        date: the column with the period.
        frequency: of the rows.
        arguments: what it is called with.
        since: first day to ask for, YYYYMMDD, where the function takes a start and an end.
        days: at most this many a call; the history is then asked for piece by piece.
        only: column and value of the rows to keep.
    """

    function: str
    module: str
    columns: tuple[str, ...]
    date: str
    frequency: Frequency
    arguments: dict[str, str] = field(default_factory=dict)
    since: str | None = None
    days: int | None = None
    only: tuple[str, str] | None = None


@dataclass(frozen=True)
class Series:
    """A series read from one table or several.

    Attributes:
        text: what it is, and where it misleads.
        unit: of its values.
        terms: table and column of each addend; only dates that all have count.
        low: lowest possible value.
        high: highest possible value.
        factor: multiplies the values.
        shift: is added to the values.
    """

    text: str
    unit: str
    terms: tuple[tuple[str, str], ...]
    low: float
    high: float
    factor: float = 1.0
    shift: float = 0.0


ECONOMY = "akshare.economic.macro_china"
THS = "akshare.economic.macro_finance_ths"
TENORS = {
    "on": "隔夜", "1w": "1周", "2w": "2周", "1m": "1月", "3m": "3月", "6m": "6月",
    "9m": "9月", "1y": "1年",
}  # fmt: skip
CURVE = {
    "3m": "3月", "6m": "6月", "1y": "1年", "3y": "3年", "5y": "5年", "7y": "7年", "10y": "10年",
    "30y": "30年",
}  # fmt: skip


def _eastmoney(function: str, *columns: str, frequency: Frequency = "monthly") -> Table:
    return Table(function, ECONOMY, columns, columns[0], frequency)


def _interbank(market: str, symbol: str, tenor: str) -> Table:
    return Table(
        "rate_interbank", "akshare.interest_rate.interbank_rate_em", ("报告日", "利率", "涨跌"),
        "报告日", "daily", {"market": market, "symbol": symbol, "indicator": tenor},
    )  # fmt: skip


def _nbs(path: str, *rows: str, kind: str = "月度数据", since: str = "2010-") -> Table:
    frequency: Frequency = "monthly" if kind == "月度数据" else "quarterly"
    arguments = {"kind": kind, "path": path, "period": since}
    return Table(NBS, "akshare.economic.macro_china_nbs", rows, "period", frequency, arguments)


def _margin(exchange: str) -> Table:
    return _eastmoney(
        f"macro_china_market_margin_{exchange}", "日期", "融资买入额", "融资余额", "融券卖出量",
        "融券余量", "融券余额", "融资融券余额", frequency="daily",
    )  # fmt: skip


def _sina(symbol: str) -> Table:
    columns = ("date", "open", "high", "low", "close", "volume")
    module = "akshare.index.index_stock_zh"
    return Table("stock_zh_index_daily", module, columns, "date", "daily", {"symbol": symbol})


TABLES: dict[str, Table] = {
    # Money and credit. The THS tables reach back some thirty months only.
    "money": _eastmoney(
        "macro_china_money_supply", "月份",
        "货币和准货币(M2)-数量(亿元)", "货币和准货币(M2)-同比增长", "货币和准货币(M2)-环比增长",
        "货币(M1)-数量(亿元)", "货币(M1)-同比增长", "货币(M1)-环比增长",
        "流通中的现金(M0)-数量(亿元)", "流通中的现金(M0)-同比增长", "流通中的现金(M0)-环比增长",
    ),
    "loans": Table(
        "macro_rmb_loan", THS,
        ("月份", "新增人民币贷款-总额", "新增人民币贷款-同比", "新增人民币贷款-环比",
         "累计人民币贷款-总额", "累计人民币贷款-同比"),
        "月份", "monthly",
    ),
    "deposits": Table(
        "macro_rmb_deposit", THS,
        ("月份", *(f"新增{kind}存款-{what}" for kind in ("", "企业", "储蓄", "其他")
                   for what in ("数量", "同比", "环比"))),
        "月份", "monthly",
    ),
    "deposits_all": _eastmoney("macro_china_wbck", "月份", "当月", "同比增长", "环比增长", "累计"),
    # Stock market
    "market_cap": _eastmoney(
        "macro_china_stock_market_cap", "数据日期",
        *(f"{what}-{city}" for what in
          ("发行总股本", "市价总值", "成交金额", "成交量", "A股最高综合股价指数",
           "A股最低综合股价指数") for city in ("上海", "深圳")),
    ),
    "margin": Table(
        "stock_margin_account_info", "akshare.stock_feature.stock_margin_em",
        ("日期", "融资余额", "融券余额", "融资买入额", "融券卖出额", "证券公司数量", "营业部数量",
         "个人投资者数量", "机构投资者数量", "参与交易的投资者数量",
         "有融资融券负债的投资者数量", "担保物总价值", "平均维持担保比例"),
        "日期", "daily",
    ),
    "margin_sh": _margin("sh"),
    "margin_sz": _margin("sz"),
    "sh000001": _sina("sh000001"),
    "sh000300": _sina("sh000300"),
    "sz399001": _sina("sz399001"),
    "csi000300": Table(
        "stock_zh_index_hist_csindex", "akshare.index.index_stock_zh_csindex",
        ("日期", "指数代码", "指数中文全称", "指数中文简称", "指数英文全称", "指数英文简称",
         "开盘", "最高", "最低", "收盘", "涨跌", "涨跌幅", "成交量", "成交金额", "样本数量",
         "滚动市盈率"),
        "日期", "daily", {"symbol": "000300"}, since="20050101",
    ),
    # Bonds. ChinaBond answers for less than a year a call, with several curves a day.
    "cgb": Table(
        "bond_china_yield", "akshare.bond.bond_china",
        ("曲线名称", "日期", *CURVE.values()), "日期", "daily",
        since="20060301", days=360, only=("曲线名称", "中债国债收益率曲线"),
    ),
    "cn_us": Table(
        "bond_zh_us_rate", "akshare.bond.bond_em",
        ("日期", *(f"{country}{what}" for country in ("中国", "美国") for what in
                   ("国债收益率2年", "国债收益率5年", "国债收益率10年", "国债收益率30年",
                    "国债收益率10年-2年", "GDP年增率"))),
        "日期", "daily", {"start_date": "20020101"},
    ),
    # Money market
    **{f"shibor.{code}": _interbank("上海银行同业拆借市场", "Shibor人民币", tenor)
       for code, tenor in TENORS.items()},
    "libor_usd.3m": _interbank("伦敦银行同业拆借市场", "Libor美元", "3月"),
    "chibor.1y": _interbank("中国银行同业拆借市场", "Chibor人民币", "1年"),
    "gc182": Table(
        "bond_buy_back_hist_em", "akshare.bond.bond_buy_back_em",
        ("日期", "开盘", "收盘", "最高", "最低", "成交量", "成交额"),
        "日期", "daily", {"symbol": "204182"},
    ),
    "repo_fixing": Table(
        "repo_rate_hist", "akshare.rate.repo_rate",
        ("date", "FR001", "FR007", "FR014", "FDR001", "FDR007", "FDR014"),
        "date", "daily", since="20100101", days=360,
    ),
    # Exchange reserves, prices, growth
    "reserves": _eastmoney(
        "macro_china_fx_gold", "月份", "黄金储备-数值", "黄金储备-同比", "黄金储备-环比",
        "国家外汇储备-数值", "国家外汇储备-同比", "国家外汇储备-环比",
    ),
    "cpi": _eastmoney(
        "macro_china_cpi", "月份",
        *(f"{area}-{what}" for area in ("全国", "城市", "农村")
          for what in ("当月", "同比增长", "环比增长", "累计")),
    ),
    "ppi": _eastmoney("macro_china_ppi", "月份", "当月", "当月同比增长", "累计"),
    "gdp_ytd": _eastmoney(
        "macro_china_gdp", "季度",
        *(f"{sector}-{what}" for sector in ("国内生产总值", "第一产业", "第二产业", "第三产业")
          for what in ("绝对值", "同比增长")), frequency="quarterly",
    ),
    "climate": _eastmoney(
        "macro_china_real_estate", "日期", "最新值", "涨跌幅", "近3月涨跌幅", "近6月涨跌幅",
        "近1年涨跌幅", "近2年涨跌幅", "近3年涨跌幅",
    ),
    # National Bureau of Statistics; no Januaries in the series of the year to date.
    "nbs_property": _nbs("房地产 > 房地产开发投资情况", "房地产投资_累计增长(%)"),
    "nbs_sales": _nbs("房地产 > 新建商品房销售额", "新建商品房销售额累计增长(%)"),
    "nbs_sales_area": _nbs("房地产 > 新建商品房销售面积", "新建商品房销售面积累计增长(%)"),
    "nbs_investment": _nbs(
        "固定资产投资 (不含农户) > 固定资产投资概况", "固定资产投资额累计增长(%)"
    ),
    "nbs_gdp": _nbs(
        "国民经济核算 > 国内生产总值指数", "国内生产总值指数(上年同期=100)当季值", kind="季度数据"
    ),
    "nbs_ppi": _nbs(
        "价格指数 > 工业生产者出厂价格分类指数 > 工业生产者出厂价格指数 (上月=100)",
        "工业生产者出厂价格指数(*", since="2011-",
    ),
    "nbs_industry": _nbs("工业 > 工业企业主要经济指标", "产成品存货增减(%)", "应收账款增减(%)"),
}  # fmt: skip


def _one(text: str, unit: str, table: str, column: str, low: float, high: float) -> Series:
    return Series(text, unit, ((table, column),), low, high)


def _nbs_growth(text: str, table: str, row: int = 0) -> Series:
    return _one(text, "%", table, TABLES[table].columns[row], -80, 300)


SERIES: dict[str, Series] = {
    # The headings mislead: both columns are balances.
    "loans_rmb": _one(
        "RMB loans, balance, last 30 months", BALANCE, "loans", "累计人民币贷款-总额", 2e5, 1e7
    ),
    "deposits_rmb": _one(
        "RMB deposits, balance, last 30 months", BALANCE, "deposits", "新增存款-数量", 2e5, 1e7
    ),
    "deposits_all": _one(
        "deposits in RMB and foreign currency, balance", BALANCE, "deposits_all", "累计", 2e5, 1e7
    ),
    "m2": _one("M2", BALANCE, "money", "货币和准货币(M2)-数量(亿元)", 1e5, 1e7),
    "m2_yoy": _one("M2, year on year", "%", "money", "货币和准货币(M2)-同比增长", 0, 40),
    "market_cap": Series(
        "market value of Shanghai and Shenzhen, financials included", BALANCE,
        (("market_cap", "市价总值-上海"), ("market_cap", "市价总值-深圳")), 5e4, 5e6,
    ),
    "sse_composite": _one(
        "SSE Composite, close, financials included: Sina", "points", "sh000001", "close", 90, 2e4
    ),
    "csi300": _one(
        "CSI 300, close, financials included: Sina", "points", "sh000300", "close", 500, 2e4
    ),
    "margin_balance": Series(
        "margin financing and securities lending, both exchanges", BALANCE,
        (("margin", "融资余额"), ("margin", "融券余额")), 0, 1e5,
    ),
    "margin_financing": _one(
        "margin financing alone, both exchanges", BALANCE, "margin", "融资余额", 0, 1e5
    ),
    # These tables are in yuan, the other one in 100 million.
    "margin_balance_jin10": Series(
        "margin balance of both exchanges since 2010-03-31; days are missing", BALANCE,
        (("margin_sh", "融资融券余额"), ("margin_sz", "融资融券余额")), 0, 1e5, factor=1e-8,
    ),
    **{
        f"cgb.{code}": _one(f"government bond yield, {code}, ChinaBond", "%", "cgb", column, -1, 15)
        for code, column in CURVE.items()
    },
    "cgb_eastmoney.10y": _one(
        "government bond yield, 10y, EastMoney's copy", "%", "cn_us", "中国国债收益率10年", -1, 15
    ),
    "ust_eastmoney.10y": _one(
        "US Treasury yield, 10y, EastMoney's copy", "%", "cn_us", "美国国债收益率10年", -1, 15
    ),
    **{
        f"shibor.{code}": _one(f"SHIBOR, {code}", "%", f"shibor.{code}", "利率", 0, 20)
        for code in TENORS
    },
    "libor_usd.3m": _one("USD LIBOR, 3m, ended 2023-06", "%", "libor_usd.3m", "利率", -1, 15),
    "chibor.1y": _one("CHIBOR, 1y, trades rarely", "%", "chibor.1y", "利率", 0, 20),
    "gc182": _one("182-day repo of the Shanghai exchange, close", "%", "gc182", "收盘", 0, 60),
    "fr007": _one(
        "7-day repo fixing, a median; R007 is a weighted mean", "%", "repo_fixing", "FR007", 0, 40
    ),
    "fdr007": _one(
        "7-day repo fixing among depository institutions", "%", "repo_fixing", "FDR007", 0, 40
    ),
    "fx_reserves": _one(
        "foreign exchange reserves", "亿美元", "reserves", "国家外汇储备-数值", 5e3, 5e4
    ),
    "property_investment_ytd_yoy": _nbs_growth("property investment, YTD yoy", "nbs_property"),
    "home_sales_value_ytd_yoy": _nbs_growth("new homes sold, value, YTD yoy", "nbs_sales"),
    "home_sales_area_ytd_yoy": _nbs_growth("new homes sold, area, YTD yoy", "nbs_sales_area"),
    "property_climate": _one(
        "property climate index; re-based each January, seen stale since 2025-12", "index",
        "climate", "最新值", 85, 115,
    ),
    "gdp_yoy": Series(
        "GDP of the single quarter, year on year", "%",
        (("nbs_gdp", "国内生产总值指数(上年同期=100)当季值"),), -20, 30, shift=-100,
    ),
    "gdp_ytd_yoy": _one(
        "GDP, YTD yoy: not the single quarter", "%", "gdp_ytd", "国内生产总值-同比增长", -20, 30
    ),
    "fai_ytd_yoy": _nbs_growth("fixed asset investment, YTD yoy", "nbs_investment"),
    "cpi_mom": _one("consumer prices, month on month", "%", "cpi", "全国-环比增长", -3, 4),
    "cpi_yoy": _one("consumer prices, year on year", "%", "cpi", "全国-同比增长", -5, 30),
    "ppi_yoy": _one("producer prices, year on year", "%", "ppi", "当月同比增长", -15, 25),
    "ppi_mom": Series(
        "producer prices, month on month, from 2011", "%",
        (("nbs_ppi", "工业生产者出厂价格指数(*"),), -6, 6, shift=-100,
    ),
    "inventory_yoy": _nbs_growth("finished goods of industrial firms, yoy", "nbs_industry", 0),
    "receivables_yoy": _nbs_growth("receivables of industrial firms, yoy", "nbs_industry", 1),
}  # fmt: skip

# The host that each function asks.
EASTMONEY = "datacenter-web.eastmoney.com"
SITES = {
    **{table.function: EASTMONEY for table in TABLES.values() if table.module == ECONOMY},
    "macro_china_market_margin_sh": "cdn.jin10.com",
    "macro_china_market_margin_sz": "cdn.jin10.com",
    "macro_rmb_loan": "data.10jqka.com.cn",
    "macro_rmb_deposit": "data.10jqka.com.cn",
    "stock_margin_account_info": EASTMONEY,
    "rate_interbank": EASTMONEY,
    "bond_zh_us_rate": "datacenter.eastmoney.com",
    "bond_buy_back_hist_em": "push2his.eastmoney.com",
    "bond_china_yield": "yield.chinabond.com.cn",
    "repo_rate_hist": "www.chinamoney.com.cn",
    "stock_zh_index_daily": "finance.sina.com.cn",
    "stock_zh_index_hist_csindex": "www.csindex.com.cn",
    NBS: "data.stats.gov.cn",
}

# Codes of daily prices are keys of TABLES; here their fields, in the order of the product.
SINA_FIELDS = ("open", "high", "low", "close", "volume")
PRICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "sh000001": ("SSE Composite, financials included, volume in shares: Sina", SINA_FIELDS),
    "sh000300": ("CSI 300, financials included, volume in shares: Sina", SINA_FIELDS),
    "sz399001": ("SZSE Component, volume in shares: Sina", SINA_FIELDS),
    "csi000300": (
        "CSI 300, financials included, volume as CSIndex gives it",
        ("开盘", "最高", "最低", "收盘", "成交量"),
    ),
}
