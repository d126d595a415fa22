"""A whole folder for the market `china`, as Wind, the PBoC and the NFRA would fill it.

Values are made up, of plausible size. What was written is returned, to hold a run against it.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline_tests.vendors.heads import SHORT, WIND, Head, Values, table
from sfr_pipeline_tests.vendors.official import bank, bank_rows, credit, credit_rows, numbers, texts
from sfr_pipeline_tests.vendors.official import found_bank as ratios
from sfr_pipeline_tests.vendors.official import found_credit as balances
from sfr_pipeline_tests.vendors.records import Found
from sfr_pipeline_tests.vendors.wind import NOTE
from sfr_pipeline_tests.vendors.writing import Row, dated, page, rng, text, workbook

FIRST, LAST = "2008-01-01", "2024-12-31"


class Wanted(NamedTuple):
    """A series of china.yaml under the name and id of Wind, and how its values are drawn.

    `level` and `spread` are those of a process that returns to its mean; where `growth` is given,
    the share that a typical period adds, it is a price that walks with volatility that clusters.
    """

    series: str
    head: Head
    level: float
    spread: float
    digits: int
    growth: float | None = None
    first: str = FIRST
    last: str = LAST
    every: int = 1  # only one day of so many has a value
    january: bool = True


def _daily(name: str, id: str, known: bool, unit: str = "%", source: str = "Wind") -> Head:
    return Head(name, "日", unit, id, source, known)


def _monthly(name: str, id: str, known: bool, unit: str = "%", source: str = "国家统计局") -> Head:
    return Head(name, "月", unit, id, source, known)


BONDS = (
    Wanted("cgb_10y", _daily("中债国债到期收益率:10年", "S0059749", True), 3.2, 0.35, 4),
    Wanted("cgb_5y", _daily("中债国债到期收益率:5年", "S0059747", True), 2.9, 0.35, 4),
    Wanted("cgb_3m", _daily("中债国债到期收益率:3个月", "S0059741", False), 2.2, 0.4, 4),
    Wanted("ust_10y", _daily("美国:国债收益率:10年", "G0000891", True), 2.8, 0.4, 2),
)
MONEY = (
    Wanted("shibor_1w", _daily("SHIBOR:1周", "M0017139", True), 2.6, 0.4, 4),
    Wanted("shibor_3m", _daily("SHIBOR:3个月", "M0017142", True), 3.3, 0.4, 4),
    Wanted("shibor_1y", _daily("SHIBOR:1年", "M0017145", True), 3.6, 0.4, 4),
    Wanted(
        "libor_3m",
        _daily("LIBOR:美元:3个月", "G0000120", False),
        1.9,
        0.3,
        5,
        last="2023-06-30",
    ),
    Wanted(
        "sofr_90d",
        _daily("美国:有担保隔夜融资利率(SOFR):90天平均", "G8324472", False),
        2.4,
        0.3,
        5,
        first="2018-07-02",
    ),
    Wanted("repo_7d", _daily("银行间质押式回购加权利率:7天", "M0041653", True), 2.7, 0.4, 4),
    Wanted(
        "repo_1y",
        _daily("银行间质押式回购加权利率:1年", "M0041662", False),
        3.5,
        0.4,
        4,
        every=3,
    ),
)
STOCKS = (
    Wanted("sse_composite", _daily("上证综合指数", "M0020188", False, "点"), 3100, 0, 2, 0.0),
    Wanted("csi300", _daily("沪深300指数", "M0020209", False, "点"), 3400, 0, 2, 0.0),
    Wanted(
        "margin_balance",
        _daily("融资融券余额", "M0061603", False, "亿元"),
        9500,
        900,
        2,
        first="2010-03-31",
    ),
    Wanted(
        "implied_volatility",
        _daily("中国波指(iVX)", "M0330172", False),
        21,
        4,
        2,
        first="2015-02-09",
    ),
    Wanted(
        "neer",
        _daily("人民币:名义有效汇率指数:日", "M0330180", False, "2020年=100", "国际清算银行"),
        98,
        0,
        2,
        0.0,
    ),
)
MACRO = (
    Wanted(
        "m2_growth", _monthly("中国:M2:同比", "M0001385", True, source="中国人民银行"), 12, 2, 1
    ),
    Wanted("cpi_monthly", _monthly("中国:CPI:环比", "M0000705", True), 0.2, 0.5, 1),
    Wanted(
        "producer_prices", _monthly("中国:PPI:全部工业品:当月同比", "M0001227", True), 1, 3.5, 1
    ),
    Wanted(
        "fx_reserves",
        _monthly("中国:官方储备资产:外汇储备", "M0010049", True, "亿美元", "国家外汇管理局"),
        30000,
        1500,
        2,
    ),
    Wanted(
        "reer",
        _monthly("人民币:实际有效汇率指数", "M0330181", False, "2020年=100", "国际清算银行"),
        97,
        3,
        2,
    ),
    Wanted(
        "market_value",
        _monthly("沪深两市:股票市价总值", "M0330182", False, "亿元", "证监会"),
        420000,
        40000,
        2,
    ),
)
ACTIVITY = tuple(
    Wanted(series, _monthly(name, id, known, unit), level, spread, digits, january=False)
    for series, name, id, known, unit, level, spread, digits in (
        ("property_investment", "房地产开发投资完成额:累计同比", "S0029657", True, "%", 12, 6, 1),
        ("home_sales", "商品房销售额:累计同比", "S0049591", True, "%", 10, 12, 1),
        ("property_climate", "国房景气指数", "S0029656", False, "-", 98, 2.0, 2),
        ("fixed_investment", "固定资产投资完成额:累计同比", "M0000273", True, "%", 13, 4, 1),
        ("inventories", "工业企业:产成品存货:同比", "M0000561", True, "%", 8, 4, 1),
        ("receivables", "工业企业:应收账款:同比", "M0330183", False, "%", 9, 4, 1),
    )
)
GROWTH = (
    Wanted(
        "gdp_growth",
        Head("中国:GDP:不变价:当季同比", "季", "%", "M0039354", "国家统计局", True),
        7.5,
        0.8,
        1,
    ),
)
WIND_LIKE = (*BONDS, *MONEY, *STOCKS, *MACRO, *ACTIVITY, *GROWTH)
WORKBOOKS = {
    "rmb_loans": "pboc.loans",
    "rmb_deposits": "pboc.deposits",
    "long_loans": "pboc.medium_long_term_loans",
    "capital_adequacy": "nfra.capital_adequacy_ratio",
    "bad_loans": "nfra.non_performing_loan_ratio",
}


def clustered(random: np.random.Generator, n: int, daily: float) -> np.ndarray:
    """Returns of a GARCH(1,1) with that daily standard deviation in the long run."""
    drawn, variance = np.empty(n), daily**2
    for i, shock in enumerate(random.standard_t(6, n) / np.sqrt(1.5)):
        drawn[i] = np.sqrt(variance) * shock
        variance = 0.04 * daily**2 + 0.08 * min(drawn[i] ** 2, 25 * daily**2) + 0.88 * variance
    return drawn


def values_of(wanted: Wanted, days: Sequence[dt.date]) -> Values:
    """The values of a series on days of its frequency, None where it has none."""
    random, n = rng(f"full {wanted.series}"), len(days)
    if wanted.growth is not None:
        daily = 0.002 if wanted.series == "neer" else 0.013
        log = np.empty(n)
        level = 0.0
        for i, moved in enumerate(clustered(random, n, daily)):
            level = 0.999 * level + moved
            log[i] = level
        drawn = wanted.level * np.exp(log + wanted.growth)
    else:
        keep = 0.995 if wanted.head.frequency == "日" else 0.85
        shocks = clustered(random, n, wanted.spread * np.sqrt(1 - keep**2))
        drawn = np.empty(n)
        level = 0.0
        for i, moved in enumerate(shocks):
            level = keep * level + moved
            most = 3 * wanted.spread
            if abs(level) > most:  # reflected: a bound would be a stale value
                level = float(np.sign(level)) * 2 * most - level
            drawn[i] = wanted.level + level
    begun = [wanted.first <= day.isoformat() <= wanted.last for day in days]
    return [
        round(float(value), wanted.digits) + 0.0
        if known and i % wanted.every == 0 and (wanted.january or day.month > 1)
        else None
        for i, (day, value, known) in enumerate(zip(days, drawn, begun, strict=True))
    ]


def wind_like_china(folder: Path) -> dict[str, dict[str, float]]:
    """Write exports for every series of china.yaml from 2008-01 to 2024-12.

    Five files of Wind in different shapes, and a workbook a year of the PBoC and the NFRA, as a
    folder `imports/china` has them.

    Returns:
        By series of the catalogue, ISO day (last of a month or quarter) and value in its unit.
    """
    folder.mkdir(parents=True, exist_ok=True)
    days = [day.date() for day in pd.bdate_range(FIRST, LAST)]
    months = [day.date() for day in pd.date_range(FIRST, LAST, freq="ME")]
    quarters = [day.date() for day in pd.date_range(FIRST, LAST, freq="QE")]
    truth: dict[str, dict[str, float]] = {}

    def columns(wanted: Sequence[Wanted], on: Sequence[dt.date]) -> list[Values]:
        drawn = [values_of(one, on) for one in wanted]
        for one, column in zip(wanted, drawn, strict=True):
            truth[one.series] = dated(on, column)
        return drawn

    def heads(wanted: Sequence[Wanted]) -> list[Head]:
        return [one.head for one in wanted]

    fixed = {"country": "中国", "updated": "2025-01-17"}
    shape = {"A": "yyyy-mm-dd"}
    rows: list[Row] = table(WIND, heads(BONDS), days, columns(BONDS, days), NOTE, **fixed)
    (folder / "债券收益率.xlsx").write_bytes(workbook({"Sheet1": rows}, shape))

    drawn = [column[::-1] for column in columns(MONEY, days)]
    shown = [day.isoformat() for day in reversed(days)]
    content = text(table(SHORT, heads(MONEY), shown, drawn, NOTE), "gb18030", end="\r\n")
    (folder / "货币市场.csv").write_bytes(content)

    labels = [WIND[0], WIND[1], WIND[3], WIND[2], WIND[4]]
    shown = [f"{day.year}/{day.month}/{day.day}" for day in days]
    content = text(table(labels, heads(STOCKS), shown, columns(STOCKS, days), NOTE), "utf-8-sig")
    (folder / "股票与汇率.csv").write_bytes(content)

    monthly: list[Row] = table(WIND, heads(MACRO), months, columns(MACRO, months), NOTE, **fixed)
    rows = table(WIND, heads(GROWTH), quarters, columns(GROWTH, quarters), NOTE, **fixed)
    (folder / "宏观.xlsx").write_bytes(workbook({"月": monthly, "季": rows}, shape))

    drawn = [column[::-1] for column in columns(ACTIVITY, months)]
    rows = table(WIND[:5], heads(ACTIVITY), months[::-1], drawn, NOTE)
    (folder / "房地产与工业.xlsx").write_bytes(workbook({"Sheet1": rows}, shape))

    truth |= _official(folder)
    return truth


def _official(folder: Path) -> dict[str, dict[str, float]]:
    found: list[Found] = []
    years = range(int(FIRST[:4]), int(LAST[:4]) + 1)
    credits = [credit(year) for year in years]
    banks = [bank(year) for year in years]
    found += [*balances(credits), *ratios(banks)]
    for one in credits:
        if one.year < 2014:
            content = page("信贷收支", credit_rows(one, months=texts(one.year)), "gb2312")
            (folder / f"信贷收支{one.year}.xls").write_bytes(content)
        else:
            rows = credit_rows(one, months=numbers(one.year))
            (folder / f"信贷收支{one.year}.xlsx").write_bytes(workbook({"信贷收支": rows}))
    for start in range(years[0], years[-1] + 1, 4):
        sheets = {
            str(one.year): bank_rows(one, "fraction")
            for one in banks
            if start <= one.year < start + 4
        }
        (folder / f"监管指标{start}.xlsx").write_bytes(workbook(sheets))
    by_name = {one.name: dict(one.values) for one in found}
    return {series: by_name[item] for series, item in WORKBOOKS.items()}
