"""Heads and tables that the exports of Wind, Choice and iFinD have in common.

What each of them makes of these stands in `wind` and `choice_ifind`.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sfr_pipeline_tests.vendors.records import Found
from sfr_pipeline_tests.vendors.writing import Row, dated

Values = Sequence[float | None]


class Head(NamedTuple):
    """What the head of a column says, in the vendor's words."""

    name: str
    frequency: str
    unit: str
    id: str
    source: str
    id_known: bool = False


CPI = Head("中国:CPI:当月同比", "月", "%", "M0000612", "国家统计局", True)
CPI_MONTHLY = Head("中国:CPI:环比", "月", "%", "M0000705", "国家统计局", True)
PPI = Head("中国:PPI:全部工业品:当月同比", "月", "%", "M0001227", "国家统计局", True)
M2 = Head("中国:M2:同比", "月", "%", "M0001385", "中国人民银行", True)
RESERVES = Head("中国:官方储备资产:外汇储备", "月", "亿美元", "M0010049", "国家外汇管理局", True)
GDP = Head("中国:GDP:不变价:当季同比", "季", "%", "M0039354", "国家统计局", True)
WEEK = Head("SHIBOR:1周", "日", "%", "M0017139", "全国银行间同业拆借中心", True)
QUARTER = Head("SHIBOR:3个月", "日", "%", "M0017142", "全国银行间同业拆借中心", True)
TEN = Head("中债国债到期收益率:10年", "日", "%", "S0059749", "中国债券信息网", True)
FIVE = Head("中债国债到期收益率:5年", "日", "%", "S0059747", "中国债券信息网", True)
FIXING = Head("中间价:美元兑人民币", "日", "-", "M0000185", "中国外汇交易中心", True)


def found(head: Head, days: Sequence[dt.date], values: Values, **other: object) -> Found:
    truth = Found(
        head.name,
        dated(days, values),
        id=head.id,
        id_known=head.id_known,
        unit=head.unit,
        frequency=head.frequency,
    )
    return truth._replace(**other)


def table(
    labels: Sequence[tuple[str, str]],
    heads: Sequence[Head],
    days: Sequence[object],
    columns: Sequence[Values],
    note: str | None,
    **fixed: str,
) -> list[Row]:
    """Rows of an export: `labels` pairs the words of the first column with fields of `Head`.

    A field that no `Head` has is looked up in `fixed`, the same for all columns.
    """
    rows: list[Row] = [
        [label, *(fixed[what] if what in fixed else getattr(head, what) for head in heads)]
        for label, what in labels
    ]
    rows += [[day, *cells] for day, cells in zip(days, zip(*columns, strict=True), strict=True)]
    if note is not None:
        rows += [[None] * (len(heads) + 1), [note]]
    return rows


WIND = [
    ("指标名称", "name"),
    ("频率", "frequency"),
    ("单位", "unit"),
    ("指标ID", "id"),
    ("来源", "source"),
    ("国家", "country"),
    ("更新时间", "updated"),
]
SHORT = [("指标名称", "name"), ("频率", "frequency"), ("单位", "unit"), ("来源", "source")]
