"""All made-up files with what they say: `RECORDS`, and `MADE` with what writes them.

One of each layout is broken in a way that such files are, and named with its mended file.
"""

from pathlib import Path

from sfr_pipeline_tests.vendors.ceic import ceic
from sfr_pipeline_tests.vendors.china_prices import wind_terminal
from sfr_pipeline_tests.vendors.choice_ifind import choice, ifind
from sfr_pipeline_tests.vendors.csmar import csmar
from sfr_pipeline_tests.vendors.fred import fred
from sfr_pipeline_tests.vendors.official import nfra, pboc
from sfr_pipeline_tests.vendors.opinion_files import exports, labelled
from sfr_pipeline_tests.vendors.records import Made, Record
from sfr_pipeline_tests.vendors.stooq_investing import investing, stooq
from sfr_pipeline_tests.vendors.wind import wind
from sfr_pipeline_tests.vendors.yahoo import yahoo
from sfr_pipeline_tests.vendors.yfinance import yfinance

FILES = Path(__file__).parent / "files"

MADE: tuple[Made, ...] = (
    *wind(),
    *wind_terminal(),
    *choice(),
    *ifind(),
    *csmar(),
    *ceic(),
    *fred(),
    *yahoo(),
    *yfinance(),
    *stooq(),
    *investing(),
    *pboc(),
    *nfra(),
    *exports(),
    *labelled(),
)
RECORDS: tuple[Record, ...] = tuple(made.record for made in MADE)


def record(path: str) -> Record:
    """The record of a path below `files/`. Raises KeyError."""
    return {found.path: found for found in RECORDS}[path]


# Which series of china.yaml a name of Wind, Choice, iFinD or FRED stands for. None: for none of
# them, though the name looks like one: the yearly change of consumer prices is not the monthly one.
CHINA_SERIES: dict[str, str | None] = {
    "中国:CPI:当月同比": None,
    "CPI:当月同比": None,
    "中国:CPI:环比": "cpi_monthly",
    "中国:PPI:全部工业品:当月同比": "producer_prices",
    "中国:M2:同比": "m2_growth",
    "China: M2: YoY": "m2_growth",
    "China: CPI: YoY": None,
    "货币供应量M2:同比": "m2_growth",
    "中国:官方储备资产:外汇储备": "fx_reserves",
    "中国:GDP:不变价:当季同比": "gdp_growth",
    "GDP:不变价:当季同比": "gdp_growth",
    "SHIBOR:1周": "shibor_1w",
    "SHIBOR:3个月": "shibor_3m",
    "中债国债到期收益率:10年": "cgb_10y",
    "中债国债到期收益率:5年": "cgb_5y",
    "中间价:美元兑人民币": None,
    "国房景气指数": "property_climate",
    "商品房销售额:累计同比": "home_sales",
    "融资融券余额": "margin_balance",
    "DGS10": "ust_10y",
    "DGS3MO": None,
    "SOFR90DAYAVG": "sofr_90d",
    "UNRATE": None,
    "INDPRO": None,
}
