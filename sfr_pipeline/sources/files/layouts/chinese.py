"""The words of China's terminals of data, which name the rows of a head alike.

Belongs here: labels that Wind, Choice and iFinD share. Does not belong here: by which words one
tells them apart (`wind`, `choice`, `ifind`).
"""

from sfr_pipeline.sources.files.known import same_name
from sfr_pipeline.sources.files.layouts.headed import TOLD

_ROLES = {
    "name": (
        "指标名称 指标 指标全称 证券简称 证券名称 简称 名称 indicatorname indicator name shortname"
    ),
    "id": "指标id 指标代码 指标编码 证券代码 代码 indicatorid indicatorcode id code windcode",
    "unit": "单位 unit units",
    "frequency": "频率 频度 frequency freq",
    "date": "日期 时间 交易日期 date time datetime",
    "field": "字段 指标字段 field fields",
    TOLD: (
        "来源 数据来源 国家 地区 国家/地区 区域 更新时间 最近更新时间 最后更新时间 更新日期 "
        "起始时间 "
        "结束时间 截止时间 开始时间 开始日期 结束日期 时间区间 时间范围 起止时间 描述 备注 说明 "
        "指标说明 指标描述 状态 类型 属性 季节调整 季调 权限 最新值 source country region updated "
        "update updatetime updatedtime lastupdate lastupdated start end startdate enddate range "
        "timerange period description note notes remark status"
    ),
}
LABELS = {same_name(label): role for role, labels in _ROLES.items() for label in labels.split()}
# One of these at the beginning of a row of the head, or of a column, is a terminal's.
NAMING = frozenset(
    map(
        same_name,
        [
            "指标名称",
            "指标id",
            "指标代码",
            "指标编码",
            "indicatorname",
            "indicatorid",
            "indicatorcode",
            "windcode",
        ],
    )
)
CODES = frozenset(map(same_name, ["证券代码", "代码", "windcode", "code"]))
